"""Products and quotients: scalars first, masks as np.where, a delta as a diagonal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy import Add, Basic, Expr, Float, Ge, Integer, Le, Mul, Pow, Rational, S

from symbackprop.algebra.nodes import Delta, Index, IndexSum, Iverson
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.trees import rename
from symbackprop.algebra.within import decided
from symbackprop.emit.numpy.code import Code, atom, call, folded, is_number, operate
from symbackprop.emit.numpy.layout import Value
from symbackprop.emit.numpy.ranges import Ranges, joined_ranges


def is_inverse(expr: Expr) -> bool:
    """Whether the expression is a power with a negative number as its exponent."""
    return isinstance(expr, Pow) and expr.args[1].is_Number and bool(expr.args[1].is_negative)


@lowering
def negated(expr: Expr) -> tuple[bool, Expr]:
    """(-x) y = -(x y): (True, -expr) if a minus sign can be taken out, else (False, expr).

    >>> from sympy import Symbol
    >>> negated(-2 * Symbol("x"))
    (True, 2*x)
    """
    if expr.is_Number and expr.is_negative:
        return True, -expr
    if isinstance(expr, Mul):
        parts = [negated(f) for f in flat(expr.args)]
        if sum(negative for negative, _ in parts) % 2 == 1:
            kept = [f for _, f in parts if f != 1] or [S.One]
            return True, kept[0] if len(kept) == 1 else Mul(*kept, evaluate=False)
    if isinstance(expr, Add):
        parts = [negated(t) for t in expr.args]
        if all(negative for negative, _ in parts):
            return True, Add(*(t for _, t in parts), evaluate=False)
    if isinstance(expr, IndexSum):
        negative, body = negated(expr.body)
        if negative:
            return True, IndexSum(body, *expr.bound)
    return False, expr


def flat(factors: Sequence[Expr]) -> list[Expr]:
    """The factors with nested products opened, in order."""
    found: list[Expr] = []
    for factor in factors:
        found.extend(flat(factor.args) if isinstance(factor, Mul) else [factor])
    return found


def cofactors(product: Expr, divisor: Expr) -> list[Expr] | None:
    """The factors of a product beside those of another one; None where it has not all of them."""
    factors = flat((product,))
    for f in flat((divisor,)):
        if f not in factors:
            return None
        factors.remove(f)
    return factors


class Products(Ranges):
    """Adds products to the lowering."""

    def product(self, factors: Sequence[Expr]) -> Value:
        """The code of a product: sign, scalars, arrays in order, divisors, masks around it all."""
        negative, expr = negated(Mul(*factors, evaluate=False))
        if negative:
            value = self.value(expr)
            return Value(Code("neg", (value.code,), shape=value.code.shape), value.layout)
        opened = [_unsigned(f) for f in flat(factors)]
        spread = _distributed(opened)
        if spread is not None:
            return self.value(spread)
        opened = [f for f in opened if not (isinstance(f, Iverson) and decided(f.condition))]
        masks = [f.condition if isinstance(f, Iverson) else f for f in opened if _is_mask(f)]
        if masks:
            return self._under(masks, [f for f in opened if not _is_mask(f)])
        for delta in opened:
            if isinstance(delta, Delta):
                diagonal = self._diagonal(delta, [f for f in opened if f is not delta])
                if diagonal is not None:
                    return diagonal
        return self._quotient(opened)

    def _under(self, masks: Sequence[Basic], rest: Sequence[Expr]) -> Value:
        """A product with conditions: as a part of an axis where they are ranges."""
        ranges, others = joined_ranges(masks, self.facts)
        for place, found in enumerate(ranges):
            inner = [_bracket(c) for c in others]
            inner += [_bracket(Ge(k, a)) * _bracket(Le(k, b))
                      for k, a, b in (*ranges[:place], *ranges[place + 1 :])]
            value = self.in_range(found, [*inner, *rest])
            if value is not None:
                return value
        return self._masked(masks, rest)

    def _quotient(self, factors: Sequence[Expr]) -> Value:
        top = [f for f in factors if not is_inverse(f)]
        bottom = flat([_reciprocal(f) for f in factors if is_inverse(f)])
        coefficient = Mul(*(f for f in factors if isinstance(f, Rational)))
        if coefficient != 1:
            top = [f for f in top if not isinstance(f, Rational)]
            top, bottom = _with_number(coefficient, top, bottom)
        else:
            top = [f for f in top if f != 1]
        above = [self.value(f) for f in top]
        above, bottom = self._means(above, bottom)
        below = [self.value(f) for f in bottom]
        scalars = [v for v in above if not v.labels]
        arrays = [v for v in above if v.labels]
        if scalars and arrays and below and _scalars_first(below):
            scalar = self._over(self._times(scalars), [v for v in below if not v.labels])
            return self._over(self._times([scalar, *arrays]), [v for v in below if v.labels])
        return self._over(self._times([*scalars, *arrays]), below)

    def _times(self, values: Sequence[Value]) -> Value:
        if not values:
            return Value(atom("1"))
        vectors = [v for v in values if v.labels]
        if len(vectors) == 2 and all(_is_vector(v) for v in vectors):
            outer = self._outer(vectors[0], vectors[1])
            if outer is not None:
                scalars = [v for v in values if not v.labels]
                return outer if not scalars else self._fold("*", [*scalars, outer])
        return self._fold("*", values)

    @lowering
    def _over(self, top: Value, below: Sequence[Value]) -> Value:
        """x a^-1 b^-1 = x / (a * b)."""
        if not below:
            return top
        return self._fold("/", [top, self._fold("*", below)])

    def _fold(self, op: str, values: Sequence[Value]) -> Value:
        """((v1 op v2) op v3) …, each operand lined up with the whole product."""
        if len(values) == 1:
            return values[0]
        return self.elementwise(lambda *codes: folded(op, codes), values)

    @lowering
    def _outer(self, one: Value, two: Value) -> Value | None:
        """x_i y_j = np.outer(x, y), for two different labels."""
        if one.labels == two.labels:
            return None
        order = self.ordered((*one.labels, *two.labels))
        first, second = (one, two) if order[0] == one.labels[0] else (two, one)
        codes = (first.code, second.code)
        shape = tuple(i.size for i in order)
        return Value(call(f"{self.np}.outer", *codes, shape=shape), order)

    def _means(
        self, above: Sequence[Value], divisors: Sequence[Expr]
    ) -> tuple[list[Value], list[Expr]]:
        """The factors with each sum a mean whose axes are among the divisors."""
        top, bottom = list(above), list(divisors)
        for place, value in enumerate(top):
            code = value.code
            if code.op != "reduce" or code.text != f"{self.np}.sum":
                continue
            sizes = [s for s in (code.args[0].shape[axis] for axis in code.axes) if s != 1]
            rest = list(bottom)
            for size in sizes:
                if size in rest:
                    rest.remove(size)
            if sizes and len(rest) == len(bottom) - len(sizes):
                top[place] = self._mean(value)
                bottom = rest
        return top, bottom

    @lowering
    def _mean(self, total: Value) -> Value:
        """Σ_i x_i / N = mean(x), where N is the length of the axis."""
        return replace(total, code=replace(total.code, text=f"{self.np}.mean"))

    @lowering
    def _masked(self, conditions: Sequence[Expr], rest: Sequence[Expr]) -> Value:
        """[c] f = np.where(c, f, 0): where c fails, f may be infinite."""
        mask = self.condition_product(conditions)
        if all(isinstance(f, Rational | Float) for f in rest):
            cast = self.number_of(conditions, mask)
            factor = Mul(*rest)
            return cast if factor == 1 else self._fold("*", [self.value(factor), cast])
        inner = self.product(rest)
        return self.elementwise(
            lambda m, x: call(
                f"{self.np}.where", m, x, shape=operate("*", m, x).shape, after="0.0"
            ),
            [mask, inner],
        )

    def number_of(self, conditions: Sequence[Basic], mask: Value) -> Value:
        """1 where conditions hold, else 0."""
        raise NotImplementedError

    def condition_product(self, conditions: Sequence[Basic]) -> Value:
        """The conditions combined with `&`."""
        raise NotImplementedError

    def cast(self, mask: Value) -> Value:
        """A Boolean array as 0.0 and 1.0."""
        raise NotImplementedError

    @lowering
    def _diagonal(self, delta: Delta, rest: Sequence[Expr]) -> Value | None:
        """δ_ij f_j = diag(f), where f depends on j (or i) alone."""
        if not is_plain(delta):
            return None
        i, j = self.ordered(i for i in delta.indices if isinstance(i, Index))
        labels = {s for f in rest for s in f.free_symbols if isinstance(s, Index)}
        if not labels or not labels <= {i, j}:
            return None
        vector = self.product([rename(f, {j: i}) for f in rest])
        if vector.layout != (i,):
            return None
        return Value(call(f"{self.np}.diag", vector.code, shape=(i.size, j.size)), (i, j))


@lowering
def _distributed(factors: Sequence[Expr]) -> Expr | None:
    """f (δ_jk + g) = f δ_jk + f g: a delta in a sum becomes a term of its own."""
    for place, factor in enumerate(factors):
        if isinstance(factor, Add) and any(_has_delta(t) for t in factor.args):
            before, after = factors[:place], factors[place + 1 :]
            terms = [
                Mul(*(f for f in flat((*before, t, *after)) if f != 1), evaluate=False)
                for t in factor.args
            ]
            return Add(*terms, evaluate=False)
    return None


@lowering
def _unsigned(factor: Expr) -> Expr:
    """(-x) (-y) = x y: a factor without its minus sign, in a product where the signs cancel."""
    return negated(factor)[1]


def _has_delta(expr: Expr) -> bool:
    return is_plain(expr) or (
        isinstance(expr, Mul) and any(is_plain(f) for f in flat(expr.args))
    )


def is_plain(expr: Basic) -> bool:
    """Whether the expression is a delta of two indices over axes of one size."""
    if not isinstance(expr, Delta):
        return False
    i, j = expr.indices
    return isinstance(i, Index) and isinstance(j, Index) and i.size == j.size


def _is_mask(factor: Expr) -> bool:
    return isinstance(factor, Iverson) or (isinstance(factor, Delta) and not is_plain(factor))


def _bracket(condition: Basic) -> Expr:
    return condition if isinstance(condition, Delta) else Iverson(condition)


@lowering
def _reciprocal(power: Expr) -> Expr:
    """x^-p = 1 / x^p: the divisor."""
    base, exponent = power.args
    return base if exponent == -1 else Pow(base, -exponent, evaluate=False)


@lowering
def _with_number(
    number: Rational, top: list[Expr], bottom: list[Expr]
) -> tuple[list[Expr], list[Expr]]:
    """(p/q) x = p * x, x / q, 0.1 * x or p / q * x, whichever reads best."""
    if number.q == 1:
        return [number, *top], bottom
    decimal = Rational(repr(int(number.p) / int(number.q))) == number
    if number.p == 1 and not decimal:
        return top, [Integer(number.q), *bottom]
    return [number, *top], bottom


def _scalars_first(below: Sequence[Value]) -> bool:
    return any(not v.labels for v in below)


def _is_vector(value: Value) -> bool:
    """A bare name with one axis."""
    return value.code.op == "atom" and len(value.layout) == 1 and not is_number(value.code)

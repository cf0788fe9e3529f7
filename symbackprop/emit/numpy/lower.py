"""Lowering: from an index expression to NumPy code on whole arrays.

This file says what each kind of node means; products, contractions and axes have their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sympy import Add, Basic, Expr, Float, Mul, Pow, Rational, S, Symbol
from sympy.core.numbers import NumberSymbol
from sympy.core.relational import (
    Equality,
    GreaterThan,
    LessThan,
    Relational,
    StrictGreaterThan,
    StrictLessThan,
    Unequality,
)
from sympy.logic.boolalg import And, Not, Or

from symbackprop.algebra.blocks import in_blocks
from symbackprop.algebra.deadline import check_time
from symbackprop.algebra.functions import BY_CLASS, TABLE
from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Element,
    Index,
    IndexMax,
    IndexMin,
    IndexProduct,
    IndexSum,
    Iverson,
    MatrixFunction,
    Maximum,
    Minimum,
    Where,
)
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.subscripts import canonical, indices_of, is_position
from symbackprop.algebra.trees import elements, rename
from symbackprop.algebra.within import counts, taken
from symbackprop.emit.numpy.algebra import renamed
from symbackprop.emit.numpy.code import Code, atom, broadcast, call, folded, operate
from symbackprop.emit.numpy.layout import Layout, Value
from symbackprop.emit.numpy.linear import MatrixFunctions
from symbackprop.emit.numpy.literals import literal, long_literal
from symbackprop.emit.numpy.minima import with_minima
from symbackprop.emit.numpy.product import is_inverse, is_plain, negated
from symbackprop.emit.numpy.small import with_small
from symbackprop.emit.numpy.solves import Solve
from symbackprop.emit.numpy.special import Expm1, ExpRest, Log1p, LogAddExp, SumRest
from symbackprop.errors import NotYet

_OWN: dict[type, str] = {ExpRest: "exp_rest", SumRest: "sum_rest"}
_FUNCTIONS: dict[type, str] = {
    **{f.cls: f.head for f in TABLE if f.in_numpy},
    Maximum: "maximum", Minimum: "minimum", LogAddExp: "logaddexp",
    Log1p: "log1p", Expm1: "expm1",
}  # fmt: skip
_RELATIONS: dict[type, str] = {
    StrictGreaterThan: ">", GreaterThan: ">=", StrictLessThan: "<", LessThan: "<=",
    Equality: "==", Unequality: "!=",
}  # fmt: skip


class Lowering(MatrixFunctions):
    """Lowers expressions of every kind; see `Layouts` for the parameters."""

    def assigned(self, expr: Expr, indices: Sequence[Index], shape: Sequence[Expr]) -> Code:
        """The code of an array with this shape, `indices` being those of its axes longer than 1.

        An axis that the expression does not depend on is filled by broadcasting.
        """
        # Sums in sums stand in an order that keeps digits.
        nested = any(isinstance(a, Add) for total in expr.atoms(Add) for a in total.args)
        blocks, own, _ = in_blocks(expr, indices, renamed if nested else rename)
        if len(own) != len(indices):
            return self._out_of_blocks(blocks, own, shape)
        self._rank = {index: rank for rank, index in enumerate(indices)}
        value = self.value(with_small(with_minima(expr)))
        rest = iter(indices)
        target: Layout = tuple(None if s == 1 else next(rest) for s in shape)
        if self.dtype and not value.layout and not elements(expr):
            return self._full(value, shape)  # of sizes and numbers alone: an int, or of no type
        if value.layout == target:
            return value.code
        if set(value.labels) == set(indices) and value.code.op != "atom" and shape:
            return self.arranged(value, target)
        if not value.layout and value.code.op == "atom" and not value.code.text.isidentifier():
            return self._full(value, shape)
        if set(value.labels) == set(indices):
            return self.arranged(value, target)
        return self._spread(value, target, shape)

    @lowering
    def _out_of_blocks(self, expr: Expr, own: Sequence[Index], shape: Sequence[Expr]) -> Code:
        """z[P(g-1) + p] = y[g, p] is y.reshape(G * P)"""
        inner = self.assigned(expr, own, tuple(i.size for i in own))
        text = ", ".join(str(self.value(s).code) for s in shape)
        return Code("suffix", (inner,), f".reshape({text})", shape=tuple(shape))

    @lowering
    def _full(self, value: Value, shape: Sequence[Expr]) -> Code:
        """y_ij = 1/2 is np.full((m, n), 0.5), and L = 3 n is x.dtype.type(3 * n)."""
        if not shape and self.dtype:
            return call(f"{self.dtype}.type", value.code, shape=())
        return self.filled(value.code, shape)

    @lowering
    def _spread(self, value: Value, target: Layout, shape: Sequence[Expr]) -> Code:
        """y_ij = x_i is a copy of np.broadcast_to(x[:, None], (m, n))."""
        wide, full = self.aligned(value, target), self.size_tuple(shape)
        code = call(f"{self.np}.broadcast_to", wide, shape=tuple(shape), after=full)
        return Code("suffix", (code,), ".copy()", shape=tuple(shape))

    def value(self, expr: Basic) -> Value:
        """The code of an expression, its axes in the order that costs the fewest transposes."""
        check_time()
        if expr in (S.NegativeInfinity, S.Infinity):
            return Value(atom(f"{'-' if expr is S.NegativeInfinity else ''}{self.np}.inf"))
        if isinstance(expr, Rational | Float | NumberSymbol):
            return Value(self.number(expr))
        if is_position(expr):
            place = self.position(canonical(expr + 1))
            return self.cast(place) if indices_of(expr) else place  # as a size: a whole number
        if isinstance(expr, Element):
            return self.element(expr)
        if isinstance(expr, Add):
            return self._sum_of_terms(expr)
        if isinstance(expr, Mul):
            return self.product(expr.args)
        if isinstance(expr, Pow):
            return self._power(expr)
        if isinstance(expr, IndexSum):
            return self.contraction(expr)
        if isinstance(expr, IndexMax | IndexMin):
            kind = "max" if isinstance(expr, IndexMax) else "min"
            return self.reduced(kind, self.value(expr.body), expr.bound)
        if isinstance(expr, IndexProduct):
            return self.product_over_axes(expr)
        if isinstance(expr, Delta):
            return self._eye(expr)
        if isinstance(expr, Iverson):
            return self.number_of([expr.condition], self.condition(expr.condition))
        if isinstance(expr, Where):
            return self._branches(expr)
        if type(expr) in _FUNCTIONS:
            return self._function(expr, f"{self.np}.{_FUNCTIONS[type(expr)]}")
        if type(expr) in _OWN:
            return self._function(expr, self.helper(_OWN[type(expr)]))
        if type(expr) in BY_CLASS:
            return self._function(expr, self.helper(BY_CLASS[type(expr)].head))
        if isinstance(expr, MatrixFunction):
            return self.matrix_function(expr)
        if isinstance(expr, Solve):
            return self.solve(expr)
        if isinstance(expr, Symbol) and not isinstance(expr, Array | Index):
            return Value(atom(self.size(expr)))
        raise NotYet(f"{type(expr).__name__} has no NumPy form")

    @lowering
    def product_over_axes(self, expr: IndexProduct) -> Value:
        """Π_i x_ij = np.prod(x, axis=0), and Π_i c = c**n"""
        value = self.value(expr.body)
        running = [b for b in expr.bound if b in value.labels]
        if len(running) == len(expr.bound):
            return self.reduced("prod", value, expr.bound)
        times = [b.size for b in expr.bound if b not in running]
        return self.value(Pow(IndexProduct(expr.body, *running), Mul(*times)))  # 0 of 0**n

    @lowering
    def _function(self, expr: Basic, name: str) -> Value:
        """f(x)_i = f(x_i): np.exp(x), np.maximum(x, y)."""
        found = self.elementwise(
            lambda *codes: call(name, *codes, shape=_shape(codes)),
            [self.value(a) if elements(expr) else self._with_digits(a) for a in expr.args],
        )
        # A NumPy float64 would turn float32 arrays into float64; a Python float does not. What
        # np.longdouble holds is no Python float, and stays.
        if elements(expr) or found.code.shape:
            return found
        return Value(Code("suffix", (found.code,), ".item()"))

    @lowering
    def number(self, number: Expr) -> Code:
        """A Python literal, exact to double precision: 3, 0.01, 1 / 3, np.pi."""
        return (long_literal if self.extended else literal)(number, self.np)

    @lowering
    def condition(self, condition: Basic) -> Value:
        """[c or not d] is (c | ~d): the Boolean array of comparisons, and combinations of them."""
        if isinstance(condition, Delta):
            return self.same_position(condition)
        if isinstance(condition, Relational) and counts(condition):
            op = _RELATIONS[type(condition)]
            return self.elementwise(
                lambda a, b: operate(op, a, b), [self.position(a) for a in condition.args]
            )
        if isinstance(condition, Relational):
            op = _RELATIONS[type(condition)]
            return self.elementwise(
                lambda a, b: operate(op, a, b), [self.value(a) for a in condition.args]
            )
        if isinstance(condition, And):
            return self.condition_product(condition.args)
        parts = [self.condition(a) for a in condition.args]
        if isinstance(condition, Not):
            return Value(Code("~", (parts[0].code,), shape=parts[0].code.shape), parts[0].layout)
        if isinstance(condition, Or):
            return self.elementwise(lambda *codes: folded("|", codes), parts)
        raise NotYet(f"the condition {condition} has no NumPy form")

    @lowering
    def condition_product(self, conditions: Sequence[Basic]) -> Value:
        """[c][d] is (c & d)."""
        parts = [self.condition(c) for c in conditions]
        return self.elementwise(lambda *codes: folded("&", codes), parts)

    def number_of(self, conditions: Sequence[Basic], mask: Value) -> Value:
        """1 where conditions hold, else 0: a Python number where they are of sizes alone."""
        if any(elements(c) or indices_of(c) for c in conditions):
            return self.cast(mask)
        return Value(call("float", mask.code, shape=()))

    @lowering
    def cast(self, mask: Value) -> Value:
        """[c] is c.astype(float): 1 where c holds, else 0."""
        kind = self.dtype or f"{self.np}.float64"
        code = Code("suffix", (mask.code,), f".astype({kind})", shape=mask.code.shape)
        return Value(code, mask.layout)

    @lowering
    def _branches(self, expr: Where) -> Value:
        """[c] f + [not c] g = np.where(c, f, g)."""
        branch = taken(expr)
        if branch is not None:
            return self.value(branch)
        joined = self.side_by_side(*expr.args)
        if joined is not None:
            return joined
        parts = [self.condition(expr.args[0]), *self._two_branches(*expr.args[1:])]
        found = self.elementwise(
            lambda *codes: call(f"{self.np}.where", *codes, shape=_shape(codes)), parts
        )
        if self.dtype and not any(elements(a) for a in expr.args[1:]):
            return self.cast(found)
        return found

    def _two_branches(self, u: Expr, v: Expr) -> list[Value]:
        """Both branches; for -oo, which a maximum passes over, the least value of the other.

        Where a mask leaves out a whole row, the maximum is finite then, and 0 from itself. A NaN
        that a mask leaves out is left out here too.
        """
        if S.NegativeInfinity not in (u, v):
            return [self.value(u), self.value(v)]
        found = self.value(v if u is S.NegativeInfinity else u)
        axes = tuple(range(len(found.code.shape)))
        least = Value(Code("reduce", (found.code,), f"{self.np}.nanmin", axes, shape=()), ())
        return [least, found] if u is S.NegativeInfinity else [found, least]

    @lowering
    def repeated_index(self, value: Value) -> Value:
        """x_ii = einsum("ii->i", x)."""
        value = self.squeezed(value)
        labels = value.labels
        unique = tuple(dict.fromkeys(labels))
        letters = dict(zip(unique, "ijklmnopqrstuvwxyz", strict=False))
        spec = f'"{"".join(letters[i] for i in labels)}->{"".join(letters[i] for i in unique)}"'
        shape = tuple(i.size for i in unique)
        return Value(call(f"{self.np}.einsum", value.code, shape=shape, before=spec), unique)

    @lowering
    def _eye(self, expr: Delta) -> Value:
        """δ_ij = np.eye(n)."""
        if not is_plain(expr):
            return self.number_of([expr], self.same_position(expr))
        i, j = self.ordered(i for i in expr.indices if isinstance(i, Index))
        after = str(self.value(i.size).code) + (f", dtype={self.dtype}" if self.dtype else "")
        return Value(call(f"{self.np}.eye", shape=(i.size, j.size), after=after), (i, j))

    @lowering
    def _sum_of_terms(self, expr: Add) -> Value:
        """-x + y - z = y - x - z: a term without a sign first."""
        changed = self.blocks(expr.args) or self.sum_with_labels(expr.args)
        if changed is not None:
            return changed
        signed = [negated(t) for t in expr.args]
        lead = next((n for n, (negative, _) in enumerate(signed) if not negative), 0)
        signed.insert(0, signed.pop(lead))
        values = [self.value(term) for _, term in signed]

        def build(*codes: Code) -> Code:
            total: Code | None = None
            for (negative, _), code in zip(signed, codes, strict=True):
                if total is None:
                    total = Code("neg", (code,), shape=code.shape) if negative else code
                else:
                    total = operate("-" if negative else "+", total, code)
            assert total is not None
            return total

        return self.elementwise(build, values)

    @lowering
    def _power(self, expr: Pow) -> Value:
        """x^p = x**p, x^(1/2) = np.sqrt(x)."""
        base, exponent = expr.args
        if is_inverse(expr):
            return self.product((expr,))
        if exponent == S.Half and elements(base):
            value = self.value(base)
            return Value(call(f"{self.np}.sqrt", value.code, shape=value.code.shape), value.layout)
        powered = self.value(base) if exponent.is_integer else self._with_digits(base)
        return self.elementwise(
            lambda a, b: operate("**", a, b), [powered, self.value(exponent)]
        )

    def _with_digits(self, expr: Basic) -> Value:
        """The value of what a function is taken of: of a size, too, with the digits of arrays."""
        value = self.value(expr)
        if not self.extended or elements(expr) or "longdouble" in value.code.text:
            return value
        return Value(call(f"{self.np}.longdouble", value.code, shape=()), value.layout)


def _shape(codes: Iterable[Code]) -> tuple[Expr, ...]:
    shape: tuple[Expr, ...] = ()
    for code in codes:
        shape = broadcast(shape, code.shape)
    return shape

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

from symbackprop.algebra.functions import BY_CLASS, TABLE
from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Element,
    Index,
    IndexMax,
    IndexMin,
    IndexSum,
    Iverson,
    Maximum,
    Minimum,
    Where,
    elements,
)
from symbackprop.emit.numpy.code import Code, atom, broadcast, call, operate
from symbackprop.emit.numpy.contract import Contractions
from symbackprop.emit.numpy.layout import Layout, Value
from symbackprop.emit.numpy.minima import with_minima
from symbackprop.emit.numpy.product import is_inverse, negated
from symbackprop.emit.numpy.special import LogAddExp
from symbackprop.errors import NotYet

_FUNCTIONS: dict[type, str] = {
    **{f.cls: f.head for f in TABLE if f.in_numpy},
    Maximum: "maximum", Minimum: "minimum", LogAddExp: "logaddexp",
}  # fmt: skip
_RELATIONS: dict[type, str] = {
    StrictGreaterThan: ">", GreaterThan: ">=", StrictLessThan: "<", LessThan: "<=",
    Equality: "==", Unequality: "!=",
}  # fmt: skip
_CONSTANTS = {"pi": "pi", "E": "e", "EulerGamma": "euler_gamma"}


class Lowering(Contractions):
    """Lowers expressions of every kind; see `Layouts` for the parameters."""

    def assigned(self, expr: Expr, indices: Sequence[Index], shape: Sequence[Expr]) -> Code:
        """The code of an array with this shape, `indices` being those of its axes longer than 1.

        An axis that the expression does not depend on is filled by broadcasting.
        """
        self._rank = {index: rank for rank, index in enumerate(indices)}
        value = self.value(with_minima(expr))
        rest = iter(indices)
        target: Layout = tuple(None if s == 1 else next(rest) for s in shape)
        literal = not value.layout and not elements(expr)
        if value.layout == target and not (literal and self.dtype):
            return value.code
        if set(value.labels) == set(indices) and value.code.op != "atom" and shape:
            return self.arranged(value, target)
        full = self.size_tuple(shape)
        if literal:
            after = f"{full}, {value.code}" + (f", dtype={self.dtype}" if self.dtype else "")
            return call(f"{self.np}.full", shape=tuple(shape), after=after)
        if set(value.labels) == set(indices):
            return self.arranged(value, target)
        wide = self.aligned(value, target)
        spread = call(f"{self.np}.broadcast_to", wide, shape=tuple(shape), after=full)
        return Code("suffix", (spread,), ".copy()", shape=tuple(shape))

    def value(self, expr: Basic) -> Value:
        """The code of an expression, its axes in the order that costs the fewest transposes."""
        if expr is S.NegativeInfinity:
            return Value(atom(f"-{self.np}.inf"))
        if isinstance(expr, Rational | Float | NumberSymbol):
            return Value(self.number(expr))
        if isinstance(expr, Element):
            return self._element(expr)
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
        if isinstance(expr, Delta):
            return self._eye(expr)
        if isinstance(expr, Iverson):
            return self.cast(self.condition(expr.condition))
        if isinstance(expr, Where):
            return self._where(expr)
        if type(expr) in _FUNCTIONS:
            return self._function(expr, f"{self.np}.{_FUNCTIONS[type(expr)]}")
        if type(expr) in BY_CLASS:
            return self._function(expr, self.helper(BY_CLASS[type(expr)].head))
        if isinstance(expr, Symbol) and not isinstance(expr, Array | Index):
            return Value(atom(self.size(expr)))
        raise NotYet(f"{type(expr).__name__} has no NumPy form")

    def _function(self, expr: Basic, name: str) -> Value:
        found = self.elementwise(
            lambda *codes: call(name, *codes, shape=_shape(codes)),
            [self.value(a) for a in expr.args],
        )
        # A NumPy float64 would turn float32 arrays into float64; a Python float does not.
        return found if elements(expr) else Value(Code("suffix", (found.code,), ".item()"))

    def number(self, number: Expr) -> Code:
        """A Python literal, exact to double precision: 3, 0.01, 1 / 3, np.pi."""
        if isinstance(number, NumberSymbol):
            known = _CONSTANTS.get(str(number))
            return atom(f"{self.np}.{known}" if known else repr(float(number)))
        if isinstance(number, Float) or not isinstance(number, Rational):
            return atom(repr(float(number)))
        p, q = int(number.p), int(number.q)
        if q == 1:
            return atom(str(p))
        short = repr(p / q)
        return atom(short if Rational(short) == number else f"{p} / {q}")

    def condition(self, condition: Basic) -> Value:
        """The Boolean array of a comparison or a combination of comparisons."""
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
            return self.elementwise(lambda *codes: _fold("|", codes), parts)
        raise NotYet(f"the condition {condition} has no NumPy form")

    def condition_product(self, conditions: Sequence[Basic]) -> Value:
        """The conditions combined with `&`."""
        parts = [self.condition(c) for c in conditions]
        return self.elementwise(lambda *codes: _fold("&", codes), parts)

    def cast(self, mask: Value) -> Value:
        """A Boolean array as 0.0 and 1.0."""
        kind = self.dtype or f"{self.np}.float64"
        code = Code("suffix", (mask.code,), f".astype({kind})", shape=mask.code.shape)
        return Value(code, mask.layout)

    def _where(self, expr: Where) -> Value:
        parts = [self.condition(expr.args[0]), *(self.value(a) for a in expr.args[1:])]
        found = self.elementwise(
            lambda *codes: call(f"{self.np}.where", *codes, shape=_shape(codes)), parts
        )
        if self.dtype and not any(elements(a) for a in expr.args[1:]):
            return self.cast(found)
        return found

    def _element(self, expr: Element) -> Value:
        array, rest = expr.array, iter(expr.indices)
        code = atom(self.array(array), array.shape)
        layout: Layout = tuple(None if s == 1 else next(rest) for s in array.shape)
        labels = tuple(i for i in layout if i is not None)
        if len(set(labels)) == len(labels):
            return Value(code, layout)
        value = self.squeezed(Value(code, layout))
        unique = tuple(dict.fromkeys(labels))
        letters = dict(zip(unique, "ijklmnopqrstuvwxyz", strict=False))
        spec = f'"{"".join(letters[i] for i in labels)}->{"".join(letters[i] for i in unique)}"'
        shape = tuple(i.size for i in unique)
        return Value(call(f"{self.np}.einsum", value.code, shape=shape, before=spec), unique)

    def _eye(self, expr: Delta) -> Value:
        i, j = self.ordered(expr.indices)
        after = str(self.value(i.size).code) + (f", dtype={self.dtype}" if self.dtype else "")
        return Value(call(f"{self.np}.eye", shape=(i.size, j.size), after=after), (i, j))

    def _sum_of_terms(self, expr: Add) -> Value:
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

    def _power(self, expr: Pow) -> Value:
        base, exponent = expr.args
        if is_inverse(expr):
            return self.product((expr,))
        if exponent == S.Half and elements(base):
            value = self.value(base)
            return Value(call(f"{self.np}.sqrt", value.code, shape=value.code.shape), value.layout)
        return self.elementwise(
            lambda a, b: operate("**", a, b), [self.value(base), self.value(exponent)]
        )


def _shape(codes: Iterable[Code]) -> tuple[Expr, ...]:
    shape: tuple[Expr, ...] = ()
    for code in codes:
        shape = broadcast(shape, code.shape)
    return shape


def _fold(op: str, codes: Sequence[Code]) -> Code:
    total = codes[0]
    for code in codes[1:]:
        total = operate(op, total, code)
    return total

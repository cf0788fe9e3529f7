"""What a resolved claim means: a traced array, or the value of one element.

Elements are values of rank 0, in which indices stand for positions; whole arrays keep their axes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sympy import Eq, Expr, Ge, Le, Rational, S
from sympy.core.relational import Gt, Lt, Ne
from sympy.logic.boolalg import Boolean

from symbackprop.algebra.nodes import (
    Array,
    Delta,
    IndexMax,
    IndexProduct,
    IndexSum,
    Iverson,
    Maximum,
    Minimum,
    Where,
)
from symbackprop.algebra.subscripts import (
    at_least,
    indices_of,
)
from symbackprop.claims import syntax as s
from symbackprop.claims import wholes as w
from symbackprop.claims.parsing import counted
from symbackprop.claims.positions import Positions
from symbackprop.claims.ranges import Ranges, Scope, Slot
from symbackprop.claims.resolved import (
    Bound,
    Call,
    Identity,
    Kronecker,
    Letter,
    Named,
    Over,
    Slope,
)
from symbackprop.claims.vocabulary import Vocabulary
from symbackprop.errors import InputError, NotYet, Refused, ShapeError
from symbackprop.frontend import written
from symbackprop.frontend.prelude import PRELUDE
from symbackprop.frontend.tracer import Tracer, traced_call
from symbackprop.frontend.value import Value, constant, numeric

_RELATIONS: dict[str, Any] = {"<": Lt, "<=": Le, ">": Gt, ">=": Ge, "==": Eq, "!=": Ne}
_REDUCTIONS: dict[str, Callable[..., Expr]] = {
    "sum": IndexSum, "prod": IndexProduct, "max": IndexMax,
    "min": lambda body, *bound: written.neg(IndexMax(written.neg(body), *bound)),
}  # fmt: skip
_OF_VECTORS = frozenset((
    "softmax", "log_softmax", "logsumexp", "norm", "sum", "mean", "max", "min", "trace", "inv",
    "det", "linalg.inv", "linalg.det",
))  # fmt: skip
SlopeOf = Callable[[Array, tuple[Expr, ...], Array, tuple[Expr, ...]], Expr]


class Meaning:
    """Reads the trees of one claim. slope: writes out ∂y_j/∂x_k of two arrays."""

    def __init__(
        self, vocabulary: Vocabulary, refused: Callable[[str, s.Node], Refused], slope: SlopeOf
    ) -> None:
        self.vocabulary, self.refused, self.slope = vocabulary, refused, slope
        labels = vocabulary.setting.forward.labels
        self.positions = Positions(labels, refused)
        self.ranges = Ranges(
            refused, labels, lambda n, scope: self.whole(n, scope).value.shape, self.positions.of
        )

    def whole(self, node: s.Node, scope: Scope) -> w.Whole:
        """The value of a tree; errors of shapes name the piece that they are about."""
        try:
            return self._whole(node, scope)
        except (ShapeError, InputError) as problem:
            if isinstance(problem, _Told):
                raise
            kind = _ToldShape if isinstance(problem, ShapeError) else _Told
            raise kind(str(self.refused(str(problem), node))) from None

    def _whole(self, node: s.Node, scope: Scope) -> w.Whole:
        if isinstance(node, s.Literal):
            return w.scalar(Rational(node.value.numerator, node.value.denominator))
        if isinstance(node, Named):
            return w.of_value(node.value.value)
        if isinstance(node, Identity):
            raise self.refused("the identity has no size here; write \\delta_{ij}", node)
        if isinstance(node, Letter):
            return w.scalar(self.positions.of(node, scope))
        if isinstance(node, s.Subscripted):
            return self._element(node, scope)
        if isinstance(node, Kronecker):
            pairs = node.places, node.places[::-1]
            one, two = (self.positions.in_delta(p, q, scope) for p, q in pairs)
            return w.scalar(Delta(one, two))
        if isinstance(node, s.Group):
            return self.whole(node.items[0], scope)
        if isinstance(node, s.Signed):
            return self._sum(node, scope)
        if isinstance(node, s.Factors):
            return self._product(node, scope)
        if isinstance(node, s.Fraction_):
            return w.mapped(written.div, self.whole(node.top, scope),
                            self.whole(node.bottom, scope))  # fmt: skip
        if isinstance(node, s.Raised):
            return self._power(node, scope)
        if isinstance(node, s.Transposed):
            return w.transposed(self.whole(node.base, scope))
        if isinstance(node, Call):
            return self._call(node, scope)
        if isinstance(node, Over):
            return self._over(node, scope)
        if isinstance(node, s.Indicator):
            if node.condition is None:
                return w.ONES
            return w.of_value(numeric(self._condition(node.condition, scope)))
        if isinstance(node, s.Cases):
            return self._cases(node, scope)
        if isinstance(node, Slope):
            return self._slope(node, scope)
        raise NotYet(f"{type(node).__name__} in a claim")

    # Elements.

    def _element(self, node: s.Subscripted, scope: Scope) -> w.Whole:
        value = self.whole(node.base, scope).value
        axes = [size for size in value.shape if size != 1]
        if len(axes) != len(node.places):
            raise self.refused(
                f"this has {counted(len(axes))}, and {len(node.places)} subscripts are given", node
            )
        pairs = zip(node.places, axes, strict=True)
        queue = iter([self.positions.within(p, size, scope) for p, size in pairs])
        at = tuple(None if size == 1 else next(queue) for size in value.shape)
        return w.Whole(lambda i, j: value.at(at))

    # Arithmetic.

    def _sum(self, node: s.Signed, scope: Scope) -> w.Whole:
        (sign, first), *rest = node.terms
        total = self.whole(first, scope)
        if sign < 0:
            total = w.mapped(written.neg, total)
        for sign, term in rest:
            total = w.plus(sign, total, self.whole(term, scope))
        return total

    def _product(self, node: s.Factors, scope: Scope) -> w.Whole:
        result = self.whole(node.items[0], scope)
        for sign, item in zip(node.signs, node.items[1:], strict=True):
            factor = self.whole(item, scope)
            if sign == "%":
                raise self.refused("a remainder stands in a subscript only", node)
            if sign in ("/", "o/"):
                result = w.mapped(written.div, result, factor)
            else:
                result = w.times(result, sign, factor)
        return result

    def _power(self, node: s.Raised, scope: Scope) -> w.Whole:
        base, exponent = self.whole(node.base, scope), self.whole(node.exponent, scope)
        matrix = not (base.is_scalar or base.is_column or base.is_row)
        if matrix and not node.elementwise:
            inverse = exponent.is_scalar and exponent.build(None, None) == S.NegativeOne
            if inverse and isinstance(node.base, Named):
                return w.called(lambda x: traced_call("linalg.inv", (x,), {}), base)
            raise self.refused(
                "a power of a matrix may be one of its elements; write ^{\\odot 2}, or subscripts",
                node,
            )
        return w.mapped(written.power, base, exponent)

    def _call(self, node: Call, scope: Scope) -> w.Whole:
        args = [self.whole(a, scope) for a in node.arguments]
        name = node.name
        if name in ("max", "min") and len(args) > 1:
            larger = Maximum if name == "max" else Minimum
            result = args[0]
            for other in args[1:]:
                result = w.mapped(larger, result, other)
            return result
        if len(args) != 1:
            raise self.refused(f"{node.name} has one argument", node)
        (arg,) = args
        if name == "diag":
            return w.diagonal(arg)
        if name in _OF_VECTORS and arg.is_scalar:
            raise self.refused(f"{name} of one element; give it a whole array", node)
        if name in ("inv", "det"):
            if not isinstance(node.arguments[0], Named):
                raise self.refused(f"{name} of a named matrix only", node)
            name = f"linalg.{name}"
        rule = PRELUDE.get(name) or (lambda x: traced_call(name, (x,), {}))
        if name in _OF_VECTORS:
            return w.called(rule, arg)
        return w.mapped(partial(_of_element, rule), arg)

    # Sums, conditions, derivatives.

    def _over(self, node: Over, scope: Scope) -> w.Whole:
        slots = self.ranges.slots[id(node)]
        inner = {**scope, **{slot.name: slot for slot in slots}}
        conditions = [self._condition(c, inner).at(()) for c in node.conditions]
        for bound, slot in zip(node.bounds, slots, strict=True):
            conditions += self._ends(bound, slot, scope, node)
        body = self.whole(node.body, inner)
        build = partial(_reduced, node.kind, conditions, [s.index for s in slots])
        if conditions and node.kind in ("max", "min"):
            raise self.refused("a condition under a maximum is not read", node)
        if node.kind in ("max", "min") and isinstance(node.body, s.Factors):
            raise self.refused(f"put what the {node.kind} is taken of in parentheses", node)
        return w.mapped(build, body)

    def _ends(self, bound: Bound, slot: Slot, scope: Scope, node: Over) -> list[Boolean]:
        """Conditions on an index whose sum does not go over the whole axis."""
        found: list[Boolean] = []
        if bound.low is not None:
            low = self.positions.of(bound.low, scope)
            if low != 1:
                found.append(Ge(slot.index, low, evaluate=False))
        if bound.high is not None:
            high = self.positions.of(bound.high, scope)
            if high != slot.size:
                if not indices_of(high) and at_least(slot.size, high) is not True:
                    raise self.refused(
                        f"{slot.name} runs over an axis of size {slot.size}, not to {high}", node
                    )
                found.append(Le(slot.index, high, evaluate=False))
        return found

    def _condition(self, node: s.Node, scope: Scope) -> Value:
        if isinstance(node, s.Both):
            parts = [self._condition(i, scope) for i in node.items]
            name = {"and": "logical_and", "or": "logical_or", "not": "logical_not"}[node.kind]
            result = parts[0] if node.kind != "not" else traced_call(
                name, (Tracer(parts[0]),), {}).value
            for other in parts[1:]:
                result = traced_call(name, (Tracer(result), Tracer(other)), {}).value
            return result
        if not isinstance(node, s.Relation):
            raise self.refused("a condition compares two values", node)
        found: Value | None = None
        pairs = zip(node.sides, node.signs, node.sides[1:], strict=False)
        for left, sign, right in pairs:
            part = self._relation(left, sign, right, scope)
            both = None if found is None else traced_call(
                "logical_and", (Tracer(found), Tracer(part)), {})
            found = part if both is None else both.value
        assert found is not None
        return found

    def _relation(self, left: s.Node, sign: str, right: s.Node, scope: Scope) -> Value:
        def build(u: Expr, v: Expr) -> Boolean:
            u, v = self.positions.compared(u, v)
            return _RELATIONS[sign](u, v, evaluate=bool(u.is_Number and v.is_Number))

        found = w.mapped(build, self.whole(left, scope), self.whole(right, scope)).value
        found.boolean = True
        return found

    def _cases(self, node: s.Cases, scope: Scope) -> w.Whole:
        rows = [(self.whole(v, scope), None if c is None else self._condition(c, scope))
                for v, c in node.rows]  # fmt: skip
        *first, (last, condition) = rows
        if condition is not None and not _covered(first[-1][1] if first else None, condition):
            raise self.refused("the last case is 'otherwise'", node)
        result = last
        for value, test in reversed(first):
            assert test is not None
            result = w.mapped(Where, w.of_value(test), value, result)
        return result

    def _slope(self, node: Slope, scope: Scope) -> w.Whole:
        of, rows = self._at(node.of, scope)
        wrt, columns = self._at(node.wrt, scope)
        return w.scalar(self.slope(of, rows, wrt, columns))

    def _at(self, node: s.Node, scope: Scope) -> tuple[Array, tuple[Expr, ...]]:
        if isinstance(node, s.Subscripted):
            base = node.base
            assert isinstance(base, Named)
            array = base.value.value.array
            pairs = zip(node.places, array.axes, strict=True)
            return array, tuple(self.positions.within(p, size, scope) for p, size in pairs)
        assert isinstance(node, Named)
        array = node.value.value.array
        if array.axes:
            raise self.refused("a derivative of an array in an array needs subscripts", node)
        return array, ()


class _Told(InputError):
    """An error whose place in the claim was added."""


class _ToldShape(_Told, ShapeError):
    """The same for shapes."""


def _of_element(rule: Callable[[Any], Any], u: Expr) -> Any:
    """A function of one element."""
    found = rule(Tracer(constant(u)))
    return found.value.at(()) if isinstance(found, Tracer) else written.number(found)


def _reduced(kind: str, conditions: list[Boolean], bound: list[Any], body: Expr) -> Expr:
    if conditions:
        test = written.And(*conditions) if len(conditions) > 1 else conditions[0]
        body = Where(test, body, S.One) if kind == "prod" else written.mul(body, Iverson(test))
    return _REDUCTIONS[kind](body, *bound)


def _covered(one: Value | None, two: Value) -> bool:
    """Whether the second condition holds wherever the first does not: x > 0 and x <= 0."""
    if one is None:
        return False
    u, v = one.at(()), two.at(())
    return bool(u.negated == v or u.negated == v.reversed)

"""What a reader must know of a backward program besides its formulas: the subgradients taken."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Basic, Mul, Rational, sign
from sympy.core.relational import Equality, GreaterThan, LessThan, Relational

from symbackprop.algebra.nodes import Element, IndexMax, Iverson, Where
from symbackprop.algebra.trees import compares_values, walk
from symbackprop.calculus.result import Adjoint, Tangent


def notes(steps: Iterable[Adjoint | Tangent], what: str = "gradient in") -> tuple[str, ...]:
    """One line for each kind of kink that a step steps over, with the arrays concerned.

    what: says what a step is, before the name of its array.
    """
    found: dict[str, dict[str, None]] = {}
    for step in steps:
        for node in walk(step.expr):
            text = _note(node)
            if text:
                found.setdefault(text, {})[step.of.name] = None
    return tuple(f"{text} ({what} {', '.join(names)})" for text, names in found.items())


def _note(node: Basic) -> str | None:
    if isinstance(node, sign):
        u = _named(node.args[0]) if isinstance(node.args[0], Element) else "u"
        return f"|{u}| has a kink at {u} = 0: the subgradient 0 is used there"
    if not isinstance(node, Iverson | Where):
        return None
    relations = sorted((r for r in node.args[0].atoms(Relational) if compares_values(r)),
                       key=str)
    for r in relations:
        if isinstance(r, Equality) and r.has(IndexMax):
            minimum = any(isinstance(side, Mul) and side.args[0] == -1 for side in r.args)
            extreme = "smallest" if minimum else "largest"
            return f"where several elements are the {extreme}, they share the gradient equally"
    return "; ".join(_tie(r) for r in relations)


def _tie(r: Relational) -> str:
    value = int(isinstance(r, Equality | GreaterThan | LessThan))
    if not all(isinstance(side, Element | Rational) for side in r.args):
        return f"where two compared values are equal, the bracket that compares them is {value}"
    left, right, sign_ = _named(r.lhs), _named(r.rhs), r.rel_op
    return f"at {left} = {right} the subgradient with [{left} {sign_} {right}] = {value} is used"


def _named(expr: Basic) -> str:
    """An element by the name of its array, a number by itself."""
    return expr.array.name if isinstance(expr, Element) else str(expr)

"""What a reader must know of a backward program besides its formulas: the subgradients taken."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Basic, Symbol, sign
from sympy.core.relational import Equality, GreaterThan, LessThan, Relational

from symbackprop.algebra.nodes import IndexMax, Iverson, elements, walk
from symbackprop.calculus.result import Adjoint


def notes(steps: Iterable[Adjoint]) -> tuple[str, ...]:
    """One line for each kind of kink that a step steps over, with the arrays concerned."""
    found: dict[str, dict[str, None]] = {}
    for step in steps:
        for node in walk(step.expr):
            text = _note(node)
            if text:
                found.setdefault(text, {})[step.of.name] = None
    return tuple(f"{text} (gradient in {', '.join(names)})" for text, names in found.items())


def _note(node: Basic) -> str | None:
    if isinstance(node, sign):
        u = _named(node.args[0])
        return f"|{u}| has a kink at {u} = 0: the subgradient 0 is used there"
    if not isinstance(node, Iverson):
        return None
    relations = sorted(node.condition.atoms(Relational), key=str)
    if any(isinstance(r, Equality) and r.has(IndexMax) for r in relations):
        return "where several elements are the largest, they share the gradient equally"
    texts = [
        f"at {_named(r.lhs)} = {_named(r.rhs)} the subgradient with [{_named(r)}] = "
        f"{int(isinstance(r, Equality | GreaterThan | LessThan))} is used"
        for r in relations
    ]
    return "; ".join(texts)


def _named(expr: Basic) -> str:
    """The expression in words: an element by the name of its array."""
    return str(expr.xreplace({e: Symbol(e.array.name) for e in elements(expr)}))

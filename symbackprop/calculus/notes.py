"""What a reader must know of a backward program besides its formulas: the subgradients taken."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Basic, sign
from sympy.core.relational import Equality, Relational

from symbackprop.algebra.nodes import Iverson, walk
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
        return "the derivative of |u| at u = 0 is taken as 0"
    if isinstance(node, Iverson):
        relations = node.condition.atoms(Relational)
        if any(isinstance(r, Equality) for r in relations):
            return "equal largest values share the gradient of their maximum equally"
        return "where a comparison is an equality, the derivative is the one of the branch taken"
    return None

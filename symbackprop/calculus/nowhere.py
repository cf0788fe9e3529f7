"""Programs that divide by what is always 0 have no value anywhere: they are refused."""

from __future__ import annotations

from symbackprop.algebra.deadline import working_on
from symbackprop.algebra.nodes import Element
from symbackprop.algebra.normal import normal
from symbackprop.algebra.program import Definition, Program
from symbackprop.calculus.simplify import Simplifier
from symbackprop.errors import ZeroDivisor


def refuse_zero_quotients(program: Program) -> None:
    """Raise ZeroDivisor for a definition such as x/(x - x), which says so by itself."""
    for d in program.definitions:
        try:
            normal(d.expr)
        except ZeroDivisor:
            raise _refused(d, "what is always 0") from None


def refuse_zero_divisors(simplifier: Simplifier) -> None:
    """Raise ZeroDivisor for one that divides by a definition, or by a sum, that is always 0."""
    for d in simplifier.program.definitions:
        with working_on(f"the definition of {d.place}"):
            zero = simplifier.zeros.divided_by(simplifier.definitions[d.array][1])
        if zero is not None:
            name = f"{zero.array.name}, which" if isinstance(zero, Element) else "a sum that"
            raise _refused(d, f"{name} is always 0")


def _refused(d: Definition, what: str) -> ZeroDivisor:
    return ZeroDivisor(f"{d.place} divides by {what}: the quotient has no value anywhere")

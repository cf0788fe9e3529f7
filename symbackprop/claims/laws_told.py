"""Why a step holds, in words: the law, what was put in the place of what, the facts."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr

from symbackprop.algebra.letters import free_indices
from symbackprop.calculus.result import Fact
from symbackprop.claims.page import ASSUMED, FOLLOWS
from symbackprop.claims.show import Shower, equation, named
from symbackprop.emit.page import Formula, Part, Words


def facts_of(facts: Sequence[Fact], show: Shower) -> tuple[Part, ...]:
    """The equations that a step uses, and where they come from."""
    return tuple(
        Words("{fact} ({source})", (
            ("fact", equation(show.formula(f.left), show.formula(f.right))),
            ("source", ASSUMED if f.declared else FOLLOWS),
        )) for f in facts
    )  # fmt: skip


def equation_of(sides: tuple[Expr, Expr], show: Shower) -> Formula:
    """An equation of a step, with letters of its own where it has other indices."""
    free = tuple(dict.fromkeys(i for side in sides for i in free_indices(side)))
    known = {i: show.letters[i] for i in free if i in show.letters}
    letters = named([i for i in free if i not in known], known, show.taken)
    own = type(show)(show.names, letters, show.taken)
    return equation(own.formula(sides[0]), own.formula(sides[1]))

"""An explanation of a false claim, and what has to be equal for it to hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sympy import Expr

from symbackprop.algebra.nodes import Array
from symbackprop.claims.case import Case
from symbackprop.claims.show import Shower
from symbackprop.emit.page import Formula, Words

Place: TypeAlias = Expr | Array | Words | str | Callable[[Shower], Formula]
"""What stands in a place of a reason's words."""


@dataclass(frozen=True)
class Reason:
    """Words with expressions, names or other words in their places, or what makes a formula.

    kind: a short name for what is wrong, such as "sign" or "transpose".
    """

    kind: str
    template: str
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True)
class Idea:
    """A reason that holds if two expressions in the claim's indices are equal."""

    reason: Reason
    left: Expr
    right: Expr

    def holds(self, case: Case) -> bool:
        """Whether it is confirmed, exactly or to 50 digits."""
        return case.holds(self.left, self.right)

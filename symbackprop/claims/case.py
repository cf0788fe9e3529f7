"""One right side of a claim on trial: what is claimed, what is true, and how they are compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sympy import Expr

from symbackprop.algebra.nodes import Index
from symbackprop.algebra.program import Assumption
from symbackprop.claims.claim import Right
from symbackprop.claims.compare import Comparer
from symbackprop.claims.engine import Engine, Proof
from symbackprop.claims.setting import Setting
from symbackprop.claims.target import Target, Truth
from symbackprop.verify.exact import AGREES, PROVED, Comparison

TRUE = (PROVED, AGREES)


@dataclass(frozen=True)
class Case:
    """A right side, its target, and the declared equations that it is judged under."""

    right: Right
    target: Target
    truth: Truth
    comparer: Comparer

    @property
    def setting(self) -> Setting:
        return self.truth.setting

    @property
    def equations(self) -> tuple[Assumption, ...]:
        return self.setting.equations

    @property
    def claimed(self) -> Expr:
        return self.right.expr

    @property
    def true(self) -> Expr:
        """The true value, a gradient by its name."""
        return self.right.truth

    @property
    def indices(self) -> tuple[Index, ...]:
        return self.right.indices

    @cached_property
    def written(self) -> Expr:
        """The true value, a gradient by the formula that was derived for it."""
        return self.truth.written(self.target, self.right.places)

    @cached_property
    def engine(self) -> Engine:
        """The engine under all declared equations."""
        return Engine(self.setting, self.equations)

    def holds(self, left: Expr, right: Expr) -> bool:
        """Whether two expressions are equal under the declared equations."""
        return self.compared(left, right).verdict in TRUE

    def compared(
        self, left: Expr, right: Expr, equations: tuple[Assumption, ...] | None = None
    ) -> Comparison:
        """Compare two expressions in the indices of the claim; the first one has to have a value
        wherever the second one has."""
        given = self.equations if equations is None else equations
        return self.comparer.compare(left, right, self.indices, given, strict=True)

    def proof(self) -> Proof | None:
        """That the claim follows by the engine's laws, or None."""
        return self.engine.proof(self.claimed, self.written, self.indices)

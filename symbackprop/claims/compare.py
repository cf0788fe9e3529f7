"""Whether two expressions are the same at all points, and where they differ if not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sympy import Expr

from symbackprop.algebra.nodes import Index
from symbackprop.algebra.program import Assumption
from symbackprop.claims.points import Trial, branches, has_branches, trials
from symbackprop.claims.setting import Ground
from symbackprop.errors import NotYet
from symbackprop.verify.constraints import Unrecognised
from symbackprop.verify.evaluate import compiled
from symbackprop.verify.exact import AGREES, FALSE, INCONCLUSIVE, PROVED, Comparison
from symbackprop.verify.points import NoPoint
from symbackprop.verify.scalars import OutOfDomain
from symbackprop.verify.state import Node, State

_CLOSE = 50  # digits that have to agree
Equations = tuple[Assumption, ...]


@dataclass(frozen=True)
class Difference:
    """Where two expressions differ: the trial, the place (counted from 0) and both values.

    left: None where the left side has no value there.
    """

    trial: Trial
    place: tuple[int, ...]
    left: Any
    right: Any


@dataclass
class Comparer:
    """Compares expressions in the arrays of a setting, at the same points for all of them."""

    setting: Ground
    seed: int = 0
    _trials: dict[tuple[Equations, bool, bool], list[Trial] | str] = field(default_factory=dict)

    def trials(
        self, equations: Equations, kinks: bool, positive: bool = False
    ) -> list[Trial] | str:
        """The points that satisfy the equations, or why there are none."""
        key = equations, kinks, positive
        if key not in self._trials:
            try:
                found: list[Trial] | str = list(trials(
                    self.setting, equations, seed=self.seed, kinks=kinks, positive=positive
                ))  # fmt: skip
            except (NoPoint, Unrecognised, OutOfDomain) as problem:
                found = str(problem)
            self._trials[key] = found
        return self._trials[key]

    def compare(
        self, left: Expr, right: Expr, indices: Sequence[Index], equations: Equations,
        strict: bool = False,
    ) -> Comparison:  # fmt: skip
        """Equal in a large prime field ("proved"), to 50 digits ("agrees"), or not ("false").

        strict: the left side has to have a value where the right one has.
        """
        kinks = branches(self.setting) or has_branches(left, right)
        try:
            sides = [compiled(e) for e in (left, right)]
        except NotYet as problem:
            return Comparison(INCONCLUSIVE, 0, str(problem))
        points = self.trials(equations, kinks)
        found = self._compared(points, sides, indices, strict)
        if not found.points and found.verdict == INCONCLUSIVE and not isinstance(points, str):
            # sqrt(t) has values where t is positive: among random signs that may be nowhere.
            points = self.trials(equations, kinks, positive=True)
            positive = self._compared(points, sides, indices, strict)
            return positive if positive.verdict != INCONCLUSIVE else found
        return found

    def _compared(
        self, points: list[Trial] | str, sides: Sequence[Node], indices: Sequence[Index],
        strict: bool,
    ) -> Comparison:  # fmt: skip
        if isinstance(points, str):
            return Comparison(INCONCLUSIVE, 0, points)
        proved, count, why = True, 0, ""
        for trial in points:
            try:
                found = self._at(trial, sides, indices, proved, strict)
            except OutOfDomain as problem:
                why = str(problem)
                continue
            if isinstance(found, Difference):
                return Comparison(FALSE, count)
            proved, count = proved and found, count + 1
        if not count:
            return Comparison(INCONCLUSIVE, 0, why)
        return Comparison(PROVED if proved else AGREES, count)

    def difference(
        self, left: Expr, right: Expr, indices: Sequence[Index], equations: Equations,
        strict: bool = False,
    ) -> Difference | None:  # fmt: skip
        """The first difference that is met."""
        points = self.trials(equations, branches(self.setting) or has_branches(left, right))
        sides = [compiled(e) for e in (left, right)]
        for trial in points if not isinstance(points, str) else ():
            try:
                found = self._at(trial, sides, indices, True, strict)
            except OutOfDomain:
                continue
            if isinstance(found, Difference):
                return found
        return None

    def _at(
        self, trial: Trial, sides: Sequence[Node], indices: Sequence[Index], exactly: bool,
        strict: bool,
    ) -> bool | Difference:  # fmt: skip
        """Whether both are equal in the field at this point, or where they differ in digits."""
        for place in trial.places(indices):
            at = dict(zip(indices, place, strict=True))
            if exactly and trial.field is not None and same_in_field(sides, trial.field, at):
                continue
            exactly = False
            two = sides[1](trial.digits, at)
            try:
                one = sides[0](trial.digits, at)
            except OutOfDomain:
                if not strict:
                    raise
                return Difference(trial, place, None, two)
            if differ(one, two, trial.digits):
                return Difference(trial, place, one, two)
        return exactly


def same_in_field(sides: Sequence[Node], state: State, at: dict[Index, int]) -> bool:
    """Whether both sides have the same value in the field."""
    try:
        one, two = (side(state, at) for side in sides)
    except OutOfDomain:
        return False
    return bool(one.p == two.p)


def differ(one: Any, two: Any, state: State) -> bool:
    """Whether two numbers differ in their first 50 digits."""
    mp = state.scalars.mp  # type: ignore[attr-defined]
    return bool(abs(one - two) > mp.mpf(10) ** -_CLOSE * max(abs(one), 1))

"""The verdict on a claim: proved, agrees, false or inconclusive, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from symbackprop.algebra.deadline import working_on
from symbackprop.algebra.program import Assumption
from symbackprop.calculus.result import Fact
from symbackprop.claims.case import TRUE, Case
from symbackprop.claims.counterexample import Counterexample, simple
from symbackprop.claims.coverage import one_sided
from symbackprop.claims.engine import Proof
from symbackprop.claims.points import measured
from symbackprop.claims.show import shower
from symbackprop.claims.target import VALUE
from symbackprop.verify.exact import FALSE, INCONCLUSIVE, PROVED, Comparison
from symbackprop.verify.scalars import OutOfDomain


@dataclass(frozen=True)
class Judged:
    """What became of one right side.

    needs: the declared equations without which it does not hold; none of them for a claim that
    holds without assumptions. proof: that by the engine's laws, where it sees one.
    """

    case: Case
    comparison: Comparison
    needs: tuple[Assumption, ...] = ()
    proof: Proof | None = None
    counterexample: Counterexample | None = None

    @property
    def verdict(self) -> str:
        return self.comparison.verdict

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The equations that follow from the definitions and that the proof used."""
        return tuple(f for f in (self.proof.facts if self.proof else ()) if not f.declared)


def judged(case: Case) -> Judged:
    """Compare a claim with the truth, and find what it needs or where it fails."""
    with working_on("the verdict on the claim"):
        found = case.compared(case.claimed, case.true)
    if found.verdict == FALSE:
        return _false(case, found)
    if found.verdict == INCONCLUSIVE:
        return Judged(case, found)
    wrong = _unlike_the_forward_pass(case)
    if wrong:
        return Judged(case, Comparison(INCONCLUSIVE, found.points, wrong))
    with working_on("the proof of the claim"):
        proof = case.proof()
    if proof is not None:
        found = Comparison(PROVED, found.points)
    elif (unseen := _one_sided(case)) is not None:
        return Judged(case, Comparison(INCONCLUSIVE, found.points, unseen))
    return Judged(case, found, needed(case), proof)


def _one_sided(case: Case) -> str | None:
    """Why equality at the points does not suffice: all of them lie on one side of a comparison."""
    points = case.comparer.trials(case.equations, True)
    if isinstance(points, str):
        return points
    test = one_sided(case.setting, (case.claimed, case.written), points)
    if test is None:
        return None
    told = shower(case.setting, case.indices, case.right.letters).formula(test)
    return f"no point was found on the other side of {told.text}"


def needed(case: Case) -> tuple[Assumption, ...]:
    """A smallest set of the declared equations under which the claim holds."""
    needs = list(case.equations)
    for equation in case.equations:
        rest = tuple(e for e in needs if e is not equation)
        if case.compared(case.claimed, case.true, rest).verdict in TRUE:
            needs.remove(equation)
    return tuple(needs)


def _false(case: Case, found: Comparison) -> Judged:
    with working_on("a counterexample"):
        example = simple(
            case.setting, case.claimed, case.true, case.indices, case.equations, strict=True
        )
        if example is None:
            gap = case.comparer.difference(
                case.claimed, case.true, case.indices, case.equations, strict=True
            )
            if gap is not None:
                point = gap.trial.point
                example = Counterexample(dict(point.sizes), dict(point.values), gap.place,
                                         gap.left, gap.right, gap.trial)  # fmt: skip
    if example is not None and not _confirmed(case, example):
        return Judged(case, Comparison(INCONCLUSIVE, found.points, _OWN))
    return Judged(case, found, counterexample=example)


_OWN = "the derived gradient and a complex step of the forward pass disagree; please report this"


def _confirmed(case: Case, example: Counterexample) -> bool:
    """Whether the true value is what a complex step of the forward pass gives."""
    at = dict(zip(case.indices, example.place, strict=True))
    return _agrees(case, example.trial, at, example.true)


def _unlike_the_forward_pass(case: Case) -> str:
    """Why the truth is doubted: at one element of a point it is no derivative by a complex step."""
    points = case.comparer.trials(case.equations, False)
    if isinstance(points, str):
        return ""
    for trial in points[:1]:
        for place in trial.places(case.indices)[:3]:
            at = dict(zip(case.indices, place, strict=True))
            from symbackprop.verify.evaluate import compiled

            if not _agrees(case, trial, at, compiled(case.true)(trial.digits, at)):
                return _OWN
    return ""


def _agrees(case: Case, trial: object, at: object, value: object) -> bool:
    from symbackprop.claims.points import Trial
    from symbackprop.verify.elements import position

    assert isinstance(trial, Trial) and isinstance(at, dict)
    target = case.target
    if target.kind == VALUE:
        return True
    places = tuple(position(u)(trial.digits, at) for u in case.right.places)
    cut = len(target.of.axes) if target.of else 0
    try:
        slope = measured(case.setting, trial, target.of, places[:cut], target.array, places[cut:])
    except OutOfDomain:
        return True
    mp = trial.digits.scalars.mp  # type: ignore[attr-defined]
    return bool(abs(slope - value) <= mp.mpf(10) ** -30 * max(abs(slope), 1))

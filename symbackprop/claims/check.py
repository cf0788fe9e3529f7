"""`check`: a claim about a derivation, judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sympy import Expr

from symbackprop.algebra.nodes import IndexSum, fresh_index
from symbackprop.algebra.program import Program
from symbackprop.algebra.spelling import shape_text
from symbackprop.algebra.trees import elements
from symbackprop.claims.case import TRUE, Case
from symbackprop.claims.claim import Claim, Right
from symbackprop.claims.compare import Comparer
from symbackprop.claims.judge import Judged, judged
from symbackprop.claims.matching import Misshaped, fits, whole_right
from symbackprop.claims.near import near
from symbackprop.claims.numpy_claim import expression_of, read_numpy
from symbackprop.claims.ranges import Unfit
from symbackprop.claims.read import Asked, read_claim
from symbackprop.claims.reasons.find import reasons
from symbackprop.claims.reasons.idea import Reason
from symbackprop.claims.setting import Setting, setting
from symbackprop.claims.target import Target, Truth, fresh
from symbackprop.claims.verdict import Checked
from symbackprop.claims.vocabulary import Vocabulary
from symbackprop.errors import InputError, ShapeError, UnknownNameError
from symbackprop.frontend.tracer import Tracer
from symbackprop.frontend.value import aligned
from symbackprop.messages import message
from symbackprop.verify.exact import FALSE, Comparison


@dataclass(frozen=True)
class Session:
    """A setting with the names that a claim may use."""

    truth: Truth
    vocabulary: Vocabulary
    comparer: Comparer

    @property
    def setting(self) -> Setting:
        return self.truth.setting


def session(program: Program, wrt: Sequence[str] | None, let: Mapping[str, str]) -> Session:
    """A program's gradients in these inputs, and the user's own names."""
    found = setting(program, wrt)
    own = Vocabulary(found)
    extra: dict[str, Tracer] = {}
    for name, text in let.items():
        if not name.isidentifier():
            raise InputError(f"let: {name!r} is not a name; write tau = sum(t)")
        value = read_numpy(expression_of(text), {**own.values, **extra})
        extra[name] = Tracer(value)
    return Session(Truth(found), Vocabulary(found, extra), Comparer(found))


Sessions = dict[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], Session]


def check(
    program: Program, wrt: Sequence[str] | None, text: str, asked: Asked,
    let: Mapping[str, str], sessions: Sessions,
) -> Checked:  # fmt: skip
    """The verdict on a claim about the gradients of a program.

    wrt: the inputs that gradients were derived in; others are derived where the claim is about
    them. sessions: those of earlier claims about the program.

    Raises Refused for text that is not read, UnknownNameError, ShapeError and InputError for a
    claim without a meaning, and what `backward` raises.
    """
    names = [a.name for a in program.differentiable]
    wanted = list(wrt or names)
    if asked.wrt in names and asked.wrt not in wanted:
        wanted.append(asked.wrt)

    def opened(inputs: Sequence[str]) -> Session:
        key = tuple(inputs), tuple(let.items())
        if key not in sessions:
            sessions[key] = session(program, inputs, let)
        return sessions[key]

    found = opened(wanted)
    if asked.wrt is None and asked.jacobian is None and len(wanted) == 1:
        asked = replace(asked, wrt=wanted[0])
    try:
        return _checked(found, text, asked)
    except UnknownNameError:
        if set(wanted) == set(names):
            raise
        with suppress(UnknownNameError):
            return _checked(opened(names), text, asked)
        raise


def _checked(found: Session, text: str, asked: Asked) -> Checked:
    try:
        claim = read_claim(text, found.truth, found.vocabulary, asked)
    except Misshaped as problem:
        return _misshaped(found, text, asked, problem)
    except (Unfit, ShapeError) as problem:
        nearest = _near(found, text, asked)
        if nearest is None:
            raise
        target, right, reason = nearest
        return _unfit(found, text, target, right, (Reason("shape", str(problem)), reason))
    outcomes = [judged(_case(found, claim, right)) for right in claim.rights]
    outcome = next((o for o in outcomes if o.verdict not in TRUE), outcomes[-1])
    _single(found, claim, outcome)
    why: tuple[Reason, ...] = ()
    gap: Expr | None = None
    if outcome.verdict == FALSE:
        why, gap = reasons(outcome.case)
        right = outcome.case.right
        if right.shape == () and claim.target.axes and elements(right.expr):
            why = (Reason("shape", "The claim is one number, the same for all elements."), *why)
    place = outcomes.index(outcome) if len(outcomes) > 1 and outcome.verdict not in TRUE else None
    return Checked(text, claim, outcome, why, gap, place)


def _case(found: Session, claim: Claim, right: Right) -> Case:
    return Case(right, claim.target, found.truth, found.comparer)


def _single(found: Session, claim: Claim, outcome: Judged) -> None:
    """Raises InputError where the verdict depends on which index belongs to which axis."""
    for rights in claim.others:
        for right in rights:
            case = _case(found, claim, right)
            other = case.compared(case.claimed, case.true).verdict
            if (other in TRUE) != (outcome.verdict in TRUE):
                names = ", ".join(dict.fromkeys(right.letters.values()))
                raise InputError(
                    f"the claim does not say which of the indices {names} is which axis, and the "
                    f"verdict depends on it; write the left side, as d{claim.target.array.name}"
                    f"[{names.replace(' ', '')}] = ..."
                )


# Claims whose shape is wrong.


def _misshaped(found: Session, text: str, asked: Asked, problem: Misshaped) -> Checked:
    value, target = problem.value, problem.target
    told = Reason("shape", "The claim has the shape ({claimed}), and what it is about has "
                  "({true}).", {"claimed": shape_text(value.shape) or "scalar",
                               "true": shape_text(target.shape) or "scalar"})  # fmt: skip
    if fits(value.shape, target.shape):
        right = whole_right(value, target, problem.text, found.truth, stretched=True)
        if _holds(found, target, right.expr, right):
            reason = Reason("broadcast", "The values are right; they are to be repeated to the "
                            "whole shape.")  # fmt: skip
            return _unfit(found, text, target, right, (told, reason))
    turned = _turned(found, target, problem)
    if turned is not None:
        return _unfit(found, text, target, turned[1], (told, turned[0]))
    summed = _summed(found, target, problem)
    if summed is not None:
        return _unfit(found, text, target, summed[1], (told, summed[0]))
    nearest = _near(found, text, asked)
    if nearest is not None:
        return _unfit(found, text, target, nearest[1], (told, nearest[2]))
    places = fresh(target)
    right = Right(problem.text, found.truth.element(target, places),
                  found.truth.element(target, places), places, places, {})  # fmt: skip
    return _unfit(found, text, target, right, (told,))


def _turned(found: Session, target: Target, problem: Misshaped) -> tuple[Reason, Right] | None:
    """The whole claim transposed, where that makes it true."""
    value, wanted = problem.value, target.shape
    if len(wanted) != 2 or value.shape != wanted[::-1]:
        return None
    places = fresh(target)
    queue = iter(places)
    at = tuple(None if size == 1 else next(queue) for size in wanted)
    expr = aligned(value, at[::-1])
    right = Right(problem.text, expr, found.truth.element(target, places), places, places, {})
    if not _holds(found, target, expr, right):
        return None
    return Reason("transpose", "It is the transpose of what is true."), right


def _summed(found: Session, target: Target, problem: Misshaped) -> tuple[Reason, Right] | None:
    """Σ over the axes that the claim has too many, where that makes it true."""
    value, wanted = problem.value, target.shape
    for drop in range(1, 2 ** len(value.shape)):
        gone = [k for k in range(len(value.shape)) if drop >> k & 1]
        if tuple(s for k, s in enumerate(value.shape) if k not in gone) != wanted:
            continue
        places = fresh(target)
        queue = iter(places)
        bound = {k: fresh_index(value.shape[k]) for k in gone if value.shape[k] != 1}
        at = tuple(
            bound.get(k) if k in gone else None if size == 1 else next(queue)
            for k, size in enumerate(value.shape)
        )
        expr = IndexSum(aligned(value, at), *bound.values())
        right = Right(problem.text, expr, found.truth.element(target, places), places, places, {})
        if _holds(found, target, expr, right):
            sizes = ", ".join(str(b.size) for b in bound.values())
            return Reason("sum", "The sum over {sizes} is missing.", {"sizes": sizes}), right
    return None


def _near(found: Session, text: str, asked: Asked) -> tuple[Target, Right, Reason] | None:
    """The nearest claim that differs by a transpose or exchanged subscripts and is true."""
    for kind, written, right, target in near(text, found.truth, found.vocabulary, asked):
        if _holds(found, target, right.expr, right):
            if written:
                words = message("A transpose is missing or too many: {written} is true.")
                if "outer(" in written:
                    words = message("An outer product is meant: {written} is true.")
                reason = Reason("transpose", words, {"written": written})
            elif kind == "transpose":
                reason = Reason("transpose", "A transpose is missing or too many: {right} is true.",
                                {"right": right.expr})  # fmt: skip
            else:
                reason = Reason("subscripts", "Subscripts are exchanged: {right} is true.",
                                {"right": right.expr})  # fmt: skip
            return target, right, reason
    return None


def _holds(found: Session, target: Target, expr: Expr, right: Right) -> bool:
    case = Case(right, target, found.truth, found.comparer)
    return case.holds(expr, case.true)


def _unfit(
    found: Session, text: str, target: Target, right: Right, why: tuple[Reason, ...]
) -> Checked:
    """A claim that is false because it has another shape, or none."""
    claim = Claim(text, "", target, (right,))
    outcome = Judged(_case(found, claim, right), Comparison(FALSE))
    return Checked(text, claim, outcome, why, None, None, unfit=True)



"""The parts of a verdict as formulas and words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Basic, Expr, S

from symbackprop.algebra.letters import lettered
from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.partial import Slope
from symbackprop.algebra.program import Assumption
from symbackprop.algebra.trees import arrays, elements, rename
from symbackprop.calculus.result import Adjoint, Fact
from symbackprop.claims.case import Case
from symbackprop.claims.claim import Claim
from symbackprop.claims.judge import Judged
from symbackprop.claims.numbers import array_formula, number, short
from symbackprop.claims.reasons.idea import Place, Reason
from symbackprop.claims.show import Shower, equation, renamed, shower
from symbackprop.claims.target import GRADIENT, JACOBIAN, Target
from symbackprop.emit.page import Formula, Words
from symbackprop.errors import NotYet


@dataclass(frozen=True)
class Example:
    """A counterexample in print: values of sizes, inputs and what is computed; then the place."""

    sizes: tuple[Formula, ...]
    given: tuple[Formula, ...]
    computed: tuple[Formula, ...]
    place: Formula | None
    left: Formula
    claimed: str
    true: str


@dataclass(frozen=True)
class Told:
    """left: what is claimed. claimed, true: equations; steps: the gradients that `true` speaks of.
    needs, follows: declared equations, and those that follow from the definitions.
    """

    left: Formula
    claimed: Formula
    true: Formula
    steps: tuple[Formula, ...]
    needs: tuple[Formula, ...]
    declared: bool
    follows: tuple[Formula, ...]
    using: tuple[Formula, ...]
    reasons: tuple[Words, ...]
    gap: Formula | None
    example: Example | None
    note: str

    @property
    def reasons_text(self) -> list[str]:
        """The reasons in plain words."""
        return [filled(w, lambda f: f.text) for w in self.reasons]

    @property
    def reasons_ascii(self) -> list[str]:
        """The same in ASCII."""
        return [filled(w, lambda f: f.ascii) for w in self.reasons]


def filled(words: Words, show: Callable[[Formula], str]) -> str:
    """Words with their places filled."""
    places = {
        name: show(p) if isinstance(p, Formula) else filled(p, show) if isinstance(p, Words) else p
        for name, p in words.places
    }
    return words.template.format(**places)


def told(
    claim: Claim, outcome: Judged, why: Sequence[Reason], gap: Expr | None, unfit: bool
) -> Told:
    """All of a verdict."""
    case = outcome.case
    right = case.right
    show = shower(case.setting, case.indices, right.letters)
    left = label(case.target, right.places, case, show)
    claimed = show.formula(right.expr)
    if unfit:
        claimed = Formula(right.text, right.text, rf"\text{{{right.text}}}")
    true, steps, using = _true_form(case, show)
    return Told(
        left, equation(left, claimed), equation(left, true), steps,
        tuple(_equation(e, show) for e in outcome.needs), bool(case.equations),
        tuple(_fact(f, show) for f in outcome.facts), using,
        tuple(words_of(r, show) for r in why),
        None if gap is None or gap == 0 else show.formula(gap),
        _example(outcome, show, left), right.note,
    )  # fmt: skip


def label(target: Target, places: tuple[Expr, ...], case: Case, show: Shower) -> Formula:
    """The left side: da[k], ∂y[j]/∂a[k], y[k]."""
    if target.kind == JACOBIAN:
        assert target.of is not None
        cut = len(target.of.axes)
        return show.formula(Slope(target.of[places[:cut]], target.array[places[cut:]]))
    if target.kind == GRADIENT:
        adjoint = case.truth.adjoint(target.array)
        return show.formula(adjoint[places] if adjoint is not None else S.One)
    return show.formula(target.array[places])


def words_of(reason: Reason, show: Shower) -> Words:
    """A reason as words with formulas in their places."""
    return Words(reason.template, tuple((n, _place(p, show)) for n, p in reason.places.items()))


def _place(place: Place, show: Shower) -> Formula | Words | str:
    if isinstance(place, Array):
        latex = show.names.whole(place)
        return Formula(place.name, place.name, latex)
    if isinstance(place, Basic):
        return show.formula(place)
    if isinstance(place, str | Words):
        return place
    made: Formula = place(show)
    return made


def _equation(assumption: Assumption, show: Shower) -> Formula:
    return equation(show.formula(assumption.left), show.formula(assumption.right))


def _fact(fact: Fact, show: Shower) -> Formula:
    return equation(show.formula(fact.left), show.formula(fact.right))


def _true_form(
    case: Case, show: Shower
) -> tuple[Formula, tuple[Formula, ...], tuple[Formula, ...]]:
    """The derived form, the gradients that it speaks of, and the equations it rests on."""
    target, places = case.target, case.right.places
    setting = case.setting
    if target.kind != GRADIENT:
        return show.formula(_known(case)), (), ()
    shown = {s.of: s for s in setting.backward.steps}
    step = shown.get(target.array)
    if step is None:
        expr = case.written
        try:
            found = case.engine.form(expr)
            expr = case.engine.simplified(found, case.indices).expr
        except NotYet:
            pass
        return show.formula(expr), (), ()
    by_name = {s.array: s for s in setting.backward.steps}
    used: list[Adjoint] = []
    queue = [step]
    while queue:
        for e in sorted(elements(queue.pop(0).expr), key=str):
            other = by_name.get(e.array)
            if other is not None and other not in used and other is not step:
                used.append(other)
                queue.append(other)
    lines = tuple(_line(s, show) for s in setting.backward.steps if s in used)
    declared = tuple(_fact(f, show) for f in setting.backward.facts if f.declared)
    return show.formula(_moved(step, places)), lines, declared


def _known(case: Case) -> Expr:
    """The formula of a definition, or the entry of a Jacobian."""
    if case.target.kind == JACOBIAN:
        return case.true
    definition = case.setting.forward.definition(case.target.array)
    if definition is None:
        return case.true
    found: Expr = rename(
        definition.expr, dict(zip(definition.indices, case.right.places, strict=True))
    )
    return found


def _moved(step: Adjoint, places: tuple[Expr, ...]) -> Expr:
    """The step at these subscripts; its order is kept where they are indices."""
    if all(isinstance(p, Index) for p in places):

        swap: Mapping[Index, Any] = dict(zip(step.indices, places, strict=True))
        return renamed(step.expr, swap)
    found: Expr = rename(step.expr, dict(zip(step.indices, places, strict=True)))
    return found


def _line(step: Adjoint, show: Shower) -> Formula:
    free, expr = lettered(step.expr, step.indices, show.taken)
    return equation(show.plain(step.array[free]), show.plain(expr))


def _example(outcome: Judged, show: Shower, left: Formula) -> Example | None:
    found = outcome.counterexample
    if found is None:
        return None
    case = outcome.case
    mentioned = arrays([case.claimed])
    for step in case.setting.backward.steps if case.target.kind == GRADIENT else ():
        if step.of == case.target.array:
            mentioned |= arrays([step.expr])
    used = _inputs_of(case, mentioned)
    given = tuple(
        array_formula(array, values, show, found.trial) for array, values in found.inputs.items()
        if array in used
    )  # fmt: skip
    computed = tuple(
        array_formula(d.array, found.trial.digits.arrays[d.array], show, found.trial)
        for d in case.setting.forward.definitions if d.array in mentioned
        and len(found.trial.digits.arrays[d.array]) <= 6
    )  # fmt: skip
    sizes = tuple(_size(s, n) for s, n in found.sizes.items())
    letters = [show.letters[i] for i in case.indices]
    place = None
    if letters:
        pairs = [f"{x} = {p + 1}" for x, p in zip(letters, found.place, strict=True)]
        told = ", ".join(pairs)
        place = Formula(told, told, told)
    if found.claimed is None:
        claimed, true = "", short(found.true)
    else:
        claimed, true = number(found.claimed, found.true)
    return Example(sizes, given, computed, place, left, claimed, true)


def _inputs_of(case: Case, mentioned: set[Array]) -> set[Array]:
    """The inputs that the claim and the gradient are computed from."""
    program = case.setting.forward
    wanted = set(mentioned) | {case.target.array} | set(case.setting.upstream)
    wanted |= {o for o in program.outputs}
    for d in reversed(case.setting.gradients):
        if d.array in wanted:
            wanted |= arrays([d.expr])
    for d in reversed(program.definitions):
        if d.array in wanted:
            wanted |= arrays([d.expr])
    return wanted


def _size(size: Basic, value: int) -> Formula:
    text = f"{size} = {value}"
    return Formula(text, text, text)

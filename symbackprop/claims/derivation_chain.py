"""From the chain rule to the claim: the steps of the derivation, and the claim as the last one."""

from __future__ import annotations

from symbackprop.algebra.nodes import Index
from symbackprop.algebra.trees import elements
from symbackprop.calculus.chains import INSERTED, Step
from symbackprop.calculus.stages import FACTS
from symbackprop.calculus.steps import Section, Steps, steps
from symbackprop.claims.judge import Judged
from symbackprop.claims.laws_told import equation_of, facts_of
from symbackprop.claims.show import Shower, shower
from symbackprop.claims.target import GRADIENT
from symbackprop.emit.page import Block, Chain, Heading, Part, Row, Words
from symbackprop.emit.reasons import named

_LAST = "terms collected"


def derivation(outcome: Judged) -> tuple[Block, ...]:
    """The chain of each gradient that the claimed one is found from; none for what is none."""
    case = outcome.case
    if case.target.kind != GRADIENT:
        return ()
    found = steps(case.setting.shown)
    chosen = _needed(found, case.target.array.name)
    blocks: list[Block] = [Heading(Words("steps"))]
    for section in chosen:
        last = section is chosen[-1]
        places = case.right.places if last else section.indices
        letters = dict(case.right.letters) if last else {}
        show = shower(case.setting, [p for p in places if isinstance(p, Index)], letters)
        swap = {i: show.letters[p] for i, p in zip(section.indices, places, strict=True)
                if isinstance(p, Index) and p in show.letters}  # fmt: skip
        show = Shower(show.names, {**show.letters, **swap}, show.taken)
        rows = _rows(section, show)
        left = show.formula(section.adjoint[section.indices])
        if last:
            claim = show.formula(case.claimed)
            if not rows or claim.text != rows[-1].right.text:
                facts = outcome.proof.facts if outcome.proof else ()
                used = tuple(f for f in facts if not f.declared)
                rows.append(Row(claim, (named(_LAST), *facts_of(used, show))))
        blocks.append(Chain(left, tuple(rows)))
    return tuple(blocks) if chosen else ()


def _rows(section: Section, show: Shower) -> list[Row]:
    """The right sides that look other than the one above."""
    rows: list[Row] = []
    for step in section.steps:
        right = show.formula(step.after)
        if not rows or right.text != rows[-1].right.text:
            rows.append(Row(right, _reasons(step, show)))
    return rows


def _reasons(step: Step, show: Shower) -> tuple[Part, ...]:
    facts = facts_of(step.facts, show)
    if step.equation is None:
        return facts if facts and step.law == FACTS else (named(step.law), *facts)
    equation = equation_of(step.equation, show)
    if step.law == INSERTED:
        return (Words("{equation}, found above", (("equation", equation),)), *facts)
    places = (("law", named(step.law)), ("equation", equation))
    return (Words("{law}: {equation}", places), *facts)


def _needed(found: Steps, name: str) -> list[Section]:
    """The section of an array, after those of the gradients that its steps speak of."""
    by_adjoint = {s.adjoint: s for s in found.sections}
    last = next((s for s in found.sections if s.of.name == name), None)
    if last is None:
        return []
    wanted, queue = [last], [last]
    while queue:
        for step in queue.pop(0).steps:
            for e in elements(step.after):
                other = by_adjoint.get(e.array)
                if other is not None and other not in wanted:
                    wanted.append(other)
                    queue.append(other)
    return [s for s in found.sections if s in wanted and s is not last] + [last]

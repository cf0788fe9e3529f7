"""The steps of a derivation with readable index names; what their page begins with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Expr

from symbackprop.algebra.letters import MATRIX, free_indices, lettered, lettered_program, names_in
from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.program import Program
from symbackprop.algebra.trees import arrays, elements
from symbackprop.calculus.chains import Step
from symbackprop.calculus.result import Adjoint, Backward, Fact
from symbackprop.calculus.steps import Section, Steps
from symbackprop.emit.lettering import lettered_fact
from symbackprop.emit.page import Words

Verdicts = Sequence[Sequence[Words | None]]


@dataclass(frozen=True)
class Row:
    """A right side and why it is equal to the one above it."""

    expr: Expr
    law: str
    equation: tuple[Expr, Expr] | None
    facts: tuple[Fact, ...]
    verdict: Words | None


@dataclass(frozen=True)
class Part:
    """One gradient: `adjoint[indices]` and its rows. kept: whether the result shows it."""

    of: Array
    adjoint: Array
    indices: tuple[Index, ...]
    rows: tuple[Row, ...]
    kept: bool


@dataclass(frozen=True)
class Shown:
    """All parts; names: a backward program that has the names of all arrays in them."""

    backward: Backward
    parts: tuple[Part, ...]


def shown(steps: Steps, wrt: tuple[Array, ...], verdicts: Verdicts | None = None) -> Shown:
    """The steps as they are printed. verdicts: one for each step, shown beside it."""
    program = _needed(steps)
    adjoints = tuple(Adjoint(s.adjoint, s.of, s.indices, s.result) for s in steps.sections)
    names = frozenset(a.array.name for a in adjoints) | names_in(program)
    names |= {u.name for u in steps.upstream if u is not None}
    backward = Backward(lettered_program(program, names), steps.upstream, adjoints, wrt)
    given: Verdicts = verdicts or [[None] * len(s.steps) for s in steps.sections]
    parts = tuple(
        _part(section, names, words) for section, words in zip(steps.sections, given, strict=True)
    )
    return Shown(backward, parts)


def _part(section: Section, taken: frozenset[str], verdicts: Sequence[Words | None]) -> Part:
    rows = []
    free = section.indices
    for step, verdict in zip(section.steps, verdicts, strict=True):
        free, expr = lettered(step.after, section.indices, taken)
        facts = tuple(lettered_fact(f, taken) for f in step.facts)
        rows.append(Row(expr, step.law, _equation(step, taken), facts, verdict))
    return Part(section.of, section.adjoint, free, tuple(rows), section.kept)


def _equation(step: Step, taken: frozenset[str]) -> tuple[Expr, Expr] | None:
    if step.equation is None:
        return None
    free = tuple(dict.fromkeys(i for side in step.equation for i in free_indices(side)))
    pool = MATRIX if len(free) > 1 else None
    left, right = (lettered(side, free, taken, pool)[1] for side in step.equation)
    return left, right


def _needed(steps: Steps) -> Program:
    """The program without the definitions that no step speaks of."""
    exprs: list[Expr] = [e for s in steps.sections for step in s.steps
                         for e in (step.before, step.after)]  # fmt: skip
    wanted = {e.array for expr in exprs for e in elements(expr)} | set(steps.program.outputs)
    for d in reversed(steps.program.definitions):
        if d.array in wanted:
            wanted |= arrays([d.expr])
    kept = tuple(d for d in steps.program.definitions if d.array in wanted)
    return replace(steps.program, definitions=kept)


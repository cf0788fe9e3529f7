"""The derivation of each gradient as a chain of equalities, one law at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from sympy import Expr

from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.letters import rebuilt
from symbackprop.algebra.nodes import Array, Element, Index, IndexSum, fresh_index
from symbackprop.algebra.normal import normal
from symbackprop.algebra.partial import Partial, Slope
from symbackprop.algebra.poly import atom
from symbackprop.algebra.program import Program
from symbackprop.algebra.sums import rename
from symbackprop.algebra.trees import rename as rename_tree
from symbackprop.calculus.collapse import collapsed
from symbackprop.calculus.companions import by_name
from symbackprop.calculus.fold import Elimination
from symbackprop.calculus.fuse import Draft
from symbackprop.calculus.result import Fact
from symbackprop.calculus.reverse import Worked, standing_indices
from symbackprop.calculus.slow import plus, step, times
from symbackprop.calculus.stages import Stage
from symbackprop.messages import message

COLLECTED = message("terms collected")
CHAIN = message("chain rule")
UPSTREAM = message("upstream gradient")
DEFINITION = message("definition")
SOLVED = message("from the definition")
CANCELLED = message("with one denominator")
INSERTED = message("inserted")
ARRANGED = message("common factors taken out")


@dataclass(frozen=True)
class Step:
    """`before = after`, by a law.

    law: its statement. equation: what was put in the place of what, where the law is an equation
    of this derivation (a definition, one solved for a part, a gradient found above).
    """

    before: Expr
    after: Expr
    law: str
    equation: tuple[Expr, Expr] | None = None
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Section:
    """The gradient in one array: `adjoint[indices]` = the first step's left side = … = result.

    kept: whether the result shows this gradient; another one is written into later ones.
    """

    of: Array
    adjoint: Array
    indices: tuple[Index, ...]
    steps: tuple[Step, ...]
    kept: bool

    @property
    def result(self) -> Expr:
        """The last right side."""
        return self.steps[-1].after


@dataclass(frozen=True)
class Steps:
    """All sections, in the order of the backward pass; the program has every name they speak of."""

    program: Program
    upstream: tuple[Array | None, ...]
    sections: tuple[Section, ...]


def steps(worked: Worked) -> Steps:
    """How each gradient of a backward program was found, from the chain rule on."""
    kept = {s.of for s in worked.backward.steps}
    sections = []
    for draft in worked.drafts:
        chain = list(_chain(worked, draft))
        sections.append(
            Section(draft.of, draft.adjoint, draft.indices, tuple(chain), draft.of in kept)
        )
    return Steps(worked.simplifier.program, worked.backward.upstream, tuple(sections))


def _chain(worked: Worked, draft: Draft) -> Iterator[Step]:
    """The steps of one gradient, those left out that change nothing that is seen."""
    x = draft.of[draft.indices]
    first, users = _by_chain_rule(worked, draft)
    expr: Expr = draft.adjoint[draft.indices]
    if isinstance(first, Slope):  # of the scalar itself: the same in other letters
        (slope, definition), users = users[0], users[1:]
        first = Partial(definition[1], x)
        yield Step(expr, first, DEFINITION, definition)
    else:
        yield Step(expr, first, CHAIN if users else UPSTREAM)
    expr = first
    named = partial(by_name, worked.simplifier.program)
    queue = list(users)
    while True:
        while (found := step(expr, named)) is not None:
            yield Step(expr, found[1], found[0])
            expr = found[1]
        if not queue:
            break
        slope, definition = queue.pop(0)
        new = _put(expr, slope, Partial(definition[1], x))
        yield Step(expr, new, DEFINITION, definition)
        expr = new
    while (done := collapsed(expr)) is not None:
        yield Step(expr, done[1], done[0])
        expr = done[1]
    yield from _simplified(worked, draft, expr)


def _by_chain_rule(
    worked: Worked, draft: Draft
) -> tuple[Expr, list[tuple[Slope, tuple[Element, Expr]]]]:
    """Σ_j dy_j ∂y_j/∂x_k for each y that x is used in; each ∂y_j/∂x_k with y_j's definition."""
    arranger = worked.simplifier.arranger(draft.indices)
    x, terms, users = draft.of[draft.indices], [], []
    for user in worked.users.get(draft.of, ()):
        if user.array not in worked.known:
            continue
        rows = tuple(fresh_index(i.size) for i in user.indices)
        mapping = dict(zip(standing_indices(user.array), rows, strict=True))
        adjoint = arranger.arrange(rename(worked.known[user.array], mapping))
        value = rename_tree(user.expr, dict(zip(user.indices, rows, strict=True)))
        slope = Slope(user.array[rows], x)
        users.append((slope, (user.array[rows], value)))
        terms.append(IndexSum(times(adjoint, slope), *rows))
    seed = worked.seeds.get(draft.of)
    if seed is not None:
        terms.append(arranger.arrange(seed))
    return plus(*terms), users


def _put(expr: Expr, old: Expr, new: Expr) -> Expr:
    if expr == old:
        return new
    if isinstance(expr, Element) or not expr.has(Slope):
        return expr
    parts = [_put(a, old, new) for a in expr.args]
    if expr.is_Mul:
        return times(*parts)
    return plus(*parts) if expr.is_Add else expr.func(*parts)


def _simplified(worked: Worked, draft: Draft, expr: Expr) -> Iterator[Step]:
    """From the raw form through the forms that the simplifier had to the result."""
    quick = Arranger(worked.simplifier.rank, draft.indices, quick=True)
    p = normal(expr)
    forms = [Stage(p, COLLECTED), *draft.stages]
    for n, stage in enumerate(forms):
        last = n == len(forms) - 1
        if isinstance(stage.why, Array):
            adjoint = next(d for d in worked.drafts if d.adjoint == stage.why)
            new = _written_in(expr, adjoint)
            equation = (adjoint.adjoint[adjoint.indices], adjoint.state.expr)
            yield Step(expr, new, INSERTED, equation)
            expr, stage = new, Stage(stage.poly, COLLECTED)
        new = draft.state.expr if last and stage.poly == draft.state.poly else (
            quick.arrange(stage.poly))  # fmt: skip
        if new != expr:
            yield _step(worked, expr, new, stage)
            expr = new
    if expr != draft.state.expr:
        yield Step(expr, draft.state.expr, ARRANGED)


def _written_in(expr: Expr, source: Draft) -> Expr:
    """The expression with what a gradient is in the place of its name."""
    if isinstance(expr, Element):
        if expr.array != source.adjoint:
            return expr
        place = dict(zip(source.indices, expr.indices, strict=True))
        return rename_tree(source.state.expr, place)
    if not expr.args or isinstance(expr, Index):
        return expr
    parts = [_written_in(a, source) for a in expr.args]
    if expr.is_Mul:
        return times(*parts)
    return plus(*parts) if expr.is_Add else rebuilt(expr, parts)


def _step(worked: Worked, before: Expr, after: Expr, stage: Stage) -> Step:
    why = stage.why
    assert not isinstance(why, Array)
    if isinstance(why, Elimination):
        arrange = Arranger(worked.simplifier.rank).arrange
        left, right = arrange(atom(why.kernel, why.exponent)), arrange(why.replacement)
        law = SOLVED if why.array is not None else CANCELLED
        return Step(before, after, law, (left, right), stage.facts)
    return Step(before, after, why, None, stage.facts)

"""The route of subscripts: the Jacobian of each definition, by cases too, then the chain rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Expr

from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.normal import normal
from symbackprop.algebra.partial import Partial
from symbackprop.algebra.program import Program
from symbackprop.algebra.unevaluated import replaced
from symbackprop.calculus.cases import cases
from symbackprop.calculus.chains import COLLECTED, DEFINITION, INSERTED, Chain, Step
from symbackprop.calculus.fuse import Draft
from symbackprop.calculus.result import Jacobian
from symbackprop.calculus.reverse import Worked
from symbackprop.calculus.stages import Stage
from symbackprop.calculus.steps import User, started


@dataclass(frozen=True)
class Case:
    """What the result is where j = k (then k is written j), or where j ≠ k."""

    j: Index
    k: Index
    equal: bool
    expr: Expr


@dataclass(frozen=True)
class Argument:
    """`left = the first step's right side = … = result`, for all values of the free indices.

    left: an element of a gradient, or ∂y_j/∂x_k, which may have two cases.
    kept: whether the result of the derivation shows it.
    """

    left: Expr
    indices: tuple[Index, ...]
    steps: tuple[Step, ...]
    kept: bool
    cases: tuple[Case, ...] = ()

    @property
    def result(self) -> Expr:
        """The last right side."""
        return self.steps[-1].after


@dataclass(frozen=True)
class Route:
    """All arguments in order; gradients: the array that each argued gradient is called."""

    program: Program
    upstream: tuple[Array | None, ...]
    arguments: tuple[Argument, ...]
    gradients: tuple[Draft, ...]


def index_route(worked: Worked) -> Route:
    """Each gradient by the chain rule, after the Jacobians that it needs."""
    worked.simplifier.unlimited()
    kept = {s.of for s in worked.backward.steps}
    arguments: list[Argument] = []
    for draft in worked.drafts:
        chain, users = started(worked, draft)
        for user in users:
            jacobian = local(worked, user, draft)
            arguments.append(jacobian)
            equation = (jacobian.left, jacobian.result)
            chain.to(replaced(chain.expr, *equation), INSERTED, equation)
        chain.differentiate()  # of the scalar itself: it has no Jacobian
        chain.collapse()
        chain.tidy()
        finish(worked, draft, chain)
        left = draft.adjoint[draft.indices]
        arguments.append(Argument(left, draft.indices, tuple(chain.steps), draft.of in kept))
    upstream = worked.backward.upstream
    return Route(worked.simplifier.program, upstream, tuple(arguments), worked.drafts)


def local(worked: Worked, user: User, draft: Draft) -> Argument:
    """∂y_j/∂x_k of one definition, in its simplest form."""
    slope, definition = user
    rows = definition[0].indices
    assert all(isinstance(i, Index) for i in rows)
    free = (*rows, *draft.indices)
    chain = Chain(slope, worked.simplifier.rank, started(worked, draft)[0].named)
    chain.to(Partial(definition[1], slope.element), DEFINITION, definition)
    chain.differentiate()
    chain.collapse()
    chain.tidy()
    p = normal(chain.expr)
    state = worked.simplifier.simplify(p, free)
    chain.simplify((Stage(p, COLLECTED), *state.path), free, (), (state.poly, state.expr))
    table = Jacobian(definition[0].array, draft.of, rows, draft.indices, state.expr)
    return Argument(slope, free, tuple(chain.steps), False, _cases(table))


def _cases(table: Jacobian) -> tuple[Case, ...]:
    found = cases(table)
    if found is None:
        return ()
    j, k, on, off = found
    return Case(j, k, True, on), Case(j, k, False, off)


def finish(worked: Worked, draft: Draft, chain: Chain) -> None:
    """From the chain rule with the Jacobians in it to the result of the derivation."""
    p = normal(chain.expr)
    first, rest = _parted(draft.stages)
    goal = first[-1].poly if first else draft.state.poly if not rest else None
    forms = [Stage(p, COLLECTED)]
    if goal is not None and p != goal:
        state = worked.simplifier.simplify(p, draft.indices)
        forms += [*state.path, Stage(goal, COLLECTED)]
    chain.simplify(
        (*forms, *rest), draft.indices, worked.drafts, (draft.state.poly, draft.state.expr)
    )


def _parted(stages: Sequence[Stage]) -> tuple[Sequence[Stage], Sequence[Stage]]:
    """The stages before the first gradient is written in, and the others."""
    at = next((n for n, s in enumerate(stages) if isinstance(s.why, Array)), len(stages))
    return stages[:at], stages[at:]

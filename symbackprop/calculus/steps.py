"""The derivation of each gradient as a chain of equalities, one law at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sympy import Expr

from symbackprop.algebra.nodes import Array, Element, Index, IndexSum, fresh_index
from symbackprop.algebra.normal import normal
from symbackprop.algebra.partial import Partial, Slope
from symbackprop.algebra.program import Program
from symbackprop.algebra.sums import rename
from symbackprop.algebra.trees import rename as rename_tree
from symbackprop.algebra.unevaluated import plus, times
from symbackprop.calculus.chains import COLLECTED, DEFINITION, Chain, Step
from symbackprop.calculus.companions import by_name
from symbackprop.calculus.fuse import Draft
from symbackprop.calculus.reverse import Worked, standing_indices
from symbackprop.calculus.stages import Stage
from symbackprop.messages import message

CHAIN = message("chain rule")
UPSTREAM = message("upstream gradient")


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


User = tuple[Slope, tuple[Element, Expr]]
"""∂y_j/∂x_k of a definition that x is used in, and the definition of y_j."""


def steps(worked: Worked) -> Steps:
    """How each gradient of a backward program was found, from the chain rule on."""
    kept = {s.of for s in worked.backward.steps}
    sections = []
    for draft in worked.drafts:
        chain = tuple(_chain(worked, draft).steps)
        sections.append(Section(draft.of, draft.adjoint, draft.indices, chain, draft.of in kept))
    return Steps(worked.simplifier.program, worked.backward.upstream, tuple(sections))


def _chain(worked: Worked, draft: Draft) -> Chain:
    """The steps of one gradient."""
    chain, users = started(worked, draft)
    chain.differentiate()
    for slope, definition in users:
        chain.define(slope, definition)
        chain.differentiate()
    chain.collapse()
    chain.tidy()
    stages = (Stage(normal(chain.expr), COLLECTED), *draft.stages)
    chain.simplify(stages, draft.indices, worked.drafts, (draft.state.poly, draft.state.expr))
    return chain


def started(worked: Worked, draft: Draft) -> tuple[Chain, list[User]]:
    """The first step of a gradient, the chain rule; what is left to be differentiated in it."""
    named = partial(by_name, worked.simplifier.program)
    chain = Chain(draft.adjoint[draft.indices], worked.simplifier.rank, named)
    first, users = _by_chain_rule(worked, draft)
    if isinstance(first, Slope):  # of the scalar itself: the same in other letters
        (_, definition), users = users[0], users[1:]
        chain.to(Partial(definition[1], first.element), DEFINITION, definition)
    else:
        chain.to(first, CHAIN if users else UPSTREAM)
    return chain, users


def _by_chain_rule(worked: Worked, draft: Draft) -> tuple[Expr, list[User]]:
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

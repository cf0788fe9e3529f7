"""Fusion: an adjoint is written into the steps that use it where the whole then costs less."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from symbackprop.algebra.cost import PASS, elements_of
from symbackprop.algebra.deadline import working_on
from symbackprop.algebra.nodes import Array, Element, Index
from symbackprop.algebra.normal import substitute
from symbackprop.algebra.poly import Atom, Poly
from symbackprop.algebra.sums import rename
from symbackprop.calculus.differentiate import arrays_in
from symbackprop.calculus.simplify import Simplified, Simplifier
from symbackprop.calculus.stages import Stage


@dataclass(frozen=True)
class Draft:
    """A step of a backward program that is still being worked on.

    stages: all forms that it had since the chain rule.
    """

    of: Array
    adjoint: Array
    indices: tuple[Index, ...]
    state: Simplified
    stages: tuple[Stage, ...] = ()

    @cached_property
    def uses(self) -> set[Array]:
        """The arrays that the step is computed from."""
        return arrays_in(self.state.poly)


_HOPELESS = 2  # times the cost apart: what is written into several steps will not fall below it


def fuse(
    drafts: list[Draft], keep: tuple[Array, ...], simplifier: Simplifier
) -> tuple[list[Draft], dict[Array, Draft]]:
    """The drafts with every adjoint written in where that pays; those of `keep` always stay.

    Also those that are gone, by what they are the gradient in, as they were written in.
    """
    gone: dict[Array, Draft] = {}
    changed = True
    while changed:
        changed = False
        for draft in list(drafts):
            if draft.of in keep or draft not in drafts:
                continue
            with working_on(f"the gradient of {simplifier.program.place(draft.of)}"):
                fused = _without(draft, drafts, simplifier)
            if fused is not None:
                drafts, changed = fused, True
                gone[draft.of] = draft
    return drafts, gone


def _without(draft: Draft, drafts: list[Draft], simplifier: Simplifier) -> list[Draft] | None:
    """The drafts without this one, if they cost less."""
    users = [d for d in drafts if draft.adjoint in d.uses]
    before = draft.state.cost + PASS * elements_of(draft.indices)
    before += sum(u.state.cost for u in users)
    if draft.state.poly.constant is not None:
        before = float("inf")  # a number needs no name, whatever signs it brings
    put = inlining(draft.adjoint, draft.indices, draft.state.poly)
    polys = [substitute(u.state.poly, put, only=(draft.adjoint,)) for u in users]
    rough = (simplifier.rough_cost(p, u.indices) for u, p in zip(users, polys, strict=True))
    if len(users) > 1 and sum(rough) > _HOPELESS * before:
        return None
    after = 0.0
    new: dict[Array, Draft] = {}
    for user, poly in zip(users, polys, strict=True):
        state = simplifier.simplify(poly, user.indices)
        facts = tuple(dict.fromkeys((*draft.state.facts, *user.state.facts, *state.facts)))
        stages = (*user.stages, Stage(poly, draft.adjoint), *state.path)
        new[user.of] = replace(user, state=replace(state, facts=facts), stages=stages)
        after += state.cost
        if after > before:
            return None
    return [new.get(d.of, d) for d in drafts if d is not draft]


def inlining(
    array: Array, indices: tuple[Index, ...], value: Poly
) -> Callable[[Atom], Poly | None]:
    """The replacement of an array's elements by its expression."""

    def put(a: Atom) -> Poly | None:
        if isinstance(a, Element) and a.array == array:
            return rename(value, dict(zip(indices, a.indices, strict=True)))
        return None

    return put

"""Whether the messages of a graph are right, by no rule of ours: a complex step on each edge.

What goes along one edge is moved by an imaginary step, and nothing else is; the imaginary part of
the loss is then the message of that edge.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import Any

from sympy import Add, Expr

from symbackprop.algebra.nodes import Array, Element, Index
from symbackprop.algebra.program import Definition
from symbackprop.calculus.result import Adjoint
from symbackprop.calculus.reverse import standing_indices
from symbackprop.graph.messages import Edge, Messages
from symbackprop.graph.model import Node
from symbackprop.graph.operations import BOX, MATRIX
from symbackprop.verify.constraints import Unrecognised
from symbackprop.verify.evaluate import compiled, fill
from symbackprop.verify.exact import (
    AGREES,
    FALSE,
    INCONCLUSIVE,
    PROVED,
    Comparison,
    Value,
    equal,
    gradient,
)
from symbackprop.verify.points import NoPoint, Point, Sampler, rules
from symbackprop.verify.scalars import Digits, OutOfDomain
from symbackprop.verify.sizes import possible
from symbackprop.verify.state import State, Values

_DIGITS = 100
_CLOSE = 40  # digits that have to agree
_SIZES = 2  # sets of sizes
_PLACES = 2  # places of each edge
_BUMP = "\u00b7moved"

Place = tuple[int, ...]


def checked(messages: Messages, *, seed: int = 0) -> Mapping[tuple[Array, int], Comparison]:
    """A verdict for each edge that carries a message, at small unequal sizes.

    Both the message as an array like the source is checked, and that at one place of the node.
    """
    checker = Checker(messages, seed)
    found: dict[tuple[Array, int], Comparison] = {}
    for key, edge in messages.edges.items():
        verdicts = checker.edge(edge, [edge.message.expr], by_place=False)
        if edge.node.operation.kind not in (BOX, MATRIX):
            verdicts += checker.edge(edge, [messages.at_place(edge).expr], by_place=True)
        found[key] = next((v for v in verdicts if v.verdict != AGREES), verdicts[0])
    return found


def same_as_derived(messages: Messages, step: Adjoint) -> Comparison:
    """Whether the sum of the messages that come to an array is the derived gradient in it."""
    form = messages.totals[step.of].form
    if form.expr == step.expr:
        return Comparison(PROVED)
    derived = gradient(messages.backward, step.of.name)
    upstream = tuple(u for u in messages.backward.upstream if u is not None)
    before = messages.backward.steps[: messages.backward.steps.index(step)]
    found = tuple(Definition(s.array, s.indices, s.expr) for s in before)
    program = messages.graph.program
    program = replace(
        program, inputs=(*program.inputs, *upstream),
        definitions=(*program.definitions, *found),
    )  # fmt: skip
    return equal(Value(program, form.expr, standing_indices(step.of)), derived)


@dataclass(frozen=True, eq=False)
class _Trial:
    point: Point
    digits: Digits
    values: dict[Array, Values]


class Checker:
    """Compares expressions with the slopes of the loss at a few points."""

    def __init__(self, messages: Messages, seed: int = 0) -> None:
        self.messages = messages
        self.why = "no point was found"
        self.trials: list[_Trial] = []
        try:
            self.trials = list(islice(_trials(messages, seed), _SIZES))
        except (NoPoint, Unrecognised, OutOfDomain) as problem:
            self.why = str(problem)

    def edge(self, edge: Edge, exprs: Sequence[Expr], *, by_place: bool) -> list[Comparison]:
        """Whether each expression is the message of an edge.

        by_place: over the indices of the node's scope, at one place of the node; else over the
        source's standing indices, as an array like the source.
        """
        indices = edge.node.scope if by_place else standing_indices(edge.source)
        move = _at_place if by_place else _at_element
        return self._verdicts(indices, exprs, lambda t, place: self._slope(edge, t, place, move))

    def total(self, array: Array, exprs: Sequence[Expr]) -> list[Comparison]:
        """Whether each expression is the gradient in an array, over its standing indices."""
        indices = standing_indices(array)
        return self._verdicts(indices, exprs, lambda t, place: self._gradient(array, t, place))

    def _verdicts(
        self,
        indices: tuple[Index, ...],
        exprs: Sequence[Expr],
        slope: Callable[[_Trial, Place], Any],
    ) -> list[Comparison]:
        slope = cache(slope)
        if not self.trials:
            return [Comparison(INCONCLUSIVE, 0, self.why) for _ in exprs]
        found = [Comparison(AGREES, len(self.trials)) for _ in exprs]
        for trial in self.trials:
            state = _state(trial)
            places = list(state.places(i.size for i in indices))
            for place in random.Random(0).sample(places, min(len(places), _PLACES)):
                at = dict(zip(indices, place, strict=True))
                for n, expr in enumerate(exprs):
                    if found[n].verdict == AGREES:
                        try:
                            want, given = slope(trial, place), compiled(expr)(state, at)
                        except OutOfDomain as problem:
                            found[n] = Comparison(INCONCLUSIVE, 0, str(problem))
                            continue
                        if not _close(trial, want, given):
                            found[n] = Comparison(FALSE, 0, _told(trial, want, given, place))
        return found

    def _slope(self, edge: Edge, trial: _Trial, place: Place, move: _Move) -> Any:
        """How the loss changes with what goes along one edge at one place."""
        step = _step(trial)
        state = _state(trial)
        node, extra, values = move(edge, state, place, step)
        state.arrays[extra] = values
        fill(state, [(node.array, node.indices, node.expr)])
        return self._rest(state, self.messages.graph.nodes.index(edge.node) + 1, step)

    def _gradient(self, array: Array, trial: _Trial, place: Place) -> Any:
        """How the loss changes with one element of an array."""
        step = _step(trial)
        state = _state(trial)
        state.arrays[array] = {
            p: v + step if p == place else v for p, v in state.arrays[array].items()
        }
        nodes = self.messages.graph.nodes
        node = self.messages.graph.by_array.get(array)
        return self._rest(state, 0 if node is None else nodes.index(node) + 1, step)

    def _rest(self, state: State, start: int, step: Any) -> Any:
        """The slope of the loss, the nodes from `start` on computed again."""
        fill(state, ((n.array, n.indices, n.expr) for n in self.messages.graph.nodes[start:]))
        backward, total = self.messages.backward, 0 * step
        for output, u in zip(backward.program.outputs, backward.upstream, strict=True):
            for at, value in state.arrays[output].items():
                total += value * (state.arrays[u][at] if u is not None else 1)
        return total.imag / step.imag


def _close(trial: _Trial, want: Any, given: Any) -> bool:
    return bool(abs(given - want) <= trial.digits.mp.mpf(10) ** -_CLOSE * max(abs(want), 1))


def _told(trial: _Trial, want: Any, given: Any, place: Place) -> str:
    """The counterexample: two values that should be equal."""
    sizes = ", ".join(f"{s}={k}" for s, k in trial.point.sizes.items())
    return f"{float(given):.9g} and {float(want):.9g} at {list(place)} with {sizes}"


def _step(trial: _Trial) -> Any:
    mp = trial.digits.mp
    return mp.mpc(0, mp.mpf(10) ** -(mp.dps // 2))


def _state(trial: _Trial) -> State:
    state = State(trial.digits, trial.point.sizes, trial.values)
    state.masked = True
    return state


def _trials(messages: Messages, seed: int) -> Iterator[_Trial]:
    """Points with the values of all nodes and gradients there."""
    backward, graph = messages.backward, messages.graph
    pairs = tuple(zip(backward.program.outputs, backward.upstream, strict=True))
    weighted = [output for output, u in pairs if u is not None]
    sampler = Sampler(graph.program, seed, weighted=weighted)
    for sizes in possible(list(graph.program.sizes), graph.program.conditions):
        try:
            point = sampler.draw(sizes, "ordinary", 1)
        except NoPoint:
            continue
        digits = Digits(max(_DIGITS, point.digits))
        given = {a: {p: digits.number(x) for p, x in v.items()} for a, v in point.values.items()}
        given |= {
            u: {p: digits.number(x) for p, x in point.cotangents[output].items()}
            for output, u in pairs if u is not None
        }  # fmt: skip
        state = State(digits, sizes, given)
        state.masked = True
        fill(state, ((n.array, n.indices, n.expr) for n in graph.nodes))
        fill(state, rules(backward.program))
        fill(state, ((s.array, s.indices, s.expr) for s in backward.steps))
        yield _Trial(point, digits, state.arrays)


_Move = Callable[[Edge, State, Place, Any], tuple[Node, Array, Values]]


def _at_place(edge: Edge, state: State, place: Place, step: Any) -> tuple[Node, Array, Values]:
    """The node with something added to one operand, which is 0 but at one place of the node."""
    scope = edge.node.scope
    bump = Array(_BUMP, tuple(i.size for i in scope))
    values = {p: step if p == place else 0 * step for p in state.places(i.size for i in scope)}
    operand = Add(edge.node.operands[edge.slot], bump[scope], evaluate=False)
    return _with_operand(edge, operand), bump, values


def _at_element(edge: Edge, state: State, place: Place, step: Any) -> tuple[Node, Array, Values]:
    """The node with another array in the source's place, which differs in one element."""
    twin = Array(_BUMP, edge.source.shape, edge.source.sign)
    values = {p: v + step if p == place else v for p, v in state.arrays[edge.source].items()}
    operation = edge.node.operation
    if operation.whole is not None:
        whole = operation.whole.xreplace({edge.source: twin})
        return replace(edge.node, operation=replace(operation, whole=whole)), twin, values
    operand = edge.node.operands[edge.slot]
    assert isinstance(operand, Element)
    return _with_operand(edge, Element(twin, *operand.indices)), twin, values


def _with_operand(edge: Edge, operand: Expr) -> Node:
    operands = list(edge.node.operands)
    operands[edge.slot] = operand
    return replace(edge.node, operands=tuple(operands))

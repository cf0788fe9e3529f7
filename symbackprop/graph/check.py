"""Whether the messages of a graph are right, by no rule of ours: a complex step on each edge.

What goes along one edge is moved by an imaginary step, and nothing else is; the imaginary part of
the loss is then the message of that edge.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
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
from symbackprop.verify.evaluate import State, Values, compiled
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

_DIGITS = 100
_CLOSE = 40  # digits that have to agree
_SIZES = 2  # sets of sizes
_PLACES = 2  # places of each edge
_BUMP = "\u00b7moved"


def checked(messages: Messages, *, seed: int = 0) -> Mapping[tuple[Array, int], Comparison]:
    """A verdict for each edge that carries a message, at small unequal sizes."""
    try:
        trials = list(islice(_trials(messages, seed), _SIZES))
    except (NoPoint, Unrecognised, OutOfDomain) as problem:
        trials, why = [], str(problem)
    else:
        why = "no point was found"
    if not trials:
        return dict.fromkeys(messages.edges, Comparison(INCONCLUSIVE, 0, why))
    return {key: _check(messages, edge, trials) for key, edge in messages.edges.items()}


def same_as_derived(messages: Messages, step: Adjoint) -> Comparison:
    """Whether the sum of the messages that come to an array is the derived gradient in it."""
    form = messages.totals[step.of].form.final
    derived = gradient(messages.backward, step.of.name)
    upstream = tuple(u for u in messages.backward.upstream if u is not None)
    before = messages.backward.steps[: messages.backward.steps.index(step)]
    found = tuple(Definition(s.array, s.indices, s.expr) for s in before)
    program = messages.graph.program
    program = replace(
        program, inputs=(*program.inputs, *upstream),
        definitions=(*program.definitions, *found),
    )  # fmt: skip
    own = Value(program, form.expr, standing_indices(step.of))
    if form.expr == derived.expr or form.expr == step.expr:
        return Comparison(PROVED)
    return equal(own, derived)


Moved = Callable[[Edge, State, tuple[int, ...], Any], tuple[Node, Array, Values]]


@dataclass(frozen=True)
class _Trial:
    point: Point
    digits: Digits
    values: dict[Array, Values]


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
        state.run((n.array, n.indices, n.expr) for n in graph.nodes)
        state.run(rules(backward.program))
        state.run((s.array, s.indices, s.expr) for s in backward.steps)
        yield _Trial(point, digits, state.arrays)


def _check(messages: Messages, edge: Edge, trials: list[_Trial]) -> Comparison:
    """Both the message as an array like the source, and at one place of the node."""
    forms = [(standing_indices(edge.source), edge.message.final.expr, _by_element)]
    if edge.node.operation.kind not in (BOX, MATRIX):
        forms.append((edge.node.scope, messages.at_place(edge).final.expr, _by_place))
    points = 0
    for trial in trials:
        for indices, expr, moved in forms:
            found = _compare(messages, edge, trial, indices, expr, moved)
            if found is not None:
                return found
        points += 1
    return Comparison(AGREES, points)


def _compare(
    messages: Messages,
    edge: Edge,
    trial: _Trial,
    indices: tuple[Index, ...],
    expr: Expr,
    moved: Moved,
) -> Comparison | None:
    """A verdict that is not good, or nothing."""
    state = State(trial.digits, trial.point.sizes, trial.values)
    state.masked = True
    node = compiled(expr)
    places = list(state.places(i.size for i in indices))
    for place in random.Random(0).sample(places, min(len(places), _PLACES)):
        given = node(state, dict(zip(indices, place, strict=True)))
        try:
            want = _slope(messages, edge, trial, place, moved)
        except OutOfDomain as problem:
            return Comparison(INCONCLUSIVE, 0, str(problem))
        if abs(given - want) > trial.digits.mp.mpf(10) ** -_CLOSE * max(abs(want), 1):
            sizes = ", ".join(f"{s}={n}" for s, n in trial.point.sizes.items())
            pair = f"{float(given):.9g} and {float(want):.9g}"
            return Comparison(FALSE, 0, f"{pair} at {list(place)} with {sizes}")
    return None


def _slope(
    messages: Messages, edge: Edge, trial: _Trial, place: tuple[int, ...], moved: Moved
) -> Any:
    """How the loss changes with what goes along one edge at one place."""
    mp = trial.digits.mp
    step = mp.mpf(10) ** -(mp.dps // 2)
    state = State(trial.digits, trial.point.sizes, trial.values)
    node, extra, values = moved(edge, state, place, mp.mpc(0, step))
    state.arrays[extra] = values
    nodes = messages.graph.nodes
    start = nodes.index(edge.node)
    state.run([(node.array, node.indices, node.expr)])
    state.run((n.array, n.indices, n.expr) for n in nodes[start + 1 :])
    backward, total = messages.backward, mp.mpc(0)
    for output, u in zip(backward.program.outputs, backward.upstream, strict=True):
        for at, value in state.arrays[output].items():
            total += value * (state.arrays[u][at] if u is not None else 1)
    return mp.mpc(total).imag / step


def _by_place(
    edge: Edge, state: State, place: tuple[int, ...], step: Any
) -> tuple[Node, Array, Values]:
    """The node with something added to one operand, which is 0 but at one place of the node."""
    scope = edge.node.scope
    bump = Array(_BUMP, tuple(i.size for i in scope))
    values = {p: step if p == place else 0 * step for p in state.places(i.size for i in scope)}
    operand = Add(edge.node.operands[edge.slot], bump[scope], evaluate=False)
    return _with_operand(edge, operand), bump, values


def _by_element(
    edge: Edge, state: State, place: tuple[int, ...], step: Any
) -> tuple[Node, Array, Values]:
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

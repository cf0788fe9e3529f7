"""Every axis written out: each vertex by itself, with numbers and by no rule of ours."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pytest

from symbackprop.algebra.nodes import Array, Element, Maximum
from symbackprop.errors import InputError, NotYet
from symbackprop.graph.concrete import concrete
from symbackprop.graph.diagram import BRANCH, CONSTANT, INPUT, OPERATION, OUTPUT, Diagram, Line
from symbackprop.graph.drawn import read_sizes
from symbackprop.graph.messages import Messages
from symbackprop.graph.operations import CHOICE, LARGEST, Operation
from symbackprop.graph.written import MOST
from symbackprop.verify.evaluate import compiled, fill
from symbackprop.verify.points import Sampler, rules
from symbackprop.verify.scalars import Digits
from symbackprop.verify.state import State
from tests.graph.graphs import from_text, messages, shown


def written(name: str, **sizes: int) -> Diagram:
    found = messages(name)
    return concrete(found, read_sizes(found.backward, sizes))


def drawn(diagram: Diagram) -> set[tuple[str, str]]:
    """The value and the message of each line that has a message."""
    return {
        (shown(line.value), shown(line.message))
        for line in diagram.lines if line.message is not None and line.value is not None
    }  # fmt: skip


def test_softmax_with_cross_entropy_for_three_classes_is_the_figure_of_the_book() -> None:
    found = drawn(written("softmax-ce", n=3))
    each = {
        (value.replace("#", str(k)), message.replace("#", str(k)))
        for k in (1, 2, 3)
        for value, message in (
            ("a[#]", "y[#] - t[#]"), ("exp(a[#])", "-t[#]/exp(a[#])"), ("exp(a[#])", "1/S"),
            ("1/S", "-t[#]·S"), ("y[#]", "-t[#]/y[#]"), ("log(y[#])", "-t[#]"),
            ("t[#]·log(y[#])", "-1"),
        )
    }  # fmt: skip
    assert found == each | {("S", "1/S"), ("Σ_k t[k]·log(y[k])", "-1"), ("L", "1")}


CASES = [
    ("softmax-ce", {"n": 3}), ("sigmoid-bce", {"n": 2}), ("mse", {"n": 3}), ("mul", {"n": 2}),
    ("affine-batch", {"N": 2, "D": 2, "M": 1}), ("affine-batch", {"N": 1, "D": 1, "M": 1}),
    ("layer-norm", {"N": 1, "D": 3}), ("two-layer", {"N": 1, "D": 2, "H": 2, "n": 2}),
    ("attention", {"L": 1, "S": 2, "K": 2, "V": 1}), ("causal-attention", {"T": 2, "K": 1, "V": 2}),
    ("conv1d", {"N": 1, "C": 1, "O": 1, "L": 4, "K": 2}),
    ("max-pool", {"N": 1, "C": 1, "H": 1, "W": 2}),
    ("huber", {"n": 2}), ("elu", {"n": 2}), ("glu-split", {"N": 1, "D": 1, "H": 2}),
    ("smoothness", {"n": 4}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sizes"), CASES, ids=lambda c: str(c))
def test_each_vertex_sends_back_what_it_should(name: str, sizes: dict[str, int]) -> None:
    """The message on a line is what comes to its vertex times the vertex's own derivative."""
    found = messages(name)
    diagram = written(name, **sizes)
    numbers = _Numbers(found, sizes)
    into: dict[Hashable, list[Line]] = {}
    out: dict[Hashable, list[Line]] = {}
    for line in diagram.lines:
        into.setdefault(line.end, []).append(line)
        out.setdefault(line.start, []).append(line)
    labels = {v.key: v.label for v in diagram.vertices}
    checked = 0
    for vertex in diagram.vertices:
        if vertex.kind in (BRANCH, OPERATION):
            leaving = [x for x in out[vertex.key] if x.message is not None]
            arriving = sum(numbers(x.message) for x in leaving)
            operands = [x.value if x.value is not None else labels.get(x.start) for x in
                        into[vertex.key]]  # fmt: skip
            if vertex.kind == BRANCH:
                (trunk,) = into[vertex.key]
                assert numbers.close(numbers(trunk.message), arriving)
                continue
            assert vertex.operation is not None
            if vertex.operation.kind == CHOICE:
                operands = operands[:-1]
            # a value that a branch carries is said on the line to it
            values = [numbers(o if o is not None else _trunk(diagram, x).value)
                      for o, x in zip(operands, into[vertex.key], strict=False)]  # fmt: skip
            slots = [Array(f"slot{n}") for n in range(len(values))]
            whole = vertex.operation
            bare = Operation(whole.kind, (), whole.exponent, whole.condition)
            expr = _of(bare, [s[()] for s in slots])
            for n, line in enumerate(into[vertex.key][: len(values)]):
                if line.message is None:
                    continue
                slope = numbers.slope(expr, slots, values, n)
                assert numbers.close(numbers(line.message), arriving * slope), line
                checked += 1
    assert checked >= 2
    assert {v.kind for v in diagram.vertices} >= {INPUT, OPERATION, OUTPUT}


def _of(operation: Operation, operands: list[Element]) -> Any:
    """What a vertex computes: of a maximum over an axis, that of its operands."""
    if operation.kind == LARGEST:
        found: Any = operands[0]
        for o in operands[1:]:
            found = Maximum(found, o)
        return found
    return operation.of(operands)


def _trunk(diagram: Diagram, line: Line) -> Line:
    return next(x for x in diagram.lines if x.end == line.start)


class _Numbers:
    """The value of expressions at a point of the forward pass."""

    def __init__(self, found: Messages, sizes: dict[str, int]) -> None:
        backward, program = found.backward, found.graph.program
        by_symbol = {s: sizes[s.name] for s in program.sizes}
        pairs = list(zip(backward.program.outputs, backward.upstream, strict=True))
        weighted = [o for o, u in pairs if u is not None]
        point = Sampler(program, 3, weighted=weighted).draw(by_symbol, "ordinary", 1)
        self.digits = Digits(max(80, point.digits))
        given = {a: {p: self.digits.number(x) for p, x in v.items()}
                 for a, v in point.values.items()}  # fmt: skip
        given |= {u: {p: self.digits.number(x) for p, x in point.cotangents[o].items()}
                  for o, u in pairs if u is not None}  # fmt: skip
        self.state = State(self.digits, by_symbol, given)
        self.state.masked = True
        fill(self.state, rules(program))
        fill(self.state, ((s.array, s.indices, s.expr) for s in backward.steps))

    def __call__(self, expr: Any) -> Any:
        return compiled(expr)(self.state, {})

    def slope(self, expr: Any, slots: list[Array], values: list[Any], n: int) -> Any:
        """The derivative of an expression in one slot, by a complex step."""
        mp = self.digits.mp
        step = mp.mpf(10) ** -30
        arrays = {
            s: {(): mp.mpc(v, step) if m == n else v}
            for m, (s, v) in enumerate(zip(slots, values, strict=True))
        }
        state = State(self.digits, self.state.sizes, {**self.state.arrays, **arrays})
        return mp.mpc(compiled(expr)(state, {})).imag / step

    def close(self, one: Any, two: Any) -> bool:
        return bool(abs(one - two) <= 1e-25 * max(1, abs(two)))


def test_what_a_mask_makes_zero_is_not_drawn() -> None:
    found = written("causal-attention", T=2, K=1, V=1)
    constants = [shown(v.label) for v in found.vertices if v.kind == CONSTANT]
    assert "-1" + 30 * "0" in constants
    values = {v for v, _ in drawn(found)}
    assert "exp(s[1,2])" in values  # of a constant: exp(-1e30)
    assert "a[1,2]" not in values


def test_a_factor_of_one_and_a_term_of_zero_leave_no_node() -> None:
    found = from_text("y = x @ W", {"x": ("N", "D"), "W": ("D", "M")})
    diagram = concrete(found, read_sizes(found.backward, {"N": 1, "D": 1, "M": 1}))
    assert [v.operation.kind for v in diagram.vertices if v.operation] == ["*"]


@pytest.mark.parametrize("sizes", [{"n": MOST}, {"n": 10**9}])
def test_a_graph_that_nobody_could_read_is_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(InputError, match=rf"nodes, too many to read \(the most is {MOST}\)"):
        written("softmax-ce", **sizes)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("softmax-ce-labels", "which elements are taken depends on the values of t"),
        ("determinant", "is a function of a whole matrix"),
    ],
)
def test_what_cannot_be_written_out_is_refused(name: str, says: str) -> None:
    sizes = {s.name: 2 for s in messages(name).backward.program.sizes}
    with pytest.raises(NotYet, match=says):
        written(name, **sizes)

"""The exact derivatives: that of a moved element computed from what it is part of alone."""

from __future__ import annotations

from typing import Any

import pytest

from symbackprop.algebra.nodes import Array, size_symbol
from symbackprop.algebra.program import Program
from symbackprop.frontend.text import parse_program
from symbackprop.verify import moved
from symbackprop.verify.evaluate import fill
from symbackprop.verify.points import Point, Sampler, rules
from symbackprop.verify.reference import Target, gradients
from symbackprop.verify.scalars import Digits
from symbackprop.verify.state import State

SIZES = {size_symbol("n"): 3, size_symbol("m"): 2}
SHAPES: dict[str, Any] = {"x": ("n",), "w": ("n", "m"), "A": ("n", "n"), "t": ("n",), "s": ()}
TEXTS = [
    ("L = sum(x*s)", "x s"), ("p = softmax(x); y = p*max(x)", "x"),
    ("L = sum(sum(w, axis=1)**2*x)", "w x"), ("y = cumsum(x*x)*s", "x s"),
    ("y = inv(A) @ x; L = sum(y*x)", "A x"),
    ("y = w[arange(w.shape[0]), t]*sum(w, axis=0)[t]", "w t"),
    ("y = where(x > s, x*x, s) + minimum(x, s)", "x s"), ("y = prod(w, axis=1)*x", "w x"),
    ("y = x[1:]*x[:-1]", "x"), ("c = sum(w); y = c*x; L = sum(y*sum(x*c))", "w x"),
    ("y = concatenate((x, x*x))*sum(exp(x))", "x"),
]  # fmt: skip


def program(text: str, names: str) -> Program:
    return parse_program(text, {n: SHAPES[n] for n in names.split()})


def whole(p: Program, array: Array, place: tuple[int, ...], point: Point) -> Any:
    """The same derivative, the whole forward pass computed with the moved element."""
    digits = Digits(point.digits)
    step = digits.mp.mpf(10) ** -(point.digits // 2)
    values = {a: {k: digits.number(x) for k, x in v.items()} for a, v in point.values.items()}
    values[array][place] = digits.mp.mpc(values[array][place], step)
    state = State(digits, SIZES, values)
    fill(state, rules(p))
    return sum(
        digits.number(weight) * state.arrays[output][at].imag / step
        for output in p.outputs for at, weight in point.cotangents[output].items()
    )  # fmt: skip


@pytest.mark.parametrize(("text", "names"), TEXTS)
def test_as_if_all_were_computed_again(text: str, names: str) -> None:
    p = program(text, names)
    point = Sampler(p, 3).draw(SIZES, "ordinary", 0)
    wrt = [a for a in p.inputs if a.name != "t"]
    found = gradients(p, wrt, point)
    for array in wrt:
        for place, slope in found[Target(array, True)].items():
            assert abs(slope - whole(p, array, place, point)) < 1e-30


def test_what_the_element_is_no_part_of_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[str] = []

    class Noting(moved.Moved):
        def computed(self, array: Array, place: Any, node: Any, env: Any) -> Any:
            before = len(computed)

            def noted(s: State, e: Any) -> Any:
                computed.append(f"{array.name}{list(place)}")
                return node(s, e)

            value = super().computed(array, place, noted, env)
            assert len(computed) <= before + 1
            return value

    monkeypatch.setattr("symbackprop.verify.reference.Moved", Noting)
    p = program("y = exp(x); L = sum(y)", "x")
    gradients(p, p.inputs, Sampler(p, 3).draw(SIZES, "ordinary", 0))
    assert computed == [f for k in range(3) for f in (f"y[{k}]", "L[]")]

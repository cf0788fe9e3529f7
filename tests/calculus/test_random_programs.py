"""The shown gradients of random forward passes are right: to 30 digits, at unequal sizes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from symbackprop.algebra.nodes import size_symbol
from symbackprop.calculus.reverse import backward
from symbackprop.frontend.text import parse_program
from symbackprop.verify.points import NoPoint, Sampler
from symbackprop.verify.reference import gradients, shown
from tests.calculus.programs import Shape, programs

SIZES = [{"N": 2, "n": 3, "m": 1}, {"N": 1, "n": 2, "m": 3}]


@settings(max_examples=100, deadline=None)
@given(programs(), st.integers(0, 2**32))
def test_the_shown_gradients_are_right(source: tuple[str, dict[str, Shape]], seed: int) -> None:
    text, shapes = source
    program = parse_program(text, shapes)
    derived = backward(program)
    weighted = [
        o for o, u in zip(program.outputs, derived.upstream, strict=True) if u is not None
    ]
    sampler = Sampler(program, seed, weighted=weighted)
    for sizes in SIZES:
        try:
            point = sampler.draw({size_symbol(n): s for n, s in sizes.items()}, "ordinary", 0)
        except NoPoint:  # all points are at a kink, as for max(u - u, 0)
            continue
        exact = gradients(program, derived.wrt, point)
        found = shown(derived, point).values
        for target, values in exact.items():
            scale = max(1, *map(abs, values.values()))
            for place, value in values.items():
                assert abs(found[target][place] - value) < 1e-25 * scale, (target.array, place)

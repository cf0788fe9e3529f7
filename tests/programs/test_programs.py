"""The gradients of 200 random forward passes are right; `benchmarks/programs.py` tries 5,000."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symbackprop as sb
from symbackprop.algebra.nodes import size_symbol
from symbackprop.verify.numeric import compare
from symbackprop.verify.points import Sampler
from tests.programs.check import (
    AGREES,
    CRASHED,
    NO_POINT,
    REFUSED,
    SIZES,
    WRONG,
    check,
    is_rounding,
)
from tests.programs.generate import Source, broadcast, generate

UNSUPPORTED = ("only through a comparison or a sign",)
"""What a refusal may say."""


@st.composite
def sources(draw: st.DrawFn) -> Source:
    """Random forward passes, each choice of which Hypothesis makes and shrinks."""
    return generate(lambda options: draw(st.sampled_from(options)), most=7)


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(sources(), st.sampled_from(SIZES))
def test_a_random_program_is_right_or_refused(source: Source, sizes: dict[str, int]) -> None:
    found = check(source, seed=0, assignments=[sizes])
    assert found.verdict not in (WRONG, CRASHED), found.reason
    if found.verdict == REFUSED:
        assert any(words in found.reason for words in UNSUPPORTED), found.reason


# A square that was lost; a product of zeros, and a choice that is none, that crashed; a
# bracket that was lost in a square; a sum kept beside one with fewer axes; an overflow beside a
# maximum of what counts; blocks of an axis that labels look up; a number of 4,300 digits; a sum
# over an axis that a settled choice does not depend on; the value of a place; two expm1 in one sum;
# an inverse that counts in a branch only.
@pytest.mark.parametrize(
    "seed",
    [8001061, 10000165, 12004132, 13004099, 13004867, 20003317, 20002995, 20000768,
     16002094, 17000202, 25003304, 26000906],
)  # fmt: skip
def test_what_random_programs_found_stays_right(seed: int) -> None:
    assert check(generate(random.Random(seed).choice), seed).verdict in (AGREES, NO_POINT)


def test_broadcasting_is_that_of_numpy() -> None:
    assert broadcast(("k", "1", "d"), ("n", "1")) == ("k", "n", "d")
    assert broadcast(("n",), ("d",)) is None


class Off:
    """A module whose gradients are all off by a factor."""

    def __init__(self, module: ModuleType, factor: float) -> None:
        self._module, self._factor = module, factor

    def forward(self, *inputs: Any) -> Any:
        return self._module.forward(*inputs)

    def backward(self, *given: Any) -> list[Any]:
        return [self._factor * g for g in self._module.backward(*given)]

    def value_and_grad(self, *inputs: Any) -> Any:
        value, grads = self._module.value_and_grad(*inputs)
        return value, [self._factor * g for g in grads]


def test_what_80_bits_mend_is_rounding_and_no_error_is() -> None:
    source = generate(random.Random(7004118).choice)  # its gradients cancel in float64
    derived = sb.derive(source.function(), shapes=source.shapes)
    lengths = {size_symbol(name): size for name, size in SIZES[2].items()}
    point = Sampler(derived.shown.program, 7004118, weighted=[]).draw(lengths, "ordinary", 0)
    for factor, rounding in ((1, True), (1 + 1e-9, False)):
        off = Off(derived.compile(), factor)
        findings = compare(derived.backward, off, None, point)
        assert any(f.failed and f.check == "numpy" for f in findings)
        assert is_rounding(derived.backward, [off], point, findings) == rounding

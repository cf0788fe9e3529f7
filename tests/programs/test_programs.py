"""The gradients of 200 random forward passes are right; `benchmarks/programs.py` tries 5,000."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.programs.check import CRASHED, REFUSED, SIZES, WRONG, check
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


def test_broadcasting_is_that_of_numpy() -> None:
    assert broadcast(("k", "1", "d"), ("n", "1")) == ("k", "n", "d")
    assert broadcast(("n",), ("d",)) is None

"""The steps of every layer: each is true and by a law of its own, and the last is the result."""

from __future__ import annotations

import pytest

from symbackprop.calculus.chains import COLLECTED
from symbackprop.catalogue import names
from symbackprop.verify.steps import checked
from tests.derived import derived


@pytest.mark.parametrize("name", names())
def test_every_step_is_true(name: str) -> None:
    layer = derived(name)
    told = [(c.step.law, c.comparison.told) for section in checked(layer.steps) for c in section]
    assert [t for t in told if t[1].startswith(("false", "inconcl"))] == []
    assert COLLECTED not in (law for law, _ in told)
    results = {s.of: s.result for s in layer.steps.sections if s.kept}
    assert results == {s.of: s.expr for s in layer.backward.steps}

"""The steps of every layer: each is true by itself, and the last is the result."""

from __future__ import annotations

import pytest

import symbackprop as sb
from symbackprop.catalogue import names
from symbackprop.verify.steps import checked


@pytest.mark.parametrize("name", names())
def test_every_step_is_true(name: str) -> None:
    derived = sb.derive(name)
    told = [(c.step.law, c.comparison.told) for section in checked(derived.steps) for c in section]
    assert [t for t in told if t[1].startswith(("false", "inconcl"))] == []
    results = {s.of: s.result for s in derived.steps.sections if s.kept}
    assert results == {s.of: s.expr for s in derived.backward.steps}

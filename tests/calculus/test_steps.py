"""Steps: every one is true by itself, and the last is the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sympy import Integer

import symbackprop as sb
from symbackprop.algebra import registry
from symbackprop.calculus import deltas, one_rule
from symbackprop.calculus.steps import CHAIN, Steps
from symbackprop.deriving import unchecked
from symbackprop.verify.probes import PROBES, Probe
from symbackprop.verify.steps import checked
from tests.corruptions import wrong


def verdicts(steps: Steps, seed: int = 0) -> list[tuple[str, str]]:
    found = checked(steps, seed=seed)
    return [(c.step.law, c.comparison.told) for section in found for c in section]


def test_each_step_begins_where_the_last_one_ended() -> None:
    for section in sb.derive("two-layer").steps.sections:
        for one, two in zip(section.steps, section.steps[1:], strict=False):
            assert one.after == two.before
            assert two.before != two.after
    first = [s.steps[0].law for s in sb.derive("two-layer").steps.sections]
    assert CHAIN in first


@pytest.fixture
def laws() -> Iterator[None]:
    kept = dict(registry.LAWS)
    yield
    registry.LAWS.update(kept)
    registry.clear_caches()


@pytest.mark.parametrize("law", sorted(PROBES.keys() - {"push_forward"}))
def test_a_corrupted_law_of_the_engine_makes_a_step_false(law: str, laws: None) -> None:
    """All laws but the one of forward mode, which no step of a gradient uses."""
    probe, right = PROBES[law], registry.LAWS[law]
    assert not any(t.startswith(("false", "inconclusive")) for _, t in told(probe))
    registry.LAWS[law] = lambda *args, **kwargs: wrong(law, right(*args, **kwargs))
    registry.clear_caches()
    # A bracket [x > 1] in the place of [x > 1/2] is false in a small region only.
    assert any(t.startswith("false") for seed in range(3) for _, t in told(probe, seed))


def told(probe: Probe, seed: int = 0) -> list[tuple[str, str]]:
    derived = unchecked(probe.text, shapes=probe.shapes, assume=probe.assume, wrt=probe.wrt)
    return verdicts(derived.steps, seed)


def _twice(rule: Callable[..., Any]) -> Callable[..., Any]:
    def wrong(*args: Any) -> Any:
        found = rule(*args)
        return None if found is None else (found[0], one_rule.times(Integer(2), found[1]))

    return wrong


@pytest.mark.parametrize(
    ("room", "rule", "layer"),
    [(one_rule, "_of_product", "softmax-ce"), (one_rule, "_of_power", "sigmoid"),
     (one_rule, "worked_out", "tanh"), (deltas, "_of_sum", "affine")],
)
def test_a_corrupted_rule_of_the_steps_makes_a_step_false(
    room: Any, rule: str, layer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, rule, _twice(getattr(room, rule)))
    assert any(told.startswith("false") for _, told in verdicts(sb.derive(layer).steps))

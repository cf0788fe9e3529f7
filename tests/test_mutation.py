"""Every check can fail: with any one law or lowering rule corrupted, verification turns red.

That the probes are green as they are is part of `verify --all`, which has a test of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import symbackprop as sb
from symbackprop.algebra import registry
from symbackprop.calculus import forward, jacobian, reverse
from symbackprop.deriving import unchecked
from symbackprop.emit import numpy
from symbackprop.verify.lowering_probes import LOWERING_PROBES
from symbackprop.verify.probes import PROBES, Probe
from tests.corruptions import MISSING, wrong

# importing them registers the laws and the rules
assert forward and jacobian and reverse and numpy


@pytest.fixture
def tables() -> Iterator[None]:
    """The tables of laws and of lowering rules, restored at the end."""
    laws, rules = dict(registry.LAWS), dict(registry.LOWERINGS)
    yield
    registry.LAWS.update(laws)
    registry.LOWERINGS.update(rules)
    registry.clear_caches()


@pytest.fixture(autouse=True)
def few_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """One point of each size and kind is enough to see what is wrong."""
    monkeypatch.setattr("symbackprop.verify.report._VARIANTS", 1)


def holds(probe: Probe) -> bool:
    """Whether a probe is derived and verified."""
    try:
        derived = unchecked(probe.text, shapes=probe.shapes, assume=probe.assume, wrt=probe.wrt)
        if probe.directional:
            return derived.jvp().verify().ok
        return derived.verify(exact=probe.exact).ok
    except (sb.SymbackpropError, ArithmeticError, RecursionError):
        return False


def corrupted(name: str, right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: wrong(name, right(*args, **kwargs))


def test_there_is_a_probe_for_every_law_and_every_rule() -> None:
    assert PROBES.keys() == registry.LAWS.keys()
    assert LOWERING_PROBES.keys() == registry.LOWERINGS.keys()


@pytest.mark.parametrize("table", [registry.LAWS, registry.LOWERINGS])
def test_a_law_says_what_it_states(table: dict[str, Callable[..., Any]]) -> None:
    assert [name for name, rule in table.items() if not rule.__doc__] == []


@pytest.mark.parametrize("name", sorted(PROBES))
def test_a_corrupted_law_turns_its_probe_red(name: str, tables: None) -> None:
    registry.LAWS[name] = corrupted(name, registry.LAWS[name])
    registry.clear_caches()
    assert not holds(PROBES[name])


def test_a_derivation_is_checked_before_anyone_sees_it(tables: None) -> None:
    """Of the corrupted laws, `derive` itself finds all but those that act in few places."""
    found = set()
    for name, probe in PROBES.items():
        right = registry.LAWS[name]
        registry.LAWS[name] = corrupted(name, right)
        registry.clear_caches()
        try:
            sb.derive(probe.text, shapes=probe.shapes, assume=probe.assume, wrt=probe.wrt)
        except (sb.SymbackpropError, ArithmeticError, RecursionError):
            found.add(name)
        registry.LAWS[name] = right
    assert len(found) > 0.9 * len(PROBES)


@pytest.mark.parametrize("name", sorted(LOWERING_PROBES))
def test_a_corrupted_lowering_turns_its_probe_red(name: str, tables: None) -> None:
    registry.LOWERINGS[name] = corrupted(name, registry.LOWERINGS[name])
    assert not holds(LOWERING_PROBES[name])


@pytest.mark.parametrize("name", sorted(MISSING))
def test_a_missing_lowering_turns_its_probe_red(name: str, tables: None) -> None:
    registry.LOWERINGS[name] = MISSING[name]
    assert not holds(LOWERING_PROBES[name])

"""Every check can fail: with any one law of the engine corrupted, its verification turns red."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import symbackprop as sb
from symbackprop.algebra import registry
from symbackprop.algebra.poly import Poly
from symbackprop.calculus import forward, jacobian, reverse
from symbackprop.verify.probes import PROBES

assert forward and jacobian and reverse  # importing them registers the laws


@pytest.fixture
def laws() -> Iterator[dict[str, Any]]:
    """The table of laws, restored at the end."""
    right = dict(registry.LAWS)
    yield registry.LAWS
    registry.LAWS.update(right)
    registry.clear_caches()


def holds(name: str) -> bool:
    """Whether the probe of a law is derived and verified."""
    probe = PROBES[name]
    try:
        derived = sb.derive(probe.text, shapes=probe.shapes, assume=probe.assume, wrt=probe.wrt)
        return (derived.jvp() if probe.directional else derived).verify().ok
    except (sb.SymbackpropError, ArithmeticError, RecursionError):
        return False


def test_there_is_a_probe_for_every_law() -> None:
    assert PROBES.keys() == registry.LAWS.keys()


@pytest.mark.parametrize("name", sorted(PROBES))
def test_a_corrupted_law_turns_its_probe_red(name: str, laws: dict[str, Any]) -> None:
    assert holds(name)
    right = laws[name]

    def wrong(*args: Any, **kwargs: Any) -> Any:
        result = right(*args, **kwargs)
        return result.scale(2) if isinstance(result, Poly) else result

    laws[name] = wrong
    registry.clear_caches()
    assert not holds(name)

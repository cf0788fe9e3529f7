"""The work of a derivation grows linearly with the length of a chain of layers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import symbackprop as sb
from symbackprop.algebra.registry import clear_caches
from symbackprop.calculus import simplify
from symbackprop.calculus.fold import Elimination


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How often a kernel is looked for among the atoms of a form, and a form is arranged."""
    counts = [0, 0]
    occurs_in, cost = Elimination.occurs_in, simplify.cost

    def looked(self: Elimination, atoms: set[object]) -> bool:
        counts[0] += 1
        return occurs_in(self, atoms)

    def weighed(expr: object) -> float:
        counts[1] += 1
        return cost(expr)

    with monkeypatch.context() as patch:
        patch.setattr(Elimination, "occurs_in", looked)
        patch.setattr(simplify, "cost", weighed)
        yield counts


def work(layers: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    lines = [f"h{k} = maximum(h{k - 1} @ W{k} + b{k}, 0)" for k in range(1, layers + 1)]
    shapes: dict[str, tuple[str, ...]] = {"h0": ("N", "D")}
    for k in range(1, layers + 1):
        shapes |= {f"W{k}": ("D", "D"), f"b{k}": ("D",)}
    text = "\n".join([*lines, f"L = sum(h{layers}**2)/2"])
    clear_caches()
    with counted(monkeypatch) as counts:
        sb.derive(text, shapes=shapes)
    return counts


def test_each_layer_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = [work(layers, monkeypatch) for layers in (4, 8, 12)]
    for few, more, most in zip(*counts, strict=True):
        assert 0 < most - more <= 1.1 * (more - few)

"""The fast module of each layer gives what the readable one gives, in blocks of every size."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from symbackprop.catalogue import names
from symbackprop.verify.generated import Outcome, run_module
from symbackprop.verify.points import NoPoint, Sampler
from symbackprop.verify.sizes import possible
from tests.derived import derived

BLOCKS = [1, 40, 10**6]
"""Bytes in a block: one row, a few rows, everything."""
_NOISE = 1e-14


def outcomes(module: ModuleType, name: str, seed: int) -> list[Outcome]:
    shown = derived(name).shown
    program = shown.program
    weighted = [o for o, u in zip(program.outputs, shown.upstream, strict=True) if u]
    sampler = Sampler(program, seed, weighted=weighted)
    found = []
    for sizes in possible(program.sizes, program.conditions, [a.shape for a in program.inputs]):
        try:
            point = sampler.draw(sizes, "ordinary", 0)
        except NoPoint:
            continue
        found.append(run_module(module, shown, point))
    return found


def agree(readable: list[Outcome], others: list[Outcome]) -> None:
    """Hold what two modules gave against each other."""
    for one, other in zip(readable, others, strict=True):
        assert one.problems == other.problems == []
        for (of, label, want), (to, call, got) in zip(one.results, other.results, strict=True):
            assert (of, label) == (to, call)
            scale = max(1.0, float(np.max(np.abs(want), initial=0)))
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=_NOISE * scale)


@pytest.mark.parametrize("name", names())
def test_both_modules_agree(name: str) -> None:
    fast = derived(name).compile("numpy-fast")
    readable = outcomes(derived(name).compile(), name, 1)
    assert readable
    for block in BLOCKS:
        vars(fast)["BLOCK_BYTES"] = block
        agree(readable, outcomes(fast, name, 1))


@pytest.mark.parametrize("name", names())
def test_exact_forms_agree(name: str) -> None:
    """The digits that they keep have tests of their own."""
    readable = outcomes(derived(name).compile(), name, 2)
    for target in ("numpy", "numpy-fast"):
        agree(readable, outcomes(derived(name).compile(target, exact=True), name, 2))

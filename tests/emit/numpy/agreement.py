"""Exact forms held against the code as it reads, where that has digits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

import symbackprop as sb


def assert_agrees(
    found: sb.Derivation, given: Mapping[str, Any], *, targets: Iterable[str] = ("numpy",),
    rtol: float = 1e-12, atol: float = 1e-14, times: float = 1.0,
) -> None:  # fmt: skip
    """Values and gradients, for the inputs by their names and some upstream gradient.

    times: a factor of the upstream gradient.
    """
    inputs = [given[a.name] for a in found.backward.program.inputs]
    plain = found.compile()
    y, saved = plain.forward(*inputs)
    upstream = times * np.cos(np.arange(np.size(y))).reshape(np.shape(y))
    want = (y, *plain.backward(saved, upstream))
    for target in targets:
        exact = found.compile(target, exact=True)
        z, kept = exact.forward(*inputs)
        for one, two in zip((z, *exact.backward(kept, upstream)), want, strict=True):
            np.testing.assert_allclose(one, two, rtol=rtol, atol=atol)

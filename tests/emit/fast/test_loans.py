"""Rows that one block holds are computed once, in memory that a result has later."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symbackprop as sb

CENTRED = "m = mean(x, axis=0); v = mean((x - m)**2, axis=0); "
WEIGHTED = "m = mean(x, axis=0); c = (x - m)*w; v = mean(c*c, axis=0); "
LENT = [
    (CENTRED + "y = (x - m)/v*b", 1),
    (CENTRED + "y = exp((x - m)/v)*b + m", 1),
    (WEIGHTED + "y = exp(x - m)*b + c/v", 2),
    ("s = sum(x*w, axis=0); y = x*w/s*b", 1),
    ("m = mean(x, axis=0); h = w + m; p = 1/(1 + exp(-h)) + exp(-2*h)/(1 + exp(h));"
     "v = sum(tanh(p), axis=0)*sum((x - m)*w, axis=0); y = (x - m)/v*b", 1),
    ("m = mean(x, axis=0); v = sum(tanh(xlogy(w, w + m)), axis=0)*sum((x - m)*w, axis=0);"
     "y = (x - m)/v*b", 1),
    (CENTRED + "p = (x - m)/v; y = p + (x - m)/sum(p*p*w, axis=0)*b", 1),  # to one of two
]
LONG = "z = sum(maximum(g, m[:, None]), axis=(0, 2)); "  # rows of more elements
SUMS = "q = sum(sum(maximum(x, m), axis=1)**3); "
APART = [
    # x - m has another reader
    WEIGHTED + SUMS + "y = sum(maximum(x - m, 1.5)/v, axis=1)[:, None]*c + b*q",
    CENTRED + "y = (x - m)/v*b + exp(x - m)*w",  # exp(x - m) has taken its memory
    # there are other numbers in the buffer
    "m = mean(x, axis=0); p = tanh(where(x > m, x - m, 0.5)); r = tanh(where(w > m, w - m, 0.5));"
    "s = sum(p*r, axis=0); y = (x - m)/s*b + p + r",
    CENTRED + LONG + "y = (x - m)/v*b/z",
    "m = mean(x, axis=0); v = sum(where(x > m, x - m, w), axis=0); y = where(x > m, x - m, v*b)",
    "m = mean(x, axis=0); v = sum((x - m)**2, axis=1); y = (x - m)*b/v[:, None]",  # one loop
    "s = sum(x*w, axis=0); y = x*b*(x*w)/s",  # y has other rows first
]
SHAPES = {"x": ("N", "n"), "w": ("N", "n"), "b": ("N", "n"), "g": ("N", "n", "k")}
SIZES = {"N": 8, "n": 3, "k": 4}


def derivation(text: str) -> sb.Derivation:
    """With a gradient that needs few of the rows, so that they are not kept for it."""
    used = {n: s for n, s in SHAPES.items() if re.search(rf"\b{n}\b", text)}
    return sb.derive(text, shapes=used, wrt=["b"])


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("block", [1, 100, 200, 10**6])
@pytest.mark.parametrize("text", [*(text for text, _ in LENT), *APART])
def test_results_are_those_of_the_readable_module(text: str, block: int, step: int) -> None:
    derived = derivation(text)
    fast = derived.compile("numpy-fast")
    fast.BLOCK_BYTES = block
    shapes = [SHAPES[a.name] for a in derived.backward.program.inputs]
    # Eighths, and 2^3 rows: sums and means are exact in any order, so that no digit is lost.
    rng = np.random.default_rng(9)
    inputs = [rng.integers(4, 17, size=[SIZES[s] for s in shape]) / 8 for shape in shapes]
    out = np.full((8, 3 * step), np.nan)[:, ::step]
    for _ in range(2):
        got, saved = fast.forward(*inputs, out=(out,))
        assert got is out
        want, kept = derived.compile().forward(*inputs)
        np.testing.assert_allclose(got, want, rtol=1e-13)
        (db,), (one,) = fast.backward(saved, want), derived.compile().backward(kept, want)
        np.testing.assert_allclose(db, one, rtol=1e-13)


def recomputed(text: str) -> list[str]:
    """What is computed for several blocks alone."""
    source = derivation(text).numpy_source(fast=True)
    forward = source.partition("def forward")[2].partition("def ")[0]
    blocks = re.findall(r"^( +)if step < N:\n((?:\1 +.*\n)+)", forward, re.MULTILINE)
    lines = [line for _, block in blocks for line in block.splitlines()]
    slices = re.compile(r"_work\(|\[lo:hi\]$|hi = min\(|if hi - lo < step:|\[: hi - lo\]$")
    return [line for line in lines if not slices.search(line)]


@pytest.mark.parametrize(("text", "count"), LENT)
def test_what_one_block_holds_is_not_computed_again(text: str, count: int) -> None:
    found = recomputed(text)
    assert len(found) == count and all(re.search("out=[yp]_", line) for line in found)


@pytest.mark.parametrize("text", APART)
def test_other_rows_are_computed_where_they_are_needed(text: str) -> None:
    assert recomputed(text) == []


def test_blocks_have_as_many_rows_as_their_loop_can_hold() -> None:
    source = derivation(CENTRED + LONG + "y = (x - m)/v*b/z").numpy_source(fast=True)
    steps = re.findall(r"^    step = _rows\(N, (.*) \* \w+.dtype", source, re.MULTILINE)
    assert steps == ["n", "max(n * k, n)", "n", "n"]

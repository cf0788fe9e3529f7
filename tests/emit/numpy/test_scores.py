"""Softmax of scores from features that are nearly equal: these drop out before they are rounded."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import mp, mpf

import symbackprop as sb
from tests.emit.c.compiler import needs_compiler
from tests.emit.numpy.agreement import assert_agrees

TARGETS = ["numpy", "numpy-fast", pytest.param("c", marks=needs_compiler)]
SHAPES = {"x": ("n", "d"), "s": ("d",), "v": ("d",)}
SOFTMAX = "p = exp(e)/sum(exp(e))"
TEXT = f"u = tanh(x + s); e = u @ v; {SOFTMAX}; L = sum(p*g)"


def weighted(x: np.ndarray, s: np.ndarray, v: np.ndarray, g: np.ndarray) -> float:
    """Σ_k p_k g_k, to 800 digits."""
    with mp.workdps(800):
        u = [[mp.tanh(mpf(a) + mpf(b)) for a, b in zip(row, s, strict=True)] for row in x]
        e = [mp.exp(sum(a * mpf(b) for a, b in zip(row, v, strict=True))) for row in u]
        return float(sum(a * mpf(b) for a, b in zip(e, g, strict=True)) / sum(e))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("size", "shift"),
    [(1e-3, 0.5), (1e-9, -2.0), (1e-12, 1e-3), (1.0, 20.0), (1.0, -300.0), (5.0, 0.0)],
)
def test_scores_of_features_that_are_nearly_equal(size: float, shift: float, target: str) -> None:
    """g sums to 0, so that what the weights differ in is all that is seen."""
    random = np.random.default_rng(3)
    x, s = size * random.normal(size=(4, 2)), np.array([shift, shift / 2])
    v, g = np.array([1e5, -3e4]), np.array([1.0, 2.0, -2.0, -1.0])
    if size == 5:
        v = v / 1e4
    found = sb.derive(TEXT, shapes={**SHAPES, "g": ("n",)}, wrt=("g",))
    names = [a.name for a in found.backward.program.inputs]
    given = {"x": x, "s": s, "v": v, "g": g}
    got, _ = found.compile(target, exact=True).forward(*(given[n] for n in names))
    want = weighted(x, s, v, g)
    # Of g the weights are rounded; of v the differences of scores, and of s what 1 - u^2 is.
    scale = 1 + 2 * abs(shift) + 1e5 * size * (1 - np.tanh(shift / 2) ** 2)
    assert abs(got - want) <= 5e-16 + 1e-15 * scale * abs(want)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("sign", "shift"), [(1, 0), (-1, 0), (1, 3), (-1, -3)])
def test_scores_of_saturated_features(sign: float, shift: float, target: str) -> None:
    """All u are within 1e-17 of 1 or -1, and the weights tell them apart by v = 1e17."""
    text = f"u = tanh(x + s); e = u @ v; {SOFTMAX}"
    found = sb.derive(text, shapes=SHAPES, wrt=("v",))
    x, v = sign * np.array([[20.0], [21.0], [30.0]]), np.array([1e17])
    got, _ = found.compile(target, exact=True).forward(x, np.array([shift]), v)
    with mp.workdps(60):
        e = [mp.exp(mp.tanh(mpf(a[0]) + shift) * mpf(1e17)) for a in x]
        want = [float(a / sum(e)) for a in e]
    np.testing.assert_allclose(got, want, rtol=1e-13)
    if shift == 0:
        plain, _ = found.compile().forward(x, np.array([shift]), v)
        assert np.abs(np.asarray(plain) / want - 1).max() > 0.1


AGREE = {
    "bias": f"u = tanh(x + s); e = u @ v + b; {SOFTMAX}; L = sum(p*b)",
    "scaled": "u = tanh(x + s); e = u @ v; p = exp(e/3)/sum(exp(e/3)); L = sum(p*b)",
    "negative": f"u = tanh(x + s); e = -u @ v; {SOFTMAX}; L = sum(p*b)",
    "two scores": "u = tanh(x + s); e = u @ v; f = u @ s; p = exp(e - f)/sum(exp(e - f));"
    "L = sum(p*b)",
    "squared score": "u = tanh(x + s); e = u @ v; p = exp(e**2)/sum(exp(e**2)); L = sum(p*b)",
    "score twice": "u = tanh(x + s); e = u @ v; p = exp(e*b)/sum(exp(e*b)); L = sum(p*b)",
    "score and its exp": "u = tanh(x + s); e = u @ v; p = exp(e + e**2)/sum(exp(e + e**2));"
    "L = sum(p*b)",
    "score and its sine": "u = tanh(x + s); e = u @ v; p = exp(e + sin(e))/sum(exp(e + sin(e)));"
    "L = sum(p*b)",
    "part that is the same": f"u = tanh(x + s); t = tanh(s); e = u @ v + t @ v; {SOFTMAX};"
    "L = sum(p*b)",
    "no exponential": "u = tanh(x + s); e = u @ v; p = cosh(e)/sum(cosh(e)); L = sum(p*b)",
    "diagonal of scores": "u = tanh(x + s); e = u @ q; y = exp(einsum('ii->i', e));"
    "p = y/sum(y); L = sum(p*b)",
    "diagonal of scores in place": "u = tanh(x + s); e = u @ q;"
    "p = exp(einsum('ii->i', e))/sum(exp(einsum('ii->i', e))); L = sum(p*b)",
    "diagonal of features": f"u = tanh(r + b); e = 3*einsum('ii->i', u); {SOFTMAX}; L = sum(p*b)",
    "not over all": "u = tanh(x + s); e = u @ v; p = exp(e)/(1 + sum(exp(e))); L = sum(p*b)",
    "score is a result": f"u = tanh(x + s); e = u @ v; {SOFTMAX}; L = sum(p*e)",
    "features by row": f"u = tanh(x + s); e = sum(u*x, axis=1); {SOFTMAX}; L = sum(p*b)",
    "over features": "u = tanh(x + s); e = u*v; p = exp(e)/sum(exp(e), axis=1, keepdims=True);"
    "L = sum(p @ v*b)",
    "over rows": "u = tanh(x + s); e = u*v; p = exp(e)/sum(exp(e), axis=0, keepdims=True);"
    "L = sum(p @ v*b)",
    "row part": "u = tanh(x + b[:, None]); e = u @ v; p = exp(e)/sum(exp(e)); L = sum(p*b)",
    "other weight": "u = tanh(x + s); e = u @ v; p = b**2*exp(e)/sum(b**2*exp(e)); L = sum(p*b)",
    "no product": "u = tanh(x + s); e = sum(u, axis=1); p = exp(e)/sum(exp(e)); L = sum(p*b)",
    "squared feature": "u = tanh(x + s); e = u**2 @ v; p = exp(e)/sum(exp(e)); L = sum(p*b)",
}


@pytest.mark.parametrize("text", AGREE.values(), ids=AGREE)
def test_scores_agree_with_what_they_read(text: str) -> None:
    """Of any features: where something is taken away that is not the same for all, they do not."""
    every = {**SHAPES, "b": ("n",), "q": ("d", "n"), "r": ("n", "n")}
    shapes = {n: shape for n, shape in every.items() if n in _words(text)}
    found = sb.derive(text, shapes=shapes)
    random = np.random.default_rng(5)
    for size in (0.01, 1.0):
        given = {
            "x": size * random.normal(size=(4, 3)), "s": random.normal(size=3),
            "v": random.normal(size=3), "b": random.normal(size=4),
            "q": random.normal(size=(3, 4)), "r": size * random.normal(size=(4, 4)),
        }  # fmt: skip
        assert_agrees(found, given, rtol=1e-9, atol=1e-12)


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text).split()


def test_a_plain_module_takes_nothing_away() -> None:
    found = sb.derive(TEXT, shapes={**SHAPES, "g": ("n",)}, wrt=("v",))
    assert "e_apart" not in found.numpy_source()
    assert "e_apart" in found.numpy_source(exact=True)


def test_names_that_are_in_use() -> None:
    text = TEXT.replace("sum(p*g)", "sum(p*g) + sum(e_apart) + u_gap*u_common")
    shapes = {**SHAPES, "g": ("n",), "e_apart": ("n",), "u_gap": (), "u_common": ()}
    found = sb.derive(text, shapes=shapes, wrt=("v", "e_apart", "u_gap"))
    random = np.random.default_rng(7)
    given = {
        a.name: random.normal(size=[{"n": 4, "d": 3}[str(n)] for n in a.shape])
        for a in found.backward.program.inputs
    }
    assert_agrees(found, given, rtol=1e-9)

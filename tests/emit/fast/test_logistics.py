"""Sigmoids of a block: by one exp, which is capped, and a factor for the few beyond the cap."""

from __future__ import annotations

import re
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from sympy import Symbol

import symbackprop as sb
from symbackprop.emit.fast.graph import FLOAT, Graph
from symbackprop.emit.fast.logistics import join_logistics
from symbackprop.emit.fast.rewrites import BEYOND_CAP, CAPPED_EXP
from symbackprop.emit.numpy.code import Code, atom, call, operate
from symbackprop.emit.numpy.statements import Assignment

SIG = "1/(1 + exp(-x))"
JOINED = {
    f"y = {SIG}": (True, True),
    f"L = sum(w*x*{SIG})": (True, True),
    "y = x/(1 + exp(-x))": (True, True),
    "y = log(1 + exp(-x))": (True, False),  # -dy exp(-x)/(1 + exp(-x)) alone
    f"y = 1/(1 + exp(-w*{SIG}))": (True, True),
}
APART = [
    f"y = {SIG} + exp(-abs(x))",  # exp(-|x|) is needed itself
    "y = exp(-abs(x))/(2 + exp(-abs(x)))",
    "y = maximum(exp(-abs(x)), w)/(1 + exp(-abs(x)))",
    "y = w/(1 + exp(-abs(x)))",
]
SHAPES = {"x": ("N", "n"), "w": ("N", "n")}


def derivation(text: str) -> sb.Derivation:
    return sb.derive(text, shapes={n: s for n, s in SHAPES.items() if n in text.split("=")[1]})


@pytest.mark.parametrize("text", JOINED)
def test_sigmoids_are_made_of_one_exp(text: str) -> None:
    source = derivation(text).numpy_source(fast=True)
    assert ("_capped_exp(" in source, "_beyond_cap(" in source) == JOINED[text]


@pytest.mark.parametrize("text", APART)
def test_what_is_made_of_exp_otherwise_stays(text: str) -> None:
    forward, _, _ = derivation(text).numpy_source(fast=True).partition("\ndef backward")
    assert "_capped_exp" not in forward.partition("\ndef forward")[2]


def test_both_sides_are_made_by_one_division() -> None:
    """Unless a quotient is to be rounded once, or one of them is needed alone."""
    def divisions(source: str) -> int:
        forward = source.partition("\ndef forward")[2].partition("\ndef ")[0]
        return forward.count("np.divide(")

    found = sb.derive("sigmoid")
    assert divisions(found.numpy_source(fast=True)) == 1
    assert divisions(found.numpy_source(fast=True, exact=True)) == 2
    alone = sb.derive(f"y = w*{SIG}", shapes=SHAPES, wrt=["w"]).numpy_source(fast=True)
    assert divisions(alone) == 1 and "np.divide(s_, b0, out=s_)" in alone


@pytest.mark.parametrize(("text", "looks"), [
    (f"y = {SIG}", 1), ("y = log(1 + exp(-x))", 0), (f"y = {SIG}/(1 + exp(-w))", 2),
])  # fmt: skip
def test_both_look_once_for_elements_beyond_the_cap(text: str, looks: int) -> None:
    source = derivation(text).numpy_source(fast=True)
    assert looks or "some = _beyond(" not in source
    forward = source.partition("\ndef forward")[2].partition("\ndef backward")[0]
    assert len(re.findall(r"some\d* = _beyond\(", forward)) == looks
    told = re.findall(r"_capped_exp\(.*, (some\d*)\)|_beyond_cap\(.*, (some\d*)\)", forward)
    assert len({a or b for a, b in told}) == looks and len(told) == 2 * looks


def test_blocks_with_elements_beyond_the_cap_and_without() -> None:
    module = derivation("y = 1/(1 + exp(-x))").compile("numpy-fast")
    x = np.zeros((65536 // 8 * 3, 8))
    x[0, 0], x[-1, -1] = 800.0, np.nan
    y, saved = module.forward(x)
    (dx,) = module.backward(saved, np.ones_like(x))
    assert (y[0, 0], dx[0, 0], y[1, 0], dx[1, 0]) == (1, 0, 0.5, 0.25)
    assert np.isnan(y[-1, -1]) and np.isnan(dx[-1, -1]) and np.isnan(y).sum() == 1
    x[0, 0] = 730.0
    assert module.backward(module.forward(x)[1], np.ones_like(x)).x[0, 0] == pytest.approx(
        float(mpmath.exp(-730)), rel=1e-6
    )


def test_what_stands_in_another_loop_looks_by_itself() -> None:
    found = sb.derive("s = 1/(1+exp(-x)); y = (1/(1+exp(x)))*sum(s)", shapes={"x": ("N", "n")})
    assert "_beyond_cap(x_, y_, y_)" in found.numpy_source(fast=True)
    x = np.array([[720.0, 0.0], [-800.0, 800.0]])
    y, _ = found.compile("numpy-fast").forward(x)
    np.testing.assert_allclose(y, [[2.5 * float(mpmath.exp(-720)), 1.25], [2.5, 0]], rtol=1e-9)


def test_no_elements_at_all() -> None:
    y, _ = derivation(f"y = {SIG}").compile("numpy-fast").forward(np.empty((3, 0)))
    assert y.shape == (3, 0)


def true_value(x: float) -> tuple[mpmath.mpf, mpmath.mpf]:
    """σ(x) and its derivative."""
    e = mpmath.exp(-mpmath.mpf(x))
    return 1 / (1 + e), e / (1 + e) ** 2


AROUND = {"float64": (708, 710, 745), "float32": (87, 88.7, 103)}


@pytest.mark.parametrize("dtype", AROUND)
@pytest.mark.parametrize("exact", [False, True])
def test_all_digits_stay_on_both_sides_of_the_cap(dtype: str, exact: bool) -> None:
    ends = [0.0, 1.0, 30.0, *AROUND[dtype]]
    xs = [x for low, high in pairwise(ends) for x in np.linspace(low, high, 7)]
    x = np.array([*xs, *(-v for v in xs)], dtype)
    module = sb.derive("sigmoid").compile("numpy-fast", exact=exact)
    y, saved = module.forward(x)
    (dx,) = module.backward(saved, np.ones_like(x))
    least = float(np.finfo(dtype).smallest_subnormal)
    with mpmath.workdps(50):
        for place, v in enumerate(x):
            for got, true in zip((y[place], dx[place]), true_value(float(v)), strict=True):
                unit = max(float(np.spacing(dtype_of(dtype, true))), least)
                assert abs(mpmath.mpf(float(got)) - true) <= 4 * (1 + abs(float(v))) * unit, v


def dtype_of(dtype: str, value: mpmath.mpf) -> np.floating:
    return np.dtype(dtype).type(float(value))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_infinities_and_large_numbers(dtype: str) -> None:
    x = np.array([[-np.inf, -3e4, -1, 0], [1, 3e4, np.inf, np.nan]], dtype)
    y, dx = run("sigmoid", x, np.ones_like(x))
    np.testing.assert_array_equal(y[[0, 0, 0, 1, 1], [0, 1, 3, 1, 2]], [0, 0, 0.5, 1, 1])
    np.testing.assert_array_equal(dx[[0, 0, 0, 1, 1], [0, 1, 3, 1, 2]], [0, 0, 0.25, 0, 0])
    assert np.isnan(y[1, 3])
    assert np.isnan(dx[1, 3])
    assert np.isnan(np.stack((y, dx))).sum() == 2


def run(layer: str, x: np.ndarray, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    module = sb.derive(layer, shapes=None).compile("numpy-fast")
    y, saved = module.forward(x.reshape(-1))
    (dx,) = module.backward(saved, dy.reshape(-1))
    return y.reshape(x.shape), dx.reshape(x.shape)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_large_upstream_gradient_does_not_overflow(dtype: str) -> None:
    """-dy exp(-x)/(1 + exp(-x)), where exp(-x) is capped but dy is large."""
    large = np.finfo(dtype).max / 8
    module = sb.derive("y = log(1 + exp(-x))", shapes={"x": ("n",)}).compile("numpy-fast")
    x = np.array([-1e4, -80.0, 0.0, 1e4], dtype)
    _, saved = module.forward(x)
    (dx,) = module.backward(saved, np.full_like(x, large))
    np.testing.assert_allclose(dx / dtype_of(dtype, large), [-1, -1, -0.5, 0], rtol=1e-6)


def test_blocks_with_and_without_large_elements_agree_with_the_readable_code() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=200_000) * 3
    x[5], x[-5] = 720.0, -720.0
    dy = rng.normal(size=x.size)
    for layer in ("sigmoid", "silu"):
        results = []
        for target in ("numpy", "numpy-fast"):
            module = sb.derive(layer).compile(target)
            y, saved = module.forward(x)
            results.append((y, *module.backward(saved, dy)))
        for plain, fast in zip(*results, strict=True):
            np.testing.assert_allclose(fast, plain, rtol=1e-14, atol=1e-16)


N, K = Symbol("N"), Symbol("K")
X, W = atom("x", (N, K)), atom("w", (N, K))
ONE = atom("1")


def calls(name: str, *args: Code) -> Code:
    return call(f"np.{name}", *args, shape=(N, K))


E = calls("exp", Code("neg", (calls("abs", X),), shape=(N, K)))
TOTAL = operate("+", ONE, E)
ABOVE = calls("maximum", E, operate(">=", X, atom("0")))
BELOW = calls("maximum", E, operate("<=", X, atom("0")))
Y, REST = operate("/", ABOVE, TOTAL), operate("/", BELOW, TOTAL)
PRODUCT = operate("*", W, ABOVE)
WIDE = Code("*", (atom("g", (N, N, K)), ABOVE), shape=(N, N, K))


def joined(*kept: Code) -> set[str]:
    """The ufuncs of a graph of these results, behind `join_logistics`."""
    made = [Assignment(f"r{n}", code, ()) for n, code in enumerate(kept)]
    given = {"x": ((N, K), FLOAT), "w": ((N, K), FLOAT), "g": ((N, N, K), FLOAT)}
    graph = Graph(made, given, "np", str, str)
    join_logistics(graph, {graph.roots[a.name] for a in made})
    return {n.ufunc for n in graph.nodes}


@pytest.mark.parametrize(
    "kept", [(Y,), (REST,), (Y, REST), (operate("/", PRODUCT, TOTAL), REST)]
)
def test_quotients_of_a_block_are_joined(kept: tuple[Code, ...]) -> None:
    found = joined(*kept)
    assert CAPPED_EXP in found
    assert not found & {"exp", "maximum", "greater_equal", "less_equal", "abs"}
    assert (BEYOND_CAP in found) == (len(kept) == 2)


@pytest.mark.parametrize(
    "kept",
    [(Y, E), (Y, TOTAL), (Y, ABOVE),  # which are handed on themselves
     (operate("/", PRODUCT, TOTAL), PRODUCT),
     (operate("/", PRODUCT, TOTAL), calls("sin", PRODUCT)),
     (Y, operate("/", W, TOTAL)), (Y, operate("-", W, TOTAL)), (Y, calls("sin", ABOVE)),
     (Y, calls("sin", E)), (operate("/", TOTAL, ABOVE),),
     (operate("/", calls("maximum", E, operate(">=", W, atom("0"))), TOTAL),),
     (Code("/", (WIDE, TOTAL), shape=(N, N, K)),)],
)  # fmt: skip
def test_what_is_used_otherwise_is_not(kept: tuple[Code, ...]) -> None:
    assert CAPPED_EXP not in joined(*kept)


def test_an_argument_that_is_computed_in_the_loop_is_there_to_the_end() -> None:
    text = "y = sum(1/(1 + exp(-x*w)) * (1/(1 + exp(x*w))), axis=1)"
    found = sb.derive(text, shapes=SHAPES)
    x = np.array([[800.0, 1.0, -800.0], [0.5, -720.0, 709.0]])
    results = []
    for name in ("numpy", "numpy-fast"):
        module = found.compile(name)
        y, saved = module.forward(x, np.ones_like(x))
        results.append((y, *module.backward(saved, np.ones(2))))
    for plain, fast in zip(*results, strict=True):
        np.testing.assert_allclose(fast, plain, rtol=1e-13)

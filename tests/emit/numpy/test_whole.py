"""Examples sure of the wrong class, in opposite directions, keep the digits of the rest."""

from __future__ import annotations

import re

import numpy as np
import pytest
from mpmath import mp, mpf
from sympy import Abs, Expr, S, Symbol, exp

import symbackprop as sb
from symbackprop.algebra.nodes import Array, Index, IndexSum, Where
from symbackprop.algebra.trees import elements
from symbackprop.emit.numpy.line import Line
from symbackprop.emit.numpy.names import Namer
from symbackprop.emit.numpy.whole import Parts, Wholes
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler
from tests.emit.numpy.agreement import assert_agrees

TARGETS = ["numpy", "numpy-fast", pytest.param("c", marks=needs_compiler)]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("gap", [2.0, 30.0, 80.0, 300.0])
def test_two_sure_and_wrong_examples(gap: float, target: str) -> None:
    """Both are off by nearly 1 in their biases, one up and one down."""
    module = derived("softmax-regression").compile(target, exact=True)
    x, t = np.array([[1.0], [-1.25]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    _, grads = module.value_and_grad(x, np.array([[gap, 0.0]]), np.zeros(2), t)
    with mp.workdps(400):
        s, s2 = (1 / (1 + mp.exp(mpf(gap) * k)) for k in (mpf(1), mpf(1.25)))
        biases = [float((s2 - s) / 2), float((s - s2) / 2)]
        weights = [float((1 - s + mpf(1.25) * (1 - s2)) / 2 * sign) for sign in (1, -1)]
    np.testing.assert_allclose(grads.b, biases, rtol=1e-15)
    np.testing.assert_allclose(grads.W[0], weights, rtol=1e-15)
    if gap > 40:
        plain = derived("softmax-regression").compile(target)
        _, grads = plain.value_and_grad(x, np.array([[gap, 0.0]]), np.zeros(2), t)
        assert grads.b[0] == 0


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("gap", [2.0, 80.0, 300.0])
def test_a_sigmoid_of_two_such_examples(gap: float, target: str) -> None:
    module = derived("logistic-regression").compile(target, exact=True)
    x, t = np.array([[1.0], [-1.25]]), np.array([0.0, 1.0])
    _, grads = module.value_and_grad(x, np.array([gap]), np.float64(0), t)
    with mp.workdps(400):
        s, s2 = (1 / (1 + mp.exp(mpf(gap) * k)) for k in (mpf(1), mpf(1.25)))
        bias, weight = float((s2 - s) / 2), float((1 - s + mpf(1.25) * (1 - s2)) / 2)
    np.testing.assert_allclose(grads.b, bias, rtol=1e-15)
    np.testing.assert_allclose(grads.w, [weight], rtol=1e-15)


@pytest.mark.parametrize("target", TARGETS)
def test_what_goes_on_through_a_layer(target: str) -> None:
    """The bias of the layer below takes what both examples send down, and so does a table."""
    text = (
        "z = E[s] @ V + b; a = z @ W; p = exp(a)/sum(exp(a), axis=1, keepdims=True);"
        "L = -sum(t*log(p))"
    )
    shapes = {"E": ("k", "d"), "s": ("n",), "V": ("d", "h"), "b": ("h",), "W": ("h", "m"),
              "t": ("n", "m")}  # fmt: skip
    found = sb.derive(text, shapes=shapes, assume=("sum(t, axis=1) == 1",), wrt=("E", "V", "b"))
    gap = 90.0
    given = {"E": np.array([[1.0], [-1.25]]), "s": np.array([0, 1]), "V": np.array([[1.0]])}
    given |= {"b": np.zeros(1), "W": np.array([[gap, 0.0]]), "t": np.array([[0.0, 1], [1, 0]])}
    inputs = [given[a.name] for a in found.backward.program.inputs]
    _, grads = found.compile(target, exact=True).value_and_grad(*inputs)
    with mp.workdps(200):
        s, s2 = (1 / (1 + mp.exp(mpf(gap) * k)) for k in (mpf(1), mpf(1.25)))
        bias = float(mpf(gap) * (s2 - s))
    np.testing.assert_allclose(grads.b, [bias], rtol=2e-15)
    np.testing.assert_allclose(grads.E[:, 0], [gap, -gap], rtol=1e-15)
    np.testing.assert_allclose(grads.V, [[gap * 2.25]], rtol=1e-15)
    assert found.compile(target).value_and_grad(*inputs)[1].b == 0


def test_a_step_that_is_not_linear_in_what_is_apart() -> None:
    """What another path brings is not apart: it is added to the rest of what is."""
    text = (
        "z = x @ V; a = z @ W; p = exp(a)/sum(exp(a), axis=1, keepdims=True);"
        "L = -sum(t*log(p)) + sum(z**2)"
    )
    shapes = {"x": ("n", "d"), "V": ("d", "h"), "W": ("h", "m"), "t": ("n", "m")}
    found = sb.derive(text, shapes=shapes, assume=("sum(t, axis=1) == 1",), wrt=("V", "W"))
    random = np.random.default_rng(4)
    given = {"x": random.normal(size=(5, 3)), "V": random.normal(size=(3, 2)),
             "W": random.normal(size=(2, 4)), "t": np.eye(4)[[0, 1, 2, 3, 0]]}  # fmt: skip
    assert_agrees(found, given)


def test_targets_of_any_kind() -> None:
    """Soft ones, and a gradient of the logits that is asked for itself."""
    text = (
        "a = x @ W; p = exp(a)/sum(exp(a), axis=1, keepdims=True); L = -sum(w[:, None]*t*log(p))"
    )
    shapes = {"x": ("n", "d"), "W": ("d", "k"), "t": ("n", "k"), "w": ("n",)}
    found = sb.derive(text, shapes=shapes, assume=("sum(t, axis=1) == 1",), wrt=("x", "W"))
    random = np.random.default_rng(2)
    given = {"x": random.normal(size=(6, 3)), "W": 3 * random.normal(size=(3, 4)),
             "t": random.dirichlet(np.ones(4), 6), "w": random.normal(size=6)}  # fmt: skip
    assert_agrees(found, given)
    # Over the classes nothing is taken apart.
    (dx,) = (line for line in found.numpy_source(exact=True).split("\n") if " dx = " in line)
    assert dx.count("@") == 1


CE = "p = exp(a)/sum(exp(a), axis=1, keepdims=True); L = -sum(t*log(p))/x.shape[0]"
BCE = "y = 1/(1 + exp(-a)); L = -sum(t*log(y) + (1 - t)*log(1 - y))"
OTHER = "q = exp(e)/sum(exp(e), axis=1, keepdims=True);"
NETWORKS = [
    "h = tanh(x @ V); a = h @ W + x @ U + b;" + CE,
    "z = x @ V + c; h = maximum(z, 0); a = h @ W + b;" + CE,
    "h = x @ V + c; a = h @ W; e = h @ W;" + OTHER + CE + " - 3*sum(s*log(q))",  # two scales
    "h = x @ V + c; a = h @ W; e = h @ W;" + OTHER + CE + " + sum(s*q)",  # one of labels
    "h = x @ V + c; a = h @ W;" + CE + " + sum(h**2)",
    "h = x @ V + c; a = h @ W; e = h @ W; q = tanh(e);" + BCE + " + sum(s*q)",
    "z = x @ V + c; h = tanh(z); a = h @ W + b;" + BCE,
    "h = x @ V + c; a = h @ W + b;" + CE + " + sum(W**2) + sum(b**2)",
    "h = x @ V + c; a = h @ W + b;" + CE.replace("L =", "M =") + "; L = M**2",
    "h = x @ V + c; a = h @ W*k[:, None] + b;" + BCE,
    "h = x @ V + c; f = tanh(h @ W) @ b; w = exp(f)/sum(exp(f)); g = w @ h; a = g*h;" + CE,
    "h = x @ V + c; a = (h @ W)**2 + b;" + CE,
    "da_rest = x @ V + c; a = da_rest @ W + b;" + CE,
    "h = x @ V + c; a = -h[:, ::-1] @ W + b;" + CE,
    "h = x @ V + c; a = h @ W + h[0] @ W;" + CE,
    "a = W[o];" + CE + " + sum(W**2)",  # a sum over examples beside another term
    "a = W[o]*k[:, None] + b;" + CE + " + sum(W**2)",
]  # fmt: skip
SHAPES = {"x": ("n", "d"), "V": ("d", "m"), "U": ("d", "m"), "c": ("m",), "W": ("m", "m"),
          "b": ("m",), "k": ("n",), "o": ("n",), "t": ("n", "m"), "s": ("n", "m")}  # fmt: skip


@pytest.mark.parametrize("text", NETWORKS)
@pytest.mark.parametrize("dout", [1.0, -2.5])
def test_gradients_of_networks_agree_with_the_readable_code(text: str, dout: float) -> None:
    """With labels, on which the logits hang by more than one path, and what else there is."""
    shapes = {n: s for n, s in SHAPES.items() if re.search(rf"\b{n}\b", text)}
    wrt = [n for n in shapes if n not in "tso"]
    sums = [f"sum({n}, axis=1) == 1" for n in "ts" if n in shapes and "1 - t" not in text]
    found = sb.derive(text, shapes=shapes, assume=sums, wrt=wrt)
    random = np.random.default_rng(3)
    sizes = {"n": 5, "d": 3, "m": 4}
    given = {n: random.normal(size=[sizes[s] for s in shape]) for n, shape in shapes.items()}
    given |= {n: np.eye(4)[random.integers(0, 4, 5)] for n in "ts"}
    given["o"] = random.integers(0, 4, 5)
    targets = ("numpy", "numpy-fast")
    assert_agrees(found, given, targets=targets, rtol=1e-9, atol=1e-12, times=dout)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("size", [1e-60, 1e-9, 0.4, 3.0, 40.0])
def test_a_word_that_is_near_and_not_near(size: float, target: str) -> None:
    """σ(b) u - σ(-a) u for a = b: of sizes near 0 both are u/2."""
    module = derived("word2vec").compile(target, exact=True)
    v, u = np.array([[size], [3.0]]), np.array([[2.0], [0.5]])
    labels = np.array([0]), np.array([1]), np.array([[1]])
    _, grads = module.value_and_grad(v, u, *labels)
    with mp.workdps(60):
        slope = mp.tanh(mpf(size) * mpf(0.5) / 2)
        np.testing.assert_allclose(grads.u, [[0], [float(slope * mpf(size))]], rtol=1e-15)
        np.testing.assert_allclose(grads.v, [[float(slope / 2)], [0]], rtol=1e-15)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("size", [1e-60, 1e-9, 0.3, 3.0, 40.0])
def test_each_class_once_after_the_same_word(size: float, target: str) -> None:
    """Σ_i (y_k - t_ik) = n y_k - 1, which is small where all classes are equally likely."""
    module = derived("bigram").compile(target, exact=True)
    w = [mpf(size), mpf(-2 * size), mpf(size) / 4]
    table = np.zeros((3, 3))
    table[1] = [float(x) for x in w]
    _, grads = module.value_and_grad(table, np.array([1, 1, 1]), np.array([0, 1, 2]))
    with mp.workdps(200):
        e = [mp.exp(x) for x in w]
        want = [float((3 * x / sum(e) - 1) / 3) for x in e]
    np.testing.assert_allclose(grads.W[1], want, rtol=2e-15)
    assert not grads.W[0].any()
    source = derived("bigram").numpy_source(exact=True)
    assert "dW = dout / (N * V) * (" in source  # what all share stands before the difference
    masked = np.where(table == table[1, 1], -np.inf, table) if size > 1 else None
    if masked is not None:
        _, grads = module.value_and_grad(masked, np.array([1, 1]), np.array([0, 2]))
        assert grads.W[1, 1] == 0


N, K = Symbol("N"), Symbol("K")
ROW, COL = Index("i", N), Index("j", K)
DA, DB, Y, T = Array("da", (N, K)), Array("db", (K,)), Array("y", (N, K)), Array("t", (N, K))
D = DA[ROW, COL]
SOURCE = Y[ROW, COL] - T[ROW, COL]
PARTS = {SOURCE: Parts(Y[ROW, COL], T[ROW, COL], COL)}


def no_feature(_: Expr) -> None:
    """No factor saturates."""


@pytest.mark.parametrize("of_row", [D**2, D * Abs(D), Where(D > 0, D, S.Zero), exp(D)])
def test_what_is_not_linear_in_a_gradient_stays_as_it_is(of_row: Expr) -> None:
    wholes = Wholes(PARTS, {DA, DB}, {DB}, Namer(["da", "db"]), no_feature)
    not_linear, linear = (Line(DB, (COL,), IndexSum(e, ROW)) for e in (of_row, D))
    lines = wholes.of([Line(DA, (ROW, COL), SOURCE), not_linear])
    assert [line.array.name for line in lines] == ["da", "da_rest", "da_whole", "db"]
    assert lines[-1] == not_linear
    (found,) = wholes.of([linear])
    assert {e.array.name for e in elements(found.expr)} == {"da_rest", "da_whole"}


def test_names_of_parts_are_not_in_use() -> None:
    wholes = Wholes(PARTS, {DA}, {DA}, Namer(["da", "da_rest"]), no_feature)
    names = [line.array.name for line in wholes.of([Line(DA, (ROW, COL), SOURCE)])]
    assert names == ["da", "da_rest2", "da_whole"]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("feature", ["tanh(x)", "1/(1 + exp(-x))"])
@pytest.mark.parametrize("signs", [(1, 1), (-1, -1), (1, -1)])
def test_saturated_features_of_such_examples(
    signs: tuple[int, int], feature: str, target: str
) -> None:
    """Σ_i u_i (y_i - t_i), y near 1/2: both u are near 1 or -1 (or 0), and the labels cancel."""
    text = (
        f"u = {feature}; z = u[:, None]*w; y = exp(z)/sum(exp(z), axis=1, keepdims=True);"
        " L = -sum(t*log(y))"
    )
    found = sb.derive(text, shapes={"x": ("n",), "w": ("k",), "t": ("n", "k")}, wrt=("w",),
                      assume=("sum(t, axis=1) == 1",))  # fmt: skip
    given = {"x": np.array([30.0 * signs[0], 31.5 * signs[1]]), "t": np.eye(2),
             "w": np.array([2.0**-90, -(2.0**-90)])}  # fmt: skip
    names = [a.name for a in found.backward.program.inputs]
    with mp.workdps(400):
        of = mp.tanh if feature == "tanh(x)" else (lambda a: 1 / (1 + mp.exp(-a)))
        u = [of(mpf(float(a))) for a in given["x"]]
        off = [1 / (1 + mp.exp(-a / 2**89)) - t for a, t in zip(u, (1, 0), strict=True)]
        want = sum(a * b for a, b in zip(u, off, strict=True))
    exact, plain = (
        found.compile(target, exact=e).value_and_grad(*(given[n] for n in names))[1].w[0]
        for e in (True, False)
    )
    assert abs(exact - want) <= 1e-14 * abs(want)
    if signs[0] == signs[1] and feature == "tanh(x)":
        assert abs(plain - want) > 1e-3 * abs(want)

"""Stable forms: equal to what they replace, and the forms that they should be."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Add, Expr, Mul, Pow, Rational, S, exp, log

import symbackprop as sb
from symbackprop.algebra.nodes import (
    Array,
    Index,
    IndexMax,
    IndexSum,
    Maximum,
    Where,
    size_symbol,
)
from symbackprop.algebra.program import Definition
from symbackprop.algebra.unevaluated import without
from symbackprop.emit.numpy import numpy_source
from symbackprop.emit.numpy.algebra import canonical, centred, nonpositive
from symbackprop.emit.numpy.lower import Lowering
from symbackprop.emit.numpy.small import with_small
from symbackprop.emit.numpy.special import Log1p
from symbackprop.emit.numpy.stable import Stabiliser
from tests.emit.numpy.loops import Loops
from tests.emit.numpy.programs import STABLE, derived

N, D = size_symbol("N"), size_symbol("D")
i, j, k = Index("i", N), Index("j", D), Index("k", D)
X, a, b, c, p = (
    Array("X", (N, D)),
    Array("a", (D,)),
    Array("b", (N,)),
    Array("c", ()),
    Array("p", (D,), ">0"),
)
SIZES = {N: 2, D: 3}


def plus(*terms: Expr) -> Expr:
    return Add(*terms, evaluate=False)


def mul(*factors: Expr) -> Expr:
    return Mul(*factors, evaluate=False)


def over(top: Expr, bottom: Expr) -> Expr:
    return mul(top, Pow(bottom, -1, evaluate=False))


def e(u: Expr) -> Expr:
    return exp(u, evaluate=False)


def ln(u: Expr) -> Expr:
    return log(u, evaluate=False)


def code(expr: Expr, *indices: Index) -> str:
    shape = [index.size for index in indices]
    return str(Lowering(lambda array: array.name, str).assigned(expr, indices, shape))


LAWS = [
    (over(e(a[k,]), IndexSum(e(a[j,]), j)), (k,),
     "np.exp(a - np.max(a)) / np.sum(np.exp(a - np.max(a)))"),
    (ln(IndexSum(e(a[j,]), j)), (), "np.max(a) + np.log(np.sum(np.exp(a - np.max(a))))"),
    (ln(over(e(a[k,]), IndexSum(e(a[j,]), j))), (k,),
     "a - np.max(a) - np.log(np.sum(np.exp(a - np.max(a))))"),
    (over(S.One, plus(1, e(mul(-1, a[k,])))), (k,),
     "np.exp(np.minimum(0, a)) / (1 + np.exp(-np.abs(a)))"),
    (over(e(a[k,]), plus(1, e(a[k,]))), (k,),
     "np.exp(np.minimum(0, a)) / (1 + np.exp(-np.abs(a)))"),
    (plus(1, mul(-1, over(S.One, plus(1, e(mul(-1, a[k,])))))), (k,),
     "np.exp(np.minimum(0, -a)) / (1 + np.exp(-np.abs(a)))"),
    (ln(plus(1, e(a[k,]))), (k,), "np.logaddexp(0, a)"),
    (ln(over(S.One, plus(1, e(mul(-1, a[k,]))))), (k,), "-np.logaddexp(0, -a)"),
    (ln(over(e(a[k,]), plus(1, e(a[k,])))), (k,), "-np.logaddexp(0, -a)"),
    (ln(plus(1, mul(-1, over(S.One, plus(1, e(mul(-1, a[k,]))))))), (k,), "-np.logaddexp(0, a)"),
    (ln(mul(p[k,], e(a[k,]))), (k,), "a + np.log(p)"),
    (ln(mul(c[()], e(a[k,]))), (k,), "a + np.log(c)"),
    (e(plus(a[k,], mul(-1, ln(IndexSum(e(a[j,]), j))))), (k,),
     "np.exp(a - np.max(a)) / np.sum(np.exp(a - np.max(a)))"),
    (mul(e(a[k,]), e(mul(-1, c[()]))), (k,), "np.exp(a - c)"),
    (IndexSum(e(a[k,]), k), (), "np.sum(np.exp(a))"),
    (mul(c[()], e(a[k,])), (k,), "c * np.exp(a)"),
    (over(IndexSum(mul(b[i,], e(X[i, k])), i), IndexSum(e(X[i, k]), i)), (k,), None),
    (Pow(IndexSum(e(a[j,]), j), Rational(-1, 2)), (), None),
    (over(IndexSum(Where(a[j,] > 0, e(a[j,]), S.Zero), j), IndexSum(e(a[j,]), j)), (), None),
]  # fmt: skip


@pytest.mark.parametrize(("expr", "indices", "expected"), LAWS)
def test_laws(expr, indices, expected):
    found = Stabiliser().stable(expr)
    if expected is not None:
        assert code(found, *indices) == expected
    assert equal(expr, found)


def equal(one: Expr, two: Expr, seed: int = 0) -> bool:
    random = np.random.default_rng(seed)
    arrays = {
        array: np.asarray(abs(drawn) + 0.1 if array.sign else drawn)
        for array in (X, a, b, c, p)
        for drawn in [np.asarray(random.normal(size=[SIZES[s] for s in array.shape]))]
    }
    free = tuple(s for s in one.free_symbols if isinstance(s, Index))
    loops = Loops(arrays, SIZES)
    shape = [index.size for index in free]
    pairs = zip(loops.table(one, free, shape).flat, loops.table(two, free, shape).flat, strict=True)
    return all(abs(u - v) <= mpmath.mpf("1e-40") * (abs(u) + 1) for u, v in pairs)


@st.composite
def positive(draw: st.DrawFn, depth: int = 3) -> Expr:
    """Positive expressions of exponentials: sums, products, quotients, powers."""
    kind = draw(st.sampled_from(["exp", "add", "mul", "over", "sum", "power"])) if depth else "exp"
    inner = positive(depth - 1)
    if kind == "add":
        return plus(draw(inner), draw(st.sampled_from([S.One, c[()] ** 2, e(a[k,])])))
    if kind == "mul":
        return mul(draw(inner), draw(inner))
    if kind == "over":
        return over(draw(inner), draw(inner))
    if kind == "sum":
        return IndexSum(draw(inner), draw(st.sampled_from([i, k])))
    if kind == "power":
        return Pow(draw(inner), draw(st.sampled_from([-1, 2, Rational(1, 2)])), evaluate=False)
    u = draw(st.sampled_from([a[k,], b[i,], X[i, k], c[()], a[k,] - b[i,], 2 * a[k,], -a[k,]]))
    return draw(st.sampled_from([e(u), e(u), p[k,], mul(p[k,], e(u))]))


@settings(max_examples=60, deadline=None)
@given(positive(), st.booleans(), st.integers(0, 5))
def test_stable_forms_are_equal(expr, logarithm, seed):
    expr = ln(expr) if logarithm else expr
    assert equal(expr, Stabiliser().stable(expr), seed)


@settings(max_examples=40, deadline=None)
@given(positive(2), positive(2), st.integers(0, 5))
def test_stable_forms_through_definitions_are_equal(first, second, seed):
    stabiliser = Stabiliser()
    names = {}
    for name, expr in (("f", first), ("g", second)):
        free = tuple(s for s in expr.free_symbols if isinstance(s, Index))
        array = Array(name, tuple(index.size for index in free))
        stabiliser.define(Definition(array, free, expr))
        names[array] = (array[free], expr)
    (f, one), (g, two) = names.values()
    for make in (
        over,
        lambda u, v: ln(over(u, v)),
        lambda u, v: plus(1, mul(-1, over(u, plus(u, v)))),
    ):
        found = stabiliser.stable(make(f, g)).xreplace({f: one, g: two})
        assert equal(make(one, two), found, seed)


@pytest.mark.parametrize(
    ("w", "expected"),
    [
        (mul(-1, a[k,] ** 2), True),
        (mul(-1, abs(a[k,])), True),
        (a[k,] - IndexMax(a[j,], j), True),
        (2 * a[k,] - IndexMax(2 * a[j,], j), True),
        (X[i, k] + b[i,] - IndexMax(X[i, j] + b[i,], j), True),
        (c[()] - Maximum(c[()], b[i,]), True),
        (a[k,] - IndexMax(a[j,], j) - b[i,] ** 2, True),
        (a[k,], False),
        (a[k,] - IndexMax(p[j,], j), False),
        (2 * a[k,] - IndexMax(a[j,], j), False),
        (IndexMax(a[j,], j) - a[k,], False),
        (X[i, k] - IndexMax(X[i, j] + b[i,], j), False),
        (b[i,] - IndexMax(X[i, j], j), False),
        (a[k,] ** 2, False),
    ],
)
def test_what_is_never_positive(w, expected):
    assert nonpositive(canonical(w)) is expected


def test_a_shift_by_another_maximum_is_not_centred():
    assert centred(canonical(a[k,] - IndexMax(a[j,], j)))
    assert not centred(canonical(a[k,] - IndexMax(2 * a[j,], j)))
    assert not centred(canonical(X[i, k] - IndexMax(X[j_of_rows, k], j_of_rows) - b[i,]))


j_of_rows = Index("r", N)


FORWARD = {
    "softmax": ["e = np.exp(a - np.max(a))", "y = e / np.sum(e)"],
    "softmax named": ["e = np.exp(a - np.max(a))", "y = e / np.sum(e)"],
    "softmax shifted": ["m = np.max(a)", "e = np.exp(a - m)", "y = e / np.sum(e)"],
    "softmax by log": ["e = np.exp(a - np.max(a))", "y = e / np.sum(e)"],
    "log-softmax": ["shifted = a - np.max(a)", "y = shifted - np.log(np.sum(np.exp(shifted)))"],
    "softplus": ["y = np.logaddexp(0, a)"],
    "binary cross-entropy": ["L = np.sum(t * np.logaddexp(0, -a) + (1 - t) * np.logaddexp(0, a))"],
}


@pytest.mark.parametrize("name", FORWARD)
def test_generated_forward_passes(name):
    source = numpy_source(derived(*STABLE[name], wrt=("a",)), version="0")
    body = source.partition("def forward")[2].partition("    return ")[0]
    lines = [line.partition("  #")[0].strip() for line in body.splitlines()]
    for line in FORWARD[name]:
        assert line in lines


def test_a_maximum_that_is_taken_out_of_a_sum_varies_over_none_of_its_indices():
    """[p_kh = m_h] e^{m_h} over k and h: the mask has k, the exponent has not."""

    def layer(c, t, at):
        p = 1 / (1 + np.exp(-((c**2 + 1) ** np.tanh(t))[at]))
        return np.log(np.sum(np.exp(np.max(p, axis=0))))

    report = sb.derive(layer, shapes={"c": ("n",), "t": (), "at": ("k", "h")}).verify()
    assert report.ok, str(report.table())


BOUNDS = [
    ("minimum(u, 2*u)", lambda u: np.minimum(u, 2 * u)),
    ("maximum(u, 2*u)", lambda u: np.maximum(u, 2 * u)),
    ("minimum(u, 1 - u)", lambda u: np.minimum(u, 1 - u)),
]


@pytest.mark.parametrize(("text", "function"), BOUNDS, ids=lambda v: str(v)[:20])
def test_only_a_constant_bound_moves_into_an_exponent(text, function):
    """min(E - 1, 2 E - 2) is no function of min(w, 0): both sides grow."""
    # Under a mask the definition is written out, so that both sides show their exponential.
    derivation = sb.derive(f"u = expm1(w); v = {text}; L = sum(tril(v)**2)", shapes={"w": (2, 2)})
    w = np.array([[-1.5, -0.2], [0.3, 2.0]])
    want = np.sum(np.tril(function(np.expm1(w))) ** 2)
    np.testing.assert_allclose(derivation.compile().forward(w)[0], want, rtol=1e-14)
    assert derivation.verify().ok


LARGEST = [
    ("y = exp(x); M = max(y); L = log(M)*sum(y)", "L = np.max(x) * np.sum(y)"),
    ("y = exp(x); L = log(max(y))", "L = np.max(x)"),
    ("y = exp(x); M = max(y); z = y/M", "z = np.exp(x - np.max(x))"),
    ("y = exp(2*x); M = max(y); L = log(sum(y)/M)", ""),
]


@pytest.mark.parametrize(("text", "line"), LARGEST)
def test_the_largest_of_exponentials_is_one_of_the_largest(text: str, line: str) -> None:
    derivation = sb.derive(text, shapes={"x": ("n",)})
    assert f"    {line}" in derivation.numpy_source()
    report = derivation.verify()
    assert report.ok, report.table()


def test_equal_sums_cancel_only_as_often_as_they_stand_there() -> None:
    derivation = sb.derive("y = exp(x); M = max(y); L = log(M)*sum(y)", shapes={"x": ("n",)})
    assert "s / s" not in derivation.numpy_source()
    squared = sb.derive("s = sum(exp(x)); y = exp(x)*s/s**2", shapes={"x": ("n",)})
    assert squared.verify().ok


# What stands twice in a sum or a product is not taken for one.
TWICE = {
    "expm1 and expm1": ("y = expm1(a) + expm1(b)", lambda a, b: np.expm1(a) + np.expm1(b)),
    "the same expm1 twice": ("y = (expm1(a) + expm1(a))*b", lambda a, b: 2 * np.expm1(a) * b),
    "of both signs": ("y = 1 - exp(a) + (1 - exp(b))", lambda a, b: 2 - np.exp(a) - np.exp(b)),
    "one of them": ("y = exp(a) + exp(b) - 1", lambda a, b: np.exp(a) + np.exp(b) - 1),
    "more ones": ("y = exp(a) - 1 + b - 1", lambda a, b: np.exp(a) + b - 2),
    "log of two": ("y = b*log(1 + exp(a)*b**2 + 1)", lambda a, b: b*np.log(2 + np.exp(a) * b**2)),
    "sigmoid and ones": ("y = (1 + (1 + b))/(1 + exp(-a)) - 1",
                         lambda a, b: (2 + b) / (1 + np.exp(-a)) - 1),
}  # fmt: skip


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("name", TWICE)
def test_what_stands_twice_counts_twice(name: str, exact: bool) -> None:
    text, function = TWICE[name]
    derivation = sb.derive(text, shapes={"a": ("n",), "b": ("n",)})
    a, b = np.array([0.3, -1.1, 2.0]), np.array([-0.7, 0.2, 1.5])
    inputs = {"a": a, "b": b}
    for target in ("numpy", "numpy-fast"):
        module = derivation.compile(target, exact=exact)
        out, _ = module.forward(**inputs)
        np.testing.assert_allclose(out, function(a, b), rtol=1e-13)
    assert derivation.verify().ok


def test_each_exponential_takes_a_one_of_its_own() -> None:
    shapes = {"a": ("n",), "b": ("n",)}
    source = sb.derive("y = expm1(a) + expm1(b)", shapes=shapes).numpy_source()
    assert "y = np.expm1(a) + np.expm1(b)" in source


def test_a_logarithm_gives_up_one_of_two_ones() -> None:
    x = Array("x", ())[()]
    two = log(Add(S.One, x, S.One, evaluate=False), evaluate=False)
    assert with_small(two) == Log1p(Add(x, S.One, evaluate=False))
    assert without([x, S.One, x], x) == [S.One, x]

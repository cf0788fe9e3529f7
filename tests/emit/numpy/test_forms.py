"""Which expressions are written in another form, that it is equal, and what the docstring says."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symbackprop as sb
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler

TARGETS = ["numpy", "numpy-fast", pytest.param("c", marks=needs_compiler)]


def test_an_exact_module_says_what_it_computes() -> None:
    told = " ".join(derived("softmax-ce").numpy_source(exact=True).split())
    others = "sum_j(where(y[j] > 1/2, 0, y[j]))"
    assert f"y[k] - t[k] = where(y[k] > 1/2, (1 - t[k]) - {others}, y[k] - t[k])" in told


# Each is written in another form, whichever sign a term has.
OTHERWISE = {
    "label less sigmoid": ("L = sum((t - 1/(1 + exp(-x)))**2)", "tx"),
    "softplus and x": ("y = log(1 + exp(-x)) + t*x", "tx"),
    "softplus plus x": ("y = log(1 + exp(x)) + t*x", "tx"),
    "softplus less x": ("y = log(1 + exp(x)) - t*x", "tx"),
    "x less softplus": ("y = t*x - log(1 + exp(x))", "tx"),
    "one less product": ("y = 1 - (1 + g)/(1 + exp(-x))", "gx"),
    "product less one": ("y = (1 + g)/(1 + exp(-x)) - 1", "gx"),
    "log cosh": ("y = logaddexp(x, -x) - log(2)", "x"),
    "log 4 cosh": ("y = logaddexp(x, -x) + log(2)", "x"),
    "less squares": ("L = sum((x - t)**2) - sum((x - g)**2) + sum(t)", "xtg"),
    "and squares": ("L = sum((x - t)**2) + sum((x - g)**2)", "xtg"),
    "one less c": ("c = 1 - x*t; y = (1 - c)*g", "xtg"),
    "c less one": ("c = 1 + x*t; y = (c - 1)*g", "xtg"),
    "c and two": ("c = 2 + x*t; y = (c + 2)*g", "xtg"),
    "odd": ("y = t*(1 - 2/(1 + exp(x)))", "tx"),
    "odd and minus": ("y = t*(6/(1 + exp(-x)) - 3 - t)", "tx"),
    "rest of exp": ("y = t*(exp(x) - 1 - x)", "tx"),
    "less rest of exp": ("y = g + x + 1 - exp(x) + t", "gxt"),
    "rest of exp of a sum": ("y = exp(t - x) - 1 - t + x", "tx"),
    "rest of exp and two": ("y = t*(exp(x) - 3 - x)", "tx"),
    "log of sum less x and more": ("l = log(sum(exp(x))); y = t + l - x - g", "txg"),
    "log of sum and x": ("l = log(sum(exp(x))); y = g*(l + x) + t", "gxt"),
    "x less log of sum": ("l = log(sum(exp(x))); y = g*(x - t - l)", "gxt"),
    "diagonal": ("p = exp(x[:, None]*t); y = log(sum(p, axis=1)) - x*t", "xt"),
    "sum less diagonal": ("p = exp(x[:, None]*t); y = p @ g - g", "xtg"),
    "less a share of others": ("p = exp(x)/sum(exp(x)); y = t - p*sum(g)", "xtg"),
    "a share of others less": ("p = exp(x)/sum(exp(x)); y = p*sum(g) - t", "xtg"),
    "less a mean of others": ("p = exp(x)/sum(exp(x)); y = t - sum(p*g)", "xtg"),
    "sum less one": ("p = exp(x[:, None]*t); L = sum(p @ g - g)", "xtg"),
    "diagonal less sum": ("p = exp(x[:, None]*t); y = g - p.T @ g", "xtg"),
    "off the diagonal": ("p = exp(x[:, None]*t); y = p @ g - g*sum(p, axis=1)", "xtg"),
    "less off the diagonal": ("p = exp(x[:, None]*t); y = g*sum(p, axis=1) - p @ g", "xtg"),
    "over a length": ("r = sqrt(sum(x**2)); y = x/r", "x"),
    "share of a length": ("r = sqrt(sum(x**2)); y = t[0]*x/r", "xt"),
    "over a length at once": ("y = x/sqrt(sum(x**2))", "x"),
    "over one denominator": ("i = sum(t*x); d = i + sum(g); L = 1 - i/d", "txg"),
    "over one square": ("i = sum(t*x); d = 2*i + sum(g**2); L = 2*i**2/d**2 - i/d", "txg"),
    "less over one denominator": ("i = sum(t*x); d = sum(g) - i; L = sum(g)/d - 1", "txg"),
    "log of a ratio": ("m = (2 + t + x*x)/2; y = g*(log(1 + t) - log(m))", "xtg"),
    "log of its inverse": ("m = (2 + t + x*x)/2; h = log(m); y = g*(h - log(1 + t))", "xtg"),
    "shares of others": ("s = cumsum(exp(x)); L = sum(t*(x - log(s)))", "xt"),
    "shares of others behind": (
        "i = arange(x.shape[0]); s = sum(where(i >= i[:, None], exp(x), 0.0), axis=1);"
        "L = sum(t*(log(s) - x))", "xt"),
    "tails": ("y = t*(1 + erf(x)) + t**2*(1 - erf(x))", "tx"),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", OTHERWISE)
def test_other_forms_are_equal(name: str, target: str) -> None:
    text, names = OTHERWISE[name]
    derivation = sb.derive(text, shapes=dict.fromkeys(names, ("n",)))
    values = {"t": [0.25, 1.0, 0.0, 0.6], "g": [0.3, -0.4, 2.0, 0.1], "x": [0.3, -1.7, 2.5, -0.4]}
    arrays = [np.array(values[a.name]) for a in derivation.backward.program.inputs]
    results = []
    for module in (derivation.compile(), derivation.compile(target, exact=True)):
        out, saved = module.forward(*arrays)
        results.append([out, *module.backward(saved, np.ones_like(out))])
    for plain, exact in zip(*results, strict=True):
        np.testing.assert_allclose(exact, plain, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("text", ["exp(x) + 1 - x", "exp(x + w) - 1 - x", "exp(x) - 2 - x"])
def test_an_exponential_with_other_terms_is_no_rest(text: str) -> None:
    source = sb.derive(f"y = w*({text})", shapes={"x": ("n",), "w": ("n",)})
    assert "exp_rest" not in source.numpy_source(exact=True)


# Nothing cancels in these.
PLAIN = {
    "squares": ("L = sum(x**2) - sum(w**2)", {"x": ("n",), "w": ("n",)}),
    "sum": ("c = x*w + w; y = (c - 1)*x", {"x": ("n",), "w": ("n",)}),
    "product": ("y = q @ g - g", {"q": ("n", "n"), "g": ("n",)}),
    "sizes": ("L = sum((x - s)**2) - sum((w - s)**2)", {"x": ("n",), "w": ("m",), "s": ()}),
    "axes": ("L = sum((x - s)**2) - sum((w - s)**2)", {"x": ("n",), "w": ("n", "n"), "s": ()}),
}


@pytest.mark.parametrize("name", PLAIN)
def test_where_nothing_cancels_nothing_is_written_otherwise(name: str) -> None:
    text, shapes = PLAIN[name]
    assert "in another form" not in sb.derive(text, shapes=shapes).numpy_source(exact=True)


def test_a_logarithm_of_a_sum_less_another_array_stays() -> None:
    source = sb.derive("y = log(sum(exp(a))) - w; z = log(sum(exp(w))); v = z - a",
                       shapes={"a": ("n",), "w": ("n",)}, wrt=["w"])  # fmt: skip
    told = source.numpy_source(exact=True)
    assert "log(sum_k(exp(w[k] - max_j(w[j])))) = log1p(" in told
    assert "z - a[k]" not in told.partition("in another form")[2].partition('"""')[0]


def test_forms_of_the_forward_pass_are_told_of_too() -> None:
    told = " ".join(derived("triplet").numpy_source(exact=True).split())
    assert "sum_k((a[k] - p[k])**2) - sum_k((a[k] - n[k])**2) + m = sum_k(" in told


def test_a_running_log_sum_exp_is_told_of_too() -> None:
    told = " ".join(derived("cox").numpy_source(exact=True).split())
    assert "(h[k] - max_j(where(j <= k, h[j], -inf))) - log(" in told


@pytest.mark.parametrize("name", ["shares of others", "shares of others behind"])
def test_shares_of_others_are_told_of(name: str) -> None:
    text, names = OTHERWISE[name]
    source = sb.derive(text, shapes=dict.fromkeys(names, ("n",))).numpy_source(exact=True)
    told = " ".join(source.partition("another form")[2].split('"""')[0].split())
    assert re.search(r"\[(j [<>] k|k [<>] j)\]\)?/s\[k\]", told)


def test_weights_without_a_name_are_told_of_by_one() -> None:
    text = "p = sum(a); l = log(sum(exp(a))); L = sum((exp(a - l) - t)**2) + p"
    told = sb.derive(text, shapes={"a": ("n",), "t": ("n",)}).numpy_source(exact=True)
    assert re.search(r"q\[k\] - t\[k\] = where\(q\[k\] > 1/2, ", told)
    assert re.search(r"q\[k\] = exp\(a\[k\] - max_j\(a\[j\]\)\)/sum_j", told)


def test_a_form_is_told_of_once() -> None:
    told = derived("info-nce").numpy_source(exact=True).split('"""')[1]
    assert told.count(" - delta(i,j) = where(") == 1


def test_a_step_that_no_gradient_needs_is_not_computed() -> None:
    source = derived("info-nce").numpy_source(exact=True)
    assert "    ds = " not in source and "    ds = " in derived("info-nce").numpy_source()


def test_an_index_in_the_docstring_is_no_input() -> None:
    shapes = {"x": ("n",), "k": ("n",)}
    source = sb.derive("y = softmax(x); d = y - k; L = sum(d**2)", shapes=shapes)
    told = source.numpy_source(exact=True).split('"""')[1]
    assert re.search(r"y\[(\w)\] - k\[\1\] = where\(", told) and "[k]" not in told


def test_what_is_taken_from_one_is_shown_without_a_zero() -> None:
    shapes = {"x": ("n",), "w": ("n",)}
    source = sb.derive("y = softmax(x); d = y - 1; L = sum(d*w)", shapes=shapes, wrt=["x"])
    assert not re.search(r"\b0 - ", source.numpy_source(exact=True))


@pytest.mark.parametrize("target", TARGETS)
def test_a_diagonal_of_what_comes_later_is_not_taken(target: str) -> None:
    """r is computed before s, so that it cannot take the diagonal of s."""
    shapes = {"x": ("N",), "z": ("N", "D"), "w": ("N", "D")}
    derivation = sb.derive(
        "r = x - sum(z*w, axis=1); s = z @ w.T; L = sum(exp(s) @ r)", shapes=shapes
    )
    rng = np.random.default_rng(0)
    sizes = {"x": 3, "z": (3, 2), "w": (3, 2)}
    arrays = [rng.normal(size=sizes[a.name]) for a in derivation.backward.program.inputs]
    exact, plain = (
        m.value_and_grad(*arrays)
        for m in (derivation.compile(target, exact=True), derivation.compile())
    )
    np.testing.assert_allclose(exact[0], plain[0])
    for one, other in zip(exact[1], plain[1], strict=True):
        np.testing.assert_allclose(one, other)

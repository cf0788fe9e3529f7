"""What is taken away from rows before exp may be any number near their maxima."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.catalogue import names
from symbackprop.emit.fast import body
from symbackprop.targets import modules_to_check
from tests.derived import derived as layer
from tests.emit.fast.test_layers import agree, outcomes

RNG = np.random.default_rng(3)
SOFTMAX = "e = exp(a); y = e/sum(e, axis=1, keepdims=True)"
M = "m = max(a, axis=1, keepdims=True); "
FREE = [
    SOFTMAX,
    "y = log(sum(exp(a), axis=1))",
    "L = -sum(t*log(exp(a)/sum(exp(a), axis=1, keepdims=True)))",
    "L = sum(log(sum(exp(a), axis=1, keepdims=True))*t)",
    M + "y = exp(a - m)/sum(exp(a - m), axis=1, keepdims=True)",
    M + "y = m + log(sum(exp(a - m), axis=1, keepdims=True)) - t",
    M + "e = exp(m - a); y = 1/(e*sum(1/e, axis=1, keepdims=True))",
    "m = max(a*t, axis=1, keepdims=True); e = exp(a - m); y = e/sum(e, axis=1, keepdims=True) + m",
    M + "y = exp(a - m)/sum(exp(a - m), axis=1, keepdims=True) + m",  # of the gradient alone
]
BOUND = [
    M + "y = exp(a - m)",
    M + "y = (a - m)*t",
    M + "y = tanh(a - m)/sum(tanh(a - m), axis=1, keepdims=True)",
    M + "y = exp(a - m)/sum(exp(a + m), axis=1, keepdims=True)",
    M + "y = where(a - m > -1, a, t)",
]
# Their gradient in t needs nothing of them; q is square.
E = M + "e = exp(a - m); s = sum(e, axis=1, keepdims=True); "
Q = "m = max(q, axis=1, keepdims=True); "
FREE_OF_T = [
    E + "y = e*s**-1 + t",
    E + "y = (a - m - log(s))/a + log(s) + m + t",
    E + "y = sum(e*a, axis=1, keepdims=True)/s + t",
    E + "c = max(e/s, axis=0); y = exp(a - m + c)/s + t",
    E + "r = max(e, axis=1, keepdims=True); y = (e + s)/r - (e - r)/s + t",
    Q + "z = q - m; y = z - max(z, axis=1, keepdims=True) + t",
    Q + "z = -(q - m); y = exp(q - m)*exp(z) + (q - m + z) + t",
]
BOUND_OF_T = [
    E + "c = max(e/s, axis=0); y = c + t + a - m - log(s)",  # m is needed in two loops
    E + "y = e/s**2 + t",
    E + "y = e/(1 + s) + t",
    E + "y = (e/s)**2/s*s + e**4/s**4 + t",  # exp(-64) is too small
    E + "y = e/(e + s**2) + t",
    E + "y = e/sum(e, axis=0) + t",
    E + "y = e/s + (a - m) + t",
    E + "y = e*(a - m)/s + t",
    E + "y = maximum(a - m, -1) + log(s) + t",
    E + "y = e/(s*s) + t",
    Q + "z = q - m; y = exp(z)*exp(-z[:, 0]) + t",
    Q + "e = exp(q - m); y = e/sum(e, axis=0)[:, None] + t",
    Q + "y = log(sum(exp(q - m), axis=1)) + m[:, 0] + t[:, 0]",
    Q + "z = q - m; y = exp(z - z[::-1]) + t",
    Q + "y = exp(q - m)*exp(m.T) + t",
]


def derivation(text: str) -> sb.Derivation:
    shapes = {"a": ("N", "n"), "t": ("N", "N") if "q" in text else ("N", "n"), "q": ("N", "N")}
    used = {n: s for n, s in shapes.items() if re.search(rf"\b{n}\b", text)}
    return sb.derive(text, shapes=used, wrt=["t" if text in FREE_OF_T + BOUND_OF_T else "a"])


def some_shifts(x: np.ndarray, out: np.ndarray, fade: bool = False) -> np.ndarray:
    """Numbers near the maxima, another one each time."""
    out[...] = x.max(axis=-1, keepdims=True) + RNG.uniform(-2, 2, size=out.shape)
    return out


def with_shifts(module: ModuleType) -> bool:
    """Have a module use other numbers; whether it uses any."""
    if not hasattr(module, "_shift"):
        return False
    vars(module)["_shift"] = some_shifts
    return True


@pytest.mark.parametrize("name", names())
def test_no_result_changes_with_the_shift(name: str) -> None:
    module = layer(name).compile("numpy-fast")
    if with_shifts(module):
        agree(outcomes(layer(name).compile(), name, 1), outcomes(module, name, 1))


def test_layers_with_a_softmax_have_shifts() -> None:
    assert with_shifts(layer("softmax-ce-batch").compile("numpy-fast"))
    assert with_shifts(layer("attention").compile("numpy-fast"))


def results(module: ModuleType, inputs: list[Any]) -> list[Any]:
    out, saved = module.forward(*inputs)
    dy = np.cos(np.arange(out.size)).reshape(out.shape)
    found = [out, *module.backward(saved, dy)]
    if not out.shape:
        value, grads = module.value_and_grad(*inputs)
        found += [value, *grads]
    return found


@pytest.mark.parametrize("shape", [(500, 5), (7, 3)])
@pytest.mark.parametrize("text", [*FREE, *BOUND, *FREE_OF_T, *BOUND_OF_T])
def test_results_are_those_of_the_readable_module(text: str, shape: tuple[int, int]) -> None:
    derived = derivation(text)
    sizes = dict(zip("Nn", shape, strict=True))
    shapes = [[sizes[str(s)] for s in a.shape] for a in derived.backward.program.inputs]
    inputs = [RNG.uniform(0.5, 2, size=s) for s in shapes]
    want = results(derived.compile(), inputs)
    module = derived.compile("numpy-fast")
    for _ in range(2):
        for one, other in zip(want, results(module, inputs), strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-11, atol=1e-11)
        assert with_shifts(module) == (text in FREE + FREE_OF_T)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("special", [0.0, 30.0, 1e4, np.inf, -np.inf, np.nan])
def test_rows_that_are_far_apart_have_their_own(special: float, dtype: type) -> None:
    derived = derivation(SOFTMAX)
    a = RNG.uniform(-3, 3, size=(500, 4)).astype(dtype)
    a[3, 1] = special
    a[5] = a[6] = special
    with np.errstate(invalid="warn" if np.isfinite(special) else "ignore"):  # inf - inf
        got, _ = derived.compile("numpy-fast").forward(a)
        want, _ = derived.compile().forward(a)
    np.testing.assert_allclose(got, want, rtol=16 * np.finfo(dtype).eps, atol=0)


def test_the_shift_is_a_number_where_rows_are_many_and_short() -> None:
    shift = derivation(SOFTMAX).compile("numpy-fast")._shift
    for rows, width, spread, one in [(500, 5, 7.9, True), (500, 5, 8.1, False),
                                     (99, 5, 1.0, False), (5000, 20, 1.0, False),
                                     (500, 1, 1.0, False)]:  # fmt: skip
        x, out = RNG.uniform(29, 31, size=(rows, width)), np.empty((rows, 1))
        x[0, 0], x[0, -1] = 30 - spread, 30 + spread
        found = shift(x, out)
        assert (np.ndim(found) == 0) == one
        np.testing.assert_array_equal(found, x.max() if one else x.max(axis=1, keepdims=True))


@pytest.mark.parametrize("place", [0, -1])
@pytest.mark.parametrize("size", [(500, 5), (30, 30), (70, 70), (1, 400), (2, 20), (400, 1)])
@pytest.mark.parametrize("far", [15.9, -15.9, 16.1, -16.1, np.nan, -np.inf])
def test_nothing_is_taken_away_where_no_element_is_large(
    far: float, size: tuple[int, int], place: int
) -> None:
    module = derivation(SOFTMAX).compile("numpy-fast")
    x, out = RNG.uniform(-1, 1, size=size), np.empty((size[0], 1))
    x[place, place] = far
    assert module.FEW == 4096
    module.FEW = 700
    shift, memory = module._shift(x, out, True), np.empty_like(x)
    beside = far < 0 and place == -1 and x.size > 700  # a larger one
    near = size[1] > 1 and (abs(far) < 16 or beside)
    assert (type(shift) is int) == near
    with np.errstate(invalid="ignore"):
        assert (module._shifted(x, shift, memory) is x) == near
        np.testing.assert_array_equal(module._shifted(x, shift, memory), x - shift)
        before = x.copy()
        got, want = module.forward(x)[0], derivation(SOFTMAX).compile().forward(x)[0]
    np.testing.assert_allclose(got, want, rtol=1e-13)
    np.testing.assert_array_equal(x, before)


def test_small_elements_of_single_precision_keep_their_digits() -> None:
    """exp(-100) has few of them in float32, exp(-100 + 15) has all."""
    module = derivation(SOFTMAX).compile("numpy-fast")
    x = np.full((30, 400), -15, np.float32)
    x[:, -1] = -100
    assert type(module._shift(x, np.empty((30, 1), np.float32), True)) is not int
    got, want = module.forward(x)[0], derivation(SOFTMAX).compile().forward(x.astype(float))[0]
    np.testing.assert_allclose(got, want, rtol=1e-5)
    assert type(module._shift(x.astype(float), np.empty((30, 1)), True)) is int
    assert type(module._shift(x.astype(float), np.empty((30, 1)))) is not int


W = E + "r = sum(w*e, axis=1); "
FADES = {
    SOFTMAX: True,
    "y = log(sum(exp(a), axis=1))": True,
    FREE_OF_T[0]: True,
    FREE_OF_T[2]: True,  # a sum of products, above a fraction
    # What small elements alone may be left of is divided by, or there is a log of it.
    W + "y = log(r) - log(s[:, 0]) + t[:, 0]": False,
    W + "y = s[:, 0]/r + t[:, 0]": False,
    E + "r = sum(e - w*e, axis=1); y = log(r) - log(s[:, 0]) + t[:, 0]": False,
    FREE_OF_T[3]: False,  # an exponential of something else
    FREE_OF_T[4]: False,  # the largest exponential is divided by
}


def fading(text: str) -> sb.Derivation:
    used = {n: ("N", "n") for n in "atw" if re.search(rf"\b{n}\b", text)}
    return sb.derive(text, shapes=used, wrt=["t" if "t" in used else "a"])


@pytest.mark.parametrize("text", FADES)
def test_small_elements_are_looked_for_unless_they_fade(text: str) -> None:
    found = fading(text)
    calls = re.findall(r"= _shift\(\w+, \w+(, True)?\)", found.numpy_source(fast=True))
    assert calls and all(bool(c) == FADES[text] for c in calls)
    a = RNG.uniform(-15, -14, size=(60, 80))
    a[:, -1] = np.linspace(-690, -715, 60)
    w = np.zeros_like(a)
    w[:, -1] = 1
    given = {"a": a, "w": w, "t": np.ones_like(a)}
    inputs = [given[x.name] for x in found.backward.program.inputs]
    for one, other in zip(
        *(results(found.compile(t), inputs) for t in ("numpy", "numpy-fast")), strict=True
    ):
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-290)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [(3, 8192), (1, 9000), (2, 3, 8192)], ids=str)
@pytest.mark.parametrize(
    ("far", "near"),
    [(15.9, True), (16.1, False), (-16.1, True), (-1e4, True), (-np.inf, True), (np.nan, False),
     (np.inf, False)],
)  # fmt: skip
def test_small_numbers_in_long_rows_with_a_large_one(
    far: float, near: bool, size: tuple[int, ...], dtype: type
) -> None:
    text = M.replace("1", "-1") + "e = exp(a - m); y = e/sum(e, axis=-1, keepdims=True)"
    derived = sb.derive(text, shapes={"a": ("B", "N", "n")[-len(size) :]})
    module = derived.compile("numpy-fast")
    x, out = RNG.uniform(-1, 1, size=size).astype(dtype), np.empty((*size[:-1], 1), dtype)
    x[..., 5, None] = 1
    x[..., -1, 100] = far
    assert (type(module._shift(x, out)) is int) == near
    with np.errstate(invalid="ignore"):
        got, want = module.forward(x)[0], derived.compile().forward(x)[0]
    np.testing.assert_allclose(got, want, rtol=1e-4 if dtype is np.float32 else 1e-12)


def test_long_rows_without_a_number_that_is_large_enough() -> None:
    """All of a row could be too small for exp."""
    module = derivation(SOFTMAX).compile("numpy-fast")
    x, out = RNG.uniform(-1, 1, size=(3, 8192)), np.empty((3, 1))
    x[1] -= 1000
    np.testing.assert_array_equal(module._shift(x, out)[:, 0], x.max(axis=1))
    y, _ = module.forward(x)
    np.testing.assert_allclose(y.sum(axis=1), 1)


def test_no_rows_at_all() -> None:
    text = M.replace("1", "-1") + "e = exp(a - m); y = e/sum(e, axis=-1, keepdims=True)"
    module = sb.derive(text, shapes={"a": ("B", "N", "n")}).compile("numpy-fast")
    assert module.forward(np.empty((2, 0, 5)))[0].shape == (2, 0, 5)


def test_one_class_has_probability_1() -> None:
    y, _ = derivation(SOFTMAX).compile("numpy-fast").forward(RNG.normal(size=(500, 1)))
    assert (y == 1).all()


def test_half_precision_has_no_room_for_a_shift() -> None:
    """exp(-15) and the sum of such numbers are below its smallest normal number."""
    a = RNG.uniform(-1, 1, size=(400, 4)).astype(np.float16)
    a += np.where(np.arange(400) % 2, 6, -6).astype(np.float16)[:, None]
    got, _ = derivation(SOFTMAX).compile("numpy-fast").forward(a)
    want, _ = derivation(SOFTMAX).compile().forward(a.astype(float))
    np.testing.assert_allclose(got, want, rtol=1e-2)
    long = np.full((1, 8192), 3, np.float16)  # the sum of exp(3) is more than it can hold
    got, _ = derivation(SOFTMAX).compile("numpy-fast").forward(long)
    np.testing.assert_allclose(got, 1 / 8192, rtol=1e-2)


def test_exact_forms_take_the_maxima_away() -> None:
    assert "_shift(" not in layer("attention").numpy_source(fast=True, exact=True)


@pytest.mark.parametrize(
    ("moved", "maxima"), [(0, [True, False, False]), (-5, [True, False, True])]
)
def test_checks_of_few_small_rows_take_every_way(moved: float, maxima: list[bool]) -> None:
    modules = modules_to_check(derivation(SOFTMAX).backward, "numpy-fast")
    x, out = RNG.uniform(0, 1, size=(3, 4)) + moved, np.empty((3, 1))
    assert [m._shift(x, out) is out for m in modules] == maxima


def test_a_shift_that_changes_a_result_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """By `verify`, whose few rows are taken for many."""
    derived = derivation(E + "y = e/(1 + s) + t")
    assert derived.verify(target="numpy-fast").ok
    monkeypatch.setattr(body, "shifts", lambda nodes, kept: dict.fromkeys(
        (n for n in nodes if n.ufunc == "max" and n.code.keep), False
    ))  # fmt: skip
    assert not derived.verify(target="numpy-fast").ok

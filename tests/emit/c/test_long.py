"""Long rows: one loop reads what vector maths works on, and results hold what is not there yet."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.targets import modules_to_check
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler
from tests.emit.fast.test_splits import SPLIT, WHOLE, derivation, results

pytestmark = needs_compiler
RNG = np.random.default_rng(8)
ROWS = {"a": ("N", "n")}


def _long(text: str, part: str = "value_and_grad", dtype: str = "f64") -> str:
    """The function of long rows."""
    start = re.search(rf"static int \w+{part}_1_{dtype}_long\(", text)
    assert start is not None
    return text[start.start() : text.index("\n}", start.start())]


def test_softmax_ce_has_three_loops_and_no_memory_of_its_own() -> None:
    text = derived("softmax-ce-batch").c_source()
    body = _long(text)
    assert body.count("#pragma omp simd") == 3
    assert "malloc" not in body and "need" not in body
    # What is summed of t is, where t is read for the sum of products too.
    (second,) = re.findall(r"reduction\(\+ : \w+\) reduction\(\+ : \w+\) reduction.*?\n {8}}", body,
                           re.DOTALL)  # fmt: skip
    assert re.search(r"da\[i \* n \+ j\] = u\d+;", second)
    assert len(re.findall(r"\+= t\[i \* n \+ j\]", second)) == 2
    assert re.search(r"if \(n \* 4 >= long_row\)\n.*_f32_long\(", text)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ["softmax-ce-batch", "attention"])
def test_long_rows_give_what_the_readable_module_gives(name: str, dtype: type) -> None:
    derivation = derived(name)
    if name == "attention":
        inputs = [RNG.normal(size=(n, 4)).astype(dtype) for n in (5, 2900, 2900)]
    else:
        inputs = [RNG.normal(size=(3, 3001)).astype(dtype), np.eye(3001, dtype=dtype)[[5, 3000, 0]]]
    assert "_long(" in derivation.c_source()
    fast, readable = derivation.compile("c"), derivation.compile()
    (got, saved), (want, kept) = fast.forward(*inputs), readable.forward(*inputs)
    one = RNG.normal(size=want.shape).astype(dtype)
    rtol, atol = (1e-12, 1e-15) if dtype == np.float64 else (2e-4, 1e-6)
    np.testing.assert_allclose(got, want, rtol, atol)
    for x, y in zip(fast.backward(saved, one), readable.backward(kept, one), strict=True):
        np.testing.assert_allclose(x, y, rtol, atol)


@pytest.mark.parametrize(
    ("text", "lent"),
    [("e = exp(a - max(a, axis=1, keepdims=True)); y = e/sum(e, axis=1, keepdims=True)", True),
     # The row is read again when the first result is there.
     ("e = exp(a - max(a, axis=1, keepdims=True)); s = sum(e, axis=1, keepdims=True); "
      "y = e/s; z = sum(e*y, axis=1)", False),
     ("e = exp(a - max(a, axis=1, keepdims=True)); s = sum(e, axis=1, keepdims=True); "
      "y = e/s; z = e*s", True)],
)  # fmt: skip
def test_a_result_holds_a_row_that_is_read_for_the_last_time(text: str, lent: bool) -> None:
    derivation = sb.derive(text, shapes=ROWS)
    body = _long(derivation.c_source(), "forward")
    assert ("malloc" not in body) == lent
    a = RNG.normal(size=(4, 1501))
    found = [d.forward(a)[0] for d in (derivation.compile("c"), derivation.compile())]
    for got, want in zip(*(x if isinstance(x, tuple) else (x,) for x in found), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-13)


def test_nan_stays_in_its_row() -> None:
    module = derived("softmax-ce-batch").compile("c")
    a, t = RNG.normal(size=(4, 1501)), np.eye(1501)[[0, 7, 1500, 3]]
    a[1, 1500], a[2, 0], a[3] = np.nan, -np.inf, -np.inf
    a[3, 3] = 5
    with np.errstate(all="raise"):
        _, (da,) = module.value_and_grad(a, t)
    assert np.isnan(da[1]).all() and np.isfinite(np.delete(da, 1, axis=0)).all()
    assert da[2, 0] == 0 and (da[3] == 0).all()


@pytest.mark.parametrize("text", [*SPLIT, *WHOLE])
def test_sums_of_logarithms_are_those_of_the_readable_module_in_all_layouts(text: str) -> None:
    found = derivation(text)
    count = len(found.backward.program.inputs)
    inputs = [RNG.normal(size=(40, 7)) for _ in range(count)]
    want = results(found.compile(), inputs)
    for module in modules_to_check(found.backward, "c"):
        for one, other in zip(want, results(module, inputs), strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-11, atol=1e-13)


def test_a_class_that_cannot_be_counts_where_it_has_a_weight() -> None:
    found = derivation(SPLIT[0])
    a, t = RNG.normal(size=(40, 5)), RNG.dirichlet(np.ones(5), size=40)
    a[:, 2], t[:, 2] = -np.inf, 0
    want = results(found.compile(), [a, t])
    for module in modules_to_check(found.backward, "c"):
        for one, other in zip(want, results(module, [a, t]), strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-12, atol=1e-16)
        weighed = t.copy()
        weighed[1, 2] = 0.5
        assert module.value_and_grad(a, weighed)[0] == np.inf


_SHARES = "e = exp(a - max(a, axis=1, keepdims=True)); s = sum(e, axis=1, keepdims=True); "


@pytest.mark.parametrize(
    ("text", "part"),
    [(_SHARES + "y = (e/s)[:, :, None]*b + c", "forward"),  # more axes
     # A mask, kept for another loop, has elements of another size.
     (_SHARES + "r = sum(a*a/s, axis=0); L = sum(where(e > s/4, r, 0*a)*c)", "value_and_grad")],
    ids=["axes", "mask"],
)  # fmt: skip
def test_a_result_that_is_no_such_row_does_not_hold_it(text: str, part: str) -> None:
    three = ("N", "n", "m")
    shapes = {**ROWS, "b": three, "c": three} if "*b" in text else {**ROWS, "c": ("N", "n")}
    derivation = sb.derive(text, shapes=shapes, wrt=["c"])
    assert "malloc" in _long(derivation.c_source(), part)
    inputs = [RNG.normal(size=(3, 6, 4)[: len(shape)]) for shape in shapes.values()]
    for module in modules_to_check(derivation.backward, "c"):
        found = [getattr(m, part)(*inputs) for m in (module, derivation.compile())]
        (got, more), (want, _) = found
        np.testing.assert_allclose(got, want, rtol=1e-13)
        if part == "value_and_grad":
            np.testing.assert_allclose(more.c, found[1][1].c, rtol=1e-13)

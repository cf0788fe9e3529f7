"""The C loops of each layer give what the readable module gives."""

from __future__ import annotations

import random

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.catalogue import names
from symbackprop.targets import modules_to_check
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler
from tests.emit.fast.test_layers import agree, outcomes
from tests.programs.check import CRASHED, WRONG, check
from tests.programs.generate import generate

pytestmark = needs_compiler


@pytest.mark.parametrize("name", names())
def test_both_modules_agree(name: str) -> None:
    readable = outcomes(derived(name).compile(), name, 1)
    assert readable
    for module in modules_to_check(derived(name).backward, "c"):
        agree(readable, outcomes(module, name, 1))


RNG = np.random.default_rng(5)
LARGE = [
    # layer, shapes of the inputs: several chunks of rows, which the results are made up of
    ("softmax-ce-batch", [(3000, 70), (3000, 70)]),
    ("softmax-ce-batch", [(20001, 3), (20001, 3)]),  # rows side by side, the last time fewer
    ("softmax-ce-batch", [(5001, 33), (5001, 33)]),  # many rows at once, the last time fewer
    ("softmax-ce-batch", [(50, 3000), (50, 3000)]),  # a row that the stack does not hold
    ("layer-norm", [(5000, 60), (60,), (60,), ()]),
    ("batch-norm", [(70000, 3), (3,), (3,), ()]),
    ("sigmoid", [(400000,)]),
]


# Functions of vector maths over several rows: of what is kept whole, and into it, and of what other
# loops read too; of losses forward and backward in one.
IN_PLACE = [
    "z = a - max(a, axis=1, keepdims=True); e = exp(z); y = e*z*sum(e*z, axis=1, keepdims=True)",
    "r = sum(a*a, axis=1); h = log(r); e = exp(a*h[:, None]); y = e*sum(e, axis=1)[:, None]",
    "z = a*a; s = sum(z, axis=1)[:, None]; e = exp(-z); y = tanh(e/s)*e",
    "r = sqrt(sum(a**2, axis=1)); z = a/r[:, None]; y = exp(z)",
    "e = exp(a*a); u = sqrt(sum(e*e, axis=1, keepdims=True)); y = e/u + tanh(e)",
    "e = exp(a); u = log(sum(e*e, axis=1, keepdims=True) + 1); L = sum(log(e*e/(u*u) + 1))",
    "e = exp(a - max(a, axis=1, keepdims=True)); u = log(sum(e*e, axis=1, keepdims=True) + 1);"
    "L = sum(log(e*e/(u*u) + 1))",
    "s = sum(exp(a), axis=1); L = sum(log(s)) + sum(1/s)",
    "s = sum(exp(a) + 1, axis=1); L = sum(log(s)*s)",
    "e = exp(a); s = sum(e, axis=1); L = sum(tanh(s)*s) + sum(tanh(e)*e)",
]


@pytest.mark.parametrize("shape", [(2000, 3), (300, 20), (20, 1600)],
                         ids=["side by side", "one by one", "long"])  # fmt: skip
@pytest.mark.parametrize("text", IN_PLACE)
def test_functions_over_several_rows_overwrite_nothing(text: str, shape: tuple[int, int]) -> None:
    derivation = sb.derive(text, shapes={"a": ("N", "n")})
    a, dy = RNG.uniform(-2, 2, size=shape), RNG.normal(size=shape)
    results = []
    for module in (derivation.compile(), derivation.compile("c")):
        out, saved = module.forward(a)
        results.append([out, *module.backward(saved, dy if out.shape else 1.0)])
        if not out.shape:
            value, grads = module.value_and_grad(a)
            results[-1] += [value, *grads]
    for one, other in zip(*results, strict=True):
        room = 1e-11 * max(1, np.max(np.abs(one)))
        np.testing.assert_allclose(other, one, rtol=1e-10, atol=room)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "shapes"), LARGE, ids=lambda v: str(v)[:20])
def test_many_chunks_of_rows_agree(
    name: str, shapes: list[tuple[int, ...]], dtype: type
) -> None:
    inputs = [np.asarray(RNG.uniform(0.1, 1, size=s)).astype(dtype) for s in shapes]
    modules = [derived(name).compile("c"), derived(name).compile()]
    room = 1e-4 if dtype is np.float32 else 1e-12
    results = []
    for module in modules:
        out, saved = module.forward(*inputs)
        cotangent = np.cos(np.arange(np.size(out))).reshape(np.shape(out)).astype(dtype)
        results.append([out, *module.backward(saved, cotangent)])
    for got, want in zip(*results, strict=True):
        assert got.dtype == dtype
        scale = float(np.max(np.abs(want)))
        np.testing.assert_allclose(got, want, rtol=room, atol=room * scale)


@pytest.mark.parametrize("reduction", ["max", "min", "sum"])
def test_reductions_over_rows_agree_in_chunks(reduction: str) -> None:
    derivation = sb.derive(
        f"m = {reduction}(x, axis=0); L = sum(m**2)", shapes={"x": ("N", "n")}
    )
    x = RNG.normal(size=(20000, 7))
    value, (got,) = derivation.compile("c").value_and_grad(x)
    want, (slope,) = derivation.compile().value_and_grad(x)
    np.testing.assert_allclose(value, want, rtol=1e-13)
    np.testing.assert_allclose(got, slope, rtol=1e-12)


@pytest.mark.parametrize("seed", range(9000000, 9000012))
def test_random_programs_agree_with_30_digits(seed: int) -> None:
    found = check(generate(random.Random(seed).choice), seed, target="c")
    assert found.verdict not in (WRONG, CRASHED), found.reason

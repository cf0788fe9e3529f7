"""Contractions of several axes go to BLAS, in the right order of axes; outer products to loops."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from sympy import Symbol

import symbackprop as sb
from symbackprop.emit.fast.contractions import by_blas
from symbackprop.emit.numpy.code import atom, call
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler

SIZES = dict(zip("bcijklmn", (2, 3, 4, 5, 6, 7, 3, 2), strict=True))
TARGETS = ["numpy-fast", pytest.param("c", marks=needs_compiler)]
PRODUCTS = [
    "ij,jk->ik", "ij,jk->ki", "ji,jk->ki", "ij,jkl->ikl", "ijk,ljk->il", "ij,ikl->jkl",
    "ij,ikl->klj", "ijkl,mjl->imk", "ijk,jlm->ilkm", "ijk,ilkm->jlm", "ijk,kil->jil",
    "ijk,ljk->jil", "bcij,bcjk->bcik", "cbij,bjkc->kbic", "bijk,bjkl->bil", "bijc,cjkb->bikc",
]
LEFT = ["ij,ij->i", "ij,j->i", "ij,ij->", "ijk,jk->i", "ij,kl->ijkl", "ijk,ijk->ij",
        "ijl,jk->ik", "ij,jkl->ik", "iij,jk->ik", "ij,jkk->ik"]  # fmt: skip


def einsum(spec: str) -> tuple[object, list[tuple[int, ...]]]:
    """The code of a call of np.einsum, and the shapes of its operands."""
    operands, _, result = spec.partition("->")
    sizes = {c: Symbol(c) for c in SIZES}
    codes = [atom(name, tuple(sizes[c] for c in letters))
             for name, letters in zip("xy", operands.split(","), strict=True)]  # fmt: skip
    shape = tuple(sizes[c] for c in result)
    code = call("np.einsum", *codes, shape=shape, before=f'"{spec}"')
    return code, [tuple(SIZES[c] for c in letters) for letters in operands.split(",")]


@pytest.mark.parametrize("spec", PRODUCTS)
def test_the_product_of_matrices_is_the_sum(spec: str) -> None:
    code, shapes = einsum(spec)
    found = by_blas(code, "np", str)  # type: ignore[arg-type]
    assert found is not None and "@" in str(found) and "einsum" not in str(found)
    assert [s.name for s in found.shape] == [*spec.partition("->")[2]]
    rng = np.random.default_rng(3)
    x, y = (rng.integers(-9, 9, size=shape).astype(float) for shape in shapes)
    value = eval(str(found), {"x": x, "y": y, **SIZES})
    assert value.tolist() == np.einsum(spec, x, y).tolist()


@pytest.mark.parametrize("spec", LEFT)
def test_what_is_no_product_of_matrices_is_left(spec: str) -> None:
    assert by_blas(einsum(spec)[0], "np", str) is None  # type: ignore[arg-type]


def test_only_einsum_of_two_is_looked_at() -> None:
    x = atom("x", (Symbol("i"), Symbol("i")))
    for code in (x, call("np.einsum", x, shape=(), before='"ii->"'),
                 call("np.einsum", x, x, x, shape=x.shape, before='"ij,jk,kl->il"'),
                 call("np.einsum", x, x, shape=(), before='"ii,jj->"'),
                 call("np.outer", x, x, shape=x.shape)):  # fmt: skip
        assert by_blas(code, "np", str) is None


LAYERS = ["conv1d", "conv2d", "maxout", "mixture-of-experts", "multi-head-attention",
          "patch-embedding"]  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_layers_contract_by_matrices_alone(name: str) -> None:
    source = derived(name).numpy_source(fast=True)
    called = [line for line in source.splitlines() if "np.einsum(" in line]
    # What is left is a sum of squares, or of products, of rows in a block.
    assert all("out=b" in line for line in called)
    assert source.count("np.matmul(") >= 3


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_no_rows_and_any_order_of_memory(target: str, order: str) -> None:
    spec = "ijkl,mjl->imk"
    d = sb.derive(f"y = einsum('{spec}', x, w)", shapes={"x": tuple("ijkl"), "w": tuple("mjl")})
    module, plain = d.compile(target), d.compile()
    rng = np.random.default_rng(4)
    for count in (0, 1, 3):
        shape = (count, 2, 5, 3)
        x = np.asarray(rng.normal(size=shape), order=order)  # type: ignore[call-overload]
        w = np.asarray(rng.normal(size=(4, 2, 3)), order=order)  # type: ignore[call-overload]
        y, saved = module.forward(x, w)
        dy = np.cos(np.arange(prod(y.shape))).reshape(y.shape)
        want, kept = plain.forward(x, w)
        np.testing.assert_allclose(y, want, rtol=1e-13, atol=1e-13)
        for one, two in zip(module.backward(saved, dy), plain.backward(kept, dy), strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("target", TARGETS)
def test_an_outer_product_is_written_where_it_is_to_lie(target: str) -> None:
    module = derived("affine").compile(target)
    source = derived("affine").numpy_source(fast=True)
    assert "np.outer" not in source and "np.multiply(rows_, dy, out=dW_)" in source
    rng = np.random.default_rng(6)
    x, w, b, dy = (rng.normal(size=s) for s in (700, (700, 300), 300, 300))
    _, saved = module.forward(x, w, b)
    out = np.empty_like(x), np.empty_like(w), np.empty_like(b)
    found = module.backward(saved, dy, out=out)
    assert found.W is out[1]
    assert found.W.tolist() == np.outer(x, dy).tolist()

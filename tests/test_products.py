"""Products with a direction: closed forms, numbers, and what Hessians and Jacobians say."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from tests.katex import assert_katex

HVP = [
    ("softmax-ce", "a", ["da_dot[k] = y[k]*(a_dot[k] - sum_j a_dot[j]*y[j])"]),
    ("sigmoid-bce", "x", ["dx_dot[k] = x_dot[k]*y[k]*(1 - y[k])"]),
    ("mse", "y", ["dy_dot[k] = 2*y_dot[k]/n"]),
    ("mae", "y", ["dy_dot[k] = 0"]),
    ("logistic-regression", "w", [
        "y_dot[k] = y[k]*(1 - y[k])*sum_j w_dot[j]*x[k,j]",
        "dw_dot[k] = (1/N)*sum_j y_dot[j]*x[j,k]",
    ]),
    ("linear-regression", "w", [
        "y_dot[k] = sum_j w_dot[j]*x[k,j]", "dw_dot[k] = (2/N)*sum_j y_dot[j]*x[j,k]",
    ]),
]  # fmt: skip
JVP = [
    ("softmax", "a", ["y_dot[k] = y[k]*(a_dot[k] - sum_j a_dot[j]*y[j])"]),
    ("softmax-ce", "a", ["L_dot = sum_k a_dot[k]*(y[k] - t[k])"]),
    ("sigmoid-bce", "x", ["L_dot = sum_k x_dot[k]*(y[k] - t[k])"]),
    ("logistic-regression", "w", [
        "z_dot[k] = sum_j w_dot[j]*x[k,j]", "L_dot = (1/N)*sum_k z_dot[k]*(y[k] - t[k])",
    ]),
    ("tanh", "x", ["y_dot[k] = x_dot[k]*(1 - y[k]^2)"]),
    ("l2-normalize", "x", ["y_dot[k] = (x_dot[k] - y[k]*sum_j x_dot[j]*y[j])/r"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "layer", "wrt", "steps"), [
    *(("hvp", *case) for case in HVP), *(("jvp", *case) for case in JVP),
])  # fmt: skip
def test_a_product_in_closed_form(kind: str, layer: str, wrt: str, steps: list[str]) -> None:
    text = getattr(sb.derive(layer), kind)(wrt).text(unicode=False)
    section = text.split("the rate of change of")[1].split("\n\n")[0].splitlines()[1:]
    assert [line.strip().split("    ")[0] for line in section] == steps


SIZES = {"n": 3, "N": 4, "D": 3, "M": 2, "H": 5, "K": 2}
HESSIANS = [
    ("softmax-ce", "a"), ("logistic-regression", "w"), ("quadratic-form", "x"),
    ("cosine-similarity", "x"), ("entropy", "a"), ("two-layer", "b1"), ("vae-kl", "w"),
]  # fmt: skip


def drawn(derivation: sb.Derivation, seed: int = 5) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        a.name: rng.uniform(0.2, 0.9, [SIZES.get(str(s), 1) for s in a.shape])
        for a in derivation.backward.program.inputs
    }


@pytest.mark.parametrize(("layer", "wrt"), HESSIANS)
def test_a_hessian_vector_product_is_the_hessian_times_the_vector(layer: str, wrt: str) -> None:
    d = sb.derive(layer, no_assume=True)
    inputs = drawn(d)
    v = np.random.default_rng(1).normal(size=inputs[wrt].shape)
    hessian = d.hessian(wrt).compile().hessian(*inputs.values())
    product = d.hvp(wrt).compile().hvp(*inputs.values(), v)
    np.testing.assert_allclose(product, hessian @ v, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("layer", "of", "wrt"), [
    ("softmax", "y", "a"), ("layer-norm", "y", "x"), ("attention", "o", "q"), ("silu", "y", "x"),
    ("affine-batch", "z", "W"), ("weight-norm", "w", "v"),
])  # fmt: skip
def test_a_jacobian_vector_product_is_the_jacobian_times_the_vector(
    layer: str, of: str, wrt: str
) -> None:
    d = sb.derive(layer)
    inputs = drawn(d)
    v = np.random.default_rng(1).normal(size=inputs[wrt].shape)
    jacobian = d.jacobian(of, wrt).compile().jacobian(*inputs.values())
    out, out_dot = d.jvp(wrt).compile().jvp(*inputs.values(), v)
    assert jacobian.shape == out.shape + v.shape
    np.testing.assert_allclose(out_dot, np.tensordot(jacobian, v, v.ndim), rtol=1e-12, atol=1e-14)


VERIFIED = [
    ("softmax-ce", "hvp", "a"), ("logistic-regression", "hvp", "w"), ("huber", "hvp", "y"),
    ("label-smoothing", "hvp", "a"), ("kl-divergence", "hvp", "p,q"), ("mae", "hvp", "y"),
    ("layer-norm", "jvp", "x,gamma"), ("glu", "jvp", "x,W"), ("prelu", "jvp", "x,alpha"),
    ("bce-with-logits", "jvp", "x"), ("quadratic-form", "hvp", "x,A"),
    ("softmax-ce", "hessian", "a"), ("logistic-regression", "hessian", "w,b"),
    ("softmax", "jacobian", "y,a"), ("l2-normalize", "jacobian", "y,x"),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "kind", "names"), VERIFIED)
def test_what_is_derived_agrees_with_numbers(layer: str, kind: str, names: str) -> None:
    report = getattr(sb.derive(layer), kind)(*names.split(",")).verify()
    assert report.ok, report.table()


def test_a_wrong_product_is_found() -> None:
    from dataclasses import replace

    from symbackprop.verify.formulas import verify_product

    p = sb.derive("softmax-ce").hvp("a")
    wrong = replace(p.shown, steps=tuple(replace(s, expr=2 * s.expr) for s in p.shown.steps))
    assert not verify_product("softmax-ce", wrong, p.compile().hvp).ok
    right = p.compile().hvp
    assert not verify_product("softmax-ce", p.shown, lambda *x: right(*x) * (1 + 1e-9)).ok


def test_several_inputs_and_outputs_are_tuples() -> None:
    d = sb.derive("p = x*y; s = x + y", shapes={"x": ("n",), "y": ("n",)})
    x, y, u, v = np.arange(1.0, 13.0).reshape(4, 3)
    product = sb.derive(lambda x, y: (x * y, np.sum(x)), shapes={"x": ("n",), "y": ("n",)}).jvp()
    out, out_dot = product.compile().jvp(x, y, u, v)
    assert product.directions == ("x_dot", "y_dot")
    np.testing.assert_allclose(out_dot[0], u * y + x * v)
    np.testing.assert_allclose([out[1], out_dot[1]], [x.sum(), u.sum()])
    assert d.jvp("x").directions == ("x_dot",)
    h = sb.derive("L = sum(x**2*y)", shapes={"x": ("n",), "y": ("n",)}).hvp("x", "y").compile()
    in_x, in_y = h.hvp(x, y, u, v)
    np.testing.assert_allclose(in_x, 2 * y * u + 2 * x * v)
    np.testing.assert_allclose(in_y, 2 * x * u)


def test_a_direction_gets_a_name_of_its_own() -> None:
    p = sb.derive("y = x*x_dot", shapes={"x": ("n",), "x_dot": ("n",)}).jvp("x")
    assert p.directions == ("x_dot_",)
    np.testing.assert_allclose(p.compile().jvp([2.0], [3.0], [5.0]), [[6.0], [15.0]])


def test_a_constant_second_derivative_keeps_the_dtype() -> None:
    h = sb.derive("L = 3*s", shapes={"s": ()}).hvp("s").compile()
    found = h.hvp(np.float32(1), np.float32(2))
    assert (found.dtype, float(found)) == (np.float32, 0.0)


@pytest.mark.parametrize(("layer", "kind"), [
    ("softmax-ce", "hvp"), ("cosine-similarity", "hvp"), ("two-layer", "hvp"),
    ("batch-norm", "jvp"), ("attention", "jvp"),
])  # fmt: skip
@pytest.mark.parametrize("notation", ["index", "matrix"])
def test_products_are_latex(layer: str, kind: str, notation: str) -> None:
    assert_katex(getattr(sb.derive(layer), kind)().latex(notation=notation))


def test_a_product_as_data_and_in_a_notebook() -> None:
    p = sb.derive("softmax-ce").hvp("a")
    record = json.loads(p.json())
    assert (record["loss"], record["wrt"], record["directions"]) == ("L", ["a"], ["a_dot"])
    assert record["facts"] == ["sum(t) == 1"]
    assert [str(e.lhs) for e in p.to_sympy()] == ["y[k]", "L", "da_dot[k]"]
    assert r"\partial \dot{L}" in p._repr_latex_()
    assert p.expr == p.to_sympy()[-1].rhs


def test_a_declared_equation_is_not_differentiated() -> None:
    """Under Σ t = 1 the product in t is that of y_j - δ_jk, as without it."""
    a, t, v, w = np.random.default_rng(2).dirichlet(np.ones(3), 4)
    found = sb.derive("softmax-ce").hvp("a", "t").compile().hvp(a, t, v, w)
    free = sb.derive("softmax-ce", no_assume=True).hvp("a", "t").compile().hvp(a, t, v, w)
    np.testing.assert_allclose(found, free, rtol=1e-12)


def test_what_cannot_be_asked() -> None:
    with pytest.raises(sb.InputError, match="no single scalar output"):
        sb.derive("softmax").hvp("a")
    with pytest.raises(sb.UnknownNameError, match="no input 'q'"):
        sb.derive("softmax").jvp("q")
    with pytest.raises(sb.SymbackpropError, match="only through a comparison"):
        sb.derive("y = x*where(w > 0, 1.0, 2.0)", shapes={"x": ("n",), "w": ("n",)}).jvp("w")
    with pytest.raises(sb.InputError, match="is computed"):
        sb.derive("softmax-ce").jacobian("L", "y").verify()

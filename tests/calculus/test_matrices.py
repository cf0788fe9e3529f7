"""Inverses, determinants and linear systems: verified gradients, closed forms, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.algebra.nodes import Array, Index, IndexSum, size_symbol
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import ZERO, Node, atom, deep_atoms
from symbackprop.calculus.simplify import Simplifier

Shapes = dict[str, Any]
A: Shapes = {"A": ("n", "n")}
AB: Shapes = {**A, "B": ("n", "n")}
AX: Shapes = {**A, "x": ("n",)}
STACK: Shapes = {"A": ("N", "n", "n")}

VERIFIED: list[tuple[str, Shapes]] = [
    ("d = det(A)", A),
    ("y = det(A)*s", {**A, "s": ()}),
    ("y = sqrt(det(A))", A),
    ("Z = inv(A)", A),
    ("Z = inv(A)", STACK),
    ("Z = inv(A)", {"A": ("N", 1, 1)}),
    ("L = slogdet(A)[1]", STACK),
    ("y = slogdet(A)[1]*s", {"A": (1, 1), "s": ()}),
    ("y = exp(slogdet(A)[1])*x", AX),
    ("L = sum(inv(A))", A),
    ("L = trace(inv(A) @ B)", AB),
    ("y = inv(inv(A) + B)", AB),
    ("y = inv(A)*inv(A)", {"A": (3, 3)}),
    ("y = det(A.T)", A),
    ("X = solve(A, B)", {**A, "B": ("n", "m")}),
    ("x = solve(A, b)", {**STACK, "b": ("n",)}),
    ("x = solve(A, b)", {**STACK, "b": ("N", "n", "m")}),
    ("x = solve(A, solve(A, b))", {**A, "b": ("n",)}),
    ("w = solve(X.T @ X, X.T @ t)", {"X": ("m", "n"), "t": ("m",)}),
    ("Z = inv(X.T @ X + eye(X.shape[1])); y = Z[:, 0]; w = reshape(Z, -1)*2", {"X": ("m", "n")}),
    ("p = vstack((b, X)); y = solve(p @ p.T + 2*eye(p.shape[0]), p)",
     {"X": ("m", "n"), "b": ("n",)}),
    ("L = slogdet(X.T @ X + lam*eye(X.shape[1]))[1]", {"X": ("m", "n"), "lam": ()}),
]


@pytest.mark.parametrize(("text", "shapes"), VERIFIED)
def test_the_gradients_agree_with_numbers(text: str, shapes: Shapes) -> None:
    assert sb.derive(text, shapes=shapes).verify().ok


FACTORS: list[tuple[str, Shapes, list[str]]] = [
    ("C = cholesky(A)", A, ["A == A.T"]),
    ("C = cholesky(A); y = C @ C.T", A, ["A == A.T"]),
    ("C = cholesky(A)", {"A": (2, 2)}, ["A == A.T"]),
    ("C = cholesky(A + 1)", {"A": ("N", 1, 1)}, ["A > 0"]),
    ("C = cholesky(X @ X.T + s*eye(X.shape[0])); y = mu + C @ z",
     {"X": ("n", "m"), "s": (), "mu": ("n",), "z": ("n",)}, ["s > 0"]),
    ("C = cholesky(einsum('nij,nkj->nik', X, X) + eye(X.shape[1])); y = C*2",
     {"X": ("N", "n", "m")}, []),
]


@pytest.mark.parametrize(("text", "shapes", "assume"), FACTORS)
def test_a_cholesky_factor(text: str, shapes: Shapes, assume: list[str]) -> None:
    assert sb.derive(text, shapes=shapes, assume=assume).verify().ok


def test_the_upper_factor_is_the_transpose() -> None:
    def layer(A: Any) -> Any:
        return np.linalg.cholesky(A, upper=True)

    derived = sb.derive(layer, shapes=A, assume=["A == A.T"])
    assert "A_chol = np.linalg.cholesky(A)" in derived.numpy_source()
    assert derived.verify().ok


def test_the_gradient_of_a_gaussian_likelihood_by_its_cholesky_factor() -> None:
    """∂L/∂K = ½(K⁻¹ - α αᵀ), α = K⁻¹ y (Rasmussen and Williams 2006, equation 5.9)."""
    derived = sb.derive(
        "C = cholesky(K); a = solve(C.T, solve(C, y)); L = 0.5*y @ a + sum(log(diag(C)))",
        shapes={"K": ("n", "n"), "y": ("n",)}, assume=["K == K.T"],
    )
    assert "(Σ_k C_inv[k,i]·C_inv[k,j] - a[i]·a[j])/2" in derived.text()
    assert str(derived.gradients["y"].expr) == "a[k]"
    assert derived.verify().ok


S: Shapes = {"S": ("n", "n")}
SYMMETRIC = [
    ("L = slogdet(S)[1]", S, {"S": "S_inv[i, j]"}),
    ("L = x @ S @ x", {**S, "x": ("n",)}, {"x": "2*Sum(S[k, j]*x[j], (j, 1, n))"}),
    (
        "r = x - mu; a = r @ inv(S); L = 0.5*(sum(r*a) + x.shape[0]*slogdet(S)[1])",
        {**S, "x": ("N", "n"), "mu": ("n",)},
        {"x": "a[i, j]", "S": "N*S_inv[i, j]/2 - Sum(a[k, i]*a[k, j], (k, 1, N))/2"},
    ),
]


@pytest.mark.parametrize(("text", "shapes", "forms"), SYMMETRIC)
def test_a_declared_symmetry_is_used_and_named(
    text: str, shapes: Shapes, forms: dict[str, str]
) -> None:
    derived = sb.derive(text, shapes=shapes, assume=["S == S.T"])
    assert derived.facts[0] == "S == S.T"
    assert derived.verify().ok
    for name, form in forms.items():
        assert str(derived.gradients[name].expr) == form


@pytest.mark.parametrize("odd", ["x[:, None] - x", "(x[:, None] - x)**3", "x - x[:, None]"])
def test_an_antisymmetric_sum_is_zero(odd: str) -> None:
    derived = sb.derive(f"L = s*sum(S*({odd})) + s**2", shapes={**S, "x": ("n",), "s": ()},
                        assume=["S == S.T"], wrt=["s"])  # fmt: skip
    assert str(derived.gradients["s"].expr) == "2*s"
    assert derived.facts == ("S == S.T",)
    simplifier = Simplifier(derived.backward.program)
    first = deep_atoms(simplifier.definitions[derived.backward.program.outputs[0]][1])
    (total,) = (a for a in first if isinstance(a, Node) and a.head == "sum" and a.height == 2)
    assert simplifier.facts.apply(atom(total))[0] == ZERO
    even = sb.derive(f"L = s*sum(S*({odd})**2) + s**2", shapes={**S, "x": ("n",), "s": ()},
                     assume=["S == S.T"], wrt=["s"])  # fmt: skip
    assert "S[" in str(even.gradients["s"].expr)


def test_an_inverse_times_its_matrix_is_the_identity() -> None:
    derived = sb.derive("y = A @ inv(A) @ x", shapes=AX, wrt=["x"])
    assert str(derived.gradients["x"].expr) == "dy[k]"
    assert derived.facts == ("A_inv @ A == eye",)
    assert derived.verify().ok


def test_without_the_declaration_both_orders_stay() -> None:
    derived = sb.derive("L = x @ S @ x", shapes={**S, "x": ("n",)})
    assert derived.text(unicode=False, notation="matrix").count("S^T") == 1
    assert not derived.facts


def test_a_gram_matrix_is_found_to_be_symmetric() -> None:
    derived = sb.derive("G = X.T @ X; w = solve(G, v)", shapes={"X": ("m", "n"), "v": ("n",)})
    assert derived.facts == ("G == G.T", "G_inv == G_inv.T")


@pytest.mark.parametrize(
    ("text", "shapes", "calls"),
    [
        ("x = solve(A, b)", {**A, "b": ("n",)}, {"solve": 2, "inv": 0}),
        ("X = solve(A, B)", {**A, "B": ("n", "m")}, {"solve": 3, "inv": 0}),
        ("L = x @ inv(A) @ x", AX, {"inv": 0}),
        ("Z = inv(A)", A, {"solve": 0, "inv": 1}),
        ("x = slogdet(A)[0]*s", {**A, "s": ()}, {"inv": 0, "slogdet": 1}),
    ],
)
def test_an_inverse_is_formed_only_where_it_is_needed(
    text: str, shapes: Shapes, calls: dict[str, int]
) -> None:
    wrt = ["s"] if "s" in shapes else None
    source = sb.derive(text, shapes=shapes, wrt=wrt).numpy_source()
    code = source[source.index("def forward") :]
    assert {name: code.count(f"linalg.{name}(") for name in calls} == calls


def test_a_traced_function_takes_the_result_of_slogdet_apart() -> None:
    def layer(A: Any) -> Any:
        sign, logdet = np.linalg.slogdet(A)
        return sign * np.exp(logdet) + np.linalg.slogdet(A).logabsdet

    derived = sb.derive(layer, shapes=A)
    assert derived.verify().ok
    assert [d.array.name for d in derived.definitions][:2] == ["sign", "logdet"]


def test_the_hessian_of_a_log_determinant() -> None:
    hessian = sb.derive("L = slogdet(A)[1]", shapes=A).hessian("A")
    assert str(hessian.expr) == "-A_inv[j, k]*A_inv[l, i]"


def test_a_hessian_through_nested_sums_keeps_their_indices_apart() -> None:
    shapes = {**AB, "x": ("n",)}
    hessian = sb.derive("L = x @ B @ inv(A) @ B @ x", shapes=shapes).hessian("A")
    text = hessian.text(unicode=False)
    assert "B[m,m]" not in text
    assert text.count("B[m,p]") == text.count("B[p,m]") == 2


def test_an_index_of_a_normal_form_is_not_captured() -> None:
    n = size_symbol("n")
    one, two = Index("\u00b71", n), Index("\u00b72", n)
    x, y = Array("x", (n,)), Array("y", (n, n))
    inner = IndexSum(y[two, one] * x[two,], two)
    i, j = Index("i", n), Index("j", n)
    plain = IndexSum(x[i,] * IndexSum(y[j, i] * x[j,], j), i)
    assert normal(IndexSum(x[one,] * inner, one)) == normal(plain)


@pytest.mark.parametrize(
    ("text", "shapes", "error", "words"),
    [
        ("Z = inv(A)", {"A": ("n", "m")}, sb.ShapeError, "shape (n, m) is not that of a square"),
        ("Z = inv(A)", {"A": ("n",)}, sb.ShapeError, "not that of a square matrix"),
        ("Z = det(A)", {"A": ()}, sb.ShapeError, "not that of a square matrix"),
        ("x = solve(A, b)", {**A, "b": ("m",)}, sb.ShapeError, "(n, n) and (m,) do not fit"),
        ("x = solve(A, b)", {**A, "b": ()}, sb.ShapeError, "a vector or a matrix"),
        ("Z = inv(eye(3))*x", {"x": ()}, sb.InputError, "a matrix of constants"),
        ("s = slogdet(A)[0]", A, sb.DerivationError, "only through a comparison or a sign"),
        ("Z = cholesky(A)", A, sb.NotYet, 'declare "A == A.T"'),
        ("Z = cholesky(B)", {"B": ("n", "m")}, sb.ShapeError, "not that of a square matrix"),
    ],
)
def test_what_is_refused_says_why(
    text: str, shapes: Shapes, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as caught:
        sb.derive(text, shapes=shapes)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["pinv", "qr", "eigh", "svd"])
def test_other_functions_of_matrices_are_refused_by_name(name: str) -> None:
    def layer(A: Any) -> Any:
        return getattr(np.linalg, name)(A)

    with pytest.raises(sb.NotYet, match=rf"np\.linalg\.{name} is not supported"):
        sb.derive(layer, shapes=A)

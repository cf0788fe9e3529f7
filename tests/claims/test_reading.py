"""The same claim in many spellings is the same expression; letters find their axes."""

from __future__ import annotations

from typing import Any

import pytest

import symbackprop as sb
from symbackprop.claims.check import session
from symbackprop.claims.claim import INDEX, LATEX, NUMPY, notation_of, sides_of
from symbackprop.claims.read import Asked, read_claim
from symbackprop.verify.exact import AGREES, FALSE, PROVED

SOFTMAX = sb.derive("softmax-ce")
BATCH = sb.derive("softmax-regression")
LABELS = sb.derive("softmax-ce-labels")
NAMES = "L = sum(W1)*eps + sum(x_hat) + sum(x_max)*lambda_ + tax + sum(Q @ Q) + sum(beta*T)"
NAMED = sb.derive(NAMES, shapes={
    "W1": ("N", "D"), "eps": (), "x_hat": ("N",), "x_max": ("D",), "lambda_": (), "tax": (),
    "Q": ("D", "D"), "beta": ("D",), "T": ("D",),
})  # fmt: skip

SAME: list[tuple[sb.Derivation, str, list[str]]] = [
    (SOFTMAX, "da[k] = t[k]*y[k] - Σ_j t[j]/2", [
        "da_k = t_k y_k - sum_j t_j/2",
        "da = t*y - sum(t)/2",
        "dL/da = y*t - 0.5*t.sum()",
        "∂L/∂a[i] = t[i]·y[i] - (1/2)·Σ_j t[j]",
        "da[j] = t[j]*y[j] - (sum_k t[k])/2",
        r"\frac{\partial L}{\partial a_k} = t_k y_k - \frac{1}{2} \sum_{j=1}^{n} t_j",
        r"\dfrac{\partial L}{\partial a_{k}} = t_{k} \cdot y_{k} - \sum_{i} \frac{t_i}{2}",
        r"\frac{\partial Loss}{\partial a_k} = t_k \times y_k - \frac12 \left( \sum_i t_i \right)",
        r"\partial L / \partial a_k = t_k y_k - .5 \sum\limits_{i=1}^n t_i",
        r"\nabla_{a} L = \mathbf{t} \odot \mathbf{y} - \frac{1}{2} \mathbf{1}^\top \mathbf{t}",
        r"\frac{\partial L}{\partial \boldsymbol{a}} = \boldsymbol{y} \odot \boldsymbol{t} - "
        r"\frac{\mathbf{1}^{\top} \boldsymbol{t}}{2}",
        r"\[ \begin{aligned} \frac{\partial L}{\partial a_k} &= t_k \, y_k - \tfrac{1}{2} "
        r"\displaystyle\sum_{j} t_j . \end{aligned} \]",
        r"$$\frac{\partial \mathcal{L}}{\partial a_k} = y_k t_k - \textstyle \sum_{i} t_i / 2$$",
    ]),
    (SOFTMAX, "da[k] = exp(-a[k])^2·log(y[k]) + sqrt(t[k]) + tanh(a[k])^2", [
        r"\frac{\partial L}{\partial a_k} = (e^{-a_k})^2 \log y_k + \sqrt{t_k} + \tanh^2 a_k",
        r"\frac{\partial L}{\partial a_k} = \exp(-a_k)^{2} \ln(y_k) + t_k^{1/2} + \tanh^2(a_k)",
        r"\frac{\partial L}{\partial a_k} = e^{-2 a_k} \ln\left(y_k\right) + \sqrt[2]{t_k} + "
        r"\left(\tanh\left(a_k\right)\right)^2",
        "da = exp(-2*a)*log(y) + sqrt(t) + tanh(a)**2",
    ]),
    (SOFTMAX, "da[k] = max(a[k], 0) + [t[k] > y[k]] + where(a[k] < 1, a[k], 1)", [
        r"\frac{\partial L}{\partial a_k} = \max(a_k, 0) + \mathbf{1}_{t_k > y_k} + "
        r"\begin{cases} a_k & \text{if } a_k < 1 \\ 1 & \text{otherwise} \end{cases}",
        r"\frac{\partial L}{\partial a_k} = \max\left(a_k, 0\right) + \mathbb{1}_{[t_k > y_k]} + "
        r"\min\{a_k, 1\}",
        r"\frac{\partial L}{\partial a_k} = \operatorname{relu}(a_k) + \left[ t_k > y_k \right] + "
        r"\begin{cases} a_k & a_k < 1 \\ 1 & a_k \ge 1 \end{cases}",
        "da = relu(a) + (t > y) + minimum(a, 1)",
    ]),
    (SOFTMAX, "da[k] = Σ_j (1 - δ(j,k))·t[j]", [
        r"\frac{\partial L}{\partial a_k} = \sum_{j \ne k} t_j",
        r"\frac{\partial L}{\partial a_k} = \sum_{j=1, j \neq k}^{n} t_j",
        r"\frac{\partial L}{\partial a_k} = \sum_j (1 - \delta_{jk}) t_j",
        r"\frac{\partial L}{\partial a_k} = \sum_{i=1}^n t_i - t_k",
        "da[k] = sum_(j != k) t[j]",
        "da = sum(t) - t",
    ]),
    (SOFTMAX, "da[k] = Σ_j [j ≤ k]·t[j]", [
        r"\frac{\partial L}{\partial a_k} = \sum_{j=1}^{k} t_j",
        r"\frac{\partial L}{\partial a_k} = \sum_{1 \le j \le k} t_j",
        r"\frac{\partial L}{\partial a_k} = \sum_{j \le k} t_j",
        "da = cumsum(t)",
    ]),
    (SOFTMAX, "da[k] = exp(a[k]) / Σ_j exp(a[j])", [
        r"\frac{\partial L}{\partial a_k} = \operatorname{softmax}(a)_k",
        r"\frac{\partial L}{\partial a_k} = \mathrm{softmax}(\mathbf{a})_k",
        r"\frac{\partial L}{\partial a_k} = \frac{e^{a_k}}{\sum_{i=1}^n e^{a_i}}",
        r"\frac{\partial L}{\partial \mathbf{a}} = \mathrm{softmax}(\mathbf{a})",
        "da = softmax(a)",
    ]),
    (BATCH, "dW[i,j] = Σ_k x[k,i]·(y[k,j] - t[k,j])/N", [
        r"\frac{\partial L}{\partial W_{ij}} = \frac{1}{N} \sum_n x_{ni} (y_{nj} - t_{nj})",
        r"\frac{\partial L}{\partial W_{pq}} = \frac1N \sum_{n=1}^N x_{np} \{ y_{nq} - t_{nq} \}",
        r"\frac{\partial L}{\partial W} = \frac{1}{N} x^\top (y - t)",
        r"\frac{\partial L}{\partial W} = \frac{1}{N} x^{T} (y - t)",
        r"\frac{\partial L}{\partial \mathbf{W}} = \mathbf{x}^\intercal "
        r"\frac{\mathbf{y} - \mathbf{t}}{N}",
        "dW = x.T @ (y - t)/N",
        "dW[d,k] = (sum_n x[n,d]*(y[n,k] - t[n,k]))/N",
        "dW_pq = sum_k x_kp*(y_kq - t_kq)/N",
    ]),
    (BATCH, "db[k] = Σ_j (y[j,k] - t[j,k])/N", [
        r"\frac{\partial L}{\partial b} = \frac{1}{N} (y - t)^\top \mathbf{1}",
        "db = np.mean(y - t, axis=0)",
        "db = (y - t).sum(axis=0)/x.shape[0]",
    ]),
    (LABELS, "da[i,j] = (y[i,j] - δ(j,t[i]))/N", [
        r"\frac{\partial L}{\partial a_{ij}} = \frac{y_{ij} - \delta_{j,t_i}}{N}",
        r"\frac{\partial L}{\partial a_{mk}} = \frac{1}{N} (y_{mk} - \mathbf{1}_{k = t_m})",
        r"\frac{\partial L}{\partial a_{mk}} = \frac{1}{N} (y_{mk} - [t_m = k])",
        "da[i,j] = (y[i,j] - [j = t[i]])/N",
    ]),
    (NAMED, "dW1[i,j] = eps·x_hat[i]·x_max[j] + lambda_·tax·beta[j]", [
        r"\frac{\partial L}{\partial W_{1,ij}} = \epsilon \hat{x}_i x_{\mathrm{max},j} + "
        r"\lambda \, \mathrm{tax} \, \beta_j",
        r"\frac{\partial L}{\partial W_{1,ij}} = \varepsilon \widehat{x}_i x_{\mathrm{max}, j} + "
        r"\beta_{j} \lambda \text{tax}",
        "dW1_ij = eps*x_hat_i*x_max_j + lambda_*tax*beta_j",
    ]),
]  # fmt: skip


def read(derived: sb.Derivation, text: str, notation: str | None = None) -> Any:
    found = session(derived.source, [a.name for a in derived.backward.wrt], {})
    return found, read_claim(text, found.truth, found.vocabulary, Asked(notation=notation))


CASES = [(d, plain, other) for d, plain, others in SAME for other in others]


@pytest.mark.parametrize(("derived", "plain", "other"), CASES, ids=[c[2][:60] for c in CASES])
def test_another_spelling_says_the_same(derived: sb.Derivation, plain: str, other: str) -> None:
    found, one = read(derived, plain)
    two = read_claim(other, found.truth, found.vocabulary, Asked())
    first, second = one.rights[0], two.rights[0]
    assert one.target == two.target
    swap = dict(zip(second.indices, first.indices, strict=True))
    moved = second.expr.xreplace(swap)
    verdict = found.comparer.compare(first.expr, moved, first.indices, ())
    assert verdict.verdict in (PROVED, AGREES)
    changed = found.comparer.compare(first.expr, moved + 1, first.indices, ())
    assert changed.verdict == FALSE


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        ("y - t", NUMPY), ("x.T @ dz", NUMPY), ("y[0] - t[0]", NUMPY), ("x[:, None]*a", NUMPY),
        ("y_k - t_k", INDEX), ("y[k] - t[k]", INDEX), ("sum_j y[j]", INDEX), ("Σ_j y[j]", INDEX),
        ("a*δ(j,k)", INDEX), ("y^2", INDEX), ("y**2", NUMPY), ("delta_jk", INDEX),
        (r"y_k \cdot t_k", LATEX), ("y_{k}", LATEX), ("y^{2}", LATEX), ("sum(y)", NUMPY),
        ("max_pool(y)", NUMPY), ("y[y > 0]", NUMPY), ("y[k+1]", INDEX), ("y == t", NUMPY),
    ],
)  # fmt: skip
def test_the_notation_is_seen_from_the_text(text: str, notation: str) -> None:
    assert notation_of(text, ["y", "t", "x", "a", "dz", "max_pool"]) == notation


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("y - t", ("", ["y - t"])),
        ("da = y - t", ("da", ["y - t"])),
        ("da[k] = y[k] = t[k]", ("da[k]", ["y[k]", "t[k]"])),
        ("sum(y, axis=1)", ("", ["sum(y, axis=1)"])),
        ("da = where(y == t, 1, 0)", ("da", ["where(y == t, 1, 0)"])),
        ("(y >= t)*(y <= t)*(y != t)", ("", ["(y >= t)*(y <= t)*(y != t)"])),
        ("dx[i] = [x[i] = y[i]]", ("dx[i]", ["[x[i] = y[i]]"])),
    ],
)
def test_only_an_equals_sign_outside_of_brackets_divides(
    text: str, sides: tuple[str, list[str]]
) -> None:
    assert sides_of(text) == sides


def test_letters_are_matched_to_axes_by_their_sizes() -> None:
    derived = sb.derive("affine-batch")
    for claim in ("Σ_n x[n,i]·dz[n,j]", "sum_a x_ai*dz_aq", r"\sum_n x_{np} dz_{nq}"):
        assert derived.check(claim, "W").ok


def test_an_element_of_the_gradient_can_be_claimed() -> None:
    derived = sb.derive("softmax-ce")
    assert derived.check(r"\frac{\partial L}{\partial a_1} = y_1 - t_1").ok
    assert not derived.check(r"\frac{\partial L}{\partial a_1} = y_2 - t_2").ok
    assert derived.check(r"\frac{\partial y_k}{\partial a_k} = y_k (1 - y_k)").ok


def test_a_left_side_may_run_over_blocks() -> None:
    derived = sb.derive("avg-pool")
    assert derived.check("dx[i,j,(k-1)*2+l,(m-1)*2+n] = dy[i,j,k,m]/4").ok
    assert not derived.check("dx[i,j,(k-1)*2+l,(m-1)*2+n] = dy[i,j,k,m]/2").ok


def test_each_right_side_of_a_chain_is_judged() -> None:
    derived = sb.derive("softmax-ce")
    found = derived.check("da[k] = y[k] - t[k] = y[k] - 2·t[k] = 0")
    assert (found.verdict, found.place) == ("false", 1)
    assert "Of 3 right sides, number 2 decides." in found.text()


def test_a_vector_beside_a_vector_is_multiplied_by_elements_and_the_text_says_so() -> None:
    found = sb.derive("sigmoid").check(r"\frac{\partial L}{\partial y} y (1 - y)")
    assert found.ok
    assert "vectors side by side are multiplied element by element" in found.text()


def test_a_scalar_stands_for_every_element_and_the_text_says_so() -> None:
    derived = sb.derive("y = 3*x; L = sum(y)", shapes={"x": ("n",)})
    found = derived.check("3")
    assert found.ok
    assert "the value of every element" in found.text()


def test_renamed_arrays_have_their_new_names() -> None:
    derived = sb.derive("softmax-ce", rename={"a": "z", "y": "p", "L": "loss"})
    assert derived.check("dloss/dz = p - t").ok
    with pytest.raises(sb.UnknownNameError, match="'y' is not an array here"):
        derived.check("y - t", "z")


def test_the_name_of_the_loss_is_free_only_where_no_array_has_it() -> None:
    derived = sb.derive("E = x*x; y = E + x; L = sum(y)", shapes={"x": ("n",)})
    assert derived.check(r"\frac{\partial L}{\partial x_k} = 2 x_k + 1").ok
    found = derived.check(r"\frac{\partial E_k}{\partial x_k} = 2 x_k")
    assert (found.verdict, found.claim.target.kind) == ("proved", "jacobian")

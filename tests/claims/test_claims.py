"""A table of claims: true ones in many spellings, and usual mistakes of students and of code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

import symbackprop as sb

SUM = ("sum(t) == 1",)
ROWS = ("sum(t, axis=1) == 1",)
NOTES = {"a": "x", "y": "a", "t": "y"}  # the letters of a text that has y for the targets
NEURON = "z = y @ w + b; o = softmax(z); E = -sum(t*log(o))"
NEURON_SHAPES = {"y": "m", "w": ("m", "n"), "b": "n", "t": "n"}


@dataclass(frozen=True)
class Line:
    """A claim about a layer; for a true one what it needs, for a false one the kinds of reasons."""

    layer: str
    claim: str
    wrt: str | None = None
    needs: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.layer}: {self.claim[:50]}"


def of_neuron(claim: str, **rest: Any) -> Line:
    return Line(NEURON, claim, options={"shapes": NEURON_SHAPES}, **rest)


TRUE = [
    Line("softmax-ce", "y - t", "a", SUM),
    Line("softmax-ce", "-(t - y)", "a", SUM),
    Line("softmax-ce", "softmax(a) - t", "a", SUM),
    Line("softmax-ce", "exp(a - max(a))/sum(exp(a - max(a))) - t", "a", SUM),
    Line("softmax-ce", "y*sum(t) - t", "a"),
    Line("softmax-ce", "da = y - t", None, SUM),
    Line("softmax-ce", "dL/da = y - t", None, SUM),
    Line("softmax-ce", "y[k] - t[k]", "a", SUM),
    Line("softmax-ce", "y_k - t_k", "a", SUM),
    Line("softmax-ce", "da[k] = y[k]·Σ_j t[j] - t[k]"),
    Line("softmax-ce", "∂L/∂a[k] = y[k] - t[k]", None, SUM),
    Line("softmax-ce", "dt = -log(y)"),
    Line("softmax-ce", "dy = -t/y"),
    Line("softmax-ce", "y*(dy - sum(dy*y))", "a"),
    Line("softmax-ce", "Σ_j dy[j]·y[j]·(δ(j,k) - y[k])", "a"),
    Line("softmax-ce", r"\frac{\partial L}{\partial a_k} = y_k - t_k", None, SUM),
    Line("softmax-ce", r"\frac{\partial E}{\partial a_i} = \frac{e^{a_i}}{\sum_j e^{a_j}} - t_i.",
         None, SUM),
    Line("softmax-ce", r"\mathbf{y} - \mathbf{t}", "a", SUM),
    Line("softmax-ce", r"\nabla_a L = y - t", None, SUM),
    Line("softmax-ce", r"\frac{\partial L}{\partial a_k} = "
         r"\sum_j \frac{\partial L}{\partial y_j} \frac{\partial y_j}{\partial a_k}"),
    Line("softmax-ce", "da[k] = sum_j ∂L/∂y[j] * ∂y[j]/∂a[k]"),
    Line("softmax-ce", r"\frac{dL}{da_k} = \sum_j \frac{d L}{d y_j} \partial y_j/\partial a_k"),
    Line("softmax-ce", r"\frac{\partial Loss}{\partial x_k} = a_k \left(\sum_i y_i\right) - y_k",
         options={"rename": NOTES}),
    Line("softmax-ce", r"\frac{\partial L}{\partial x_k} &= a_k \{ \sum_{i = 1, i \neq k}^n "
         r"\frac{\partial L}{\partial a_i} \cdot (- a_i) + \frac{\partial L}{\partial a_k} \cdot "
         r"(1 - a_k) \} \\ &= a_k (\sum_{i = 1}^n y_i) + a_k (- y_k \frac{1}{a_k})",
         options={"rename": NOTES}),
    Line("softmax-ce", r"\left(\frac{1}{S} - \frac{t_k}{\exp(a_k)}\right) \exp(a_k)", "a", SUM,
         asked={"let": {"S": "sum(exp(a))"}}),
    of_neuron(r"\frac{\partial E}{\partial w_{pq}} = y_p (o_q \tau - t_q)",
              asked={"let": {"tau": "sum(t)"}}),
    Line("softmax", "dy*y - y*(dy @ y)"),
    Line("softmax", "y_j*(delta_jk - y_k)", asked={"jacobian": ("y", "a")}),
    Line("softmax", r"\frac{\partial y_j}{\partial a_i} = \begin{cases} y_i (1 - y_i) & i = j \\ "
         r"-y_i y_j & i \neq j \end{cases}"),
    Line("softmax", "diag(y) - outer(y, y)", asked={"jacobian": ("y", "a")}),
    Line("sigmoid", "dy*y*(1 - y)"),
    Line("sigmoid", "upstream*sigmoid(x)*sigmoid(-x)"),
    Line("sigmoid", r"\frac{\partial L}{\partial y} y^{2} \exp(-x)"),
    Line("tanh", "dy*(1 - y**2)"),
    Line("relu", "dy*(x > 0)"),
    Line("relu", "where(y > 0, dy, 0)"),
    Line("relu", r"\frac{\partial y_k}{\partial x_k} = \begin{cases} 1 & (x_k > 0) \\ 0 & "
         r"(x_k \le 0) \end{cases}"),
    Line("affine", "outer(x, dy)", "W"),
    Line("affine", r"\frac{\partial L}{\partial \mathbf{W}} = \mathbf{x} "
         r"\left(\frac{\partial L}{\partial \mathbf{y}}\right)^T"),
    Line("affine-batch", "x.T @ dz", "W"),
    Line("affine-batch", "dz.sum(axis=0)", "b"),
    Line("affine-batch", "dx[n,d] = Σ_m dz[n,m]·W[d,m]"),
    Line("mse", "2*(y - t)/y.shape[0]", "y"),
    Line("mse", "2/n*(y - t)", "y"),
    Line("logistic-regression", "x.T @ (y - t)/N", "w"),
    Line("logistic-regression", "mean(y - t)", "b"),
    Line("softmax-regression", "x.T @ (y - t)/N", "W", ROWS),
    Line("softmax-ce-batch", "(y - t)/N", "a", ROWS),
    Line("softmax-ce-labels", r"\frac{1}{N} (y_{ij} - \delta_{j,t_i})", "a"),
    Line("batch-norm", "gamma*s*(dy - mean(dy, axis=0) - xhat*mean(dy*xhat, axis=0))", "x"),
    Line("attention", "p*(dp - sum(dp*p, axis=-1, keepdims=True))", "s"),
    Line("attention", "p.T @ do", "v"),
]  # fmt: skip

FALSE = [
    Line("softmax-ce", "-t*(1-y)", "a", reasons=("diagonal", "components"),
         says=("j ≠ k", "∂y[j]/∂a[k]", "It is true where t[k] = 1.")),
    Line("softmax-ce", "-t*(1-y)", "a", reasons=("diagonal",), options={"no_assume": True},
         says=("j ≠ k",)),
    of_neuron(r"\frac{\partial E}{\partial w_{ij}} = -t_j (1 - o_j) y_i", reasons=("diagonal",)),
    Line("softmax-ce", "t - y", "a", reasons=("sign",)),
    Line("softmax-ce", "y", "a", reasons=("missing term", "components"), says=("-t[k]",)),
    Line("softmax-ce", "2*(y - t)", "a", reasons=("factor",), says=("factor 2 is too many",)),
    Line("softmax-ce", "y + t", "a", reasons=("sign of a term",)),
    Line("softmax-ce", "-t/y", "a", reasons=("other gradient",), says=("gradient in y",)),
    Line("softmax-ce", "y - t", "a", reasons=("assumption",), options={"no_assume": True},
         says=("It is true if Σ_k t[k] = 1.",)),
    Line("softmax-ce", "y - t + 1", "a", reasons=("extra term",)),
    Line("softmax-ce", "sum(y - t)", "a", reasons=("shape",)),
    Line("softmax-ce", r"\sigma(a_k) - t_k", "a"),
    Line("softmax", "dy*y*(1-y)", reasons=("diagonal",)),
    Line("softmax", "y*(1-y)", reasons=("diagonal",), says=("∂y[k]/∂a[k]",)),
    Line("softmax", "-y_j*y_k", reasons=("missing term", "components"), says=("j ≠ k",),
         asked={"jacobian": ("y", "a")}),
    Line("softmax", r"\frac{\partial y_j}{\partial a_k} = y_j (1 - y_k)", reasons=("components",),
         says=("where j = k",)),
    Line("softmax", "y_j*(delta_jk + y_k)", reasons=("sign of a term",),
         asked={"jacobian": ("y", "a")}),
    Line("softmax-ce-batch", "y - t", "a", reasons=("factor",), says=("factor 1/N is missing",)),
    Line("softmax-regression", "x.T @ (y - t)", "W", reasons=("factor",), says=("1/N",)),
    Line("mse", "y - t", "y", reasons=("factor",), says=("2/n",)),
    Line("mse", "2*(t - y)/n", "y", reasons=("sign",)),
    Line("sigmoid", "y*(1 - y)", reasons=("upstream",), says=("upstream gradient dy[k]",)),
    Line("sigmoid", "dy", reasons=("local derivative",), says=("y[k]·(1 - y[k])",)),
    Line("sigmoid", "dy*y*(1 + y)", reasons=("sign of a term",)),
    Line("sigmoid", "dy*x*(1 - x)"),
    Line("tanh", "dy*(1 - y)", reasons=("exponent",), says=("square of y[k]",)),
    Line("tanh", "1 - y**2", reasons=("upstream",)),
    Line("relu", "dy", reasons=("local derivative", "components"), says=("where x[k] > 0",)),
    Line("relu", "dy*(x < 0)", reasons=("condition",)),
    Line("relu", "dy*x", reasons=()),
    Line("leaky-relu", "dy*(x > 0)", "x", reasons=("components",), says=("where x[k] > 0",)),
    Line("affine", "x @ dy", "W", reasons=("shape", "transpose"),
         says=("outer(x, dy) is true",)),
    Line("affine", "outer(dy, x)", "W", reasons=("shape", "transpose")),
    Line("affine", r"\frac{\partial L}{\partial W_{ij}} = x_j \frac{\partial L}{\partial y_i}",
         reasons=("shape", "subscripts"), says=("x[i]·dy[j] is true",)),
    Line("affine-batch", "x @ dz", "W", reasons=("shape", "transpose"), says=("x.T @ dz is true",)),
    Line("affine-batch", "dz @ W", "x", reasons=("shape", "transpose"), says=("dz @ W.T is true",)),
    Line("affine-batch", "dz", "b", reasons=("shape", "sum"), says=("sum over N is missing",)),
    Line("affine-batch", "mean(dz, axis=0)", "b", reasons=("factor",), says=("1/N is too many",)),
    Line("affine-batch", r"\frac{\partial L}{\partial W_{ij}} = \sum_k x_{ik} "
         r"\frac{\partial L}{\partial z_{kj}}", reasons=("shape", "subscripts")),
    Line("quadratic-form", "2*A @ x", "x", reasons=("assumption",), says=("A[i,j] = A[j,i]",)),
    Line("quadratic-form", "A @ x", "x", reasons=("missing term",)),
    Line("linear-regression", "x.T @ (t - y)*2/N", "w", reasons=("sign",)),
    Line("batch-norm", "gamma*s*dy", "x", reasons=("path",), says=("mu, v",)),
    Line("batch-norm", "gamma*s*(dy - mean(dy, axis=0))", "x", reasons=("path",), says=("v",)),
    Line("layer-norm", "s*gamma*dy", "x", reasons=("path",)),
    Line("attention", "ds @ k", "q", reasons=("factor",), says=("1/sqrt(K) is missing",)),
    Line("attention", "p @ do", "v", reasons=("shape", "transpose")),
    Line("attention", "p*dp*(1 - p)", "s", reasons=("diagonal",)),
]  # fmt: skip


@cache
def derived(layer: str, options: str) -> sb.Derivation:
    return sb.derive(layer, **json.loads(options))


def checked(line: Line) -> Any:
    options = json.dumps(dict(line.options))
    return derived(line.layer, options).check(line.claim, line.wrt, **line.asked)


@pytest.mark.parametrize("line", TRUE, ids=str)
def test_a_true_claim_is_proved_and_says_what_it_needs(line: Line) -> None:
    found = checked(line)
    assert (found.verdict, found.ok) == ("proved", True)
    assert found.facts == line.needs
    assert found.counterexample is None
    assert "true: proved" in found.text()
    needs = "it needs" in found.text() and bool(line.needs)
    assert needs or "holds without assumptions" in found.text()


@pytest.mark.parametrize("line", FALSE, ids=str)
def test_a_false_claim_is_told_why(line: Line) -> None:
    found = checked(line)
    assert (found.verdict, found.ok) == ("false", False)
    assert found.facts == ()
    assert found.reasons[: len(line.reasons)] == line.reasons
    for words in line.says:
        assert words in found.reason
    assert "true form" in found.text()


def test_there_are_forty_claims_half_of_them_true() -> None:
    assert min(len(TRUE), len(FALSE)) >= 20
    spellings = {line.claim for line in TRUE if line.layer == "softmax-ce"}
    assert len(spellings) >= 20


def test_a_verdict_has_no_truth_value() -> None:
    found = sb.derive("softmax-ce").check("y - t", "a")
    with pytest.raises(TypeError, match=r"\.ok"):
        bool(found)


def test_the_table_has_no_claim_twice() -> None:
    lines = [*TRUE, *FALSE]
    keys = {(x.layer, x.claim, x.wrt, str(x.options), str(x.asked)) for x in lines}
    assert len(keys) == len(lines)

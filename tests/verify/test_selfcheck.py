"""`derive` holds its gradients against numbers before it returns them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from unittest.mock import Mock

import pytest
from sympy import Add, Expr, Integer, Mul, Pow

import symbackprop as sb
from symbackprop import deriving, targets
from symbackprop.calculus.result import Backward
from symbackprop.catalogue import names
from symbackprop.emit.numpy import weights
from symbackprop.verify import selfcheck
from symbackprop.verify.generated import run_module
from symbackprop.verify.selfcheck import contradiction, miscomputed
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler


def off(backward: Backward, factor: Expr) -> Backward:
    """With the last step wrong by a factor."""
    *steps, last = backward.steps
    return replace(
        backward, steps=(*steps, replace(last, expr=Mul(factor, last.expr, evaluate=False)))
    )


@pytest.mark.parametrize("name", names())
def test_a_wrong_gradient_is_contradicted(name: str) -> None:
    """Twice the right gradient is another, but where it is 0 at both points."""
    right = derived(name)  # which was checked
    found = contradiction(right.source, off(right.backward, Integer(2)))
    assert ("where the forward pass gives" in found) != (name == "triplet")


def test_a_formula_without_a_value_is_contradicted() -> None:
    """Where the forward pass has a derivative, 1/(x - x) is none."""
    right = derived("sigmoid")
    y = right.backward.steps[-1].expr
    nothing = Pow(Add(y, Mul(Integer(-1), y, evaluate=False), evaluate=False), -1, evaluate=False)
    found = contradiction(right.source, off(right.backward, nothing))
    assert "where the forward pass gives" in found


def test_derive_refuses_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deriving, "contradiction", lambda *args: "1 where … gives 2 (n=2)")
    with pytest.raises(sb.errors.VerificationError, match=r"softmax-ce is wrong: 1 where.*report"):
        sb.derive("softmax-ce")


def test_no_point_is_no_contradiction() -> None:
    """log(x) + log(-x) is defined nowhere."""
    derivation = sb.derive("y = log(x) + log(-x)", shapes={"x": ("n",)})
    assert contradiction(derivation.source, derivation.backward) == ""


def test_few_points_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    attempt = selfcheck.Sampler._attempt
    monkeypatch.setattr(
        selfcheck.Sampler, "_attempt", lambda *args: (tried.append(1), attempt(*args))[1]
    )
    sb.derive("y = log(x) + log(-x)", shapes={"x": ("n",)})
    assert 0 < len(tried) <= 12


def test_a_gradient_that_is_zero_is_not_held_against_the_last_digits() -> None:
    """solve(A, A) is the identity: its derivative is 0, and a complex step leaves rounding."""
    derivation = sb.derive("y = solve(A, A)", shapes={"A": ("n", "n")})
    assert derivation.gradients["A"].expr == 0


@pytest.mark.parametrize("text", ["y = 1e-12*x", "y = 1e-20*sin(x)"])
def test_a_small_gradient_is_not_taken_for_zero(text: str) -> None:
    right = sb.derive(text, shapes={"x": ("n",)})
    found = contradiction(right.source, off(right.backward, Integer(0)))
    assert "0 where the forward pass gives" in found


class Twice:
    """A module whose last gradient is twice what it should be."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self.forward = module.forward

    def backward(self, saved: object, *upstream: object) -> tuple[object, ...]:
        *others, last = self._module.backward(saved, *upstream)
        return (*others, 2 * last)

    def value_and_grad(self, *inputs: object) -> tuple[object, tuple[object, ...]]:
        value, (*others, last) = self._module.value_and_grad(*inputs)
        return value, (*others, 2 * last)


@pytest.mark.parametrize("name", names())
def test_wrong_code_is_told_from_right_code(name: str) -> None:
    found = derived(name)
    module = found.compile(exact=True)  # which was checked
    assert miscomputed(found.backward, module) == ""
    problem = miscomputed(found.backward, Twice(module))
    assert problem.startswith("the gradient in ") != (name == "triplet")


DIAGONAL = "p = exp(a)/sum(exp(a), axis=1, keepdims=True); y = g - sum(g*diag(p))"


@pytest.mark.parametrize(
    "write",
    [lambda d: d.numpy_source(exact=True), lambda d: d.numpy_source(fast=True, exact=True),
     lambda d: d.compile(exact=True), lambda d: d.compile("numpy-fast", exact=True),
     lambda d: d.c_source(exact=True),
     pytest.param(lambda d: d.compile("c", exact=True), marks=needs_compiler)],
)  # fmt: skip
def test_wrong_code_is_refused(
    write: Callable[[sb.Derivation], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, "_agreed", set())
    found = sb.derive(DIAGONAL, shapes={"a": ("n", "n"), "g": ("n",)})
    write(found)
    monkeypatch.setattr(targets, "_agreed", set())
    monkeypatch.setattr(weights, "alone_at", lambda *_: True)  # a rule that sees too much
    told = r"y is -0\.\d+, not -0\.\d+ \(n=2\).*report"
    with pytest.raises(sb.errors.VerificationError, match=told):
        write(found)


def test_code_is_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "_agreed", set())
    runs = []
    monkeypatch.setattr(selfcheck, "run_module", lambda *args: runs.append(1) or run_module(*args))
    found = derived("sigmoid")
    for _ in range(3):
        found.numpy_source()
    assert len(runs) == 2  # at two points
    found.numpy_source(exact=True)
    assert len(runs) == 4
    monkeypatch.setattr(targets, "_MANY", 1)
    for exact in (False, True, False):
        derived("tanh").numpy_source(exact=exact)
    assert len(targets._agreed) == 1


def test_an_exception_is_a_problem_and_an_overflow_is_none() -> None:
    found = derived("sigmoid")

    def module(error: Exception) -> SimpleNamespace:
        return SimpleNamespace(forward=Mock(side_effect=error))

    assert miscomputed(found.backward, module(IndexError("axis 1"))) == "IndexError: axis 1"
    assert miscomputed(found.backward, module(FloatingPointError("overflow"))) == ""

"""`derive` holds its gradients against numbers before it returns them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sympy import Add, Expr, Integer, Mul, Pow

import symbackprop as sb
from symbackprop import deriving
from symbackprop.calculus.result import Backward
from symbackprop.catalogue import names
from symbackprop.verify import selfcheck
from symbackprop.verify.selfcheck import contradiction
from tests.derived import derived


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
    with pytest.raises(sb.errors.VerificationError, match=r"softmax-ce are wrong: 1 where.*report"):
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

"""Jacobians, Hessians and products with them are held against numbers before anyone sees them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sympy import Expr, S

import symbackprop as sb
from symbackprop.algebra.deadline import limited
from symbackprop.calculus.forward import hvp, jvp
from symbackprop.calculus.hessian import hessian
from symbackprop.calculus.jacobian import jacobian
from symbackprop.calculus.result import Product
from symbackprop.errors import TimedOut, VerificationError
from symbackprop.verify import directions
from symbackprop.verify.directions import check_product, check_table
from tests.derived import derived

LAYERS = ("softmax", "softmax-ce", "layer-norm", "two-layer", "huber", "pearson")


def wrong(found: Product, change: Expr) -> Product:
    """The product whose last step is multiplied by 1 + change."""
    *steps, last = found.steps
    return replace(found, steps=(*steps, replace(last, expr=(1 + change) * last.expr)))


@pytest.mark.parametrize("name", LAYERS)
def test_products(name: str) -> None:
    program = derived(name).backward.program
    names = tuple(a.name for a in derived(name).backward.wrt)
    found = [jvp(program, names)]
    if not program.outputs[0].shape:
        found.append(hvp(program, names))
    for product in found:
        check_product(product)
        for change in (S(-2), S(10) ** -9):
            with pytest.raises(VerificationError, match=f"vector product of {name} is wrong: "):
                check_product(wrong(product, change))


@pytest.mark.parametrize("name", LAYERS)
def test_tables(name: str) -> None:
    program = derived(name).backward.program
    x, y = derived(name).backward.wrt[0].name, program.outputs[0]
    found = [jacobian(program, y.name, x), *([] if y.shape else [hessian(program, x)])]
    for table in found:
        kind = "Hessian" if table.loss else "Jacobian"
        check_table(table, program)
        for change in (S(-2), S(10) ** -9):
            bad = replace(table, expr=(1 + change) * table.expr)
            if table.expr != 0:
                with pytest.raises(VerificationError, match=f"the {kind} of {name} is wrong: "):
                    check_table(bad, program)


def test_a_hessian_in_two_inputs() -> None:
    program = sb.derive("L = sum(x*exp(y*x))", shapes={"x": ("n",), "y": ("n",)}).backward.program
    found = hessian(program, "x", "y")
    check_table(found, program)
    with pytest.raises(VerificationError, match="where the forward pass gives"):
        check_table(replace(found, expr=2 * found.expr), program)


def test_what_is_computed_does_not_change_by_itself() -> None:
    """A Jacobian in it is not measured, whatever it says."""
    derivation = sb.derive("u = exp(x); y = u**2", shapes={"x": ("n",)})
    found = jacobian(derivation.backward.program, "y", "u")
    check_table(replace(found, expr=3 * found.expr), derivation.backward.program)


def test_the_public_face_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    derivation = sb.derive("L = sum(sin(x)**2)", shapes={"x": ("n",)})
    calls = (derivation.jvp, derivation.hvp, lambda: derivation.hessian("x"),
             lambda: derivation.jacobian("L", "x"))  # fmt: skip
    for call in calls:
        call()
    monkeypatch.setattr(directions, "_truth", lambda *_: 3)
    for call in calls:
        with pytest.raises(VerificationError, match="this is a bug in symbackprop"):
            call()


def test_what_takes_long_is_left_to_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    program = derived("softmax-ce").backward.program
    found = wrong(jvp(program, ("a",)), S(1))
    monkeypatch.setattr(directions, "_SECONDS", 1e-9)
    check_product(found)
    with pytest.raises(TimedOut), limited(1e-9):
        check_product(found)

"""The user's forward function: how it is called, and its derivatives without any rule."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from sympy import Abs, Expr, exp, log, sign

from symbackprop.algebra.nodes import Array, Index, size_symbol
from symbackprop.algebra.program import Definition, Program
from symbackprop.verify.function import Forward, interpreted, takes_complex
from symbackprop.verify.generated import arguments
from symbackprop.verify.points import Point, Sampler

n = size_symbol("n")
k = Index("k", n)
x, c, y = Array("x", (n,)), Array("c"), Array("y", (n,))


def made(expr: Expr) -> Program:
    return Program("made", (x, c), (Definition(y, (k,), expr),), (y,))


PROGRAM = made(exp(x[k,]) * c[()])


def point(program: Program = PROGRAM) -> Point:
    return Sampler(program, 3, weighted=program.outputs).draw({n: 3}, "ordinary", 0)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "the program's names": lambda x, c: np.exp(x) * c,
    "other names": lambda a, scale: np.exp(a) * scale,
    "exchanged names": lambda c, x: np.exp(c) * x,
    "another parameter": lambda x, power=1, c=0.0: np.exp(x) * c**power,
    "a tuple": lambda x, c: (np.exp(x) * c,),
    "a plain number": lambda x, c: np.exp(x) * c.item(),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives(name: str) -> None:
    here = point()
    forward = Forward(FUNCTIONS[name], PROGRAM)
    at, scale = arguments(PROGRAM, here)
    weights = np.array([float(w) for w in here.cotangents[y].values()])
    np.testing.assert_allclose(forward.outputs([at, scale])[0], np.exp(at) * scale)
    np.testing.assert_allclose(
        forward.complex_step(x, here), weights * np.exp(at) * scale, rtol=1e-14)  # fmt: skip
    np.testing.assert_allclose(
        forward.differences(x, here), weights * np.exp(at) * scale, rtol=1e-9)  # fmt: skip
    np.testing.assert_allclose(forward.differences(c, here), weights @ np.exp(at), rtol=1e-9)
    assert forward.differences(c, here).shape == ()


@pytest.mark.parametrize("distance", [1.0, 0.01, 0.001])
def test_differences_near_a_singularity(distance: float) -> None:
    program = made(c[()] * log(1 + x[k,]))
    values = {x: {(0,): Fraction(distance) - 1}, c: {(): Fraction(3)}}
    here = Point({n: 1}, "ordinary", values, {y: {(0,): Fraction(1)}}, 50, 1.0)
    found = Forward(interpreted(program, here.sizes), program).differences(x, here)
    np.testing.assert_allclose(found, 3 / distance, rtol=1e-7)


def test_the_interpreted_program_is_the_function() -> None:
    here = point()
    mine = Forward(interpreted(PROGRAM, here.sizes), PROGRAM)
    other = Forward(FUNCTIONS["other names"], PROGRAM)
    for of in (x, c):
        np.testing.assert_allclose(
            mine.complex_step(of, here), other.complex_step(of, here), rtol=1e-14)  # fmt: skip


@pytest.mark.parametrize("expr", [Abs(x[k,]), exp(c[()] * sign(x[k,]))])
def test_numpy_takes_no_complex_step_through_abs(expr: Expr) -> None:
    assert not takes_complex(made(expr))
    assert takes_complex(PROGRAM)


def test_the_program_takes_a_complex_step_through_abs() -> None:
    program = made(Abs(x[k,]) * c[()])
    here = point(program)
    at, scale = arguments(program, here)
    weights = np.array([float(w) for w in here.cotangents[y].values()])
    found = Forward(interpreted(program, here.sizes), program).complex_step(x, here)
    np.testing.assert_allclose(found, weights * np.sign(at) * scale, rtol=1e-14)

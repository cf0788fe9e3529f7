"""Reads a published closed form, so that a derived one can be held against it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from sympy import Expr

from symbackprop.algebra.cost import cost
from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.normal import normal
from symbackprop.algebra.sums import expand_all
from symbackprop.calculus.result import Adjoint, Backward
from symbackprop.frontend.reader import Reader
from symbackprop.frontend.tracer import Tracer
from symbackprop.frontend.value import aligned, input_value, numeric


def closed_form(text: str, arrays: Iterable[Array], indices: tuple[Index, ...]) -> Expr:
    """The NumPy text over these arrays as an index expression with these free indices."""
    known = {array.name: Tracer(input_value(array)) for array in arrays}
    value = numeric(Reader(known).array(ast.parse(text, mode="eval").body))
    return aligned(value, indices)


def arrays_of(backward: Backward) -> list[Array]:
    """Inputs, definitions, upstream gradients and adjoints of a backward program."""
    program = backward.program
    return [
        *program.inputs,
        *(d.array for d in program.definitions),
        *(u for u in backward.upstream if u is not None),
        *(s.array for s in backward.steps),
    ]


def step(backward: Backward, name: str) -> Adjoint:
    """The step that computes the gradient in the array of that name."""
    return next(s for s in backward.steps if s.of.name == name)


def assert_closed_form(backward: Backward, name: str, text: str) -> None:
    """The gradient is equal to the closed form for all sizes, and costs no more."""
    found = step(backward, name)
    expected = closed_form(text, arrays_of(backward), found.indices)
    difference = expand_all(normal(found.expr) - normal(expected))
    assert not difference, f"d{name} = {found.expr}, not {expected}"
    assert cost(found.expr) <= cost(expected) * 1.001, f"{found.expr} costs more than {expected}"

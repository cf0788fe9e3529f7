"""Reads a published closed form, so that a derived one can be held against it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from sympy import Expr

from symbackprop.algebra.cost import cost
from symbackprop.algebra.expansion import expand_all
from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.normal import normal, substitute
from symbackprop.algebra.poly import Poly
from symbackprop.algebra.sums import rename
from symbackprop.calculus.fuse import inlining
from symbackprop.calculus.result import Adjoint, Backward
from symbackprop.calculus.reverse import standing_indices
from symbackprop.calculus.simplify import Simplifier
from symbackprop.frontend.reader import Reader
from symbackprop.frontend.tracer import Tracer
from symbackprop.frontend.value import aligned, input_value, numeric
from symbackprop.verify.exact import equal, gradient


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
    for _ in backward.program.definitions:  # one of them may have names for its parts
        if difference:
            difference = expand_all(Simplifier(backward.program).facts.unfold(difference))
    assert not difference, f"d{name} = {found.expr}, not {expected}"
    assert cost(found.expr) <= cost(expected) * 1.001, f"{found.expr} costs more than {expected}"


def published(backward: Backward, text: str) -> Backward:
    """The published program `dz = …; dx = …` as a backward program of the same forward pass.

    A line that assigns `d` + the name of an input that was asked for is its gradient; any other
    line is an array of its own, which later lines may use.
    """
    inputs = {f"d{a.name}": a for a in backward.wrt}
    program = backward.program
    arrays = (*program.inputs, *(d.array for d in program.definitions),
              *(u for u in backward.upstream if u is not None))
    known = {a.name: a for a in arrays}
    steps = []
    for statement in ast.parse(text).body:
        assert isinstance(statement, ast.Assign)
        (target,) = statement.targets
        assert isinstance(target, ast.Name)
        reader = Reader({name: Tracer(input_value(array)) for name, array in known.items()})
        value = numeric(reader.array(statement.value))
        of = inputs.get(target.id)
        array = Array(target.id, value.shape if of is None else of.shape)
        indices = standing_indices(array)
        expr = aligned(value, indices)
        steps.append(Adjoint(array, array if of is None else of, indices, expr))
        known[target.id] = array
    return Backward(program, backward.upstream, tuple(steps), backward.wrt)


def sameness(derived: Backward, other: Backward, name: str) -> str:
    """How the gradients in the input of that name are known to be equal, or "false".

    "all sizes": their normal forms are equal, with the named steps and the definitions written
    in where need be. Else the verdict of the comparison with numbers at small sizes.
    """
    simplifier = Simplifier(derived.program)
    mapping = dict(zip(step(other, name).indices, step(derived, name).indices, strict=True))
    difference = _written_out(derived, name) - rename(_written_out(other, name), mapping)
    for _ in range(len(derived.program.definitions) + 1):
        if not expand_all(simplifier.facts.apply(difference)[0]):
            return "all sizes"
        difference = simplifier.facts.unfold(difference)
    return equal(gradient(derived, name), gradient(other, name)).verdict


def _written_out(backward: Backward, name: str) -> Poly:
    """The gradient in the input of that name, with the steps before it written in."""
    result = normal(step(backward, name).expr)
    for s in reversed(backward.steps):
        result = substitute(result, inlining(s.array, s.indices, normal(s.expr)))
    return result

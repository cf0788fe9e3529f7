"""Hessians: the Jacobian of a gradient, by the same laws."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.normal import normal, substitute
from symbackprop.algebra.program import Definition, Program
from symbackprop.calculus.companions import with_inverses
from symbackprop.calculus.fuse import inlining
from symbackprop.calculus.jacobian import named, slope
from symbackprop.calculus.result import Jacobian
from symbackprop.calculus.reverse import backward
from symbackprop.calculus.simplify import Simplifier
from symbackprop.errors import InputError


def hessian(program: Program, wrt: str, other: str | None = None) -> Jacobian:
    """∂²L/∂wrt∂other of the scalar output L; `other` is `wrt` itself if not given.

    Its free indices are those of `wrt` and then those of `other`. The gradient is differentiated
    before any declared equation is used in it: an equation such as Σ t = 1 holds of the values,
    not of their changes.

    Raises InputError for an output that is not a scalar, and UnknownNameError.
    """
    first, second = named(program, wrt), named(program, other or wrt)
    if len(program.outputs) != 1 or program.outputs[0].shape:
        raise InputError(f"{program.name} has no single scalar output to take the Hessian of")
    program = with_inverses(program)
    free = replace(program, assumptions=tuple(a for a in program.assumptions if a.kind != "=="))
    derived = backward(free, [wrt], names=False)
    gradient = derived.step(first)
    value = normal(gradient.expr)
    for step in reversed(derived.steps[: derived.steps.index(gradient)]):
        value = substitute(value, inlining(step.array, step.indices, normal(step.expr)))
    change = Array(f"∂{program.outputs[0].name}/∂{wrt}", first.shape)
    expr = Simplifier(free).arranger(gradient.indices).arrange(value)
    extended = replace(
        program,
        definitions=(*program.definitions, Definition(change, gradient.indices, expr)),
        outputs=(change,),
    )
    found = slope(Simplifier(extended, frozenset((change,))), change, second)
    facts = tuple(dict.fromkeys((*derived.facts, *found.facts)))
    return replace(found, of=first, facts=facts, loss=program.outputs[0])

"""Reverse mode: the backward program of a forward program, one named adjoint for each array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import cache

from symbackprop.algebra.deadline import working_on
from symbackprop.algebra.nodes import Array, Index, MatrixFunction, fresh_index
from symbackprop.algebra.poly import ONE, Poly, add, atom
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.registry import law
from symbackprop.algebra.sums import rename, sum_over
from symbackprop.calculus.companions import by_name, with_inverses, without_unused
from symbackprop.calculus.differentiate import arrays_in, differentiate
from symbackprop.calculus.fuse import Draft, fuse
from symbackprop.calculus.notes import notes
from symbackprop.calculus.result import Adjoint, Backward, Fact
from symbackprop.calculus.simplify import Simplifier
from symbackprop.errors import DerivationError, InputError, UnknownNameError


def backward(program: Program, wrt: Sequence[str] | None = None) -> Backward:
    """The gradients of the outputs in the inputs `wrt` (default: all), as a backward program.

    A single output of shape () is differentiated itself; any other output is weighted by a named
    upstream gradient of its shape.

    Raises UnknownNameError for a name that is not an input, DerivationError where the output
    depends on an input only through comparisons, NotYet for a function without a rule.
    """
    inputs = asked(program, wrt)
    given, program = program, with_inverses(program)
    name = namer(program, "d{}")
    simplifier = Simplifier(program)
    alone = len(program.outputs) == 1 and program.outputs[0].shape == ()
    upstream = tuple(None if alone else name(output) for output in program.outputs)
    seeds = {
        output: ONE if u is None else atom(u[standing_indices(output)])
        for output, u in zip(program.outputs, upstream, strict=True)
    }
    used_by = _users(simplifier)
    drafts: list[Draft] = []
    known: dict[Array, Poly] = {}
    for array in active(simplifier, inputs):
        users = used_by.get(array, [])
        seed = seeds.get(array)
        if seed is not None and not users and array not in inputs:
            known[array] = seed
            continue
        with working_on(_gradient_of(program, array, users)):
            total = pull_back(simplifier, array, [u.array for u in users], known)
            if not total:
                _refuse_flat(simplifier, array, [u for u in users if known.get(u.array)])
            state = simplifier.simplify(total + seed if seed else total, standing_indices(array))
        adjoint = name(array)
        drafts.append(Draft(array, adjoint, standing_indices(array), state))
        known[array] = atom(adjoint[standing_indices(array)])
    drafts = fuse(drafts, inputs, simplifier)
    steps = tuple(Adjoint(d.adjoint, d.of, d.indices, d.state.expr) for d in drafts)
    program = without_unused(program, given, (s.expr for s in steps))
    facts: dict[Fact, None] = {}
    for d in drafts:
        facts.update((f, None) for f in d.state.facts)
    return Backward(program, upstream, steps, inputs, tuple(facts), notes(steps))


def _gradient_of(program: Program, array: Array, users: Sequence[Definition]) -> str:
    used = f", used in {', '.join(u.place for u in users)}" if array in program.inputs else ""
    return f"the gradient of {program.place(array)}{used}"


def pull_back(
    simplifier: Simplifier, array: Array, users: Sequence[Array], known: dict[Array, Poly]
) -> Poly:
    """The gradient in an array, from the gradients `known` in the definitions that use it."""
    return add(chain_rule(simplifier, array, user, known[user]) for user in users if user in known)


@law
def chain_rule(simplifier: Simplifier, array: Array, user: Array, adjoint: Poly) -> Poly:
    """dx_k = Σ_j dy_j ∂y_j/∂x_k: the vector-Jacobian product of one definition"""
    indices, f = simplifier.definitions[user]
    partial = differentiate(f, array, standing_indices(array))
    if any(isinstance(a, MatrixFunction) for a in f.atoms()):
        partial = by_name(simplifier.program, partial)
    mapping = dict(zip(standing_indices(user), indices, strict=True))
    return sum_over(rename(adjoint, mapping) * partial, indices)


@cache
def standing_indices(array: Array) -> tuple[Index, ...]:
    """The free indices that stand for the axes of an array throughout a backward program."""
    return tuple(fresh_index(size) for size in array.axes)


def active(simplifier: Simplifier, inputs: tuple[Array, ...]) -> list[Array]:
    """The arrays that depend on the inputs asked for, last first, then those inputs."""
    reached = set(inputs)
    order = []
    for array, (_, f) in simplifier.definitions.items():
        if reached & arrays_in(f):
            reached.add(array)
            order.append(array)
    return order[::-1] + [a for a in simplifier.program.inputs if a in inputs]


def asked(program: Program, wrt: Sequence[str] | None) -> tuple[Array, ...]:
    """The inputs of these names, or all of them.

    Raises UnknownNameError, and InputError for a name that is not that of an input.
    """
    if wrt is None:
        return program.differentiable
    by_name = {a.name: a for a in program.differentiable}
    labels = {a.name for a in program.labels}
    for name in wrt:
        if name in by_name:
            continue
        if name in labels:
            raise InputError(f"wrt: {name} holds integers that name positions; leave it out")
        if program.array(name) is not None:
            raise InputError(f"wrt: {name} is computed, not an input; give one of "
                             f"{', '.join(by_name)}")
        near = get_close_matches(name, by_name, 1)
        hint = f"did you mean {near[0]}?" if near else f"the inputs are {', '.join(by_name)}"
        raise UnknownNameError(f"wrt: there is no input {name!r}; {hint}")
    return tuple(dict.fromkeys(by_name[name] for name in wrt))


def _users(simplifier: Simplifier) -> dict[Array, list[Definition]]:
    """The definitions that use each array, in the order of the program."""
    found: dict[Array, list[Definition]] = {}
    for d in simplifier.program.definitions:
        for array in arrays_in(simplifier.definitions[d.array][1]):
            found.setdefault(array, []).append(d)
    return found


def _refuse_flat(simplifier: Simplifier, array: Array, users: list[Definition]) -> None:
    """Refuse a derivative that is zero only because every use stands in a comparison or sign."""
    at = standing_indices(array)
    if not users or any(differentiate(simplifier.definitions[u.array][1], array, at)
                        for u in users):
        return
    user = users[0]
    line = f" (line {user.line})" if user.line else ""
    raise DerivationError(
        f"{user.array.name}{line} depends on {array.name} only through a comparison or a sign: "
        f"its derivative is 0 wherever it exists; leave {array.name} out of the inputs to "
        "differentiate"
    )


def namer(program: Program, form: str) -> Callable[[Array], Array]:
    """A function that names derivatives: the array's name put into the form, made unique."""
    taken = {a.name for a in program.inputs} | {d.array.name for d in program.definitions}
    taken |= {str(s) for s in program.sizes}

    def name(array: Array) -> Array:
        candidate = form.format(array.name)
        while candidate in taken:
            candidate += "_"
        taken.add(candidate)
        return Array(candidate, array.shape)

    return name

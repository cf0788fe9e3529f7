"""Reverse mode: the backward program of a forward program, one named adjoint for each array."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from typing import NoReturn

from sympy import Expr, Number, Pow, exp
from sympy.core.relational import Equality

from symbackprop.algebra.cost import PASS, cost, elements_of
from symbackprop.algebra.deadline import working_on
from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Element,
    Index,
    IndexMax,
    MatrixFunction,
    fresh_index,
)
from symbackprop.algebra.poly import ONE, Atom, Poly, add, atom, deep_atoms
from symbackprop.algebra.program import Definition, Program, check_free
from symbackprop.algebra.registry import law
from symbackprop.algebra.sums import rename, sum_over
from symbackprop.algebra.trees import elements, walk
from symbackprop.calculus.companions import by_name, with_inverses, without_unused
from symbackprop.calculus.differentiate import arrays_in, differentiate, in_steps_only
from symbackprop.calculus.fuse import Draft, fuse
from symbackprop.calculus.naming import with_names, without
from symbackprop.calculus.notes import notes
from symbackprop.calculus.nowhere import refuse_zero_divisors, refuse_zero_quotients
from symbackprop.calculus.result import Adjoint, Backward, Fact
from symbackprop.calculus.simplify import Simplifier, TooMuch
from symbackprop.errors import DerivationError, InputError, UnknownNameError


def backward(
    program: Program, wrt: Sequence[str] | None = None, *, names: bool = True
) -> Backward:
    """The gradients of the outputs in the inputs `wrt` (default: all), as a backward program.

    Where that makes it simpler, parts of the user's expressions get names: the program of the
    result has more definitions then. Without `names` it is the program that was given.

    A single output of shape () is differentiated itself; any other output is weighted by a named
    upstream gradient of its shape.

    Raises UnknownNameError for a name that is not an input, DerivationError where the output
    depends on an input only through comparisons, ZeroDivisor where the program divides by what is
    always 0, NotYet for a function without a rule.
    """
    return worked(program, wrt, names=names).backward


@dataclass(frozen=True)
class Worked:
    """A backward program and how it was found.

    drafts: every gradient, those that were written into others as they were then. users: the
    definitions that an array is used in. known: the gradients by their names, or what they are
    where they got none; seeds: what the upstream gradients add.
    """

    backward: Backward
    simplifier: Simplifier
    drafts: tuple[Draft, ...]
    users: Mapping[Array, Sequence[Definition]]
    known: Mapping[Array, Poly]
    seeds: Mapping[Array, Poly]


def worked(program: Program, wrt: Sequence[str] | None = None, *, names: bool = True) -> Worked:
    """The backward program as `backward` gives it, and how it was found."""
    inputs = asked(program, wrt)
    whole = with_inverses(program)
    refuse_zero_quotients(program)
    found = _cheaper(whole, inputs, names)
    steps = (s.expr for s in found.backward.steps)
    needed = without_unused(found.backward.program, program, whole, steps)
    return replace(found, backward=replace(found.backward, program=needed))


def _cheaper(program: Program, inputs: tuple[Array, ...], names: bool) -> Worked:
    """The backward program with or without names for parts of long expressions."""
    simple = Simplifier(program, most=_SHORT)
    refuse_zero_divisors(simple)
    named, made = with_names(program) if names else (program, frozenset())
    if not made:
        return _derived(simple.unlimited(), inputs)
    plain: Worked | None = None
    with suppress(TooMuch):
        plain = _derived(simple, inputs)
    try:
        most = _PATIENCE * _SHORT if plain else float("inf")
        derived = _derived(Simplifier(named, most=most), inputs)
    except TooMuch:
        assert plain is not None
        return plain
    long = derived.backward
    if plain and not any(map(_is_fragile, plain.backward.steps)) and (
        _cost(long) > _GAIN * _cost(plain.backward) or _divides_anew(long, made)
    ):
        return plain
    program = without(named, made - _needed(long))
    return replace(derived, backward=replace(long, program=program))


_SHORT = 6000  # the work after which the derivation without names is given up
_PATIENCE = 4  # how much more work than that the derivation with names may take
_GAIN = 0.9  # names are kept that make the backward program cheaper by this factor


def _cost(derived: Backward) -> float:
    """The cost of the steps, and a pass over memory for each that is no gradient asked for."""
    return sum(
        cost(s.expr) + (0.0 if s.of in derived.wrt else PASS * elements_of(s.indices))
        for s in derived.steps
    )


def _needed(derived: Backward) -> set[Array]:
    """The arrays that the steps and the facts speak of."""
    steps, facts = derived.steps, derived.facts
    used = {e.array for expr in (*(s.expr for s in steps), *(f.left for f in facts))
            for e in elements(expr)}  # fmt: skip
    return used | {s.of for s in steps}


def _divides_anew(derived: Backward, made: frozenset[Array]) -> bool:
    """Whether a step divides by a name's value that may be 0 as a floating-point number.

    A softmax or a sigmoid is so, where the forward pass does not divide by it.
    """
    definitions = derived.program.definitions
    small = {d.array for d in definitions if d.array in made and d.expr.has(exp)}
    forward = _divisors(d.expr for d in definitions)
    return bool(_divisors(s.expr for s in derived.steps) & small - forward)


def _divisors(exprs: Iterable[Expr]) -> set[Array]:
    """The arrays whose elements are divided by."""
    powers = (n for e in exprs for n in walk(e) if isinstance(n, Pow) and n.exp.is_negative)
    return {n.base.array for n in powers if isinstance(n.base, Element)}


def _is_fragile(step: Adjoint) -> bool:
    """Whether a step compares for equality what it computes itself.

    [u_j = m] finds the largest element in floating point only where u is an array that is kept.
    """
    return any(
        isinstance(node, Equality)
        and not all(isinstance(_kept(side), Element | Number) for side in node.args)
        for node in walk(step.expr)
    )


def _kept(side: Expr) -> Expr:
    return side.body if isinstance(side, IndexMax) else side


def _derived(simplifier: Simplifier, inputs: tuple[Array, ...]) -> Worked:
    """The backward program of the simplifier's program."""
    program = simplifier.program
    name = namer(program, "d{}")
    alone = len(program.outputs) == 1 and program.outputs[0].shape == ()
    upstream = tuple(None if alone else name(output) for output in program.outputs)
    seeds = {
        output: ONE if u is None else atom(u[standing_indices(output)])
        for output, u in zip(program.outputs, upstream, strict=True)
    }
    used_by = _users(simplifier)
    drafts: list[Draft] = []
    known: dict[Array, Poly] = {}
    flat: set[Array] = set()
    for array in active(simplifier, inputs):
        users = used_by.get(array, [])
        seed = seeds.get(array)
        if seed is not None and not users and array not in inputs:
            known[array] = seed
            continue
        with working_on(_gradient_of(program, array, users)):
            total = pull_back(simplifier, array, [u.array for u in users], known)
            if seed is None and _is_flat(simplifier, array, users, flat):
                flat.add(array)
                if array in inputs:
                    _refuse(array, users[0])
                continue
            if seed is None and array not in inputs and not any(u.array in known for u in users):
                continue  # an inverse that derivatives are written in: no output uses it
            state = simplifier.simplify(total + seed if seed else total, standing_indices(array))
        adjoint = name(array)
        drafts.append(Draft(array, adjoint, standing_indices(array), state, state.path))
        known[array] = atom(adjoint[standing_indices(array)])
        simplifier.facts.matrices.learn(adjoint, standing_indices(array), state.poly)
    order = [d.of for d in drafts]
    drafts, fused = fuse(drafts, inputs, simplifier)
    steps = tuple(Adjoint(d.adjoint, d.of, d.indices, d.state.expr) for d in drafts)
    lines: tuple[Definition | Adjoint, ...] = (*program.definitions, *steps)
    for line in lines:
        check_free(line.array, line.indices, line.expr)
    facts: dict[Fact, None] = {}
    for d in drafts:
        facts.update((f, None) for f in d.state.facts)
    gone = {d.adjoint for d in fused.values()}
    kept = tuple(f for f in facts if gone.isdisjoint(e.array for e in elements(f.left)))
    derived = Backward(program, upstream, steps, inputs, kept, notes(steps))
    every = fused | {d.of: d for d in drafts}
    return Worked(derived, simplifier, tuple(every[a] for a in order), used_by, known, seeds)


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
    if any(_is_of_part(a) for a in deep_atoms(partial)):
        # In the definition's own indices: afterwards they are those of the array it is part of.
        partial = simplifier.folded(partial, indices)
    mapping = dict(zip(standing_indices(user), indices, strict=True))
    return sum_over(rename(adjoint, mapping) * partial, indices)


def _is_of_part(a: Atom) -> bool:
    if not isinstance(a, Delta):
        return False
    i, j = a.indices
    return not (isinstance(i, Index) and isinstance(j, Index) and i.size == j.size)


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


def _is_flat(
    simplifier: Simplifier, array: Array, users: list[Definition], flat: set[Array]
) -> bool:
    """Whether every use of the array stands in a comparison or a sign, or in what is flat."""
    return bool(users) and all(
        u.array in flat or in_steps_only(simplifier.definitions[u.array][1], array)
        for u in users
    )


def _refuse(array: Array, user: Definition) -> NoReturn:
    """Refuse a derivative that is zero only because of comparisons."""
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

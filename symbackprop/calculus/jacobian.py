"""Jacobians: reverse mode seeded with Kronecker deltas, everything written in."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.algebra.deadline import working_on
from symbackprop.algebra.nodes import Array, Delta, fresh_index
from symbackprop.algebra.poly import ONE, Poly, atom
from symbackprop.algebra.program import Program
from symbackprop.calculus.companions import with_inverses
from symbackprop.calculus.differentiate import mentions
from symbackprop.calculus.notes import DERIVATIVE, notes
from symbackprop.calculus.result import Fact, Formula, Jacobian, Tangent
from symbackprop.calculus.reverse import active, namer, pull_back, standing_indices
from symbackprop.calculus.simplify import Simplifier
from symbackprop.errors import InputError, UnknownNameError


def jacobian(program: Program, of: str, wrt: str) -> Jacobian:
    """∂of/∂wrt of two arrays of a program; its shape is the two shapes in a row.

    Raises UnknownNameError for names that the program does not have, InputError where `of` does
    not depend on `wrt`.
    """
    target, source = named(program, of), named(program, wrt)
    program = with_inverses(program)
    simplifier = Simplifier(program)
    if target not in (source, *active(simplifier, (source,))):
        raise InputError(f"{of} does not depend on {wrt}")
    return slope(simplifier, target, source)


def slope(simplifier: Simplifier, target: Array, source: Array) -> Jacobian:
    """∂target/∂source of two arrays of the simplifier's program; 0 where nothing connects them.

    Its shape is the two shapes in a row. The source: reverse mode, whose seed is the identity.
    """
    rows = tuple(fresh_index(s) for s in target.axes)
    seed = ONE
    for row, index in zip(rows, standing_indices(target), strict=True):
        seed = seed * atom(Delta(row, index))
    known: dict[Array, Poly] = {target: seed}
    facts: dict[Fact, None] = {}
    columns = standing_indices(source)
    order = [a for a in active(simplifier, (source,)) if a != source]
    place = simplifier.program.place
    behind = order[order.index(target) + 1 :] if target in order else ()
    state = simplifier.simplify(seed, (*rows, *columns))
    for array in (*behind, source) if target != source else ():
        users = [a for a, (_, f) in simplifier.definitions.items() if mentions(f, array)]
        with working_on(f"the Jacobian of {place(target)} in {place(array)}"):
            total = pull_back(simplifier, array, users, known)
            state = simplifier.simplify(total, (*rows, *standing_indices(array)))
        facts.update((f, None) for f in state.facts)
        known[array] = state.poly
    return Jacobian(target, source, rows, columns, state.expr, tuple(facts))


def tabulated(found: Jacobian, program: Program) -> Formula:
    """A Jacobian or Hessian as one array, of the two shapes in a row."""
    wish = Array("H" if found.loss else "J", found.of.shape + found.wrt.shape)
    array = namer(program, "{}")(wish)
    step = Tangent(array, found.of, (*found.rows, *found.columns), found.expr)
    silent = replace(program, outputs=())
    return Formula(silent, (step,), (array,), found.facts, notes((step,), DERIVATIVE))


def named(program: Program, name: str) -> Array:
    """The array of that name; raises UnknownNameError."""
    array = program.array(name)
    if array is None:
        names = [a.name for a in program.inputs] + [d.array.name for d in program.definitions]
        raise UnknownNameError(f"there is no array {name!r}; there are {', '.join(names)}")
    return array

"""Jacobians: reverse mode seeded with Kronecker deltas, everything written in."""

from __future__ import annotations

from symbackprop.algebra.nodes import Array, Delta, fresh_index
from symbackprop.algebra.poly import ONE, Poly, atom
from symbackprop.algebra.program import Program
from symbackprop.calculus.differentiate import mentions
from symbackprop.calculus.result import Fact, Jacobian
from symbackprop.calculus.reverse import active, pull_back, standing_indices
from symbackprop.calculus.simplify import Simplifier
from symbackprop.errors import UnknownNameError


def jacobian(program: Program, of: str, wrt: str) -> Jacobian:
    """∂of/∂wrt for a definition `of` and an input `wrt`; its shape is the two shapes in a row.

    Raises UnknownNameError for names that the program does not have.
    """
    target, source = _named(program, of), _named(program, wrt)
    simplifier = Simplifier(program)
    rows = tuple(fresh_index(s) for s in target.axes)
    seed = ONE
    for row, index in zip(rows, standing_indices(target), strict=True):
        seed = seed * atom(Delta(row, index))
    known: dict[Array, Poly] = {target: seed}
    facts: dict[Fact, None] = {}
    columns = standing_indices(source)
    order = active(simplifier, (source,))
    for array in order:
        if array in known:
            continue
        users = [a for a, (_, f) in simplifier.definitions.items() if mentions(f, array)]
        total = pull_back(simplifier, array, users, known)
        state = simplifier.simplify(total, (*rows, *standing_indices(array)))
        facts.update((f, None) for f in state.facts)
        known[array] = state.poly
        if array == source:
            return Jacobian(target, source, rows, columns, state.expr, tuple(facts))
    raise UnknownNameError(f"{of} does not depend on {wrt}")


def _named(program: Program, name: str) -> Array:
    array = program.array(name)
    if array is None:
        names = [a.name for a in program.inputs] + [d.array.name for d in program.definitions]
        raise UnknownNameError(f"there is no array {name!r}; there are {', '.join(names)}")
    return array

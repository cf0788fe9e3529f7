"""The inverses that derivatives are written in, as definitions of their own: A⁻¹ for a determinant
of A, L⁻¹ for a Cholesky factor L."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sympy import Expr

from symbackprop.algebra.matrices import (
    Cholesky,
    CholeskyInverse,
    Determinant,
    Inverse,
    LogAbsDet,
    of_matrix,
)
from symbackprop.algebra.nodes import Array, Element, Index, MatrixFunction, fresh_index
from symbackprop.algebra.normal import substitute
from symbackprop.algebra.poly import Atom, Poly, atom
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.trees import elements


def with_inverses(program: Program) -> Program:
    """The program with the inverse of each Cholesky factor, and of each determinant's matrix."""
    known = {m for d in program.definitions if isinstance(d.expr, Inverse)
             for m in (d.array, d.expr.argument.array)}  # fmt: skip
    definitions: list[Definition] = []
    for d in program.definitions:
        definitions.append(d)
        matrix = _inverted(d)
        if matrix is not None and matrix not in known:
            known.add(matrix)
            definitions.append(_inverse(program, definitions, matrix))
    return replace(program, definitions=tuple(definitions))


def without_unused(
    program: Program, before: Program, whole: Program, used: Iterable[Expr]
) -> Program:
    """The program less the inverses that `whole` has besides `before` and that nothing uses."""
    needed = {e.array for expr in used for e in elements(expr)}
    added = {d.array for d in whole.definitions} - {d.array for d in before.definitions}
    kept = tuple(d for d in program.definitions if d.array not in added or d.array in needed)
    return replace(program, definitions=kept)


def by_name(program: Program, p: Poly) -> Poly:
    """p with each function of a matrix by the name that the program has for it."""
    names = {_key(d.expr): d for d in program.definitions if isinstance(d.expr, MatrixFunction)}
    matrices = {d.array: d.expr.argument.array for d in program.definitions
                if isinstance(d.expr, Inverse)}  # fmt: skip
    factors = {d.expr.argument.array: d for d in program.definitions
               if isinstance(d.expr, Inverse | Cholesky)}  # fmt: skip

    def put(a: Atom) -> Poly | None:
        if isinstance(a, Inverse) and a.argument.array in matrices:
            return atom(matrices[a.argument.array][a.free])
        if isinstance(a, CholeskyInverse):
            return atom(factors[factors[a.argument.array].array].array[a.free])
        found = names.get(_key(a)) if isinstance(a, MatrixFunction) else None
        return atom(_named(found, a)) if found and isinstance(a, MatrixFunction) else None

    return substitute(p, put) if names else p


def _named(d: Definition, f: MatrixFunction) -> Element:
    """The element of the definition that the function is."""
    place: dict[Index, Index] = dict(zip(d.expr.free, f.free, strict=True))
    return Element(d.array, *(place[i] for i in d.indices))


def _key(f: Expr) -> tuple[type, Array | None]:
    return type(f), f.argument.array if isinstance(f, MatrixFunction) else None


def _inverted(d: Definition) -> Array | None:
    """The matrix whose inverse the derivative of a definition is written in."""
    if isinstance(d.expr, Determinant | LogAbsDet):
        return d.expr.argument.array
    return d.array if isinstance(d.expr, Cholesky) else None


def _inverse(program: Program, definitions: list[Definition], matrix: Array) -> Definition:
    """The definition of the inverse of a matrix."""
    taken = {a.name for a in program.inputs} | {d.array.name for d in program.definitions}
    taken |= {str(s) for s in program.sizes} | {d.array.name for d in definitions}
    name = f"{matrix.name}_inv"
    while name in taken:
        name += "_"
    indices = tuple(fresh_index(size) for size in matrix.axes)
    expr = Inverse(of_matrix(matrix, indices[:-2]), *indices[-2:])
    return Definition(Array(name, matrix.shape), indices, expr)

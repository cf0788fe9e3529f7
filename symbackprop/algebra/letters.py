"""Readable names for indices: k for a vector, i and j for a matrix, the next letters for sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain, count

from sympy import Basic, Expr, Symbol

from symbackprop.algebra.deadline import check_time
from symbackprop.algebra.nodes import Array, Element, Index, MatrixFunction, Reduction
from symbackprop.algebra.program import Program
from symbackprop.algebra.trees import walk
from symbackprop.algebra.unevaluated import rebuilt

VECTOR = "kjilmnpqrsuvwabcfgh"
MATRIX = "ijklmnpqrsuvwabcfgh"
PAIR = "jkilmnpqrsuvwabcfgh"


def lettered(
    expr: Expr, free: tuple[Index, ...], taken: frozenset[str], pool: str | None = None
) -> tuple[tuple[Index, ...], Expr]:
    """The same expression with readable names for its free and bound indices.

    free: every free index of `expr`, in order; taken: the names of arrays and sizes, which no
    index gets; pool: the letters to choose from, in order (default: k, j, i, l, … for at most
    one free index, i, j, k, l, … for more). A bound index differs from the free ones and from
    those of the sums around it; the names that come in play no part.
    """
    if pool is None and free:
        pool = VECTOR if len(free) == 1 else MATRIX
    names = _unused(pool or VECTOR, taken)
    scope = {old: Index(next(names), old.size) for old in free}
    return tuple(scope.values()), _relabel(expr, scope, taken, pool)


def lettered_program(program: Program, taken: frozenset[str] = frozenset()) -> Program:
    """The same program, each definition with readable index names."""
    taken |= names_in(program)
    definitions = []
    for d in program.definitions:
        free, expr = lettered(d.expr, d.indices, taken)
        definitions.append(replace(d, indices=free, expr=expr))
    return replace(program, definitions=tuple(definitions))


def free_indices(expr: Basic, bound: frozenset[Index] = frozenset()) -> Iterator[Index]:
    """The free indices of an expression, in order of appearance (with repetitions)."""
    if isinstance(expr, Index):
        if expr not in bound:
            yield expr
        return
    if isinstance(expr, Reduction):
        yield from free_indices(expr.body, bound | set(expr.bound))
        return
    if isinstance(expr, MatrixFunction):
        yield from (i for i in expr.free if i not in bound)
        return
    if not isinstance(expr, Array):
        for argument in expr.args:
            yield from free_indices(argument, bound)


def names_of(expr: Basic) -> frozenset[str]:
    """The names of the arrays and sizes in an expression, sizes of its indices included."""
    names: set[str] = set()
    for symbol in expr.atoms(Symbol):
        if not isinstance(symbol, Index):
            names.add(symbol.name)
        sizes = symbol.shape if isinstance(symbol, Array) else ()
        sizes = (symbol.size,) if isinstance(symbol, Index) else sizes
        names.update(str(s) for size in sizes for s in size.free_symbols)
    return frozenset(names)


def names_in(program: Program) -> frozenset[str]:
    """The names of all arrays and sizes of a program."""
    arrays = (*program.inputs, *(d.array for d in program.definitions))
    parts = chain(arrays, (d.expr for d in program.definitions))
    return frozenset().union(*(names_of(part) for part in parts))


def _unused(pool: str, taken: frozenset[str]) -> Iterator[str]:
    spare = (f"{pool[0]}{n}" for n in count(1))
    return (name for name in chain(pool, spare) if name not in taken)


def _relabel(
    expr: Basic, scope: Mapping[Index, Index], taken: frozenset[str], pool: str | None
) -> Expr:
    if isinstance(expr, Index):
        return scope.get(expr, expr)
    check_time()
    if isinstance(expr, Reduction):
        letters = pool or (MATRIX if _is_matrix_like(expr) else VECTOR)
        names = _unused(letters, taken | {i.name for i in scope.values()})
        bound = tuple(Index(next(names), b.size) for b in expr.bound)
        inner = {**scope, **dict(zip(expr.bound, bound, strict=True))}
        return expr.func(_relabel(expr.body, inner, taken, letters), *bound)
    if not expr.args or isinstance(expr, Array):
        return expr
    return rebuilt(expr, [_relabel(a, scope, taken, pool) for a in expr.args])


def _is_matrix_like(expr: Reduction) -> bool:
    if len(expr.bound) > 1:
        return True
    return any(isinstance(e, Element) and len(e.indices) > 1 for e in walk(expr.body))

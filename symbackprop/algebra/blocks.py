"""An axis of blocks in two indices: z[⌈k/P⌉, …] over k is z[g, …] over (g-1) P + p."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sympy import Expr, S

from symbackprop.algebra.nodes import (
    Delta,
    Element,
    Index,
    Position,
    Quotient,
    Remainder,
    fresh_index,
)
from symbackprop.algebra.subscripts import canonical, divided, put
from symbackprop.algebra.trees import rename, walk


def in_blocks(
    expr: Expr, free: Sequence[Index],
    renamed: Callable[[Expr, Mapping[Index, Expr]], Expr] = rename,
) -> tuple[Expr, tuple[Index, ...], tuple[Expr, ...]]:  # fmt: skip
    """The expression over blocks, its free indices, and the subscripts in place of the old ones.

    A free index whose positions are sorted into blocks gives way to one for the block and one for
    the place in it. renamed: puts subscripts in the place of indices.
    """
    subscripts: tuple[Expr, ...] = tuple(free)
    indices = list(free)
    while True:
        found = next(((k, size) for k in indices if (size := _block_size(expr, k))), None)
        if found is None:
            return expr, tuple(indices), subscripts
        k, size = found
        count = divided(k.size, size)
        assert count is not None
        place = fresh_index(size)
        block = fresh_index(count) if count != 1 else S.One
        swap = {k: canonical(size * (block - 1) + place)}
        expr = renamed(expr, swap)
        subscripts = tuple(put(u, swap) for u in subscripts)
        at = indices.index(k)
        indices[at : at + 1] = [i for i in (block, place) if isinstance(i, Index)]


def _block_size(expr: Expr, k: Index) -> Expr | None:
    for node in walk(expr):
        if isinstance(node, Element | Delta | Position):
            for part in node.atoms(Quotient, Remainder):
                inner, size = part.args
                if inner == k and divided(k.size, size) is not None:
                    return size
    return None

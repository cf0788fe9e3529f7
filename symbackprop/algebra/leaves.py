"""Leaves of index notation as atoms of the normal form: their free indices, kinds and keys."""

from __future__ import annotations

from functools import cache

from sympy import Expr

from symbackprop.algebra.nodes import (
    Delta,
    Element,
    Index,
    MatrixFunction,
    Position,
    Quotient,
    Remainder,
)
from symbackprop.algebra.subscripts import indices_of

_keys: dict[Expr, str] = {}


def leaf_free(a: Expr) -> frozenset[Index]:
    """The free indices of a leaf."""
    if isinstance(a, Element | Delta | Index | Position):
        return indices_of(a)
    if isinstance(a, MatrixFunction):
        return frozenset().union(*map(indices_of, a.free))
    return frozenset()


def leaf_kind(a: Expr) -> object:
    """What a leaf is before its indices: its array, or its class."""
    return a.array if isinstance(a, Element) else type(a)


@cache
def leaf_kinds(a: Expr) -> frozenset[object]:
    """The kinds in a leaf; Quotient for blocks in subscripts."""
    if isinstance(a, MatrixFunction):
        return frozenset((leaf_kind(a), a.argument.array))
    blocks = isinstance(a, Element | Delta | Position) and a.has(Quotient, Remainder)
    return frozenset((leaf_kind(a), Quotient)) if blocks else frozenset((leaf_kind(a),))


def leaf_key(a: Expr) -> str:
    """A text that identifies the leaf, for an order that does not depend on hashing."""
    key = _keys.get(a)
    if key is None:
        if isinstance(a, Element):
            key = f"{a.array.name}[{','.join(map(str, a.indices))}]"
        elif isinstance(a, Delta):
            key = f"d({','.join(map(str, a.indices))})"
        else:
            key = str(a)
        _keys[a] = key
    return key

"""Kronecker deltas under sums, in a written expression, one law at a time."""

from __future__ import annotations

from sympy import Add, Expr, Mul

from symbackprop.algebra.nodes import (
    Delta,
    Element,
    Index,
    IndexSum,
    Position,
    Quotient,
    Reduction,
    Remainder,
)
from symbackprop.algebra.subscripts import Gather
from symbackprop.algebra.trees import rename, walk
from symbackprop.algebra.unevaluated import joined, plus, substituted, times
from symbackprop.messages import message

PICKS = "Σ_j δ_jk f_j = f_k"
PLACES = "Σ_j δ(k,u_j) f_j = Σ_{u_j=k} f_j"
BLOCKS = "Σ_l f_l = Σ_mn f_{(m-1)c+n}"
SPLITS = message("sum of a sum")
SPREADS = message("distributive law")


def collapsed(expr: Expr) -> tuple[str, Expr] | None:
    """The innermost sum over a delta worked on by one law."""
    if isinstance(expr, Element) or not expr.has(Delta):
        return None
    for n, a in enumerate(expr.args):
        found = None if isinstance(a, Index) else collapsed(a)
        if found is not None:
            law, new = found
            return law, joined(expr, [new if m == n else b for m, b in enumerate(expr.args)])
    return _of_sum(expr) if isinstance(expr, IndexSum) else None


def placed(before: Expr, after: Expr) -> str | None:
    """The law of subscripts that leads from one form to the other, by what is gone from it.

    An axis that was cut into blocks is two axes; a delta of a subscript is used up.
    """
    if _cuts(before) > _cuts(after) and _bound(after) > _bound(before):
        return BLOCKS
    return PLACES if _places(before) > _places(after) else None


def _cuts(expr: Expr) -> int:
    return len(expr.atoms(Quotient, Remainder))


def _bound(expr: Expr) -> int:
    return sum(len(node.bound) for node in walk(expr) if isinstance(node, Reduction))


def _places(expr: Expr) -> int:
    """How many deltas compare a subscript that is no index of the same axis."""
    deltas = [node.indices for node in walk(expr) if isinstance(node, Delta)]
    return sum(
        not (isinstance(i, Index) and isinstance(j, Index) and i.size == j.size)
        for i, j in deltas
    )  # fmt: skip


def _of_sum(expr: IndexSum) -> tuple[str, Expr] | None:
    body, bound = expr.body, expr.bound
    if isinstance(body, Add):
        if not any(_delta(t, bound) or _inner(t, bound) for t in body.args):
            return None
        return SPLITS, plus(*(IndexSum(t, *bound) for t in body.args))
    found = _delta(body, bound)
    if found is not None:
        delta, b, k = found
        rest = times(*(f for f in _factors(body) if f is not delta))
        left = tuple(i for i in bound if i != b)
        return PICKS, IndexSum(_with(rest, b, k), *left)
    inner = _inner(body, bound)
    if inner is not None:
        others = [f for f in _factors(body) if f is not inner]
        return SPREADS, IndexSum(plus(*(times(*others, t) for t in inner.args)), *bound)
    return None


def _with(expr: Expr, b: Index, k: Expr) -> Expr:
    """The expression with k for b, nothing else rearranged."""

    def put(part: Expr) -> Expr | None:
        leaf = not part.args or isinstance(part, Element | Index | Position | Delta | Reduction)
        return rename(part, {b: k}) if leaf or b not in part.free_symbols else None

    return substituted(expr, put)


def _factors(body: Expr) -> tuple[Expr, ...]:
    return body.args if isinstance(body, Mul) else (body,)


def _delta(body: Expr, bound: tuple[Index, ...]) -> tuple[Delta, Index, Expr] | None:
    """A delta of a bound index and another of its axis, or a label, among the factors."""
    for f in _factors(body):
        if isinstance(f, Delta):
            i, j = f.indices
            for b, k in ((i, j), (j, i)):
                if b in bound and isinstance(k, Index | Gather) and b.size == k.size:
                    return f, b, k
    return None


def _inner(body: Expr, bound: tuple[Index, ...]) -> Add | None:
    """A factor that is a sum in which such a delta stands."""
    for f in _factors(body):
        if isinstance(f, Add) and any(_delta(t, bound) for t in f.args):
            return f
    return None

"""Kronecker deltas under sums, in a written expression, one law at a time."""

from __future__ import annotations

from sympy import Add, Expr, Mul

from symbackprop.algebra.nodes import Delta, Element, Index, IndexSum
from symbackprop.algebra.subscripts import Gather
from symbackprop.algebra.unevaluated import joined, plus, times, without
from symbackprop.calculus.places import at, in_blocks, placed
from symbackprop.messages import message

PICKS = "Σ_j δ_jk f_j = f_k"
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


def _of_sum(expr: IndexSum) -> tuple[str, Expr] | None:
    body, bound = expr.body, expr.bound
    if isinstance(body, Add):
        if not any(_used_up(t, bound) or _inner(t, bound) for t in body.args):
            return None
        return SPLITS, plus(*(IndexSum(t, *bound) for t in body.args))
    found = _delta(body, bound)
    if found is not None:
        delta, b, k = found
        rest = times(*(f for f in _factors(body) if f is not delta))
        left = tuple(i for i in bound if i != b)
        return PICKS, IndexSum(at(rest, {b: k}), *left)
    inner = _inner(body, bound)
    if inner is not None:
        others = without(_factors(body), inner)
        return SPREADS, IndexSum(plus(*(times(*others, t) for t in inner.args)), *bound)
    return placed(expr) or in_blocks(expr)


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
        if isinstance(f, Add) and any(_used_up(t, bound) for t in f.args):
            return f
    return None


def _used_up(term: Expr, bound: tuple[Index, ...]) -> bool:
    """Whether a law uses up a delta among the factors of a term that is summed."""
    return _delta(term, bound) is not None or placed(IndexSum(term, *bound)) is not None

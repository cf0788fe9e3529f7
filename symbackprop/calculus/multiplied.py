"""Two equal forms multiplied out until they are one, by laws that a reader applies one at a time.

The last resort of a chain of equalities: longer than what `bridged` finds, and never stuck where
the two forms differ by the distributive law, sums of sums, deltas and fractions alone.
"""

from __future__ import annotations

from math import prod

from sympy import Add, Basic, Expr, Mul

from symbackprop.algebra.nodes import Element, Index, IndexSum, fresh_index
from symbackprop.algebra.unevaluated import times, unordered
from symbackprop.calculus.bridge import FACTORED, NESTED, Path, opened, split, spread
from symbackprop.calculus.deltas import SPLITS, SPREADS, collapsed
from symbackprop.calculus.places import at
from symbackprop.calculus.tidy import CANCELS, Change, cancelled, everywhere

Laws = tuple[tuple[str, Change], ...]
_STEPS = 30
_TERMS = 200  # of a form; a longer one is no step that a reader follows


def multiplied(before: Expr, after: Expr) -> Path | None:
    """The laws that lead from one form to the other, and what each makes; None if they do not.

    None as well where the forms become too long.
    """
    if max(_terms(before), _terms(after)) > _TERMS:
        return None
    path, back = _out(before), _out(after)
    reached = path[-1][1] if path else before
    meeting = back[-1][1] if back else after
    if unordered(_joined(reached)) != unordered(_joined(meeting)):
        return None
    if unordered(reached) != unordered(meeting):
        path.append((NESTED, meeting))
    if back:
        path.append((FACTORED, after))
    return path


def _terms(expr: Basic) -> int:
    """How many terms the expression has when it is multiplied out, about."""
    if isinstance(expr, Element) or not expr.args:
        return 1
    parts = [_terms(a) for a in expr.args]
    return sum(parts) if isinstance(expr, Add) else prod(parts)


def _spread(expr: Expr) -> Expr | None:
    """The distributive law; a number may stay in front of a sum."""
    others = [f for f in expr.args if not f.is_Number] if isinstance(expr, Mul) else []
    return spread(expr) if len(others) > 1 else None


_FIRST, _LAST = ((SPREADS, _spread), (SPLITS, split)), ((CANCELS, cancelled),)


def _out(expr: Expr) -> Path:
    """What each law makes of it, wherever it applies, until none does any more."""
    path: Path = []
    for _ in range(_STEPS):
        found = _next(expr)
        if found is None:
            break
        if path and path[-1][0] == found[0]:
            path.pop()
        path.append(found)
        expr = found[1]
    return path


def _next(expr: Expr) -> tuple[str, Expr] | None:
    return _applied(_FIRST, expr) or collapsed(expr) or _applied(_LAST, expr)


def _applied(laws: Laws, expr: Expr) -> tuple[str, Expr] | None:
    for law, change in laws:
        new = everywhere(change, expr)
        if new is not expr:
            return law, everywhere(opened, new)
    return None


def _joined(expr: Expr) -> Expr:
    """Sums in products, and sums in sums, as one sum of products."""
    done = everywhere(_joint, expr)
    return expr if done is expr else everywhere(opened, done)


def _joint(expr: Expr) -> Expr | None:
    """f Σ_j g_j = Σ_j f g_j, and Σ_j Σ_k f_jk = Σ_jk f_jk"""
    if isinstance(expr, IndexSum) and isinstance(expr.body, IndexSum):
        return IndexSum(expr.body.body, *expr.bound, *expr.body.bound)
    if not isinstance(expr, Mul) or not any(isinstance(f, IndexSum) for f in expr.args):
        return None
    bound: list[Index] = []
    factors = []
    for f in expr.args:
        if isinstance(f, IndexSum):
            fresh = {b: fresh_index(b.size) for b in f.bound}
            bound += fresh.values()
            f = at(f.body, fresh)
        factors.append(f)
    return IndexSum(times(*factors), *bound)

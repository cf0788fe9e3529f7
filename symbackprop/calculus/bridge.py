"""From a form to an equal one, by laws that a reader applies one at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from itertools import permutations

from sympy import Add, Eq, Expr, Integer, Mul, Ne, Not, Pow, S, exp

from symbackprop.algebra.nodes import Delta, IndexSum, Iverson, Where
from symbackprop.algebra.poly import Poly
from symbackprop.algebra.subscripts import is_position
from symbackprop.algebra.unevaluated import joined, plus, times, unordered, without
from symbackprop.calculus.deltas import SPLITS, SPREADS, collapsed
from symbackprop.calculus.tidy import (
    CANCELS,
    CONSTANT,
    cancelled,
    everywhere,
    form,
    one_number,
    taken_out,
)
from symbackprop.messages import message

Path = list[tuple[str, Expr]]
"""Laws, and what each makes of the expression before it."""
FACTORED = message("common factors taken out")
ADDED = message("equal terms added")
TURNED = "-(u - v) = v - u"
BOTH = "(u - v)(w - x) = (v - u)(x - w)"
EVEN = "(u - v)^2 = (v - u)^2"
NESTED = "Σ_jk f_j g_jk = Σ_j f_j Σ_k g_jk"
CHOICE = "-where(c, u, v) = where(c, -u, -v)"
CHOSEN = "where(c, u, 0) = [c] u"
MET = "[j = k] = δ_jk"
LOWERED = "u^(c - 1) = u^c/u"
SQUARE = "u u = u^2"
APART = "(u v)^2 = u^2 v^2"
MIRRORED = "exp(-u)/(1 + exp(-u)) = 1/(1 + exp(u))"
_ORDERS = 6  # of three indices
_DEPTH = 4
_STATES = 40


def bridged(before: Expr, after: Expr) -> Path | None:
    """The laws that lead from one form to the other, and what each makes; None if none is found.

    A factor is taken out where multiplying the last form out leads to a form that was met.
    """
    flat = everywhere(_apart, everywhere(_apart, after))
    goals: dict[Hashable, Path] = {unordered(after): [], unordered(flat): []}
    wide = everywhere(spread, after)
    if wide is not after:
        for form_ in (_tidied(wide), wide):
            goals.setdefault(unordered(form_), [(FACTORED, after)])
    for joint in _joint_sums(after):
        goals.setdefault(unordered(joint), [(NESTED, after)])
    before = everywhere(opened, before)
    start = unordered(before)
    if start in goals:
        return goals[start]
    seen: set[Hashable] = {start}
    frontier: list[tuple[Expr, Path]] = [(before, [])]
    for _ in range(_DEPTH):
        reached: list[tuple[Expr, Path]] = []
        for expr, path in frontier:
            for law, new in _moves(expr):
                key = unordered(new)
                if key in seen:
                    continue
                seen.add(key)
                here = [*path, (law, new)]
                if key in goals:
                    return [*here[:-1], (law, after)] if not goals[key] else here + goals[key]
                reached.append((new, here))
        frontier = reached
        if not frontier or len(seen) > _STATES:
            break
    return None


def _moves(expr: Expr) -> Iterator[tuple[str, Expr]]:
    for law, change in _LAWS:
        new = everywhere(change, expr)
        if new is not expr:
            yield law, new
        once = change(expr)
        if once is not None:
            yield law, one_number(once) or once
    found = collapsed(expr)
    if found is not None:
        yield found
    yield from ((NESTED, joint) for joint in _joint_sums(expr))


def opened(expr: Expr) -> Expr | None:
    """u + (v + w) = u + v + w, and the same for products"""
    if not isinstance(expr, Add | Mul) or not any(isinstance(a, expr.func) for a in expr.args):
        return None
    return joined(expr, expr.args)


def _joint_sums(expr: Expr) -> Iterator[Expr]:
    """The expression with sums in sums joined into one, its indices in any order."""
    for order in range(_ORDERS):
        def joint(part: Expr, order: int = order) -> Expr | None:
            inner = part.body if isinstance(part, IndexSum) else None
            factors = inner.args if isinstance(inner, Mul) else (inner,)
            sums = [f for f in factors if isinstance(f, IndexSum)]
            if len(sums) != 1:
                return None
            rest = (f for f in factors if f is not sums[0])
            bound = (*part.bound, *sums[0].bound)
            every = list(permutations(bound))
            return IndexSum(times(*rest, sums[0].body), *every[order % len(every)])

        new = everywhere(joint, expr)
        if new is expr:
            return
        yield new


def _tidied(expr: Expr) -> Expr:
    return everywhere(taken_out, everywhere(cancelled, expr))


def spread(expr: Expr) -> Expr | None:
    """u (v + w) = u v + u w"""
    if not isinstance(expr, Mul):
        return None
    for n, f in enumerate(expr.args):
        if isinstance(f, Add):
            rest = [g for m, g in enumerate(expr.args) if m != n]
            return plus(*(_signed(rest, t) for t in f.args))
    return None


def _signed(rest: list[Expr], term: Expr) -> Expr:
    """A product with one number in it, in front."""
    whole = times(*rest, term)
    return one_number(whole) or whole


def _turned(expr: Expr) -> Expr | None:
    """-(u - v) = v - u"""
    if not isinstance(expr, Mul):
        return None
    number = Mul(*(f for f in expr.args if f.is_Number))
    others = [f for f in expr.args if not f.is_Number]
    if not number.is_negative:
        return None
    places = [n for n, f in enumerate(others) if isinstance(f, Add)] or [
        n for n, f in enumerate(others) if isinstance(f, IndexSum)
    ]
    if len(places) != 1:
        return None
    (n,) = places
    inner = others[n]
    found = _flipped(inner) if isinstance(inner, Add) else _turned_body(inner)
    return None if found is None else times(-number, *others[:n], found, *others[n + 1 :])


def _turned_body(total: IndexSum) -> Expr | None:
    """-Σ_j (u - v) = Σ_j (v - u), by the law within the sum"""
    body = _turned(times(S.NegativeOne, total.body))
    return None if body is None else IndexSum(body, *total.bound)


def _flipped(total: Add) -> Expr:
    return plus(*(_signed([S.NegativeOne], t) for t in total.args))


def _both(expr: Expr) -> Expr | None:
    """(u - v)(w - x) = (v - u)(x - w)"""
    sums = [f for f in expr.args if isinstance(f, Add)] if isinstance(expr, Mul) else []
    if len(sums) != 2:
        return None
    return times(*(_flipped(f) if isinstance(f, Add) else f for f in expr.args))


def _even(expr: Expr) -> Expr | None:
    """(u - v)^2 = (v - u)^2"""
    if not isinstance(expr, Pow) or not expr.exp.is_even or not isinstance(expr.base, Add):
        return None
    return Pow(_flipped(expr.base), expr.exp, evaluate=False)


def _choice(expr: Expr) -> Expr | None:
    """-where(c, u, v) = where(c, -u, -v)"""
    if not isinstance(expr, Mul) or not Mul(*(f for f in expr.args if f.is_Number)).is_negative:
        return None
    for n, f in enumerate(expr.args):
        if isinstance(f, Where):
            condition, u, v = f.args
            u, v = (_opposite(branch) for branch in (u, v))
            rest = (g for m, g in enumerate(expr.args) if m != n)
            return times(S.NegativeOne, *rest, Where(condition, u, v))
    return None


def _chosen(expr: Expr) -> Expr | None:
    """where(c, u, 0) = [c] u, and where(c, 0, v) = where(not c, v, 0)"""
    if not isinstance(expr, Where) or S.Zero not in expr.args[1:]:
        return None
    condition, u, v = expr.args
    return times(Iverson(condition), u) if v == 0 else times(Iverson(Not(condition)), v)


def _met(expr: Expr) -> Expr | None:
    """[j = k] = δ_jk, and [j != k] = 1 - δ_jk"""
    condition = expr.args[0] if isinstance(expr, Iverson) else None
    if not isinstance(condition, Eq | Ne) or not all(map(is_position, condition.args)):
        return None
    delta = Delta(*condition.args)
    return delta if isinstance(condition, Eq) else plus(S.One, times(S.NegativeOne, delta))


def _lowered(expr: Expr) -> Expr | None:
    """u^(c - 1) = u^c/u"""
    if not isinstance(expr, Pow) or not isinstance(expr.exp, Add) or -1 not in expr.exp.args:
        return None
    rest = plus(*without(expr.exp.args, S.NegativeOne))
    return times(Pow(expr.base, rest, evaluate=False), Pow(expr.base, -1, evaluate=False))


def _opposite(expr: Expr) -> Expr:
    return _flipped(expr) if isinstance(expr, Add) else _signed([S.NegativeOne], expr)


def split(expr: Expr) -> Expr | None:
    """Σ_j (f_j + g_j) = Σ_j f_j + Σ_j g_j"""
    if not isinstance(expr, IndexSum) or not isinstance(expr.body, Add):
        return None
    return plus(*(IndexSum(t, *expr.bound) for t in expr.body.args))


def _added(expr: Expr) -> Expr | None:
    """2 u + 3 u = 5 u"""
    if not isinstance(expr, Add):
        return None
    found: dict[Poly | Hashable, tuple[Expr, Expr]] = {}
    for term in expr.args:
        factors = term.args if isinstance(term, Mul) else (term,)
        number = Mul(*(f for f in factors if f.is_Number))
        rest = times(*(f for f in factors if not f.is_Number))
        key = form(rest) or unordered(rest)
        count, first = found.get(key, (Integer(0), rest))
        found[key] = (count + number, first)
    if len(found) == len(expr.args):
        return None
    return plus(*(times(c, r) for c, r in found.values() if c != 0))


def _squared(expr: Expr) -> Expr | None:
    """u u = u^2"""
    if not isinstance(expr, Mul):
        return None
    kept: list[Expr] = []
    for f in expr.args:
        base, power = (f.base, f.exp) if isinstance(f, Pow) and f.exp.is_Integer else (f, S.One)
        for n, g in enumerate(kept):
            other, old = (g.base, g.exp) if isinstance(g, Pow) and g.exp.is_Integer else (g, S.One)
            if not f.is_Number and other == base and old * power > 0:
                kept[n] = Pow(base, old + power, evaluate=False)
                break
        else:
            kept.append(f)
    return None if len(kept) == len(expr.args) else times(*kept)


def _apart(expr: Expr) -> Expr | None:
    """(u v)^2 = u^2 v^2"""
    if not isinstance(expr, Pow) or not expr.exp.is_Integer:
        return None
    if isinstance(expr.base, Pow) and expr.base.exp.is_Integer:
        return Pow(expr.base.base, expr.base.exp * expr.exp, evaluate=False)
    if not isinstance(expr.base, Mul):
        return None
    return times(*(Pow(f, expr.exp, evaluate=False) for f in expr.base.args))


def _mirrored(expr: Expr) -> Expr | None:
    """exp(-u)/(1 + exp(-u)) = 1/(1 + exp(u)), and the same for squares"""
    factors = expr.args if isinstance(expr, Mul) else ()
    for f in factors:
        if not isinstance(f, Pow) or not f.exp.is_Integer or f.exp >= 0:
            continue
        inner = [a for a in f.base.args if isinstance(a, exp)] if isinstance(f.base, Add) else []
        if len(inner) != 1 or sorted(map(str, f.base.args))[0] != "1" or len(f.base.args) != 2:
            continue
        u = inner[0].args[0]
        over = exp(_signed([S.NegativeOne], u), evaluate=False)
        above = [g for g in factors if g == inner[0]]
        power = -f.exp - len(above)
        rest = [g for g in factors if g is not f and g != inner[0]]
        base = plus(S.One, over) if f.base.args[0] == 1 else plus(over, S.One)
        left = [over] if power == 1 else [Pow(over, power, evaluate=False)] if power > 0 else []
        if above and power >= 0:
            return times(*rest, *left, Pow(base, f.exp, evaluate=False))
    return None


_LAWS: tuple[tuple[str, Callable[[Expr], Expr | None]], ...] = (
    (TURNED, _turned), (BOTH, _both), (EVEN, _even), (CHOICE, _choice), (CANCELS, cancelled),
    (SPREADS, spread), (ADDED, _added), (CONSTANT, taken_out), (SPLITS, split),
    (SQUARE, _squared), (APART, _apart), (MIRRORED, _mirrored), (CHOSEN, _chosen),
    (MET, _met), (LOWERED, _lowered),
)  # fmt: skip

"""Small laws on a written expression, each applied wherever it can be."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Basic, Expr, Mul, Pow, S

from symbackprop.algebra.nodes import Array, Delta, Element, Index, IndexSum, Position
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import Poly
from symbackprop.algebra.reading import product
from symbackprop.algebra.unevaluated import joined, times
from symbackprop.errors import NotYet

Change = Callable[[Expr], Expr | None]
CONSTANT = "Σ_j c f_j = c Σ_j f_j"
CANCELS = "c u / (c v) = u / v"


def tidied(expr: Expr) -> tuple[str, Expr] | None:
    """The law that applies first, and what it makes of the expression."""
    for law, change in ((CANCELS, cancelled), (CONSTANT, taken_out)):
        new = everywhere(change, expr)
        if new is not expr:
            return law, new
    return None


def everywhere(change: Change, expr: Expr) -> Expr:
    """The expression with a change made to every part of it, the innermost first."""
    if isinstance(expr, Element | Index | Delta | Array | Position) or not expr.args:
        return expr
    parts = [everywhere(change, a) if isinstance(a, Expr) else a for a in expr.args]
    if any(a is not b for a, b in zip(parts, expr.args, strict=True)):
        expr = joined(expr, parts)
        expr = one_number(expr) or expr
    found = change(expr)
    return expr if found is None else one_number(found) or found


def one_number(expr: Expr) -> Expr | None:
    """-(-u) = u: a product with one number, what arithmetic does without being asked."""
    if not isinstance(expr, Mul) or sum(f.is_Number for f in expr.args) < 2:
        return None
    numbers = [f for f in expr.args if f.is_Number]
    return times(Mul(*numbers), *(f for f in expr.args if not f.is_Number))


def taken_out(expr: Expr) -> Expr | None:
    """Σ_j c f_j = c Σ_j f_j"""
    if not isinstance(expr, IndexSum):
        return None
    factors = list(expr.body.args) if isinstance(expr.body, Mul) else [expr.body]
    bound = set(expr.bound)
    fixed = [f for f in factors if not f.free_symbols & bound]
    moving = [f for f in factors if f.free_symbols & bound]
    if not fixed:
        return None
    if not moving:
        return times(*fixed, *(b.size for b in expr.bound))
    return times(*fixed, IndexSum(times(*moving), *expr.bound))


def cancelled(expr: Expr) -> Expr | None:
    """c u / (c v) = u / v"""
    if not isinstance(expr, Mul) or not any(isinstance(f, Pow) for f in expr.args):
        return None
    read = product(expr)
    above, below = list(read.numerator), list(read.denominator)
    changed = False
    for f in list(above):
        base, power = _power(f)
        own = form(base)
        for n, g in enumerate(below):
            other, down = _power(g)
            if own is None or form(other) != own:
                continue
            above.remove(f)
            below.pop(n)
            if power > down:
                above.append(_raised(base, power - down))
            elif down > power:
                below.insert(n, _raised(other, down - power))
            changed = True
            break
    if not changed:
        return None
    sign = -read.coefficient if read.negative else read.coefficient
    return times(sign, *above, *(Pow(*_inverse(g), evaluate=False) for g in below))


def _power(f: Basic) -> tuple[Expr, Expr]:
    """The base and the exponent of a factor, which is a number above 0."""
    if isinstance(f, Pow) and f.exp.is_Rational and f.exp > 0:
        return f.base, f.exp
    return f, S.One


def _raised(base: Expr, power: Expr) -> Expr:
    return base if power == 1 else Pow(base, power, evaluate=False)


def _inverse(g: Expr) -> tuple[Expr, Expr]:
    base, power = _power(g)
    return base, -power


def form(e: Expr) -> Poly | None:
    """The normal form, for equality up to the names of bound indices; None without one."""
    try:
        return normal(e)
    except NotYet:
        return None

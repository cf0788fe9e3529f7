"""Laws of functions that choose or change sign: comparisons, where, max, min, |u|, odd and even."""

from __future__ import annotations

from sympy import S

from symbackprop.algebra.functions import Function
from symbackprop.algebra.poly import ONE, UNIT, ZERO, Node, Poly, atom, mono, number, only
from symbackprop.algebra.positions import as_position, compared, equal_positions, unequal_positions
from symbackprop.algebra.registry import law
from symbackprop.algebra.signs import poly_nonnegative, poly_positive


def function_of(function: Function, u: Poly) -> Poly:
    """A function of the table: its value at 0, its parity, else an atom."""
    if not u and function.zero is not None:
        return number(function.zero)
    if function.parity and u and all(c < 0 for c in u.terms.values()):
        return odd_or_even(function, u)
    return atom(Node(function.head, (u,)))


@law
def odd_or_even(function: Function, u: Poly) -> Poly:
    """f(-u) = -f(u) for an odd function f, f(-u) = f(u) for an even one"""
    return atom(Node(function.head, (-u,))).scale(-1 if function.parity == "odd" else 1)


@law
def larger_or_smaller(head: str, u: Poly, v: Poly) -> Poly:
    """max(u, u + c) = u + c and min(u, u + c) = u for a number c >= 0"""
    difference = (v - u).constant
    if difference is None:
        return atom(Node(head, (u, v)))
    return v if (difference > 0) == (head == "maximum") else u


@law
def where_of(condition: Poly, u: Poly, v: Poly) -> Poly:
    """where(c, u, v) = v + (u - v) [c] for numbers u and v; u where u = v or c is decided"""
    if u == v or condition.constant == 1:
        return u
    if condition.constant == 0:
        return v
    first, second = u.constant, v.constant
    if first is None or second is None:
        return atom(Node("where", (condition, u, v)))
    return v + bracket(condition).scale(first - second)


@law
def abs_of(p: Poly) -> Poly:
    """|u| = u where u >= 0, and |c u| = |c| |u|."""
    if poly_nonnegative(p):
        return p
    if poly_nonnegative(-p):
        return -p
    single = p.single()
    if single is not None:
        m, c = single
        return atom(Node("abs", (mono(m),))).scale(c if c > 0 else -c)
    return atom(Node("abs", (p,)))


_COMPARE = {"gt": float.__gt__, "ge": float.__ge__, "eq": float.__eq__, "ne": float.__ne__}


def bracket(condition: Poly) -> Poly:
    """[c], which is a number where the condition is decided, and δ_ij for [i = j]."""
    if condition.constant is not None:
        return condition
    node = only(condition)
    if isinstance(node, Node) and node.head in ("eq", "ne"):
        gap = as_position(node.args[0] - node.args[1])
        if gap is not None:
            return (equal_positions if node.head == "eq" else unequal_positions)(gap, S.Zero)
    if isinstance(node, Node) and node.head in ("gt", "ge"):
        simpler = with_extreme(node.head, *node.args)
        if simpler is not None:
            return simpler
    return atom(Node("iverson", (condition,)))


@law
def with_extreme(head: str, u: Poly, v: Poly) -> Poly | None:
    """[max(a, b) > v] = [a > v] where b <= v, 1 where b > v; so for min, >= and the other side"""
    for side, node in enumerate((only(u), only(v))):
        if not isinstance(node, Node) or node.head not in ("maximum", "minimum"):
            continue
        first, second = (
            bracket(comparison(head, a, v) if side == 0 else comparison(head, u, a))
            for a in node.args
        )
        # Larger than the smallest, or smaller than the largest: one of the two is enough.
        enough = int((node.head == "maximum") == (side == 0))
        for decided, other in ((first, second), (second, first)):
            if decided.constant is not None:
                return decided if decided.constant == enough else other
    return None


@law
def number_moved(u: Poly, v: Poly) -> Poly:
    """u + c > d = u > d - c for numbers c and d: the right side"""
    return v - number(u.terms.get(UNIT, 0))


def _numbers_apart(u: Poly, v: Poly) -> tuple[Poly, Poly]:
    """The sides of a comparison; where one is a number, the other has none."""
    if v.constant is not None and UNIT in u.terms:
        return u - number(u.terms[UNIT]), number_moved(u, v)
    if u.constant is not None and UNIT in v.terms:
        return number_moved(v, u), v - number(v.terms[UNIT])
    return u, v


def comparison(head: str, u: Poly, v: Poly) -> Poly:
    """A comparison, decided where the sides differ by a number, written with few minus signs."""
    difference = (u - v).constant
    if difference is not None:
        return number(int(_COMPARE[head](float(difference), 0.0)))
    if head in ("gt", "ge") and (gap := as_position(u - v)) is not None:
        return compared(head, gap, S.Zero)
    if head in ("gt", "ge"):
        if poly_positive(u - v):
            return ONE
        if poly_nonnegative(v - u) if head == "gt" else poly_positive(v - u):
            return ZERO
        u, v = _numbers_apart(u, v)
    if head in ("eq", "ne") and all(c < 0 for c in u.terms.values()):
        u, v = -u, -v
    elif head in ("gt", "ge") and all(c < 0 for p in (u, v) for c in p.terms.values()):
        u, v = -v, -u
    return atom(Node(head, (u, v)))

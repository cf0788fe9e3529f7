"""Integers among the values: positions as polynomials, comparisons of them, ranges of axes."""

from __future__ import annotations

from fractions import Fraction

from sympy import Add, Expr, Integer, Mul, Pow, S, Symbol

from symbackprop.algebra.nodes import Array, Delta, Index, Position
from symbackprop.algebra.poly import ONE, ZERO, Node, Poly, add, atom, number
from symbackprop.algebra.registry import law
from symbackprop.algebra.subscripts import at_least, bounds, canonical
from symbackprop.errors import NotYet


def integer(u: Expr) -> Poly:
    """A size or a subscript (a number, a name, or a sum or product of them) in normal form."""
    if isinstance(u, Integer):
        return number(int(u))
    if isinstance(u, Symbol | Position):
        return atom(u)
    if isinstance(u, Pow) and u.exp.is_Integer and u.exp > 0:
        return atom(u.base, int(u.exp))
    parts = [integer(a) for a in u.args]
    if u.is_Add:
        return add(parts)
    if u.is_Mul:
        total = ONE
        for part in parts:
            total = total * part
        return total
    raise NotYet(f"an axis of size {u}: a size is a number, a name, or + and * of them")


def as_position(p: Poly) -> Expr | None:
    """The subscript that a polynomial is, None where it is not made of positions and sizes."""
    terms = []
    moving = False
    for m, c in p.terms.items():
        if Fraction(c).denominator != 1:
            return None
        factors: list[Expr] = [Integer(int(c))]
        for a, e in m:
            if not isinstance(a, Symbol | Position) or isinstance(a, Array) or e < 1 or e != int(e):
                return None
            moving = moving or isinstance(a, Index | Position)
            factors.append(a ** int(e))
        terms.append(Mul(*factors))
    return canonical(Add(*terms)) if moving else None


def in_range(u: Expr, size: Expr) -> Poly:
    """[1 <= u] [u <= size], each left out where it always holds."""
    return bracket_at_least(u, S.One) * bracket_at_least(size, u)


def bracket_at_least(u: Expr, v: Expr) -> Poly:
    """[u >= v]"""
    condition = compared("ge", u, v)
    decided = condition.constant
    return condition if decided is not None else atom(Node("iverson", (condition,)))


@law
def compared(head: str, u: Expr, v: Expr) -> Poly:
    """u > v, u >= v of integers: decided where the ranges say so; i <= 1 is i = 1"""
    gap = canonical(u - v - (1 if head == "gt" else 0))
    if (decided := at_least(gap, S.Zero)) is not None:
        return ONE if decided else ZERO
    ends = bounds(gap)
    if ends is not None and ends[1] == 0:
        i, j = Delta(gap, S.Zero).args
        return atom(Node("eq", (integer(i), integer(j))))
    constant, rest = gap.as_coeff_Add()
    terms = Add.make_args(rest)
    left = Add(*(t for t in terms if not t.could_extract_minus_sign()))
    right = Add(*(-t for t in terms if t.could_extract_minus_sign()))
    if constant == -1 and left != 0:
        return atom(Node("gt", (integer(left), integer(right))))
    if constant == 1 and left == 0:
        return atom(Node("ge", (number(1), integer(right))))
    if constant > 0:
        left += constant
    else:
        right -= constant
    return atom(Node("ge", (integer(left), integer(right))))


def unequal_positions(u: Expr, v: Expr) -> Poly:
    """[i != j], as an inequality for an end of the range: [i != 1] = [i >= 2]"""
    for gap in (canonical(u - v), canonical(v - u)):
        ends = bounds(gap)
        if ends is not None and ends[0] == 0:
            return bracket_at_least(gap, S.One)
    return ONE - equal_positions(u, v)


@law
def equal_positions(u: Expr, v: Expr) -> Poly:
    """[i = j] = δ_ij for integers"""
    found = Delta(u, v)
    return number(int(found)) if found.is_Integer else atom(found)

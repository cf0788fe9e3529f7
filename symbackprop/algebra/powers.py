"""Laws of powers, exponentials and logarithms in normal form.

A fractional power and a logarithm say that their argument is positive wherever the forward pass
is defined; the laws below use no more than that.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from sympy import Integer, integer_nthroot

from symbackprop.algebra.nodes import Element
from symbackprop.algebra.poly import (
    ONE,
    ZERO,
    Atom,
    Monomial,
    Node,
    Number,
    Poly,
    add,
    atom,
    deep_atoms,
    exponent,
    mono,
    mono_key,
    multiply,
    number,
    ratio,
)
from symbackprop.algebra.registry import law
from symbackprop.algebra.signs import nonnegative, positive
from symbackprop.errors import ZeroDivisor


def power(p: Poly, q: Number) -> Poly:
    """p**q for a rational q, as a monomial where p has one term, else as a power of a base."""
    if q == 0:
        return ONE
    if q == 1:
        return p
    single = p.single()
    if not p:
        if q < 0:
            raise ZeroDivisor("something is divided by what is always 0: the quotient has no value")
        return ZERO
    if single is None:
        return power_of_sum(p, q)
    return power_of_product(*single, q)


@law
def power_of_product(m: Monomial, c: Number, q: Number) -> Poly:
    """(c Π A_i^p_i)^q = c^q Π A_i^(p_i q): for an integer q, or where every A_i >= 0."""
    if q == int(q):
        exponents = ((a, exponent(a, e * q)) for a, e in m)
        return mono(exponents, _rational_power(c, int(q)))
    unknown = [(a, e) for a, e in m if not nonnegative(a) and e == int(e)]
    if len(unknown) > 1 or (c < 0) or (unknown and not _odd(unknown[0][1])):
        if len(unknown) == 1 and c > 0:
            (a, e), = unknown
            rest = power_of_product(m - {(a, e)}, c, q)
            return rest * atom(Node("abs", (atom(a),)), e * q)
        return atom(Node("base", (mono(m, c),)), q)
    return mono((a, e * q) for a, e in m) * _root(Fraction(c), Fraction(q))


def _odd(e: Number) -> bool:
    return int(e) % 2 == 1


def _rational_power(c: Number, q: int) -> Number:
    return c**q if q >= 0 else ratio(1, c**-q)


def _root(c: Fraction, q: Fraction) -> Poly:
    """c^q for c > 0: exact roots leave the radical, the rest are atoms Integer(prime part)^q."""
    result = ONE
    for part, sign in ((c.numerator, 1), (c.denominator, -1)):
        base, exact = integer_nthroot(part, q.denominator)
        if exact:
            result = result.scale(_rational_power(int(base), sign * q.numerator))
        else:
            result = result * atom(Integer(part), sign * q)
    return result


@law
def power_of_sum(p: Poly, q: Number) -> Poly:
    """(c m u)^q = c^q m^q u^q: the content of a sum leaves its power, with denominators cleared."""
    p = spliced(p)
    if len(p) < 2:
        return power(p, q)
    content, coefficient, rest = _split(p, q)
    outside = power(mono(content, coefficient), q)
    if rest.single() is not None or not rest:
        return outside * power(rest, q)
    return outside * atom(Node("base", (rest,)), q)


def spliced(p: Poly) -> Poly:
    """1 + 2 (u + v) = 1 + 2 u + 2 v: a base that is a whole term joins the sum."""
    total = p
    for m, c in p.terms.items():
        a, e = next(iter(m)) if len(m) == 1 else (None, 0)
        if isinstance(a, Node) and a.head == "base" and e == 1:
            total = total + a.args[0].scale(c) - mono(m, c)
    return total if total is p else spliced(total)


def _split(p: Poly, q: Number) -> tuple[Monomial, Number, Poly]:
    """p = coefficient * monomial * rest, with the denominators of p cleared in the rest."""
    content, coefficient = _content(p, q)
    if not content and coefficient == 1:
        return content, coefficient, p
    rest = p * mono(((a, -e) for a, e in content), ratio(1, coefficient))
    if any(isinstance(a, Node) and a.head == "base" and e < 0 for a, e in content):
        rest = expand(rest)
        if len(rest) > 1:
            inner, number_, rest = _split(rest, q)
            return multiply(content, inner), coefficient * number_, rest
    return content, coefficient, rest


def _content(p: Poly, q: Number) -> tuple[Monomial, Number]:
    """The common monomial (smallest exponents) and common number of the terms.

    The sign is taken out so that most terms, and failing that the first, are positive; for a
    fractional power only a positive monomial is taken out, and no number (it would leave a root).
    """
    exponents: dict[Atom, Number] = {}
    for a in p.atoms():
        found = [dict(m).get(a, 0) for m in p.terms]
        low = min(found)
        sizes_only = not any(isinstance(b, Element) for b in deep_atoms(atom(a)))
        if low < 0 and (q in (1, 2, 3) or sizes_only):
            low = min(max(found), 0)  # a mean stays a mean, and a factor keeps its fractions
        if low and (q == int(q) or positive(a)):
            exponents[a] = low
    if q != int(q):
        return frozenset(exponents.items()), 1
    values = [Fraction(c) for c in p.terms.values()]
    denominators = {v.denominator for v in values}
    size = Fraction(gcd(*(v.numerator for v in values)),
                    denominators.pop() if len(denominators) == 1 else 1)
    negative = sum(v < 0 for v in values)
    leading = p.terms.get(frozenset()) or p.terms[min(p.terms, key=mono_key)]
    if 2 * negative > len(values) or (2 * negative == len(values) and leading < 0):
        size = -size
    return frozenset(exponents.items()), size


@law
def exp_of_sum(u: Poly) -> Poly:
    """exp(Σ c_i m_i) = Π exp(m_i)^c_i, and exp(c log A) = A^c."""
    result = ONE
    for m, c in expand(u, linear=True).terms.items():
        a, e = next(iter(m)) if len(m) == 1 else (None, 0)
        if isinstance(a, Node) and a.head == "log" and e == 1:
            result = result * power(a.args[0], c)
        else:
            result = result * atom(Node("exp", (mono(m),)), c)
    return result


@law
def log_of_product(p: Poly) -> Poly:
    """log(c Π A_i^q_i) = log c + Σ q_i log A_i for positive A_i, and log exp(u) = u."""
    single = p.single()
    if single is None:
        content, _, rest = _split(p, Fraction(1, 2))
        last = log_of_product(rest) if len(rest) == 1 else atom(Node("log", (rest,)))
        return add([_log_atom(a).scale(e) for a, e in content] + [last])
    m, c = single
    unknown = [(a, e) for a, e in m if not positive(a)]
    if c <= 0 or len(unknown) > 1 or (unknown and unknown[0][1] == int(unknown[0][1])
                                      and not _odd(unknown[0][1])):
        return atom(Node("log", (p,)))
    parts = [_log_atom(a).scale(e) for a, e in m]
    for part, sign in ((Fraction(c).numerator, 1), (Fraction(c).denominator, -1)):
        if part != 1:
            parts.append(atom(Node("log", (number(part),))).scale(sign))
    return add(parts)


def _log_atom(a: Atom) -> Poly:
    if isinstance(a, Node) and a.head == "exp":
        return a.args[0]
    return atom(Node("log", (a.args[0] if isinstance(a, Node) and a.head == "base" else atom(a),)))


def expand(p: Poly, linear: bool = False) -> Poly:
    """Multiply out every base to a positive integer power among the terms (not inside nodes).

    linear: leave those to a higher power than the first, such as (x - mu)^2, as they are.
    """
    while True:
        total: list[Poly] = []
        changed = False
        for m, c in p.terms.items():
            product = ONE
            rest: list[tuple[Atom, Number]] = []
            for a, e in m:
                wanted = e == 1 if linear else e >= 1
                if isinstance(a, Node) and a.head == "base" and wanted:
                    whole = int(e)
                    for _ in range(whole):
                        product = product * a.args[0]
                    if e != whole:
                        rest.append((a, e - whole))
                    changed = True
                else:
                    rest.append((a, e))
            total.append(product * mono(rest, c))
        if not changed:
            return p
        p = add(total)

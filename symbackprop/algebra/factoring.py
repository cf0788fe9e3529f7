"""Ways to write a polynomial as products: what terms share stands before a sum of what is left.

Each way gives an equal polynomial with fewer terms, in which the sums that were taken together
stand as bases. Which way is best, the cost of the arranged expression decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import gcd, lcm

from symbackprop.algebra.nodes import Element, Index
from symbackprop.algebra.poly import (
    Atom,
    Monomial,
    Node,
    Number,
    Poly,
    add,
    atom_key,
    deep_atoms,
    mono,
    mono_free,
    mono_key,
    multiply,
    ratio,
)
from symbackprop.algebra.powers import spliced

_FEW_TERMS = 5
_CHOICES = 3  # atoms that are tried as the factor of some of the terms


def factorings(p: Poly) -> tuple[Poly, ...]:
    """Polynomials equal to p, of fewer terms."""
    return tuple(dict.fromkeys((*_by_common_factor(p), *_by_horner(p), *_by_merging(p))))


def into_denominator(m: Monomial) -> Monomial:
    """E / (1 + E) = 1 / (1/E + 1), for an exponential E: one operation less."""
    for a, e in m:
        for b, f in m:
            if (
                isinstance(a, Node) and a.head == "exp" and isinstance(b, Node)
                and b.head == "base" and f == -e and a in b.args[0].atoms()
            ):
                divided = b.args[0] * mono(((a, -1),))
                if _common(divided)[0]:
                    continue
                return multiply(m - {(a, e), (b, f)}, frozenset({(Node("base", (divided,)), f)}))
    return m


def sign_into_base(m: Monomial, c: Number) -> tuple[Monomial, Number]:
    """-2 (t - y) = 2 (y - t), and 2 (-t - y) = -2 (t + y): a sign goes where it makes fewer."""
    for a, e in sorted(m, key=lambda x: mono_key(frozenset((x,)))):
        if isinstance(a, Node) and a.head == "base" and e == int(e) and int(e) % 2:
            inner = spliced(a.args[0])
            if c < 0 and not any(isinstance(x, Element | Node) for x in deep_atoms(inner)):
                continue  # of sizes, as N - 1 is: it stays positive
            negative = sum(v < 0 for v in inner.terms.values())
            if negative if c < 0 else negative == len(inner):
                return multiply(m - {(a, e)}, frozenset({(Node("base", (-inner,)), e)})), -c
        if isinstance(a, Node) and a.head == "sum" and e == 1 and c < 0:
            body = a.args[0].single()
            if body is not None:
                inside, sign = sign_into_base(body[0], -1)
                if sign > 0:
                    turned = Node("sum", (mono(inside, body[1]),), a.bound)
                    return multiply(m - {(a, e)}, frozenset({(turned, e)})), -c
    return m, c


def as_base(p: Poly) -> Poly:
    """A sum of several terms as one term."""
    return p if len(p) < 2 else mono(((Node("base", (p,)), 1),))


def factored_out(p: Poly) -> Poly:
    """c m (u + v) for a sum, as one term: what its terms share stands before a base."""
    content, coefficient = _common(p)
    inverse = mono(((a, -e) for a, e in content), ratio(1, coefficient))
    return mono(content, coefficient) * as_base(p * inverse)


def by_cases(p: Poly) -> tuple[Poly, Poly, Poly] | None:
    """c, u, v for a sum [c] u + [not c] v."""
    brackets = {a for a in p.atoms() if isinstance(a, Node) and a.head == "iverson"}
    for a in sorted(brackets, key=atom_key):
        b = _opposite(a)
        if b not in brackets:
            continue
        first = {m - {(a, 1)}: c for m, c in p.terms.items() if (a, 1) in m}
        second = {m - {(b, 1)}: c for m, c in p.terms.items() if (b, 1) in m}
        both = any((a, 1) in m and (b, 1) in m for m in p.terms)
        if len(first) + len(second) == len(p) and not both:
            return a.args[0], Poly(first), Poly(second)
    return None


def _opposite(bracket: Node) -> Node | None:
    """[v >= u] of [u > v], and [u != v] of [u = v]."""
    ((condition, _),) = next(iter(bracket.args[0].terms))
    if not isinstance(condition, Node) or condition.head not in ("gt", "eq"):
        return None
    u, v = condition.args
    other = Node("ge", (v, u)) if condition.head == "gt" else Node("ne", (u, v))
    return Node("iverson", (mono(((other, 1),)),))


def _by_horner(p: Poly) -> Iterator[Poly]:
    """Ways to take one atom out of some of the terms."""
    counts: dict[tuple[Atom, bool], int] = {}
    for m in p.terms:
        for a, e in m:
            counts[a, e > 0] = counts.get((a, e > 0), 0) + 1
    chosen = [k for k, n in counts.items() if n > 1]
    chosen.sort(key=lambda k: (-counts[k], atom_key(k[0])))
    for a, up in chosen[: _CHOICES if len(p) <= _FEW_TERMS else 1]:
        inside: dict[Monomial, Number] = {}
        outside: dict[Monomial, Number] = {}
        for m, c in p.terms.items():
            e = dict(m).get(a, 0)
            (inside if e and (e > 0) == up else outside)[m] = c
        if outside:
            yield factored_out(Poly(inside)) + Poly(outside)


def _by_common_factor(p: Poly) -> Iterator[Poly]:
    """a u - b u = (a - b) u and u - a u = (1 - a) u, for a sum u of several terms."""
    cofactors: dict[Atom, Poly] = {}
    for a, e in {factor for m in p.terms for factor in m}:
        terms = {m - {(a, e)}: c for m, c in p.terms.items() if (a, e) in m}
        if len(terms) < 2:
            continue
        if e == 1:
            cofactors[a] = Poly(terms)
        rest = p - Poly(terms) * mono(((a, e),))
        for sign_ in (1, -1):
            if rest == Poly(terms).scale(sign_):
                pair = add((mono((), sign_), mono(((a, e),))))
                yield as_base(pair) * factored_out(Poly(terms))
    ordered = sorted(cofactors, key=atom_key)
    for place, a in enumerate(ordered):
        for b in ordered[place + 1 :]:
            for sign_ in (1, -1):
                if cofactors[a] == cofactors[b].scale(sign_):
                    pair = add((mono(((a, 1),)), mono(((b, 1),), sign_)))
                    rest = p - pair * cofactors[a]
                    if len(rest) < len(p):
                        yield as_base(pair) * factored_out(cofactors[a]) + rest


def _by_merging(p: Poly) -> Iterator[Poly]:
    """Σ_j w_j f_j + Σ_j w_j g_j = Σ_j w_j (f_j + g_j), where the bodies share a factor."""
    groups: dict[tuple[Index, ...], list[Monomial]] = {}
    for m in p.terms:
        sums = [a for a, e in m if isinstance(a, Node) and a.head == "sum" and e == 1]
        if len(sums) == 1:
            groups.setdefault(sums[0].bound, []).append(m)
    for bound, monomials in groups.items():
        if len(monomials) < 2:
            continue
        body = add(_into_sum(m, p.terms[m]) for m in monomials)
        if mono_free(_common(body)[0]).intersection(bound):
            rest = Poly({m: c for m, c in p.terms.items() if m not in monomials})
            yield mono(((Node("sum", (body,), bound), 1),)) + rest


def _into_sum(m: Monomial, c: Number) -> Poly:
    """A monomial with one Σ among its factors: everything else moved inside."""
    node = next(a for a, e in m if isinstance(a, Node) and a.head == "sum" and e == 1)
    return node.args[0] * mono(m - {(node, 1)}, c)


def _common(p: Poly) -> tuple[Monomial, Number]:
    """What all terms share: atoms to exponents of one sign, and a number if that saves work."""
    shared: dict[Atom, Number] | None = None
    for m in p.terms:
        exponents = dict(m)
        if shared is None:
            shared = exponents
            continue
        shared = {
            a: e if (e < exponents[a]) == (e > 0) else exponents[a]
            for a, e in shared.items()
            if a in exponents and (e > 0) == (exponents[a] > 0)
        }
    values = [Fraction(c) for c in p.terms.values()]
    size = Fraction(gcd(*(v.numerator for v in values)), lcm(*(v.denominator for v in values)))
    before = sum(abs(v) != 1 for v in values)
    after = sum(abs(v / size) != 1 for v in values)
    if after + 1 > before:
        size = Fraction(1)
    if all(v < 0 for v in values):
        size = -size
    if size.denominator == 1:
        return frozenset((shared or {}).items()), int(size)
    return frozenset((shared or {}).items()), size

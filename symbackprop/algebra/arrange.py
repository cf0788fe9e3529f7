"""From the normal form back to an expression that reads well: factored, in a steady order.

Of the ways to factor a sum, the one with the least cost (`cost.py`) is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations

from sympy import (
    Add,
    And,
    Eq,
    Expr,
    Ge,
    Gt,
    Integer,
    Le,
    Lt,
    Mul,
    Ne,
    Not,
    Or,
    Pow,
    Rational,
    exp,
)

from symbackprop.algebra.cost import cost
from symbackprop.algebra.deadline import check_time
from symbackprop.algebra.factoring import (
    as_base,
    by_cases,
    factored_out,
    factorings,
    into_denominator,
    sign_into_base,
)
from symbackprop.algebra.functions import TABLE
from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Element,
    Index,
    IndexMax,
    IndexProduct,
    IndexSum,
    Iverson,
    Maximum,
    Minimum,
    Where,
)
from symbackprop.algebra.poly import (
    Atom,
    Monomial,
    Node,
    Number,
    Poly,
    add,
    atom_free,
    mono,
    mono_free,
    mono_key,
)
from symbackprop.algebra.powers import spliced

_FUNCTIONS: dict[str, Callable[..., Expr]] = {
    **{f.head: f.cls for f in TABLE},
    "gt": Gt, "ge": Ge, "eq": Eq, "ne": Ne, "and": And, "or": Or, "not": Not,
}  # fmt: skip
_NODES: dict[str, Callable[..., Expr]] = {
    "where": Where, "maximum": Maximum, "minimum": Minimum, "iverson": Iverson,
}  # fmt: skip
_MIRRORED: dict[str, Callable[..., Expr]] = {"gt": Lt, "ge": Le}  # 0 > x is written x < 0


class Arranger:
    """Arranges normal forms over one program.

    rank: the place of each array in the program, for the order of factors.
    free: the free indices of the result in order, for the order of matrix factors.
    quick: take out what all terms share, and try no other factoring.
    """

    def __init__(
        self, rank: Callable[[Array], int], free: tuple[Index, ...] = (), quick: bool = False
    ) -> None:
        self._rank = rank
        self._quick = quick
        self._free = {index: place for place, index in enumerate(free)}
        self._memo: dict[Poly, Expr] = {}

    def arrange(self, p: Poly) -> Expr:
        """The expression of least cost that was found for p."""
        found = self._memo.get(p)
        if found is None:
            check_time()
            found = self._memo[p] = self._arrange(p)
        return found

    def _arrange(self, p: Poly) -> Expr:
        single = p.single()
        if single is not None:
            return self._monomial(*single)
        if not p:
            return Integer(0)
        plain = spliced(p)
        if plain != p:
            return self.arrange(plain)
        whole = factored_out(p)
        if whole != as_base(p):
            options = [self.arrange(whole)]
            if not self._quick:
                options.append(self._flat(p))
            return min(options, key=cost)
        options = [self._flat(p)]
        cases = by_cases(p)
        if cases is not None:
            condition, u, v = cases
            options.insert(0, Where(*(self.arrange(part) for part in (condition, u, v))))
        if not self._quick:
            options += [self.arrange(form) for form in factorings(p)]
        return min(options, key=cost)

    def _flat(self, p: Poly) -> Expr:
        ordered = sorted(p.terms.items(), key=self._term_order)
        return Add(*(self._monomial(m, c) for m, c in ordered), evaluate=False)

    def _monomial(self, m: Monomial, c: Number) -> Expr:
        m, c = sign_into_base(into_denominator(m), c)
        exponentials = [(a, e) for a, e in m if isinstance(a, Node) and a.head == "exp"]
        factors: list[tuple[Atom | Expr, Number, Expr]] = [
            (a, e, self._atom(a)) for a, e in m if (a, e) not in exponentials
        ]
        factors.sort(key=lambda f: self._factor_order(f[0], f[1]))
        parts = [base if e == 1 else Pow(base, _rational(e), evaluate=False)
                 for _, e, base in factors]
        if exponentials:
            parts.insert(self._place(factors), self._exponential(exponentials))
        value = Fraction(c)
        if value != 1 or not parts:
            parts.insert(0, Rational(value.numerator, value.denominator))
        return parts[0] if len(parts) == 1 else Mul(*parts, evaluate=False)

    def _place(self, factors: list[tuple[Atom | Expr, Number, Expr]]) -> int:
        """Exponentials stand before sums and after single elements."""
        return sum(not isinstance(a, Node) for a, _, _ in factors)

    def _exponential(self, factors: list[tuple[Atom, Number]]) -> Expr:
        """Π exp(u_i)^c_i as one exponential or, for exp(p log x), as the power x^p."""
        argument = add(a.args[0].scale(e) for a, e in factors if isinstance(a, Node))
        single = argument.single()
        if single is not None:
            for a, e in single[0]:
                if isinstance(a, Node) and a.head == "log" and e == 1 and len(single[0]) > 1:
                    exponent = mono(single[0] - {(a, e)}, single[1])
                    base = self.arrange(a.args[0])
                    return Pow(base, self.arrange(exponent), evaluate=False)
        return exp(self.arrange(argument), evaluate=False)

    def _atom(self, a: Atom) -> Expr:
        if isinstance(a, Expr):
            return a
        if a.head == "sum":
            return self._contraction(a)
        if a.head == "max":
            return IndexMax(self.arrange(a.args[0]), *a.bound)
        if a.head == "prod":
            return IndexProduct(self.arrange(a.args[0]), *a.bound)
        if a.head == "exp":
            return self._exponential([(a, 1)])
        given = sides(*a.args) if a.head in _MIRRORED else a.args
        args = tuple(self.arrange(p) for p in given)
        if a.head == "base":
            return args[0]
        if a.head in _NODES:
            return _NODES[a.head](*args)
        if a.head in _MIRRORED and len(given[0].free) < len(given[1].free):
            return _MIRRORED[a.head](args[1], args[0], evaluate=False)
        return _FUNCTIONS[a.head](*args, evaluate=False)

    def _contraction(self, node: Node) -> Expr:
        """Σ over several indices, nested in the order that costs least where it is a product."""
        body = node.args[0]
        options = [IndexSum(self.arrange(body), *node.bound)]
        single = body.single()
        if single is not None and 1 < len(node.bound) <= 4:
            options += [self._nested(*single, order) for order in permutations(node.bound)]
        return min(options, key=cost)

    def _nested(self, m: Monomial, c: Number, order: tuple[Index, ...]) -> Expr:
        """Σ_i f_i (Σ_j g_ij), the last index of the order innermost."""
        within = frozenset((a, e) for a, e in m if order[-1] in atom_free(a))
        summed: Expr = IndexSum(self._monomial(within, 1), order[-1])
        rest = self._monomial(m - within, c)
        for index in reversed(order[:-1]):
            summed = IndexSum(_times([rest, summed] if rest != 1 else [summed]), index)
            rest = Integer(1)
        return summed

    def _factor_order(self, a: Atom | Expr, e: Number) -> tuple[int, int, int, int, str]:
        kind = 2
        rank = -1
        if isinstance(a, Element):
            kind, rank = 1, self._rank(a.array)
        elif isinstance(a, Delta):
            kind = 1
        elif isinstance(a, Expr):
            kind = 0
        elif a.head == "base":
            kind = 3
        elif a.head in ("sum", "prod"):
            kind = 4
        free = atom_free(a)
        first = min((self._free.get(i, 99) for i in free), default=-1)
        return kind, len(free), first, rank, mono_key(frozenset(((a, e),)))

    def _term_order(self, term: tuple[Monomial, Number]) -> tuple[object, ...]:
        m, c = term
        order = sorted(self._factor_order(a, e) for a, e in m)
        sums = sum(isinstance(a, Node) and a.head == "sum" for a, _ in m)
        return c < 0, sums, bool(m), -len(mono_free(m)), len(m), order


def sides(u: Poly, v: Poly) -> tuple[Poly, Poly]:
    """1 - t x > 0 as 1 > t x: a number alone on one side, a product of elements on the other."""
    terms = (u - v).terms
    plain = all(isinstance(a, Element) for m in terms for a, _ in m)
    if (u and v) or len(terms) != 2 or frozenset() not in terms or not plain:
        return u, v
    left = Poly({m: c for m, c in terms.items() if c > 0})
    right = Poly({m: -c for m, c in terms.items() if c < 0})
    return (left, right) if left and right else (u, v)


def _times(factors: list[Expr]) -> Expr:
    flat = [f for p in factors for f in (p.args if isinstance(p, Mul) else (p,))]
    return flat[0] if len(flat) == 1 else Mul(*flat, evaluate=False)


def _rational(e: Number) -> Rational:
    value = Fraction(e)
    return Rational(value.numerator, value.denominator)

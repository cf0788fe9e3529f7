"""The cost of computing an expression: operations weighted by the elements they touch.

A symbolic size counts as 100; a node that occurs twice is counted once; a product of matrices
is cheaper for each multiplication than an elementwise product, which is bound by memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from math import prod

from sympy import Add, Basic, Eq, Expr, Integer, Mul, Pow, Rational, Symbol, exp, log, tanh

from symbackprop.algebra.blocks import in_blocks
from symbackprop.algebra.nodes import (
    Delta,
    Element,
    Index,
    IndexMax,
    IndexProduct,
    IndexSum,
    Iverson,
    MatrixFunction,
    Position,
    Quotient,
    Reduction,
    Remainder,
    Where,
)
from symbackprop.algebra.registry import CACHES
from symbackprop.algebra.subscripts import indices_of
from symbackprop.algebra.trees import rename, walk

NOMINAL = 100
FUNCTION = 8.0  # exp, log, tanh and the like: per element
DIVISION = 1.6
CONTRACTION = 0.2  # one multiply-add of a matrix product
NODE = 0.01  # one operation as it is written: of two equal costs, the shorter expression
LOAD = 0.02  # reading one element
RISK = 1.2  # a difference of two values that may be large and nearly equal: digits are lost
PASS = 0.6  # writing and reading again one element of a named array


def elements_of(indices: Iterable[Index]) -> float:
    """How many elements these indices span, each symbolic size at its nominal value."""
    return float(prod(_nominal(i.size) for i in set(indices)))


@cache
def _nominal(size: Expr) -> float:
    if isinstance(size, Integer):
        return int(size)
    return float(size.subs({s: NOMINAL for s in size.free_symbols}))


@cache
def cost(expr: Basic) -> float:
    """The cost of an expression over its free indices."""
    if expr.has(Quotient, Remainder):  # what varies by the block alone is computed once a block
        expr = in_blocks(expr, sorted(free_indices(expr), key=str))[0]
    return _Counter(set()).count(expr)


@cache
def free_indices(expr: Basic) -> frozenset[Index]:
    """The free indices of an expression."""
    if isinstance(expr, Index | Position):
        return indices_of(expr)
    if isinstance(expr, Element | Delta):
        return expr.free
    if isinstance(expr, MatrixFunction):
        return frozenset().union(*map(indices_of, expr.free))
    if isinstance(expr, Reduction):
        return free_indices(expr.body) - frozenset(expr.bound)
    return frozenset().union(*(free_indices(a) for a in expr.args))


CACHES.extend((cost.cache_clear, free_indices.cache_clear))


class _Counter:
    def __init__(self, seen: set[Basic]) -> None:
        self._seen = seen

    def count(self, e: Basic) -> float:
        if isinstance(e, Rational | Symbol | Position | Delta) or e in self._seen:
            return 0.0
        if _in_range(e):
            return 0.0
        span = elements_of(free_indices(e))
        if isinstance(e, Element):
            return LOAD * span
        if isinstance(e, Iverson) and isinstance(e.args[0], Eq):
            alike = _nameless(e)  # the mask of the largest, whose sum counts them, is one mask
            if alike in self._seen:
                return 0.0
            self._seen.add(alike)
        self._seen.add(e)
        if isinstance(e, MatrixFunction):
            matrix = elements_of(e.argument.indices)
            return NODE + CONTRACTION * matrix * _nominal(e.argument.indices[-1].size)
        return NODE * len(e.args) + self._operation(e, span)

    def _operation(self, e: Basic, span: float) -> float:
        if isinstance(e, Add):
            # An outer product is not nearly equal to another term at all of its elements.
            near = sum(not _outer(a, span) for a in e.args) > 1 or bool(_shared(e.args))
            risk = RISK * span if near and any(_subtracts(a, span) for a in e.args) else 0.0
            if _outer_exponentials(e.args):
                risk += FUNCTION * span
            return self._joined([_unsigned(a) for a in e.args]) + risk
        if isinstance(e, Mul):
            return self._product(e)
        if isinstance(e, Pow):
            return self.count(e.base) + self.count(e.exp) + _power(e.exp) * span
        if isinstance(e, IndexSum):
            return self._sum(e)
        if isinstance(e, IndexMax | IndexProduct):
            inner = elements_of(free_indices(e.body))
            return self.count(e.body) + inner
        inside = sum(self.count(a) for a in e.args)
        light = isinstance(e, Iverson | Where) or e.is_Relational or e.is_Boolean
        return inside + (1.0 if light else FUNCTION) * span

    def _joined(self, parts: list[Basic]) -> float:
        """The parts, and one operation for each join, the small ones first."""
        total = sum(self.count(p) for p in parts)
        spans = sorted((free_indices(p) for p in parts), key=elements_of)
        union = spans[0] if spans else frozenset()
        for free in spans[1:]:
            union |= free
            total += elements_of(union)
        return total

    def _product(self, e: Mul) -> float:
        """The factors, and one operation for each join; dividing costs more than multiplying."""
        total = 0.5 * elements_of(free_indices(e)) if -1 in e.args else 0.0
        steps: list[tuple[float, float, frozenset[Index]]] = []
        for f in e.args:
            if f in (1, -1) or _place(f):
                continue
            inverse = isinstance(f, Pow) and f.exp == -1
            total += self.count(f.base if inverse else f)
            free = free_indices(f)
            steps.append((elements_of(free), DIVISION if inverse else 1.0, free))
        steps.sort(key=lambda s: s[:2])
        union: frozenset[Index] = frozenset()
        for place, (_, weight, free) in enumerate(steps):
            union |= free
            if place or weight > 1:
                total += weight * elements_of(union)
        return total

    def _sum(self, e: IndexSum) -> float:
        body = e.body
        span = elements_of(free_indices(body))
        bound = set(e.bound)
        if isinstance(body, Mul):
            big = [a for a in body.args if bound & free_indices(a)]
            sides = _matrices(big, bound)
            if sides:
                joins = sum((len(side) - 1) * elements_of(_union(side)) for side in sides)
                rest = [a for a in body.args if a not in big]
                if rest and not _union(rest):  # scalars multiply the result
                    joins += elements_of(free_indices(e))
                return sum(self.count(a) for a in body.args) + joins + CONTRACTION * span
        return self.count(body) + span


def _in_range(e: Basic) -> bool:
    """Whether e compares positions: a part of an axis, not an operation on each of its elements."""
    if isinstance(e, Iverson):
        return _in_range(e.args[0])
    return (e.is_Relational or e.is_Boolean) and not e.has(Element)


def _place(e: Basic) -> bool:
    """δ(k, 1): the one place of an axis that the other factors are written to."""
    return isinstance(e, Delta) and any(not indices_of(u) for u in e.indices)


def _nameless(e: Basic) -> Basic:
    """The expression with its indices numbered as they are met, those that are subscripts first."""
    found = sorted((n for n in walk(e) if isinstance(n, Element)), key=lambda n: n.array.name)
    subscripts = [u for element in found for u in element.indices]
    inner = [i for u in subscripts for i in sorted(indices_of(u), key=str)]
    met = dict.fromkeys([*(u for u in subscripts if isinstance(u, Index)), *inner])
    return rename(e, {i: Index(f"\u00b7\u00b7{n}", i.size) for n, i in enumerate(met)})


def _matrices(factors: list[Basic], bound: set[Index]) -> tuple[list[Basic], list[Basic]] | None:
    """The factors of a contraction as those of its two matrices, None where it is not of two."""
    if len(factors) < 2 or not all(isinstance(a, Element) for a in factors):
        return None
    largest = max(factors, key=lambda a: len(free_indices(a)))
    left = [a for a in factors if free_indices(a) <= free_indices(largest)]
    right = [a for a in factors if a not in left]
    if len(factors) == 2:
        left, right = factors[:1], factors[1:]
    return (left, right) if right and not (_union(left) & _union(right)) - bound else None


def _union(factors: list[Basic]) -> frozenset[Index]:
    return frozenset().union(*(free_indices(a) for a in factors))


def _shared(terms: Iterable[Basic]) -> frozenset[Basic]:
    """What all of these terms have as a factor, to whatever power."""
    bases = (
        frozenset(f.args[0] if isinstance(f, Pow) else f for f in Mul.make_args(t)
                  if not isinstance(f, Rational))
        for t in terms
    )
    return frozenset.intersection(*bases)


def _outer_exponentials(terms: Iterable[Basic]) -> bool:
    """Whether exponentials of different axes are added: safely, that takes one of all axes."""
    scopes = (free_indices(f) for t in terms for f in Mul.make_args(t) if isinstance(f, exp))
    return len(set(scopes)) > 1


def _outer(e: Basic, span: float) -> bool:
    """Whether a term is an outer product: each of its factors varies over fewer indices."""
    return isinstance(e, Mul) and all(elements_of(free_indices(f)) < span for f in e.args)


def _subtracts(e: Basic, span: float) -> bool:
    """Whether a term takes away a product of elements that may have either sign."""
    if not isinstance(e, Mul) or not isinstance(e.args[0], Rational) or e.args[0] > 0:
        return False
    if elements_of(free_indices(e)) < span:
        return False
    factors = e.args[1:]
    parts = [f.args[2] if isinstance(f, Where) and _in_range(f.args[0]) else f for f in factors]
    plain = (Element, Symbol, Pow, Iverson, Add, tanh, log)
    return all(isinstance(f, plain) for f in parts) and any(
        isinstance(f, tanh | log) or (isinstance(f, Element) and not f.array.sign) for f in parts
    )


def _unsigned(e: Basic) -> Basic:
    """A term without its minus sign: subtracting costs what adding costs."""
    if isinstance(e, Mul) and e.args[0] == -1:
        rest = e.args[1:]
        return rest[0] if len(rest) == 1 else Mul(*rest, evaluate=False)
    if isinstance(e, Mul) and isinstance(e.args[0], Rational) and e.args[0] < 0:
        return Mul(-e.args[0], *e.args[1:], evaluate=False)
    return e


def _power(q: Basic) -> float:
    if not isinstance(q, Rational):
        return 2 * FUNCTION
    work = DIVISION if q < 0 else 0.0
    if q.q == 2:
        return work + 3.0 + (0.0 if abs(q.p) == 1 else 1.0)
    if q.q != 1:
        return work + FUNCTION
    return work + max(int(abs(q)).bit_length() - 1, 0)

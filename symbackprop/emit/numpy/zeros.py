"""0 log 0 = 0: a class without weight may have probability 0, and a logit of minus infinity.

    t log(y)          = t log(where(t = 0 and y = 0, 1, y))
    t log(1 - y)      = t log(1 + where(t = 0 and 1 - y = 0, 0, -y))
    t (u - log(s))    = t where(t = 0 and u - log(s) = -oo, 0, u - log(s)), and for u - max u
    t (log(s) - u)    = t where(t = 0 and log(s) - u = oo, 0, log(s) - u)
    t / y             = t / where(t = 0 and y = 0, 1, y), beside t log(y)

So the value is the limit, and the derivative in y that of t log(y) for t = 0. Where t is not 0 the
logarithm of 0 stays what it is, and NaN stays NaN.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sympy import Add, And, Basic, Equality, Expr, Mul, Pow, S, log

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Array, Delta, Element, Index, IndexMax, Where
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.trees import elements
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.emit.numpy.algebra import canonical, times
from symbackprop.emit.numpy.product import flat, negated
from symbackprop.emit.numpy.special import Log1p

Pair = tuple[Array, Array]
"""A weight, and an array whose logarithm it is multiplied by."""


class ZeroLogs:
    """Makes products with a logarithm 0 where the weight is.

    inputs: arrays that may hold a 0. given: arrays and what is assigned to them; those with
    a logarithm in a term may be -oo.
    """

    def __init__(self, inputs: Collection[Array], given: Mapping[Array, Expr]) -> None:
        self._inputs = frozenset(inputs)
        self._logarithms = {a for a, expr in given.items() if _is_logarithm(expr)}
        self._pairs: set[Pair] = set()

    def learn(self, exprs: Iterable[Basic]) -> None:
        """Note which weight stands beside the logarithm of which array."""
        for expr in exprs:
            for product in expr.atoms(Mul):
                factors = flat((product,))
                for f in factors:
                    if isinstance(f, log) and isinstance(f.args[0], Element):
                        weight = self._weight(factors, f)
                        if isinstance(weight, Element):
                            self._pairs.add((weight.array, f.args[0].array))

    def of(self, expr: Expr) -> Expr:
        """The expression with all its products so."""
        if isinstance(expr, Element | Array | Index | Delta) or not expr.args:
            return expr
        if isinstance(expr, Mul):
            factors = list(flat((expr,)))
            found = [self._factor(factors, f) for f in factors]
            if found != factors:
                return rebuilt(expr, tuple(self._inside(f) for f in found))
        return self._inside(expr)

    def _inside(self, expr: Expr) -> Expr:
        if isinstance(expr, Element | Array | Index | Delta) or not expr.args:
            return expr
        arguments = tuple(self.of(a) for a in expr.args)
        return expr if arguments == expr.args else rebuilt(expr, arguments)

    def _factor(self, factors: list[Expr], f: Expr) -> Expr:
        if isinstance(f, log | Element):
            weight = self._weight(factors, f)
            guarded = None if weight is None else self._guarded(weight, f)
            return f if guarded is None else guarded
        if isinstance(f, Where):
            others = [g for g in factors if g is not f]
            sides = [self._factor([*others, side], side) for side in f.args[1:]]
            return f if sides == list(f.args[1:]) else Where(f.args[0], *sides)
        if isinstance(f, Add) and self._has_logarithm(f):
            weight = self._weight(factors, f)
            return f if weight is None else self._difference(weight, f)
        if isinstance(f, Pow) and f.args[1].is_Integer and f.args[1].is_positive:
            inner = self._factor([*(g for g in factors if g is not f), f.args[0]], f.args[0])
            return f if inner is f.args[0] else rebuilt(f, (inner, f.args[1]))
        if isinstance(f, Pow) and f.args[1] == -1 and isinstance(f.args[0], Element):
            weight = self._weight(factors, f)
            known = isinstance(weight, Element) and (weight.array, f.args[0].array) in self._pairs
            return _weighted_quotient(weight, f) if known else f
        return f

    def _difference(self, weight: Expr, f: Add) -> Expr:
        """t (log(p) - log(q)) = t log(p) - t log(q), and any other difference as a whole."""
        found: list[Expr] = []
        whole = False
        for term in f.args:
            minus, inner = negated(term)
            guarded = self._guarded(weight, inner)
            if guarded is not None:
                found.append(times(S.NegativeOne, guarded) if minus else guarded)
            else:
                found.append(term)
                whole = whole or self._has_logarithm(term)
        return _weighted_difference(weight, f, self._limit(f)) if whole else (
            rebuilt(f, tuple(found))
        )

    @staticmethod
    def _limit(f: Add) -> Expr:
        """What f is where a logit u is -oo: oo for log(s) - u, else -oo."""
        logits = {negative for negative, u in _leaves(f) if _axes(u) == _axes(f)}
        return S.Infinity if logits == {True} else S.NegativeInfinity

    def _guarded(self, weight: Expr, u: Expr) -> Expr | None:
        """A logarithm that is -oo only where the weight is 0, guarded by itself."""
        if _axes(u) != _axes(weight):
            return None
        if isinstance(u, Element) and u.array in self._logarithms:
            return _weighted_difference(weight, u, S.NegativeInfinity)
        if isinstance(u, log) and self._may_be_zero(u.args[0]):
            return _weighted_log(weight, u)
        return None

    def _has_logarithm(self, f: Expr) -> bool:
        """Whether a term, also in a sum that is a term, is a logarithm, or it is u - max u."""
        return any(
            self._is_logarithm(u) or (negative and isinstance(u, IndexMax))
            for negative, u in _leaves(f)
        )

    def _is_logarithm(self, u: Expr) -> bool:
        return isinstance(u, log | Log1p) or (
            isinstance(u, Element) and u.array in self._logarithms
        )

    def _may_be_zero(self, u: Expr) -> bool:
        if isinstance(u, Element):
            return u.array in self._inputs
        return isinstance(u, Add) and any(negated(t)[0] for t in u.args)

    def _weight(self, factors: Iterable[Expr], f: Expr) -> Expr | None:
        """The one other factor that has the same axes."""
        found = [
            g for g in factors
            if g is not f and isinstance(g, Element | Add) and elements(g) and _axes(g) == _axes(f)
        ]  # fmt: skip
        return found[0] if len(found) == 1 else None


def _is_logarithm(expr: Expr) -> bool:
    """Whether the expression is a logarithm of what may be 0: log(p), or u - log(Σ_j …)."""
    return any(
        isinstance(u, log | Log1p) and not (negative and _axes(u) == _axes(expr))
        for negative, u in _leaves(expr)
    )


def _leaves(expr: Expr) -> list[tuple[bool, Expr]]:
    """The terms of a sum, those of sums in it too: whether each is taken away, and the rest."""
    negative, inner = negated(expr)
    if isinstance(inner, Add):
        found = (leaf for t in inner.args for leaf in _leaves(t))
        return [(minus != negative, u) for minus, u in found]
    return [(negative, inner)]


def _axes(expr: Expr) -> set[Index]:
    return set(free_indices(expr))


@lowering
def _weighted_log(weight: Expr, f: log) -> Expr:
    """t log(y) = t log(where(t = 0 and y = 0, 1, y)), t log(1 - y) = t log(1 + where(…, 0, -y))"""
    (u,) = f.args
    rest = [t for t in u.args if t != 1] if isinstance(u, Add) else []
    if len(rest) == 1 and len(u.args) == 2:  # kept as it is, so that it becomes a log1p
        inner = Where(_both_zero(weight, u), S.Zero, rest[0])
        return log(Add(S.One, inner, evaluate=False), evaluate=False)
    return log(Where(_both_zero(weight, u), S.One, u), evaluate=False)


@lowering
def _weighted_difference(weight: Expr, f: Expr, limit: Expr) -> Expr:
    """t (u - log(s)) = t where(t = 0 and u - log(s) = -oo, 0, u - log(s)); oo for log(s) - u"""
    infinite = Equality(f, limit, evaluate=False)
    return Where(And(_zero(weight), infinite, evaluate=False), S.Zero, f)


@lowering
def _weighted_quotient(weight: Expr, f: Pow) -> Expr:
    """t / y = t / where(t = 0 and y = 0, 1, y)"""
    (u, power) = f.args
    return Pow(Where(_both_zero(weight, u), S.One, u), power, evaluate=False)


def _zero(u: Expr) -> Basic:
    return Equality(canonical(u), S.Zero, evaluate=False)


def _both_zero(u: Expr, v: Expr) -> Basic:
    return And(_zero(u), _zero(v), evaluate=False)

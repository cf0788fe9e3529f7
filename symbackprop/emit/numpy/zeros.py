"""0 log 0 = 0: a class without weight may have probability 0, and a logit of minus infinity.

    t log(y)          = t log(where(t = 0 and y = 0, 1, y))
    t log(1 - y)      = t log(1 + where(t = 0 and 1 - y = 0, 0, -y))
    t (u - log(s))    = t where(t = 0 and u - log(s) = -oo, 0, u - log(s))
    t / y             = t / where(t = 0 and y = 0, 1, y), beside t log(y)

So the value is the limit, and the derivative in y that of t log(y) for t = 0. Where t is not 0 the
logarithm of 0 stays what it is, and NaN stays NaN.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sympy import Add, And, Basic, Equality, Expr, Mul, Pow, S, log

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Array, Delta, Element, Index, Where
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.trees import elements
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.emit.numpy.algebra import canonical, times
from symbackprop.emit.numpy.product import flat, negated

Pair = tuple[Array, Array]
"""A weight, and an array whose logarithm it is multiplied by."""


class ZeroLogs:
    """Makes products with a logarithm 0 where the weight is. inputs: arrays that may hold a 0."""

    def __init__(self, inputs: Collection[Array]) -> None:
        self._inputs = frozenset(inputs)
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
        if isinstance(f, log) and self._may_be_zero(f.args[0]):
            weight = self._weight(factors, f)
            return f if weight is None else _weighted_log(weight, f)
        if isinstance(f, Add) and any(isinstance(negated(t)[1], log) for t in f.args):
            weight = self._weight(factors, f)
            return f if weight is None else self._difference(weight, f)
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
            if not isinstance(inner, log):
                found.append(term)
            elif self._may_be_zero(inner.args[0]) and _axes(inner) == _axes(weight):
                guarded = _weighted_log(weight, inner)
                found.append(times(S.NegativeOne, guarded) if minus else guarded)
            else:
                found.append(term)
                whole = True
        return _weighted_difference(weight, f) if whole else rebuilt(f, tuple(found))

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
def _weighted_difference(weight: Expr, f: Add) -> Expr:
    """t (u - log(s)) = t where(t = 0 and u - log(s) = -oo, 0, u - log(s))"""
    least = Equality(f, S.NegativeInfinity, evaluate=False)
    return Where(And(_zero(weight), least, evaluate=False), S.Zero, f)


@lowering
def _weighted_quotient(weight: Expr, f: Pow) -> Expr:
    """t / y = t / where(t = 0 and y = 0, 1, y)"""
    (u, power) = f.args
    return Pow(Where(_both_zero(weight, u), S.One, u), power, evaluate=False)


def _zero(u: Expr) -> Basic:
    return Equality(canonical(u), S.Zero, evaluate=False)


def _both_zero(u: Expr, v: Expr) -> Basic:
    return And(_zero(u), _zero(v), evaluate=False)

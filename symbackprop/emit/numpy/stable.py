"""Logarithms without overflow or cancellation, and the stable form of any expression.

log(exp(u) f)           = u + log(f)
log(f g), log(f^p)      = log(f) + log(g), p log(f)        for positive f and g
log Σ_j exp(u_j)        = m + log Σ_j exp(u_j - m)
log(exp(u) + exp(v))    = logaddexp(u, v)
log(cosh(u))            = logaddexp(u, -u) - log(2)
logaddexp(u, v) - u     = logaddexp(0, v - u)
1 - 1/(1 + E)           = E/(1 + E)
max_j exp(u_j)          = exp(u_k), if u_k = max_j u_j
tanh(u)                 = (exp(2u) - 1)/(exp(2u) + 1), in exact forms of a difference
"""

from __future__ import annotations

from sympy import (
    Add,
    Basic,
    Equality,
    Expr,
    Integer,
    Mul,
    Poly,
    Pow,
    Rational,
    S,
    cosh,
    exp,
    factor,
    log,
    tanh,
)
from sympy.core.relational import Relational

from symbackprop.algebra.deadline import check_time
from symbackprop.algebra.nodes import Element, IndexMax, IndexSum, Maximum, Minimum, Where
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.algebra.within import taken
from symbackprop.emit.numpy.algebra import (
    canonical,
    difference,
    minus,
    multiple,
    positive,
    terms,
    times,
    unfolded,
)
from symbackprop.emit.numpy.exponentials import Pulled, exponential
from symbackprop.emit.numpy.masks import exponents, level, saturated
from symbackprop.emit.numpy.product import flat, negated
from symbackprop.emit.numpy.rational import in_lowest_terms, inverse, restored, skeleton
from symbackprop.emit.numpy.shift import Shifts
from symbackprop.emit.numpy.special import LogAddExp

Linear = list[tuple[Rational, Expr]]


class Stabiliser(Shifts):
    """Finds for an expression an equal one that does not overflow."""

    def stable(self, expr: Basic) -> Expr:
        """An equal expression that does not overflow where the mathematics is finite."""
        found = self._memo.get(expr)
        if found is None:
            check_time()
            found = self._memo[expr] = self._stable(expr)
        return found

    def _stable(self, expr: Basic) -> Basic:
        if isinstance(expr, Mul | Pow):
            return self.quotient(expr) or self.rebuilt(expr)
        if isinstance(expr, exp):
            w, g = self.pull(expr)
            return self.rebuilt(expr) if g == 1 else times(exponential(w), g)
        if isinstance(expr, log | Add):
            found = self.helper(expr)
        elif isinstance(expr, Minimum | Maximum):
            found = self._bounded(expr)
        elif isinstance(expr, Relational):
            found = self._compared(expr)
            found = self._met(expr) if found is None else found
        elif isinstance(expr, Where) and (branch := taken(expr)) is not None:
            found = self.stable(branch)
        else:
            found = None
        return self.rebuilt(expr) if found is None else found

    def pull(self, f: Expr) -> Pulled:
        """(w, g) with f = exp(w) * g; in exact forms a difference is merged first."""
        merged = self.merged(f) if self.exact and isinstance(f, Add) else None
        return super().pull(f if merged is None else merged)

    def _bounded(self, expr: Minimum | Maximum) -> Expr | None:
        found = saturated(expr, self.definitions)
        return None if found is None else self.stable(found)

    @lowering
    def _compared(self, expr: Relational) -> Basic | None:
        """b^u > t = u > log(t)/log(b), for numbers t > 0 and b > 1; exp(u) = e^u."""
        found = exponents(minus(expr.lhs, expr.rhs), self.definitions)
        if found is None:
            return None
        sign, (base, u), threshold = found
        sides = (self.stable(u), level(base, threshold))
        return expr.func(*(sides if sign > 0 else sides[::-1]), evaluate=False)

    @lowering
    def _met(self, expr: Relational) -> Basic | None:
        """exp(u_k) = max_j exp(u_j), if u_k = max_j u_j: the exponentials may all be 0."""
        if not isinstance(expr, Equality):
            return None
        (u, g), (m, h) = self.pull(expr.lhs), self.pull(expr.rhs)
        largest = isinstance(m, IndexMax) and g == h == 1
        return Equality(u, m, evaluate=False) if largest and u != 0 else None

    def helper(self, expr: Expr) -> Expr | None:
        """The stable form of a logarithm or a difference that has a law here; None for others."""
        if isinstance(expr, log):
            parts = self._log(expr.args[0])
            return None if parts is None else _linear_sum(parts)
        merged = self.merged(expr) if isinstance(expr, Add) else None
        return None if merged is None else self.stable(merged)

    def _log(self, f: Expr) -> Linear | None:
        """The terms of log(f), or None where f has no exponential in it."""
        if isinstance(f, exp):
            return self._log_of_exp(f.args[0])
        if isinstance(f, cosh):
            return self._log_of_cosh(f.args[0])
        if isinstance(f, Element):
            inner = unfolded(f, self.definitions)
            return None if inner is None else self._log(inner)
        if isinstance(f, Mul):
            return self._log_of_product(f)
        if isinstance(f, Pow) and positive(f.args[0], self.definitions):
            return self._log_of_power(*f.args)
        if isinstance(f, Add):
            merged = self.merged(f)
            if merged is not None:
                return self._log(merged)
            return self._log_of_terms(f)
        return self._log_of_sum(f) if isinstance(f, IndexSum | IndexMax) else None

    @lowering
    def _log_of_exp(self, u: Expr) -> Linear:
        """log(exp(u)) = u."""
        return _terms_of(self.stable(u))

    @lowering
    def _log_of_cosh(self, u: Expr) -> Linear:
        """log(cosh(u)) = logaddexp(u, -u) - log(2)."""
        u = self.stable(u)
        both = LogAddExp(u, minus(S.Zero, u))
        return [(S.One, both), (S.NegativeOne, log(Integer(2), evaluate=False))]

    @lowering
    def _log_of_power(self, f: Expr, power: Expr) -> Linear | None:
        """log(f^p) = p log(f), for positive f."""
        inner = self._log(f)
        if power.is_Rational:
            return None if inner is None else [(power * c, t) for c, t in inner]
        if power.is_number:
            return None
        power, inner = self.stable(power), inner or [(S.One, log(self.stable(f), evaluate=False))]
        return [(c, times(power, t)) for c, t in inner]

    @lowering
    def _log_of_product(self, f: Mul) -> Linear | None:
        """log(f g^p) = log(f) + p log(g), for positive g."""
        found: Linear = []
        others: list[Expr] = []
        for factor_ in f.args:
            parts = self._log(factor_)
            if parts is None:
                others.append(factor_)
            else:
                found.extend(parts)
        if not found:
            return None
        if not all(positive(o, self.definitions) for o in others):
            return [*found, (S.One, log(self.stable(times(*others)), evaluate=False))]
        for other in others:
            power = other.args[1] if isinstance(other, Pow) and other.args[1].is_Rational else S.One
            base = other if power == 1 else other.args[0]
            if base != 1:
                found.append((power, log(self.stable(base), evaluate=False)))
        return found

    @lowering
    def _log_of_terms(self, f: Add) -> Linear | None:
        """log(exp(u) + exp(v)) = logaddexp(u, v); log(exp(w) g) = w + log(g)."""
        found = self.weights(f)
        if set(found) == {S.Zero}:
            return None
        if len(found) == 2 and all(g == 1 for g in found.values()):
            u, v = sorted(found, key=lambda w: (w != 0, w.sort_key()))
            return [(S.One, LogAddExp(u, v))]
        w, g = self.pull(f)
        if w == 0:
            return None
        return [*_terms_of(w), (S.One, log(g, evaluate=False))]

    @lowering
    def _log_of_sum(self, f: IndexSum | IndexMax) -> Linear | None:
        """log Σ_j exp(u_j) = m + log Σ_j exp(u_j - m), m = max_j u_j = log max_j exp(u_j)."""
        w, g = self.pull(f)
        rest = [] if g == 1 else [(S.One, log(g, evaluate=False))]
        return None if w == 0 else [*_terms_of(w), *rest]

    @lowering
    def merged(self, f: Add) -> Expr | None:
        """A difference of fractions of exponentials over one denominator: 1 - 1/(1+E) = E/(1+E).

        None unless the numerator is a sum of positive terms, so that nothing cancels any more.
        """
        if not self.exact and not _subtracts(f):
            return None
        opened = self._opened_fractions(f)
        if opened is None or not _has_exp(opened) or not _subtracts(opened):
            return None
        atoms = [a for a in skeleton(opened) if not a.is_Rational]
        if not all(positive(a, self.definitions) for a in atoms):
            return None
        top, bottom, back = in_lowest_terms(opened)
        if any(c <= 0 for c in Poly(top, *back).coeffs()):
            return None
        return times(restored(factor(top), back), inverse(restored(factor(bottom), back)))

    def _opened_fractions(self, f: Expr) -> Expr | None:
        """f with the definitions in it that are fractions of exponentials, unfolded."""
        if isinstance(f, Element):
            inner = unfolded(f, self.definitions)
            if inner is None:
                return f
            opened = self._opened_fractions(inner)
            return f if opened is None or not _has_exp(opened) else opened
        if self.exact and isinstance(f, tanh):
            return _tanh_of_exp(*f.args)
        if isinstance(f, Add | Mul) or (isinstance(f, Pow) and f.args[1].is_Integer):
            parts = [self._opened_fractions(a) for a in f.args]
            return None if None in parts else rebuilt(f, tuple(parts))
        return f


@lowering
def _tanh_of_exp(u: Expr) -> Expr:
    """tanh(u) = (exp(2u) - 1)/(exp(2u) + 1)"""
    square = exp(multiple(Integer(2), canonical(u)), evaluate=False)
    return times(
        Add(square, S.NegativeOne, evaluate=False), inverse(Add(square, S.One, evaluate=False))
    )


def _subtracts(f: Expr) -> bool:
    """Whether something is taken away in the sum, or in a sum that is a factor in it."""
    inner = (a for t in f.args for a in flat((t,)) if isinstance(a, Add) and a is not t)
    return any(negated(t)[0] for t in f.args) or any(_subtracts(a) for a in inner)


def _has_exp(expr: Expr) -> bool:
    return any(isinstance(node, exp) for node in skeleton(expr))


def _terms_of(expr: Expr) -> Linear:
    return [term.as_coeff_Mul() for term in terms(expr)]


def _linear_sum(parts: Linear) -> Expr:
    """The terms with equal ones collected, and logaddexp(u, v) - u made logaddexp(0, v - u)."""
    found: dict[Expr, tuple[Rational, Expr]] = {}
    for coefficient, term in parts:
        _add(found, coefficient, term)
    for coefficient, term in list(found.values()):
        if isinstance(term, LogAddExp):
            for u, v in (term.args, term.args[::-1]):
                keys = [t.as_coeff_Mul() for t in terms(canonical(u))]
                if keys and all(found.get(t, (0,))[0] == -coefficient * c for c, t in keys):
                    for c, t in keys:
                        _add(found, coefficient * c, t)
                    _add(found, -coefficient, term)
                    _add(found, coefficient, _less_one(u, v))
                    break
    return difference(times(c, t) for c, t in found.values())


@lowering
def _less_one(u: Expr, v: Expr) -> Expr:
    """logaddexp(u, v) - u = logaddexp(0, v - u)."""
    return LogAddExp(S.Zero, minus(canonical(v), canonical(u)))


def _add(found: dict[Expr, tuple[Rational, Expr]], coefficient: Rational, term: Expr) -> None:
    key = canonical(term)
    total = found.get(key, (S.Zero, term))[0] + coefficient
    if total == 0:
        found.pop(key, None)
    else:
        found[key] = (total, found[key][1] if key in found else term)

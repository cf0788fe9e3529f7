"""Exponentials that cannot overflow: every sum of exponentials is taken relative to its largest.

An expression f is written as exp(w) * g, where g holds no large exponential:

    exp(u)            = exp(u) * 1
    Σ_j c_j exp(u_j)  = exp(m) * Σ_j c_j exp(u_j - m)     for any m that does not depend on j
    max_j exp(u_j)    = exp(max_j u_j) * 1
    f1 * f2           = exp(w1 + w2) * (g1 g2)
    f^p               = exp(p w) * g^p
    x^p               = exp(p log(x)) * 1    for a positive x and a p that may be large

with m = max_j u_j. These are identities, so nothing has to be known of f. That softmax is
unchanged under a shift is then not assumed: in its quotient the two maxima cancel as terms of w.
"""

from __future__ import annotations

from copy import copy

from sympy import Add, Basic, Expr, Mul, Pow, S, exp, log

from symbackprop.algebra.nodes import (
    Array,
    Element,
    Index,
    IndexMax,
    IndexSum,
    Maximum,
    Where,
)
from symbackprop.algebra.program import Definition
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.trees import walk
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.algebra.within import taken
from symbackprop.emit.numpy.algebra import (
    canonical,
    centred,
    depends,
    difference,
    minus,
    multiple,
    nonpositive,
    plus,
    positive,
    shifting,
    spread,
    terms,
    times,
    unfolded,
)
from symbackprop.emit.numpy.exponentials import (
    Pulled,
    exponential,
    larger_of_two,
    largest,
    total,
    where,
)
from symbackprop.emit.numpy.product import flat, is_inverse


class Shifts:
    """Stable forms of products and powers; the base of `Stabiliser`, which adds logarithms.

    exact: with forms that keep more digits than the readable ones. definitions: those that may be
    unfolded; `define` adds one. unsafe: the arrays that may
    overflow or vanish where what uses them is finite; their quotients are formed unfolded.
    """

    def __init__(self, *, exact: bool = False) -> None:
        self.exact = exact
        self.definitions: dict[Array, Definition] = {}
        self.unsafe: set[Array] = set()
        self._bearing: set[Array] = set()
        self._memo: dict[Basic, Basic] = {}

    def risky(self, expr: Basic) -> bool:
        """Whether an exponential in the expression may be large: not at most 1, nor shifted."""
        return any(isinstance(node, exp) and self.large(node.args[0]) for node in walk(expr))

    def large(self, u: Expr) -> bool:
        """Whether exp(u) may be large, for all that is seen of u."""
        inner = unfolded(u, self.definitions) if isinstance(u, Element) else None
        w, _ = self._shifted_exp(u if inner is None else inner)
        return not nonpositive(w) and not any(shifting(t) for t in terms(w))

    def define(self, definition: Definition) -> Expr:
        """The stable form of a definition, which later expressions may unfold."""
        expr, array = definition.expr, definition.array
        self.definitions[array] = definition
        if any(self._bears(node) for node in walk(expr)):
            self._bearing.add(array)
        if isinstance(expr, exp | Add | IndexSum | Element) or self.quotient(expr) is None:
            w, _ = self.pull(expr)
            if w != 0 and not centred(w):
                self.unsafe.add(array)
        return self.safest(expr)

    def _bears(self, node: Basic) -> bool:
        """Whether the node is an exponential, a power of that kind, or an array made of such."""
        if isinstance(node, Element):
            return node.array in self._bearing
        return isinstance(node, exp) or self._is_open(node)

    def _is_open(self, expr: Basic) -> bool:
        """Whether the expression is a positive number to a power that may be large."""
        return (
            isinstance(expr, Pow)
            and not expr.args[1].is_number
            and positive(expr.args[0], self.definitions)
        )

    def safest(self, expr: Expr) -> Expr:
        """The stable form; if an exponential in it may be large still, that of all unfolded."""
        found = self.stable(expr)
        if self.risky(found) and self.unsafe != self._bearing:
            open_ = copy(self)
            open_.unsafe, open_._memo = self._bearing, {}
            other = open_.stable(expr)
            if not self.risky(other):
                return other
        return found

    def stable(self, expr: Basic) -> Expr:
        """An equal expression that does not overflow where the mathematics is finite."""
        raise NotImplementedError

    def quotient(self, expr: Expr) -> Expr | None:
        """exp(w) * g for a product or power, where that removes an overflow; else None."""
        spread_out = self._spread_out(expr)
        if spread_out is not None:
            return spread_out
        w, g = self.pull(expr)
        if w == 0:
            return g
        return times(exponential(w), g) if self._cancels(expr) else None

    @lowering
    def _spread_out(self, expr: Expr) -> Expr | None:
        """exp(w) g Σ exp(w_i) g_i = g Σ exp(w + w_i) g_i.

        Where w takes away what a w_i brings, exp(w + m) with their maximum m would lose the digits
        that m - w_i has lost.
        """
        sums = [f for f in flat((expr,)) if isinstance(f, Add) and len(self.weights(f)) > 1]
        if len(sums) != 1:
            return None
        factors = flat((expr,))
        factors.remove(sums[0])
        pulled = [self.pull(f) for f in factors]
        w, g = plus(*(v for v, _ in pulled)), times(*(h for _, h in pulled))
        found = self.weights(sums[0])
        if w == 0 or (S.Zero in found and all(nonpositive(v) for v in found)):
            return None
        parts = [times(exponential(canonical(plus(w, v))), h) for v, h in found.items()]
        return times(g, Add(*parts, evaluate=False))

    def _cancels(self, expr: Expr) -> bool:
        """Whether exponentials of several factors meet, a sum of them is a divisor or a power."""
        factors = [f for f in flat((expr,)) if self.pull(f)[0] != 0]
        if any(is_inverse(f) for f in factors):
            return True
        powers = [f for f in factors if self._is_open(f)]
        if any(self.pull(f.args[0])[0] != 0 for f in powers):
            return True
        return len(factors) > 1 and len(powers) < len(factors)

    def pull(self, f: Expr) -> Pulled:
        """(w, g) with f = exp(w) * g; w is canonical."""
        if isinstance(f, exp):
            return self._shifted_exp(f.args[0])
        if isinstance(f, Mul):
            return self._shifted_product(f)
        if isinstance(f, Pow):
            return self._shifted_power(*f.args)
        if isinstance(f, Add):
            return self._shifted_terms(f)
        if isinstance(f, IndexSum):
            return self._shifted_sum(f)
        if isinstance(f, IndexMax) and (found := self._shifted_largest(f)) is not None:
            return found
        if isinstance(f, Where):
            branch = taken(f)
            return self._shifted_choice(f) if branch is None else self.pull(branch)
        if isinstance(f, Element) and f.array in self.unsafe:
            inner = unfolded(f, self.definitions)
            if inner is not None:
                return self.pull(inner)
        return S.Zero, self.stable(f)

    @lowering
    def _shifted_product(self, f: Mul) -> Pulled:
        """exp(v) g * exp(w) h = exp(v + w) * (g h), and g/g = 1 for g > 0."""
        parts = [self.pull(a) for a in f.args]
        factors = [f for _, g in parts for f in flat((g,))]
        for below in [f for f in factors if isinstance(f, Pow) and f.args[1] == -1]:
            base = canonical(below.args[0])
            same = (f for f in factors if not is_inverse(f) and canonical(f) == base)
            above = next(same, None) if positive(base, self.definitions) else None
            if above is not None:
                factors.remove(above)
                factors.remove(below)
        return plus(*(w for w, _ in parts)), times(*factors)

    @lowering
    def _shifted_power(self, base: Expr, exponent: Expr) -> Pulled:
        """(exp(w) g)^p = exp(p w) g^p, or exp(p w + p log(g)) where p may be large and g > 0."""
        p = self.stable(exponent)
        if not p.is_Number and isinstance(base, Element) and base.array in self._bearing:
            # A base that has underflowed cannot be raised any more.
            base = unfolded(base, self.definitions) or base
        w, g = self.pull(base)
        if g == 1:
            return canonical(multiple(p, w)), S.One
        if not p.is_number and positive(g, self.definitions):
            return canonical(plus(multiple(p, w), *(p * t for t in _logarithm(g)))), S.One
        return canonical(multiple(p, w)), Pow(g, p, evaluate=False)

    @lowering
    def _shifted_exp(self, u: Expr) -> Pulled:
        """exp(u + c log(h)) = exp(u) h^c."""
        exponents: list[Expr] = []
        factors: list[Expr] = []
        for term in terms(canonical(self._opened(u))):
            coefficient, rest = term.as_coeff_Mul()
            if isinstance(rest, log):
                w, g = self.pull(Pow(rest.args[0], coefficient, evaluate=False))
                exponents.append(w)
                factors.append(g)
            else:
                exponents.append(self.stable(term))
        return canonical(plus(*exponents)), times(*factors)

    def _opened(self, u: Expr) -> Expr:
        """The exponent with definitions that are logarithms or maxima unfolded in its terms."""
        if not isinstance(u, Add):
            return u
        opened = []
        changed = False
        for term in u.args:
            factors = flat((term,))
            for place, factor in enumerate(factors):
                inner = unfolded(factor, self.definitions) if isinstance(factor, Element) else None
                if inner is not None and self._is_level(inner):
                    factors[place], changed = inner, True
            opened.append(Mul(*factors))
        return self._opened(plus(*opened)) if changed else u

    def _is_level(self, expr: Expr) -> bool:
        """Whether the expression is a maximum or a sum with a logarithm in it."""
        if isinstance(expr, Add | Mul):
            return any(self._is_level(a) for a in expr.args)
        if isinstance(expr, Element):
            inner = unfolded(expr, self.definitions)
            return inner is not None and self._is_level(inner)
        return isinstance(expr, log | IndexMax)

    def weights(self, f: Add) -> dict[Expr, Expr]:
        """{w: g} with f = Σ exp(w) * g over different w."""
        found: dict[Expr, Expr] = {}
        for term in f.args:
            w, g = self.pull(term)
            found[w] = Add(found[w], g, evaluate=False) if w in found else g
        return found

    @lowering
    def _shifted_terms(self, f: Add) -> Pulled:
        """Σ exp(w_i) g_i = exp(m) Σ exp(w_i - m) g_i with m = max_i w_i."""
        found = self.weights(f)
        if len(found) == 1:
            return next(iter(found.items()))
        if S.Zero in found and all(nonpositive(w) for w in found):
            return S.Zero, total(found, S.Zero)
        if len(found) == 2:
            return larger_of_two(found)
        m: Expr | None = None
        for w in found:
            m = w if m is None else Maximum(m, w)
        assert m is not None
        return m, total(found, m)

    @lowering
    def _shifted_sum(self, f: IndexSum) -> Pulled:
        """Σ_j exp(v + u_j) g_j = exp(v + m) Σ_j exp(u_j - m) g_j with m = max_j u_j."""
        w, g = self.pull(f.body)
        inner = [t for t in terms(w) if depends(t, f.bound)]
        outer = plus(*(t for t in terms(w) if t not in inner))
        if not inner:
            return outer, IndexSum(g, *f.bound)
        m = canonical(largest(plus(*inner), g, f.bound))
        body = times(exponential(minus(plus(*inner), m)), g)
        return plus(outer, m), IndexSum(body, *f.bound)

    @lowering
    def _shifted_largest(self, f: IndexMax) -> Pulled | None:
        """max_j exp(u_j) = exp(max_j u_j)"""
        w, g = self.pull(f.body)
        return None if w == 0 or g != 1 else (canonical(IndexMax(w, *f.bound)), S.One)

    @lowering
    def _shifted_choice(self, f: Where) -> Pulled:
        """where(c, exp(u) g, exp(v) h) = exp(where(c, u, v)) where(c, g, h)."""
        condition, u, v = f.args
        (wu, gu), (wv, gv) = self.pull(u), self.pull(v)
        if gu == 0 or gv == 0:
            wu = wv = wv if gu == 0 else wu
        condition = self.stable(condition)
        return where(condition, wu, wv), where(condition, gu, gv)

    def rebuilt(self, expr: Basic) -> Basic:
        """The same node over the stable forms of its arguments."""
        if not expr.args or isinstance(expr, Element | Array | Index):
            return expr
        arguments = tuple(self.stable(a) for a in expr.args)
        if isinstance(expr, Where):
            return where(*arguments)
        nested = any(isinstance(a, Add) for a in expr.args)  # in an order that keeps digits
        if isinstance(expr, Add) and arguments != expr.args and not nested:
            return difference(t for a in arguments for t in spread(a))
        return rebuilt(expr, arguments)


def _logarithm(g: Expr) -> list[Expr]:
    """The terms of log(g), for a positive g."""
    found = []
    for factor in flat((g,)):
        number, base = (factor.args[1], factor.args[0]) if is_inverse(factor) else (S.One, factor)
        found.append(number * log(base, evaluate=False))
    return found

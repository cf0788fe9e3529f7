"""Forms of differences whose sides have something in common: it is left out, not subtracted.

1 - L                   = q                              for a quantity L = 1 - q
Σ_k u_k^2 - Σ_k v_k^2   = Σ_k (u_k - v_k) (u_k + v_k)    where u_k and v_k have terms in common
c - 2 c/(1 + exp(x))    = c tanh(x/2)                    for numbers c
Σ_k c y_ik g_k - c g_i  = Σ_k c (y_ik - δ_ik) g_k        for exponentials and quantities y
Σ_k m_ik x_k - x_i Σ_k m_ik, both over k ≠ i: the terms of k = i are the same
Σ_k x_k - x_i           = Σ_k x_k over k ≠ i
u_ii                    = s_ii                           for a quantity s_ij = u_ij
log(u) - log(v)         = log1p((u - v)/v)               where |u - v| < v/2, and u - v cancels
x_k - mean_j x_j        = (x_k - m) - mean_j (x_j - m)   for m, the mean as it was rounded
exp(x) - 1 - x          = x^2 (1/2 + x/6 + x^2/24 + ...)  where |x| < 1

and those of other files: `projections`, `cosines`, `own`, `shares`, `denominators`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from itertools import permutations, product, takewhile

from sympy import Abs, Add, Basic, Expr, Lt, Pow, S, exp, log, tanh

from symbackprop.algebra import unevaluated
from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Array, Delta, Element, Index, IndexSum, Where
from symbackprop.algebra.program import Definition
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import without
from symbackprop.calculus.result import Adjoint, Tangent
from symbackprop.emit.numpy.algebra import (
    canonical,
    minus,
    plus,
    renamed,
    terms,
    times,
    unfolded,
)
from symbackprop.emit.numpy.cosines import one_less_cosine
from symbackprop.emit.numpy.denominators import Denominators
from symbackprop.emit.numpy.forms import Forms, Told, equal, less
from symbackprop.emit.numpy.means import less_mean_twice
from symbackprop.emit.numpy.own import less_own
from symbackprop.emit.numpy.product import flat, negated
from symbackprop.emit.numpy.projections import Names, Projections
from symbackprop.emit.numpy.shares import less_own_share
from symbackprop.emit.numpy.special import ExpRest, Log1p


class Differences(Forms):
    """Writes expressions so. definitions: of the forward pass; steps: of the backward pass.

    adjoints: the arrays of the steps, and upstream gradients. taken: the names in use.
    """

    def __init__(
        self, definitions: Iterable[Definition], steps: Iterable[Adjoint | Tangent] = (),
        adjoints: Container[Array] = (), taken: Container[str] = (),
    ) -> None:
        super().__init__()
        self.definitions = {d.array: d for d in definitions}
        self.steps = {s.array: s for s in steps}
        self._adjoints = adjoints
        self._denominators = Denominators(self.definitions, self.steps)
        names = (f"{letter}{n}" for n in ("", *range(1, 100)) for letter in "wdpq")
        self._new = Names(n for n in names if n not in taken)
        self._projections = Projections(self.definitions, self.steps, self._new)

    def before(self, array: Array) -> Differences:
        """The same for what is assigned to a quantity: it is made of those before it alone."""
        known = takewhile(lambda d: d.array != array, self.definitions.values())
        found = Differences(known)
        found.written = self.written
        found._projections = Projections(found.definitions, {}, self._new)
        return found

    def form(self, expr: Basic) -> Expr | Told | None:
        """The form of a sum in which something cancels; None for others."""
        if not isinstance(expr, Add):
            return None
        return self._projections.rest(expr) or self._cancelling(expr)

    def _cancelling(self, expr: Add) -> Expr | None:
        opened = self._opened(expr)
        if opened is not None:
            return opened
        rest = _exp_rest(expr.args) or self._diagonal(expr)
        if rest is not None:
            return rest
        for u, v in permutations(expr.args, 2):
            found = (
                _squares(u, v) or _odd(u, v) or self._with_identity(u, v)
                or less_own(u, v, self.definitions) or less_own_share(u, v, self.definitions)
                or self._log_ratio(u, v)
                or less_mean_twice(u, v, self.definitions, self._adjoints)
                or one_less_cosine(u, v, self.definitions)
                or self._denominators.over_one(u, v)
            )
            if found is not None:
                others = without(without(expr.args, u), v)
                rest = self._cancelling(Add(*others, evaluate=False)) if len(others) > 1 else None
                return unevaluated.plus(found, *(others if rest is None else [rest]))
        return None

    def _opened(self, expr: Add) -> Expr | None:
        """The sum with what its quantities are, where that has fewer terms than the sum."""
        for term in expr.args:
            negative, inner = negated(term)
            meaning = unfolded(inner, self.definitions) if isinstance(inner, Element) else None
            if isinstance(meaning, Add):
                found = _cancelled(without(expr.args, term), meaning, -1 if negative else 1)
                if found is not None:
                    return found
        return None

    def _diagonal(self, expr: Add) -> Expr | None:
        """The sum with s_ii in the place of a term that is the diagonal of a quantity s."""
        for term in expr.args:
            negative, inner = negated(term)
            free = set(free_indices(inner))
            if len(free) == 1 and inner.has(IndexSum):
                for d in self.definitions.values():
                    found = _on_diagonal(inner, free.copy().pop(), d)
                    if found is not None:
                        found = times(S.NegativeOne, found) if negative else found
                        return Add(*(found if t is term else t for t in expr.args), evaluate=False)
        return None

    def _log_ratio(self, first: Expr, second: Expr) -> Expr | None:
        """log(u) - log(v), if it is that and something cancels in u - v."""
        negative, other = negated(second)
        taken = unfolded(other, self.definitions) if isinstance(other, Element) else other
        if not (negative and isinstance(first, log) and isinstance(taken, log)):
            return None
        (u,), (v,) = first.args, taken.args
        meaning = unfolded(v, self.definitions) if isinstance(v, Element) else None
        sides = canonical(u), canonical(v if meaning is None else meaning)
        gap = minus(*sides)
        if len(terms(gap)) >= sum(len(terms(side)) for side in sides):
            return None
        return _near_ratio(gap, v, less(first, other))

    def _with_identity(self, total: Expr, other: Expr) -> Expr | None:
        """Σ_k c y_ik g_k - c g_i, if it is that."""
        negative, share = negated(other)
        if not (negative and isinstance(total, IndexSum)):
            return None
        factors = flat((total.body,))
        for u, b in product(factors, total.bound):
            if not isinstance(u, Element) or b not in u.indices:
                continue
            others = times(*without(factors, u))
            meaning = unfolded(u, self.steps)
            parts = flat((u if meaning is None else meaning,))
            for y, i in product(parts, u.indices):
                if isinstance(i, Index) and i != b and i.size == b.size and (
                    isinstance(y, exp) or self._is_quantity(y)
                ):
                    c = times(*without(parts, y))
                    if equal(times(c, renamed(others, {b: i})), share):
                        return _less_identity(c, y, (i, b), others, total)
        return None

    def _is_quantity(self, y: Expr) -> bool:
        return isinstance(y, Element) and y.array in self.definitions


@lowering
def _less_identity(
    c: Expr, y: Expr, place: tuple[Index, Index], g: Expr, total: IndexSum
) -> Expr:
    """Σ_k c y_ik g_k - c g_i = Σ_k c (y_ik - δ_ik) g_k"""
    return IndexSum(times(c, less(y, Delta(*place)), g), *total.bound)


@lowering
def _on_diagonal(u: Expr, i: Index, definition: Definition) -> Expr | None:
    """u_ii = s_ii, where s_ij = u_ij"""
    if len(definition.indices) < 2 or any(k.size != i.size for k in definition.indices):
        return None
    same = dict.fromkeys(definition.indices, i)
    if not equal(renamed(definition.expr, same), u):
        return None
    return definition.array[tuple(same.values())]


@lowering
def _near_ratio(gap: Expr, v: Expr, plainly: Expr) -> Expr:
    """log(u) - log(v) = log1p((u - v)/v), where |u - v| < v/2"""
    near = Lt(Abs(gap, evaluate=False), times(S.Half, v), evaluate=False)
    above, below = Where(near, gap, S.Zero), Where(near, v, S.One)
    return Where(near, Log1p(times(above, Pow(below, -1, evaluate=False))), plainly)


@lowering
def _cancelled(others: list[Expr], meaning: Expr, sign: int) -> Expr | None:
    """1 - L = q for L = 1 - q"""
    kept = plus(*map(canonical, others), *(sign * canonical(t) for t in terms(meaning)))
    return kept if len(terms(kept)) <= len(others) else None


def _square(term: Expr) -> tuple[Expr, IndexSum] | None:
    """(u_k, the sum) of Σ_k u_k^2."""
    if isinstance(term, IndexSum) and isinstance(term.body, Pow) and term.body.args[1] == 2:
        return term.body.args[0], term
    return None


@lowering
def _squares(first: Expr, second: Expr) -> Expr | None:
    """Σ_k u_k^2 - Σ_k v_k^2 = Σ_k (u_k - v_k) (u_k + v_k)"""
    negative, taken = negated(second)
    one, two = _square(first), _square(taken) if negative else None
    if one is None or two is None:
        return None
    bound = one[1].bound
    if [b.size for b in bound] != [b.size for b in two[1].bound]:
        return None
    u, v = one[0], renamed(two[0], dict(zip(two[1].bound, bound, strict=True)))
    gap = minus(canonical(u), canonical(v))
    if len(terms(gap)) >= len(terms(u)) + len(terms(v)):
        return None
    return IndexSum(times(gap, plus(canonical(u), canonical(v))), *bound)


@lowering
def _odd(number: Expr, other: Expr) -> Expr | None:
    """c - 2 c/(1 + exp(x)) = c tanh(x/2)"""
    if not number.is_Number:
        return None
    for divisor in flat((other,)):
        if isinstance(divisor, Pow) and divisor.args[1] == -1:
            share = times(*without(flat((other,)), divisor))
            x = _exponent(divisor.args[0])
            if x is not None and canonical(share) == -2 * number:
                return times(number, tanh(times(S.Half, x), evaluate=False))
    return None


@lowering
def _exp_rest(parts: Sequence[Expr]) -> Expr | None:
    """exp(x) - 1 - x"""
    for power in parts:
        negative, inner = negated(power)
        if not isinstance(inner, exp):
            continue
        others = without(parts, power)
        for taken in (S.One, *terms(inner.args[0])):
            other = taken if negative else times(S.NegativeOne, taken)
            found = next((p for p in others if equal(p, other)), None)
            if found is None:
                break
            others.remove(found)
        else:
            rest = ExpRest(inner.args[0])
            return unevaluated.plus(*others, times(S.NegativeOne, rest) if negative else rest)
    return None


def _exponent(sum_: Expr) -> Expr | None:
    """x of 1 + exp(x)."""
    if isinstance(sum_, Add) and len(sum_.args) == 2 and S.One in sum_.args:
        (other,) = without(sum_.args, S.One)
        return other.args[0] if isinstance(other, exp) else None
    return None

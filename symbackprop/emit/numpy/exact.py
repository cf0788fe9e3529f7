"""Forms that keep the last digits where one class has nearly all of the weight.

For weights y that sum to 1, as a softmax's do, at most one is above 1/2. Then with
ρ = Σ_j [y_j <= 1/2] y_j, what the others have:

    y_k - t_k              = where(y_k > 1/2, (1 - t_k) - ρ, y_k - t_k)
    1 - ((1 - c) t + r)    = (1 - t) + (c t - r)        for 1 - t_k there
    y_k - ((1 - c) t_k + c/n) = ((n y_k - 1) - (1 - c) (n t_k - 1))/n    for y_k near 1/n
    g_k - Σ_j g_j y_j      = d_k - Σ_j d_j y_j          with d_k = g_k - Σ_j [y_j > 1/2] g_j
    (g_k - c) - Σ_j (g_j - c) y_j = g_k - Σ_j g_j y_j   for a normaliser c = log Σ_j exp(u_j)
    g_k - y_k Σ_j g_j      = where(y_k > 1/2, ρ g_k - y_k Σ_j [y_j <= 1/2] g_j, g_k - y_k Σ_j g_j)

and for exponents of which the largest is 0:

    log Σ_j exp(u_j)       = log1p(Σ_j [u_j != 0] exp(u_j) + (Σ_j [u_j = 0] - 1))

and for matrices, rows and columns of which differ much in size:

    det(A)                 = 2^(Σ_i r_i + Σ_j c_j) det(2^-(r_i + c_j) A_ij), the inverse likewise

so that, for Σ_k w_k = 1 and such an exponent u,

    Σ_k w_k (u_k - log Σ_j exp(u_j)) = Σ_k w_k u_k - log Σ_j exp(u_j)

The left sides subtract numbers that agree in nearly all digits; the right sides do not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import permutations

from sympy import Add, Basic, Equality, Expr, Pow, S, exp, log

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.matrices import Determinant, Inverse
from symbackprop.algebra.nodes import (
    Element,
    Index,
    IndexMax,
    IndexSum,
    Iverson,
    MatrixFunction,
    Where,
)
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import without
from symbackprop.calculus.result import Fact
from symbackprop.emit.numpy.algebra import canonical, centred, minus, plus, renamed, terms, times
from symbackprop.emit.numpy.forms import Forms, Told, equal, less
from symbackprop.emit.numpy.line import Line
from symbackprop.emit.numpy.product import flat, negated
from symbackprop.emit.numpy.special import BalancedDeterminant, BalancedInverse, Log1p
from symbackprop.emit.numpy.weights import Weights, alone_at, is_top
from symbackprop.emit.numpy.whole import Parts, near_uniform, off_uniform

_BALANCED = {Determinant: BalancedDeterminant, Inverse: BalancedInverse}


class Exact(Forms):
    """Writes expressions so.

    lines: the forward pass in stable form, where weights are found. taken: the names in use; the
    docstring calls weights that have no name by another one. facts: of sums that are 1.
    parts: of each form of y_k - t_k that was written (see `whole`).
    """

    def __init__(
        self, lines: Iterable[Line], taken: Collection[str], facts: Iterable[Fact] = ()
    ) -> None:
        super().__init__()
        self._weights = Weights(lines, taken)
        self.parts: dict[Expr, Parts] = {}
        self._ones = [f.left for f in facts if f.right == 1 and isinstance(f.left, IndexSum)]

    def form(self, expr: Basic) -> Expr | Told | None:
        """The form of a difference, or of the logarithm of a sum; None for others."""
        if type(expr) in _BALANCED:
            return Told(_balanced(expr), {})
        if isinstance(expr, log) and isinstance(expr.args[0], IndexSum):
            return _log_of_largest_one(expr.args[0])
        if isinstance(expr, IndexSum):
            return self._mean_of_logs(expr)
        if not isinstance(expr, Add):
            return None
        nearer = self._nearer(expr)
        if nearer is not None or len(expr.args) != 2:
            return nearer
        signed = [self._signed(t) for t in expr.args]
        if sum(negative for negative, _ in signed) != 1:
            return None
        added, taken = (term for _, term in sorted(signed, key=lambda s: s[0]))
        return self._centred(added, taken) or self._projected(added, taken, 1) or (
            self._projected(taken, added, -1) or self._compared(added, taken)
        )

    def _signed(self, term: Expr) -> tuple[bool, Expr]:
        """(True, -term) where a sign can be taken out, also of a sum that the term stands for."""
        negative, inner = negated(term)
        flipped, opened = negated(self._weights.opened(inner))
        return (negative != flipped, opened) if isinstance(opened, IndexSum) else (negative, inner)

    def _nearer(self, expr: Add) -> Told | None:
        """A sum with log Σ_j exp(x_j) - x_k in it, where that is max_j x_j and a logarithm."""
        for term, other in permutations(expr.args, 2):
            (negative, inner), (opposite, x) = negated(term), negated(other)
            parts = terms(self._weights.opened(inner))
            top = next((p for p in parts if isinstance(p, IndexMax)), None)
            if top is None or negative == opposite:
                continue
            if centred(canonical(minus(x, top))):
                rest, others = without(parts, top), without(without(expr.args, term), other)
                form, shown = (
                    _from_the_top(x, top, c, negative) for c in ([*map(self.of, rest)], rest)
                )
                plainly = Add(*(p for p in expr.args if p in (term, other)), evaluate=False)
                form = Add(form, *map(self.of, others), evaluate=False) if others else form
                return Told(form, {} if inner == top else {plainly: shown})
        return None

    def _mean_of_logs(self, expr: IndexSum) -> Told | None:
        """Σ_k w_k (x_k - log Σ_j exp(x_j)), where Σ_k w_k = 1 and the largest x_k is 0."""
        factors = flat((expr.body,))
        for w, f in permutations(factors, 2):
            j = self._summed_to_one(w, expr.bound)
            logs = [t for t in terms(f) if isinstance(negated(t)[1], log)]
            if j is None or len(logs) != 1 or not negated(logs[0])[0]:
                continue
            x, (_, c) = plus(*without(terms(f), logs[0])), negated(logs[0])
            others = times(*without(without(factors, w), f))
            alone = j not in {*free_indices(c), *free_indices(others)}
            if alone and centred(canonical(x)) and _log_of_largest_one(c.args[0]) is not None:
                x = Add(*without(terms(f), logs[0]), evaluate=False)
                form, shown = (
                    _less_log(expr, times(others, w, x), times(others, log_), j)
                    for log_ in (self.of(c), c)
                )
                return Told(form, {expr: shown})
        return None

    def _summed_to_one(self, w: Expr, bound: Sequence[Index]) -> Index | None:
        """The bound index over which the sum of w is known to be 1."""
        for one in self._ones if isinstance(w, Element) else ():
            u = one.body
            if isinstance(u, Element) and u.array == w.array and len(one.bound) == 1:
                axis = u.indices.index(one.bound[0])
                j = w.indices[axis]
                same = renamed(u, dict(zip(u.indices, w.indices, strict=True))) == w
                if isinstance(j, Index) and j in bound and same and alone_at(w, axis):
                    return j
        return None

    def _compared(self, added: Expr, taken: Expr) -> Told | None:
        """y_k - t_k or t_k - y_k, if it is that."""
        sides = ((added, taken, 1), (taken, added, -1))
        found = next((side for side in sides if self._weights.place(side[0]) is not None), None)
        if found is None:
            return None
        y, t, sign = found

        k, meant = self._weights.place(y), self._weights.opened(t)
        u = self._weights.exponent(y)
        near = _less_mixture(u, meant, k, sign) if u is not None and isinstance(k, Index) else None

        def both(w: Expr) -> tuple[Expr, Expr]:
            rest = _complement_of_mean(meant) or less(S.One, t)
            found = _weight_less(w, t, rest, self._weights.others(w), sign)
            return less(*(w, t)[::sign]), found if near is None else Where(*near, found)

        told = self._told(y, both)
        if isinstance(k, Index) and sign > 0:
            low = _complement_of_mean(meant) or less(S.One, t)
            rest = Where(is_top(y), less(S.Zero, self._weights.others(y)), y)
            parts = Parts(rest, Where(is_top(y), less(S.Zero, low), t), k)
            self.parts[told.form] = parts if u is None else near_uniform(parts, u, t)
        return told

    def _told(self, y: Expr, both: Callable[[Expr], tuple[Expr, Expr]]) -> Told:
        """A form of an expression with weights y, told of with a name for them."""
        name = self._weights.named(y)
        pairs = dict([both(name)])
        return Told(both(y)[1], pairs if name == y else {name: y, **pairs})

    def _centred(self, g: Expr, mean: Expr) -> Expr | None:
        """g_k - Σ_j g_j y_j, if it is that."""
        if not isinstance(mean, IndexSum) or len(mean.bound) != 1:
            return None
        (j,) = mean.bound
        own = set(free_indices(g)) - set(free_indices(mean))
        factors = flat((mean.body,))
        for y in factors:
            if self._weights.place(y) == j and len(own) == 1:
                rest = times(*without(factors, y))
                k = own.pop()
                rest = self._weights.opened(renamed(rest, {j: k}))
                if not equal(rest, self._weights.opened(g)):
                    return None
                return _less_mean(_without_constant(self._weights.opened(g), k) or g, k, y, j)
        return None

    def _projected(self, g: Expr, share: Expr, sign: int) -> Told | None:
        """g_k - y_k Σ_j g_j, or the negative of it, if it is that."""
        factors = flat((share,))
        sides = ((times(*without(factors, f)), f) for f in factors if isinstance(f, IndexSum))
        found = next(((y, s) for y, s in sides if self._is_share(g, y, s)), None)
        if found is None:
            return None
        y, total = found

        def both(w: Expr) -> tuple[Expr, Expr]:
            others, each = self._weights.others(w), self._weights.at(w, total.bound[0])[0]
            plainly = less(*(g, times(w, total))[::sign])
            return plainly, _less_share(g, w, others, each, total, sign)

        return self._told(y, both)

    def _is_share(self, g: Expr, y: Expr, total: IndexSum) -> bool:
        k = self._weights.place(y)
        return len(total.bound) == 1 and isinstance(k, Index) and (
            equal(renamed(total.body, {total.bound[0]: k}), g)
        )


@lowering
def _balanced(expr: MatrixFunction) -> Expr:
    """det A = 2^(Σ_i r_i + Σ_j c_j) det(2^-(r_i + c_j) A_ij), and the inverse likewise"""
    return _BALANCED[type(expr)](*expr.args)


@lowering
def _from_the_top(x: Expr, top: Expr, rest: list[Expr], negative: bool) -> Expr:
    """(max_j x_j + c) - x_k = (max_j x_j - x_k) + c, and the negative of it"""
    if negative:
        return less(less(x, top), *rest)
    return Add(less(top, x), *rest, evaluate=False)


@lowering
def _less_log(total: IndexSum, body: Expr, c: Expr, j: Index) -> Expr:
    """Σ_k w_k (x_k - c) = Σ_k w_k x_k - c, where Σ_k w_k = 1"""
    rest = [b for b in total.bound if b != j]
    return less(IndexSum(body, *total.bound), IndexSum(c, *rest) if rest else c)


@lowering
def _weight_less(y: Expr, t: Expr, rest: Expr, others: Expr, sign: int) -> Expr:
    """y_k - t_k = where(y_k > 1/2, (1 - t_k) - ρ, y_k - t_k)"""
    sides = (rest, others), (y, t)
    top, low = (less(*side[::sign]) for side in sides)
    return Where(is_top(y), top, low)


@lowering
def _complement_of_mean(u: Expr) -> Expr | None:
    """1 - ((1 - c) t + r) = (1 - t) + (c t - r)"""
    for share, t, others in _mixtures(u):
        c = times(S.NegativeOne, plus(*without(share.args, S.One)))
        return Add(less(S.One, t), less(times(c, t), *others), evaluate=False)
    return None


@lowering
def _less_mixture(u: Expr, t: Expr, k: Index, sign: int) -> tuple[Basic, Expr] | None:
    """y_k - ((1 - c) t_k + c/n) = ((n y_k - 1) - (1 - c) (n t_k - 1))/n, for u_k near 0"""
    n = k.size
    for share, label, others in _mixtures(t):
        if equal(less(S.One, share), times(n, plus(*others))):
            is_near, off = off_uniform(u, k)
            sides = off, times(share, less(times(n, label), S.One))
            return is_near, times(less(*sides[::sign]), Pow(n, S.NegativeOne))
    return None


def _mixtures(u: Expr) -> Iterator[tuple[Expr, Expr, list[Expr]]]:
    """1 - c, t and the terms of r, for each way to read u as (1 - c) t + r."""
    for term in terms(u):
        factors = flat((term,))
        for f in factors if len(factors) > 1 else ():
            if isinstance(f, Add) and S.One in f.args:
                yield f, times(*without(factors, f)), without(terms(u), term)


@lowering
def _without_constant(g: Expr, k: Index) -> Expr | None:
    """(g_k - c) - Σ_j (g_j - c) y_j = g_k - Σ_j g_j y_j, for logarithms c; Σ_j y_j = 1"""
    kept = [t for t in terms(g) if k in free_indices(t) or not isinstance(negated(t)[1], log)]
    return None if len(kept) in (0, len(terms(g))) else plus(*kept)


@lowering
def _less_mean(g: Expr, k: Index, y: Expr, j: Index) -> Expr:
    """g_k - Σ_j g_j y_j = d_k - Σ_j d_j y_j with d_k = g_k - Σ_j [y_j > 1/2] g_j

    and once more with that as d_k, which leaves of Σ_j d_j y_j what was lost of it.
    """
    top = IndexSum(Where(is_top(y), renamed(g, {k: j}), S.Zero), j)
    d = less(g, top)
    for _ in range(2):
        d = less(d, IndexSum(times(renamed(d, {k: j}), y), j))
    return d


@lowering
def _less_share(
    g: Expr, y: Expr, others: Expr, each: Expr, total: IndexSum, sign: int
) -> Expr:
    """g_k - y_k Σ_j g_j = where(y_k > 1/2, ρ g_k - y_k Σ_j [y_j <= 1/2] g_j, g_k - y_k Σ_j g_j)"""
    rest = IndexSum(Where(is_top(each), S.Zero, total.body), *total.bound)
    sides = (times(others, g), times(y, rest)), (g, times(y, total))
    top, low = (less(*side[::sign]) for side in sides)
    return Where(is_top(y), top, low)


@lowering
def _log_of_largest_one(total: IndexSum) -> Expr | None:
    """log Σ_j exp(u_j) = log1p(Σ_j [u_j != 0] exp(u_j) + (Σ_j [u_j = 0] - 1)), max_j u_j = 0"""
    factors = flat((total.body,))
    power = next((f for f in factors if isinstance(f, exp)), None)
    among = without(factors, power) if power is not None else []  # [j is in the sum], or nothing
    if power is None or not _is_centred(power.args[0], among, total.bound):
        return None
    largest = Equality(power.args[0], S.Zero, evaluate=False)
    count = IndexSum(times(Iverson(largest), *among), *total.bound)
    others = IndexSum(Where(largest, S.Zero, total.body), *total.bound)
    return Log1p(Add(others, Add(count, S.NegativeOne, evaluate=False), evaluate=False))


def _is_centred(u: Expr, among: Sequence[Expr], bound: Sequence[Index]) -> bool:
    """Whether u_j is x_j - max_j x_j, with the maximum over these indices; among: [c_j], or all.

    Where j is only among some, u_j is where(c_j, x_j - max_j where(c_j, x_j, -oo), 0).
    """
    condition = S.true
    if among:
        if len(among) != 1 or not isinstance(u, Where) or not isinstance(among[0], Iverson):
            return False
        condition, u, _ = u.args
        if condition != among[0].args[0]:
            return False
    for term in terms(u):
        negative, top = negated(term)
        if negative and isinstance(top, IndexMax) and len(top.bound) == len(bound):
            x = plus(*without(terms(u), term))
            x = Where(condition, x, S.NegativeInfinity) if among else x
            if equal(renamed(top.body, dict(zip(top.bound, bound, strict=True))), x):
                return True
    return False

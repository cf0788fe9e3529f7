"""Vectors less their projection on another, which is taken away twice.

    g_k - u_k W Σ_j u_j g_j,    1/W = Σ_j u_j^2 + R

The rounding errors of what is left have a part along u, and where g is nearly along u that is most
of it, as in a batch of two. A second projection takes it away; what the first one took stays with
its share of R, unless that is the larger one: then next to nothing is taken. Where u, and what is
projected, are centred, so is what is left. Kahan's "twice is enough" (B. N. Parlett, The Symmetric
Eigenvalue Problem, 6.9).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

from sympy import Add, Equality, Expr, Mul, Pow, S, StrictGreaterThan

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Array, Element, Index, IndexSum, Where
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import without
from symbackprop.emit.numpy.algebra import (
    Assigned,
    canonical,
    plus,
    renamed,
    times,
    unfolded,
)
from symbackprop.emit.numpy.forms import Told, equal, less
from symbackprop.emit.numpy.means import less_mean_twice
from symbackprop.emit.numpy.product import cofactors, flat


class Names:
    """New names for expressions, the same for the same."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = iter(names)
        self._known: dict[Expr, Expr] = {}

    def __call__(self, expr: Expr, pairs: dict[Expr, Expr]) -> Expr:
        """An element of an array with a name of its own, which is told of in the pairs."""
        key = canonical(expr)
        if key not in self._known:
            indices = tuple(dict.fromkeys(free_indices(expr)))
            array = Array(next(self._names), tuple(i.size for i in indices))
            self._known[key] = array[indices]
        pairs[self._known[key]] = expr
        return self._known[key]


class Projections:
    """Writes sums so. quantities: what is assigned to them; steps: of the backward pass.

    names: for what is projected, and for what is left, in the docstring.
    """

    def __init__(
        self, quantities: Mapping[Array, Assigned], steps: Mapping[Array, Assigned],
        names: Names,
    ) -> None:
        self._quantities, self._steps, self._named = quantities, steps, names

    def rest(self, expr: Add) -> Told | None:
        """The form of a sum of two such terms, or of three, the third of which is the mean."""
        for mean in expr.args if len(expr.args) == 3 else (S.Zero,):
            others = expr.args if mean == 0 else without(expr.args, mean)
            for added, share in permutations(others) if len(others) == 2 else ():
                found = self._projected(added, share, mean)
                if found is not None:
                    form, pairs, shown = found
                    return Told(form, {**pairs, expr: shown})
        return None

    def _projected(
        self, added: Expr, share: Expr, mean: Expr
    ) -> tuple[Expr, dict[Expr, Expr], Expr] | None:
        """The form, names and what they stand for, and the form with these names."""
        parts = self._opened(share, set(free_indices(added)))
        for total, own in permutations(parts, 2):
            if isinstance(total, IndexSum) and isinstance(own, Element):
                others = without(without(parts, total), own)
                for factors, u in self._factors(total):
                    found = self._on(total.bound, factors, u, own, others, added, mean)
                    if found is not None:
                        return found
        return None

    def _factors(self, total: IndexSum) -> Iterator[tuple[list[Expr], Expr]]:
        """The factors of what is summed, also with what one of them is, and one of the factors."""
        factors = flat((total.body,))
        meanings = ((f, unfolded(f, self._quantities)) for f in factors if isinstance(f, Element))
        opened = ([*without(factors, f), *flat((m,))] for f, m in meanings if isinstance(m, Mul))
        yield from ((found, u) for found in (factors, *opened) for u in found)

    def _on(
        self, bound: Sequence[Index], factors: Sequence[Expr], u: Expr, own: Element,
        others: Sequence[Expr], added: Expr, mean: Expr,
    ) -> tuple[Expr, dict[Expr, Expr], Expr] | None:  # fmt: skip
        """The same where Σ_j u_j g_j has these factors, and u_k and others are the rest."""
        places = _places(u, own, bound)
        g, same = _divided(without(factors, u), bound)
        beside = None if places is None else cofactors(added, renamed(g, places))
        if places is None or beside is None or g == 1:
            return None
        scale = times(*beside)
        whole = canonical(times(*self._opened(scale, set(free_indices(added)))))
        weight = -canonical(times(same, *others)) / whole
        rest = self._rest_of_square(u, weight, bound)
        centred = self._centred(u, bound) and (mean != 0 or self._centred(g, bound))
        opposite = times(S.NegativeOne, scale, _mean(g, bound))
        if rest is None or (mean != 0 and not (centred and equal(mean, opposite))):
            return None
        on = Projection(u, bound, weight, rest, _square(u, bound))
        form, shown, pairs = self._forms(on, g, (mean != 0, centred))
        form, shown = (times(scale, renamed(f, places)) for f in (form, shown))
        return form, pairs, shown

    def _forms(
        self, on: Projection, g: Expr, centred: tuple[bool, bool]
    ) -> tuple[Expr, Expr, dict[Expr, Expr]]:
        """The form, the same with names, and what these stand for."""
        pairs: dict[Expr, Expr] = {}
        square = self._named(on.square, pairs)
        before = d = less(g, _mean(g, on.bound)) if centred[0] else g
        name = self._named(d, pairs) if centred[0] else g
        shown = replace(on, square=square)
        d, left = on.left(d), self._named(shown.left(name), pairs)
        if centred[1]:
            d = less(d, _mean(d, on.bound))
            left = self._named(less(left, _mean(left, on.bound)), pairs)
        return _twice(on, before, d), _twice(shown, name, left), pairs

    def _opened(self, term: Expr, free: Collection[Index]) -> list[Expr]:
        """The factors, with what quantities and steps of fewer indices are, if it is a product."""
        found = []
        for f in flat((term,)):
            base, power = f.args if isinstance(f, Pow) else (f, S.One)
            meaning = None
            if isinstance(base, Element) and set(free_indices(base)) < set(free):
                meaning = unfolded(base, {**self._quantities, **self._steps})
            if not isinstance(meaning, Mul) or not power.is_Integer:
                found.append(f)
            elif power == 1:
                found += self._opened(meaning, free)
            else:
                found += [Pow(m, power) for m in self._opened(meaning, free)]
        return found

    def _rest_of_square(
        self, u: Expr, weight: Expr, bound: Sequence[Index]
    ) -> Expr | None:
        """R W of 1/W = Σ_j u_j^2 + R, where W is the weight and R is without sums."""
        meaning = unfolded(u, self._quantities) if isinstance(u, Element) else None
        for y, scale in ((u, S.One), _divided(flat((u if meaning is None else meaning,)), bound)):
            weight = canonical(weight * scale**2)
            square = canonical(IndexSum(Pow(y, 2), *bound))
            rest = plus(*_spread(self._unfolded(1 / weight)), -square)
            if not rest.has(IndexSum):
                return canonical(rest * weight)
        return None

    def _unfolded(self, expr: Expr) -> Any:
        """The expression with what its quantities are, except in sums."""
        if isinstance(expr, Element):
            meaning = unfolded(expr, self._quantities)
            return expr if meaning is None else self._unfolded(canonical(meaning))
        if isinstance(expr, Add | Mul | Pow):
            return expr.func(*map(self._unfolded, expr.args))
        return expr

    def _centred(self, u: Expr, along: Collection[Index]) -> bool:
        """Whether Σ_j u_j = 0: it is x_j less its mean, times what is the same for all j."""
        meaning = unfolded(u, self._quantities) if isinstance(u, Element) else None
        x, _ = _divided(flat((u if meaning is None else meaning,)), along)
        if not isinstance(x, Add) or len(x.args) != 2:
            return False
        first, second = x.args
        if less_mean_twice(first, second, self._quantities, ()) is None:
            return False
        return set(free_indices(first)) ^ set(free_indices(second)) == set(along)


def _divided(factors: Sequence[Expr], along: Collection[Index]) -> tuple[Expr, Expr]:
    """The product of the factors with these indices, and of the others."""
    own = [f for f in factors if set(free_indices(f)) & set(along)]
    return times(*own), times(*(f for f in factors if f not in own))


def _places(u: Expr, own: Element, bound: Sequence[Index]) -> dict[Index, Expr] | None:
    """What stands in an element of the same array in the place of each bound index."""
    if not isinstance(u, Element) or u.array != own.array:
        return None
    places = {b: k for b, k in zip(u.indices, own.indices, strict=True) if b in bound}
    return places if len(places) == len(bound) and renamed(u, places) == own else None


def _spread(expr: Expr) -> list[Expr]:
    """The terms of a sum, also of a sum times something."""
    for f in flat((expr,)):
        if isinstance(f, Add):
            rest = without(flat((expr,)), f)
            return [t for a in f.args for t in _spread(Mul(*rest, a))]
    return [expr]


def _mean(v: Expr, bound: Sequence[Index]) -> Expr:
    return times(IndexSum(v, *bound), *(Pow(b.size, -1) for b in bound))


def _square(u: Expr, bound: Sequence[Index]) -> Expr:
    """Σ_j u_j^2, but 1 where it is 0."""
    square = IndexSum(Pow(u, 2), *bound)
    return Where(Equality(square, S.Zero), S.One, square)


@dataclass(frozen=True)
class Projection:
    """g_k - u_k W Σ_j u_j g_j, where W is the weight and 1/W = Σ_j u_j^2 + R; rest: R W."""

    u: Expr
    bound: Sequence[Index]
    weight: Expr
    rest: Expr
    square: Expr

    def share(self, v: Expr, *weight: Expr) -> Expr:
        """u_k Σ_j u_j v_j, times this weight, or over Σ_j u_j^2"""
        total = IndexSum(times(self.u, v), *self.bound)
        return times(self.u, total, *(weight or (Pow(self.square, -1, evaluate=False),)))

    def left(self, v: Expr) -> Expr:
        """v_k - u_k Σ_j u_j v_j/Σ_j u_j^2"""
        return less(v, self.share(v))


@lowering
def _twice(on: Projection, g: Expr, left: Expr) -> Expr:
    """g_k - u_k W Σ_j u_j g_j = where(R W > 1/2, g_k - u_k W Σ_j u_j g_j, P P g_k + R W u_k β)

    with β = Σ_j u_j g_j/Σ_j u_j^2 and P g_k = g_k - u_k β, which is what is left.
    """
    twice = on.left(left)
    if on.rest == 0:
        return twice
    plain = less(g, on.share(g, *flat((on.weight,))))
    kept = Add(twice, times(on.rest, on.share(g)), evaluate=False)
    return Where(StrictGreaterThan(on.rest, S.Half, evaluate=False), plain, kept)

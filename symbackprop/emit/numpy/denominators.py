"""Two fractions over one denominator, where terms above it cancel.

n/d^p + m/d^q = (n d^(r-p) + m d^(r-q))/d^r    for a quantity d, r the larger of p and q
1 - i/d       = r/(i + r)                      for d = i + r and a sum r
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from sympy import Add, Expr, Mul, Pow, S

from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.expansion import expand_all, terms_expanded
from symbackprop.algebra.nodes import Array, Element, IndexSum
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import Poly, add
from symbackprop.algebra.registry import lowering
from symbackprop.emit.numpy.algebra import Assigned, terms, times, unfolded
from symbackprop.emit.numpy.forms import equal
from symbackprop.emit.numpy.product import flat

_MOST = 60
"""Terms of a numerator, at most."""


@dataclass(frozen=True)
class Quotient:
    """above/d^power, where d is an element of a quantity; None for d^0."""

    above: Expr
    below: Element | None
    power: int


class Denominators:
    """Writes two terms so. quantities: what is assigned to them; steps: of the backward pass."""

    def __init__(
        self, quantities: Mapping[Array, Assigned], steps: Mapping[Array, Assigned]
    ) -> None:
        self._quantities, self._steps = quantities, steps

    @lowering
    def over_one(self, first: Expr, second: Expr) -> Expr | None:
        """n/d^p + m/d^q = (n d^(r-p) + m d^(r-q))/d^r, if something cancels above"""
        parts = [self._quotient(t) for t in (first, second)]
        below = {p.below for p in parts if p.below is not None}
        highest = max(p.power for p in parts)
        if len(below) != 1 or any(highest - p.power > 1 for p in parts):
            return None
        (d,) = below
        meaning = unfolded(d, self._quantities)
        if meaning is None or all(p.power == highest for p in parts):
            return None
        above = [times(p.above, meaning) if p.power < highest else p.above for p in parts]
        whole = [normal(self._whole(n)) for n in above]
        if sum(map(terms_expanded, whole)) > _MOST or not _cancels(whole):
            return None
        found = [expand_all(add(whole))]
        best = Arranger(lambda _: 0).arrange(found[0])
        plain = _without_opposites([t for n in above for t in _distributed(n)])
        if plain is not None and terms_expanded(normal(self._whole(plain))) <= len(found[0].terms):
            best = plain
        one, other = sorted(parts, key=lambda p: p.power)
        if one.above == 1 and highest == 1 and isinstance(best, Add):
            return _share(best, times(S.NegativeOne, other.above))
        return times(best, Pow(d, -highest))

    def _quotient(self, term: Expr) -> Quotient:
        factors = []
        for f in flat((term,)):
            step = unfolded(f, self._steps) if isinstance(f, Element) else None
            opened = flat((step,)) if step is not None else []
            factors += opened if any(map(self._below, opened)) else [f]
        found = [f for f in factors if self._below(f)]
        if len(found) != 1:
            return Quotient(term, None, 0)
        (divisor,) = found
        base, exponent = divisor.args
        return Quotient(times(*(f for f in factors if f is not divisor)), base, -int(exponent))

    def _below(self, f: Expr) -> bool:
        """Whether it is 1/d^p."""
        return isinstance(f, Pow) and isinstance(f.args[0], Element) and (
            f.args[0].array in self._quantities and f.args[1] in (-1, -2)
        )

    def _whole(self, expr: Expr) -> Expr:
        """The expression with what its quantities are, as far as they are sums and products."""
        if isinstance(expr, Element):
            meaning = unfolded(expr, self._quantities)
            return expr if meaning is None or not _is_polynomial(meaning) else self._whole(meaning)
        if isinstance(expr, Add | Mul):
            return expr.func(*map(self._whole, expr.args), evaluate=False)
        if isinstance(expr, IndexSum):
            return IndexSum(self._whole(expr.body), *expr.bound)
        return expr


@lowering
def _share(rest: Expr, i: Expr) -> Expr:
    """1 - i/d = r/(i + r), where d = i + r: what is lost of r is lost above and below"""
    return times(rest, Pow(Add(i, rest, evaluate=False), S.NegativeOne, evaluate=False))


def _is_polynomial(expr: Expr) -> bool:
    if isinstance(expr, IndexSum):
        return _is_polynomial(expr.body)
    if isinstance(expr, Add | Mul):
        return all(map(_is_polynomial, expr.args))
    return isinstance(expr, Element) or bool(expr.is_Number)


def _cancels(parts: list[Poly]) -> bool:
    """Whether a term is not in the sum that is in two of the parts."""
    opened = [expand_all(p) for p in parts]
    total = expand_all(add(parts))
    return any(m not in total.terms for p in opened for m in p.terms)


def _distributed(expr: Expr) -> list[Expr]:
    """The terms of a product of sums."""
    return [times(*choice) for choice in product(*(terms(f) for f in flat((expr,))))]


def _without_opposites(parts: list[Expr]) -> Expr | None:
    """The sum of terms without u and -u; None where there are none."""
    kept: list[Expr] = []
    for part in parts:
        opposite = next((k for k in kept if equal(times(S.NegativeOne, k), part)), None)
        if opposite is None:
            kept.append(part)
        else:
            kept.remove(opposite)
    if len(kept) == len(parts) or not kept:
        return None
    return kept[0] if len(kept) == 1 else Add(*kept, evaluate=False)

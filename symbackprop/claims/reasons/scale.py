"""A sign, a constant factor, a factor 1/N or another factor too many or missing."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

from sympy import Expr, Integer, Mul, Pow, Rational, Symbol, sqrt

from symbackprop.algebra.nodes import Array, Element, Index
from symbackprop.claims.case import Case
from symbackprop.claims.points import Trial
from symbackprop.claims.reasons.idea import Idea, Reason
from symbackprop.frontend import written
from symbackprop.messages import message
from symbackprop.verify.evaluate import compiled
from symbackprop.verify.scalars import OutOfDomain

_MOST = 60  # the largest numerator or denominator of a factor that is a number


def sign(case: Case) -> Iterator[Idea]:
    """The claim is minus the truth."""
    yield Idea(Reason("sign", "The sign is wrong: minus the claim is true."),
               written.neg(case.claimed), case.true)  # fmt: skip


def factors(case: Case) -> Iterator[Idea]:
    """The claim is a constant times the truth: a number, times sizes to some powers."""
    for found in _ratio(case):
        yield Idea(_of_factor(found), case.claimed, written.mul(found, case.true))


def _of_factor(found: Expr) -> Reason:
    """Claimed = found · true in words."""
    minus = bool(found.could_extract_minus_sign())
    size = -found if minus else found
    above = size.as_numer_denom()[0]
    missing = bool(above.free_symbols) or (size.is_number and size < 1)
    if missing:
        rest = _plain(1 / size)
        words = message("The factor {factor} is missing.")
        if minus:
            words = message("The factor {factor} is missing, and the sign is wrong.")
        return Reason("factor", words, {"factor": rest})
    words = message("A factor {factor} is too many.")
    if minus:
        words = message("A factor {factor} is too many, and the sign is wrong.")
    return Reason("factor", words, {"factor": _plain(size)})


def _plain(e: Expr) -> Expr:
    """A number and sizes as a written product."""
    above, below = e.as_numer_denom()
    return written.div(above, below)


def _ratio(case: Case) -> Iterator[Expr]:
    """What the claim is divided by the truth, where that is the same everywhere at each point."""
    points = case.comparer.trials(case.equations, False)
    if isinstance(points, str):
        return
    squares: list[tuple[Trial, Fraction]] = []
    for trial in points[:5]:
        found = _at(case, trial)
        if found is None:
            return
        if found != 0:
            squares.append((trial, found))
    signs = {s > 0 for _, s in squares}
    if len(signs) != 1:
        return
    sizes = [s for s in case.setting.forward.sizes if isinstance(s, Symbol)][:4]
    every = product((0, 2, -2, 1, -1, 4, -4), repeat=len(sizes))
    for powers in sorted(every, key=lambda p: sum(map(abs, p))):
        share = {abs(s) / _power(sizes, powers, t) for t, s in squares}
        if len(share) == 1:
            (value,) = share
            if value.numerator > _MOST**2 or value.denominator > _MOST**2:
                return
            number = sqrt(Rational(value.numerator, value.denominator))
            sign = 1 if signs == {True} else -1
            half = Rational(1, 2)
            yield sign * number * Mul(
                *(Pow(s, half * p) for s, p in zip(sizes, powers, strict=True)))
            return


def _power(sizes: list[Symbol], powers: tuple[int, ...], trial: Trial) -> Fraction:
    total = Fraction(1)
    for size, p in zip(sizes, powers, strict=True):
        total *= Fraction(trial.point.sizes[size]) ** p
    return total


def _at(case: Case, trial: Trial) -> Fraction | None:
    """The square of the ratio at a point, with the sign of the ratio; 0 where the truth is 0
    everywhere, None where the ratio is not the same everywhere."""
    one, two = compiled(case.claimed), compiled(case.true)
    mp: Any = trial.digits.scalars.mp  # type: ignore[attr-defined]
    found: Any = None
    for place in trial.places(case.indices):
        at = dict(zip(case.indices, place, strict=True))
        try:
            u, v = one(trial.digits, at), two(trial.digits, at)
        except OutOfDomain:
            return None
        if abs(v) < mp.mpf(10) ** -40:
            if abs(u) > mp.mpf(10) ** -40:
                return None
            continue
        ratio = u / v
        if found is not None and abs(ratio - found) > mp.mpf(10) ** -35 * abs(ratio):
            return None
        found = ratio
    if found is None:
        return Fraction(0)
    square = found * abs(found)
    exact = Fraction(str(mp.nstr(square, 45))).limit_denominator(10**6)
    near = mp.mpf(exact.numerator) / exact.denominator
    return exact if exact and abs(near - square) < mp.mpf(10) ** -35 * abs(square) else None


def named_factors(case: Case) -> Iterator[Idea]:
    """An array, or what the derivative of a sigmoid or tanh makes of it, is missing or too many."""
    for array in _candidates(case):
        for element in _aligned(array, case):
            for factor in _forms(element):
                if factor == case.true or factor == case.claimed:
                    continue
                up = array in case.setting.upstream
                kind = "upstream" if up else "missing factor"
                words = message("The upstream gradient {factor} is missing.") if up else (
                    message("The factor {factor} is missing."))  # fmt: skip
                yield Idea(Reason(kind, words, {"factor": factor}),
                           written.mul(case.claimed, factor), case.true)  # fmt: skip
                yield Idea(Reason("extra factor", "The factor {factor} is too many.",
                                  {"factor": factor}),
                           case.claimed, written.mul(case.true, factor))  # fmt: skip


def _candidates(case: Case) -> list[Array]:
    setting = case.setting
    forward = setting.forward
    arrays = (*setting.upstream, *forward.inputs, *(d.array for d in forward.definitions))
    return [a for a in arrays if a not in forward.labels and a != setting.loss][:14]


def _aligned(array: Array, case: Case) -> Iterator[Element]:
    """The element of an array at the claim's indices, its axes at those of the same size in order.
    """
    if not array.axes:
        yield array[()]
        return
    places: list[Index] = []
    rest = list(case.indices)
    for size in array.axes:
        while rest and rest[0].size != size:
            rest.pop(0)
        if not rest:
            return
        places.append(rest.pop(0))
    yield array[tuple(places)]


def _forms(u: Element) -> list[Expr]:
    one = Integer(1)
    rest = written.sub(one, u)
    return [u, written.mul(u, rest), written.sub(one, written.square(u)), rest,
            written.reciprocal(u)]  # fmt: skip

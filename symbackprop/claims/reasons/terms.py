"""Terms of the true sum that the claim lacks, has with the wrong sign, or has too many."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from sympy import Expr

from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import Poly
from symbackprop.algebra.reading import product
from symbackprop.claims.case import Case
from symbackprop.claims.engine import with_deltas
from symbackprop.claims.reasons.idea import Idea, Reason
from symbackprop.errors import NotYet
from symbackprop.frontend import written
from symbackprop.messages import message

_MOST = 6  # terms of a sum whose subsets are tried


def terms(case: Case) -> Iterator[Idea]:
    """Ideas about the terms of the derived form and of the claim."""
    true, claimed = _addends(case.written), _addends(case.claimed)
    if 1 < len(true) <= _MOST:
        for count in range(1, min(3, len(true))):
            for gone in combinations(true, count):
                told = written.add(*gone)
                words = message("The term {term} is missing.") if count == 1 else (
                    message("The terms {term} are missing."))  # fmt: skip
                yield Idea(Reason("missing term", words, {"term": told}),
                           written.add(case.claimed, told), case.true)  # fmt: skip
        for term in true:
            twice = written.mul(written.number(2), term)
            yield Idea(
                Reason("sign of a term", "The sign of the term {term} is wrong.", {"term": term}),
                written.add(case.claimed, twice), case.true,
            )  # fmt: skip
    if 1 < len(claimed) <= _MOST:
        for term in claimed:
            yield Idea(Reason("extra term", "The term {term} is too many.", {"term": term}),
                       written.sub(case.claimed, term), case.true)  # fmt: skip
            twice = written.mul(written.number(2), term)
            yield Idea(
                Reason("sign of a term", "The sign of the term {term} is wrong.", {"term": term}),
                written.sub(case.claimed, twice), case.true,
            )  # fmt: skip


def _addends(expr: Expr) -> list[Expr]:
    """The terms of a sum; of a factor times a sum, that multiplied out."""
    if expr.is_Add:
        return list(expr.args)
    read = product(expr)
    sums = [f for f in read.numerator if f.is_Add]
    if len(sums) != 1:
        return [expr]
    (inner,) = sums
    rest = [f for f in read.numerator if f is not inner]
    rest += [written.reciprocal(d) for d in read.denominator]
    sign = -read.coefficient if read.negative else read.coefficient
    return [written.mul(sign, *rest, t) for t in inner.args]


def gap(case: Case) -> Expr | None:
    """true - claimed in its simplest form under the declared equations, or None."""
    try:
        found: Poly = normal(with_deltas(case.written)) - normal(with_deltas(case.claimed))
    except NotYet:
        return None
    plain = case.engine.simplified(found, case.indices)
    opened = case.engine.simplified(case.engine.opened(found), case.indices)
    return min(plain, opened, key=lambda state: state.cost).expr

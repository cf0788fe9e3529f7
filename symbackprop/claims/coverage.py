"""Whether points lie on both sides of every comparison: equality on one side says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from sympy import Abs, Basic, Expr, Gt, S, sign
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, Not, Or

from symbackprop.algebra.nodes import Index, Iverson, Maximum, Minimum, Where
from symbackprop.algebra.trees import compares_values, walk
from symbackprop.claims.points import Trial
from symbackprop.claims.setting import Ground
from symbackprop.errors import NotYet
from symbackprop.verify.evaluate import compiled
from symbackprop.verify.scalars import OutOfDomain

_PLACES = 60  # at which a comparison is decided, of each trial


def one_sided(ground: Ground, exprs: Sequence[Expr], trials: Sequence[Trial]) -> Relational | None:
    """A comparison of the forward pass or the expressions that came out one way at all points."""
    every = (*(d.expr for d in ground.forward.definitions), *exprs)
    for test in dict.fromkeys(t for e in every for t in comparisons(e)):
        if not _both(test, trials):
            return test
    return None


def comparisons(expr: Basic) -> Iterator[Relational]:
    """All comparisons of values in an expression; |u| and the larger of two compare too."""
    for node in walk(expr):
        if isinstance(node, Iverson | Where):
            yield from (t for t in _parts(node.args[0]) if compares_values(t))
        elif isinstance(node, Maximum | Minimum):
            yield Gt(*node.args, evaluate=False)
        elif isinstance(node, Abs | sign):
            yield Gt(node.args[0], S.Zero, evaluate=False)


def _parts(test: Basic) -> Iterator[Relational]:
    if isinstance(test, And | Or | Not):
        for a in test.args:
            yield from _parts(a)
    elif isinstance(test, Relational):
        yield test


def _both(test: Relational, trials: Sequence[Trial]) -> bool:
    """Whether a comparison is true somewhere and false somewhere."""
    indices = sorted((i for i in test.free_symbols if isinstance(i, Index)), key=str)
    try:
        decide = compiled(Iverson(test))
    except NotYet:
        return True
    seen = set()
    for trial in trials:
        places = trial.digits.places(i.size for i in indices)
        for place in islice(places, _PLACES):
            try:
                value = decide(trial.digits, dict(zip(indices, place, strict=True)))
            except OutOfDomain:
                continue
            seen.add(value > 0)
            if len(seen) == 2:
                return True
    return False

"""Where the claim is true all the same: for some components, or under a further assumption."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Eq, Expr, Gt, Integer, Ne, Pow, S
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from symbackprop.algebra.nodes import Delta, Element, Index, Iverson, Where, fresh_index
from symbackprop.algebra.normal import normal
from symbackprop.algebra.program import Assumption
from symbackprop.algebra.reading import product, terms
from symbackprop.algebra.trees import elements, walk
from symbackprop.claims.case import TRUE, Case
from symbackprop.claims.engine import with_deltas
from symbackprop.claims.reasons.idea import Idea, Reason
from symbackprop.errors import NotYet
from symbackprop.frontend import written
from symbackprop.verify.evaluate import compiled
from symbackprop.verify.scalars import OutOfDomain

_PARTS = 9  # nodes of a factor that is simple enough to be told


def extra(case: Case, gap: Expr) -> Iterator[Reason]:
    """Where a factor of true - claimed is 0. gap: that difference, arranged."""
    read = product(gap)
    for factor in read.numerator:
        if _is_of_truth(case, factor):
            continue  # there both are 0
        for left, right in _equations(factor):
            if not _can_be(case, left, right):
                continue
            if factor.free_symbols & set(case.indices):
                yield Reason("components", "It is true where {condition}.",
                             {"condition": Eq(left, right, evaluate=False)})  # fmt: skip
            else:
                yield Reason("assumption", "It is true if {condition}.",
                             {"condition": Eq(left, right, evaluate=False)})  # fmt: skip


def _is_of_truth(case: Case, factor: Expr) -> bool:
    """Whether the true value is 0 wherever the factor is."""
    try:
        truth, own = normal(with_deltas(case.written)), normal(factor)
    except NotYet:
        return False
    single = own.single()
    atoms = {a for a, _ in single[0]} if single else set()
    return bool(atoms) and all(atoms <= {a for a, e in m if e > 0} for m in truth.terms)


def _equations(factor: Expr) -> Iterator[tuple[Expr, Expr]]:
    """factor = 0 as a simple equation."""
    if isinstance(factor, Pow) and factor.exp.is_positive:
        factor = factor.base
    parts = sum(1 for _ in walk(factor))
    if parts > _PARTS or factor.has(Delta, Where, Iverson):
        return
    if isinstance(factor, Element):
        yield factor, S.Zero
    elif isinstance(factor, Add):
        read = terms(factor)
        if len(read) != 2 or read[0].negative == read[1].negative:
            return
        one, two = (_term(t.coefficient, t.numerator, t.denominator) for t in read)
        left, right = (two, one) if one.is_number else (one, two)
        sizes = (left - right).free_symbols
        if elements(left) or elements(right):
            yield left, right
        elif len(sizes) == 1:
            (size,) = sizes
            yield from ((size, Integer(n)) for n in (1, 2, 3) if (left - right).subs(size, n) == 0)


def _term(coefficient: Expr, above: tuple[Expr, ...], below: tuple[Expr, ...]) -> Expr:
    return written.mul(coefficient, *above, *(written.reciprocal(d) for d in below))


def _can_be(case: Case, left: Expr, right: Expr) -> bool:
    """Whether an equation is about inputs or sizes, and not one that never holds or says nothing.
    """
    setting = case.setting
    found = elements(left) | elements(right)
    if not found:
        return True
    arrays = {e.array for e in found}
    if not arrays <= set(setting.forward.inputs) or arrays & set(setting.upstream):
        return False
    if right == 0 and isinstance(left, Element):
        return left.array.sign != ">0"
    if any(isinstance(n, Index) and n in case.indices for n in (left - right).free_symbols):
        return True
    equation = Assumption("==", left, right, "")
    points = case.comparer.trials((*case.equations, equation), False)
    return not isinstance(points, str)


def symmetric(case: Case) -> Iterator[Reason]:
    """Under the assumption that a square matrix among the inputs is symmetric."""
    for array in case.setting.forward.inputs:
        if len(array.axes) != 2 or array.axes[0] != array.axes[1]:
            continue
        i, j = fresh_index(array.axes[0]), fresh_index(array.axes[0])
        equation = Assumption("==", array[i, j], array[j, i], f"{array.name} == {array.name}.T")
        found = case.compared(case.claimed, case.true, (*case.equations, equation))
        if found.verdict in TRUE:
            yield Reason("assumption", "It is true if {condition}.", {
                "condition": Eq(array[i, j], array[j, i], evaluate=False)})  # fmt: skip


def halves(case: Case) -> Iterator[Idea]:
    """The claim is true on one side of a comparison, and on one side only."""
    for test in _tests(case):
        for condition in (test, _opposite(test)):
            bracket = Iverson(condition)
            idea = Idea(
                Reason("components", "It is true where {condition}.",
                       {"condition": condition}),
                written.mul(bracket, case.claimed), written.mul(bracket, case.true),
            )  # fmt: skip
            if _happens(case, condition):
                yield idea


def _tests(case: Case) -> list[Boolean]:
    """Comparisons in the truth and in the claim, signs of inputs, equal subscripts."""
    found: dict[Boolean, None] = {}
    for side in (case.written, case.claimed):
        for node in walk(side):
            if isinstance(node, Iverson | Where) and isinstance(node.args[0], Relational):
                found[node.args[0]] = None
    for e in sorted(elements(case.claimed) | elements(case.written), key=str):
        if set(e.indices) <= set(case.indices) and e.indices:
            found[written.relation(Gt)(e, S.Zero)] = None
    places = [i for i in case.indices if isinstance(i, Index)]
    for n, i in enumerate(places):
        for j in places[n + 1 :]:
            if i.size == j.size:
                found[Eq(i, j, evaluate=False)] = None
    own = set(case.indices)
    free = {t: {i for i in t.free_symbols if isinstance(i, Index)} for t in found}
    return [t for t in found if free[t] and free[t] <= own][:10]


def _opposite(test: Boolean) -> Boolean:
    return test.negated if not isinstance(test, Eq) else Ne(*test.args, evaluate=False)


def _happens(case: Case, condition: Boolean) -> bool:
    """Whether a condition holds at some compared elements, and the truth is not 0 at all of those.
    """
    points = case.comparer.trials(case.equations, True)
    if isinstance(points, str):
        return False
    inside = compiled(Iverson(condition))
    true = compiled(case.true)
    seen = 0
    for trial in points:
        for place in trial.places(case.indices):
            at = dict(zip(case.indices, place, strict=True))
            try:
                seen += bool(inside(trial.digits, at) > 0 and true(trial.digits, at) != 0)
            except OutOfDomain:
                continue
    return seen >= 2


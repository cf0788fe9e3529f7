"""The claim is another thing: the gradient in another array, its transpose, swapped subscripts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from sympy import Basic, Expr
from sympy.core.relational import Relational

from symbackprop.algebra.nodes import Array, Delta, Element, Index, Iverson, Position, Where
from symbackprop.algebra.partial import Slope
from symbackprop.algebra.trees import arrays, elements, rename, walk
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.claims.case import Case
from symbackprop.claims.reasons.idea import Idea, Reason
from symbackprop.claims.target import GRADIENT
from symbackprop.frontend import written


def transposed(case: Case) -> Iterator[Idea]:
    """The claim with its indices in another order, axes of equal sizes exchanged."""
    indices = case.indices
    if len(indices) < 2 or len(indices) > 4:
        return
    for order in permutations(range(len(indices))):
        if order == tuple(range(len(indices))):
            continue
        swapped = [indices[k] for k in order]
        if any(i.size != j.size for i, j in zip(indices, swapped, strict=True)):
            continue
        turned = rename(case.claimed, dict(zip(indices, swapped, strict=True)))
        yield Idea(Reason("transpose", "It is the transpose of what is true."), turned, case.true)


def factors_transposed(case: Case) -> Iterator[Idea]:
    """One matrix in the claim transposed, where it is square."""
    for array in sorted(arrays([case.claimed]), key=str):
        axes = array.axes
        for one in range(len(axes)):
            for two in range(one + 1, len(axes)):
                if axes[one] == axes[two]:
                    yield Idea(
                        Reason("transpose", "A transpose is missing: with {array} transposed it is "
                               "true.", {"array": array}),
                        _turned(case.claimed, array, one, two), case.true,
                    )  # fmt: skip


def _turned(expr: Basic, array: Array, one: int, two: int) -> Expr:
    if isinstance(expr, Element):
        if expr.array != array:
            return expr
        places = list(expr.indices)
        places[one], places[two] = places[two], places[one]
        return Element(array, *places)
    if not expr.args or isinstance(expr, Index):
        return expr
    return rebuilt(expr, [_turned(a, array, one, two) for a in expr.args])


def another(case: Case) -> Iterator[Idea]:
    """The gradient in another array of the same shape."""
    if case.target.kind != GRADIENT:
        return
    setting = case.setting
    for draft in setting.drafts:
        if draft.of == case.target.array or draft.of.shape != case.target.shape:
            continue
        yield Idea(Reason("other gradient", "It is the gradient in {array}.", {"array": draft.of}),
                   case.claimed, draft.adjoint[case.right.places])  # fmt: skip
    for output, up in zip(setting.forward.outputs, setting.upstream, strict=False):
        if output.shape == case.target.shape and output != case.target.array:
            yield Idea(
                Reason("other gradient", "It is the upstream gradient {array} itself.",
                       {"array": up}),
                case.claimed, up[case.right.places],
            )  # fmt: skip


def diagonal(case: Case) -> Iterator[Idea]:
    """The diagonal of a Jacobian, ∂y_k/∂a_k, without the gradient in y."""
    if case.target.kind != GRADIENT or not case.target.axes:
        return
    places = case.right.places
    for d in case.setting.forward.definitions:
        if d.array.axes == case.target.axes and d.array != case.target.array:
            slope = case.truth.slope(d.array, places, case.target.array, places)
            if slope != 0:
                told = Slope(d.array[places], case.target.array[places])
                yield Idea(
                    Reason("diagonal", "It is {slope}, on the diagonal of a Jacobian; the gradient "
                           "is the sum of all its rows times the upstream gradient.",
                           {"slope": told}),
                    case.claimed, slope,
                )  # fmt: skip


def flipped(case: Case) -> Iterator[Idea]:
    """A condition in the claim the other way round."""
    for test in {n.args[0] for n in walk(case.claimed) if isinstance(n, Iverson | Where)}:
        if isinstance(test, Relational):
            yield Idea(
                Reason("condition", "The condition {condition} is the wrong way round.",
                       {"condition": test}),
                _put(case.claimed, test, test.negated), case.true,
            )  # fmt: skip


def squared(case: Case) -> Iterator[Idea]:
    """The square of an element, or an element in the place of its square."""
    labels = case.setting.forward.labels
    for e in sorted((e for e in elements(case.claimed) if e.array not in labels), key=str):
        square = written.square(e)
        yield Idea(Reason("exponent", "The square of {factor} is missing.", {"factor": e}),
                   _put(case.claimed, e, square), case.true)  # fmt: skip
        if case.claimed.has(square):
            yield Idea(Reason("exponent", "The square of {factor} is wrong.", {"factor": e}),
                       _put(case.claimed, square, e), case.true)  # fmt: skip


def _put(expr: Basic, old: Basic, new: Basic) -> Expr:
    if expr == old:
        return new
    if not expr.args or isinstance(expr, Element | Index | Delta | Position):
        return expr
    return rebuilt(expr, [_put(a, old, new) for a in expr.args])

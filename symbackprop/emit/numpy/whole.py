"""Sums over examples of what weights are off by: whole numbers are summed apart from the rest.

    Σ_i c_i (y_ik - t_ik) = Σ_i c_i r_ik - Σ_i c_i w_ik
    r_ik = where(y_ik > 1/2, -ρ_i, y_ik),    w_ik = where(y_ik > 1/2, -(1 - t_ik), t_ik)

Two examples that are sure of the wrong class may each be off by nearly 1, and cancel; with labels
the w are 0, 1 or -1, whose sums are exact, and the r have all digits of what is left. Where n
classes are nearly equally likely, n (y - t) = (n y - 1) - (n t - 1), of which the first is small.
So it is where c_i are features u = w' + r' that saturate, as a tanh does at 1 and -1, and w' is the
number that they are near: Σ_i u_i w_ik = Σ_i r'_i w_ik + Σ_i w'_i w_ik.
What is linear in y - t before such a sum is taken apart likewise: r and w go through the layers
below.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import permutations

from sympy import Add, Basic, Expr, Mul, Pow, S, StrictLessThan

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import (
    Array,
    Element,
    Index,
    IndexMax,
    IndexSum,
    Where,
    fresh_index,
)
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.trees import elements, walk
from symbackprop.algebra.unevaluated import rebuilt, replaced
from symbackprop.emit.numpy.algebra import renamed, times
from symbackprop.emit.numpy.forms import less
from symbackprop.emit.numpy.line import DOUT, Line
from symbackprop.emit.numpy.names import Namer
from symbackprop.emit.numpy.product import cofactors, flat
from symbackprop.emit.numpy.special import Expm1


@dataclass(frozen=True)
class Parts:
    """r and w of s (r - w), where weights sum to 1 over k; None for sigmoids. scale: s."""

    rest: Expr
    whole: Expr
    k: Index | None = None
    scale: Expr = S.One


def near_uniform(parts: Parts, u: Expr, t: Expr) -> Parts:
    """The parts of n (y_k - t_k) for y_k = exp(u_k)/Σ_j exp(u_j): others where all u are near 0."""
    k = parts.k
    assert k is not None
    n = k.size
    is_near, off = off_uniform(u, k)
    rest = Where(is_near, off, times(n, parts.rest))
    whole = Where(is_near, less(times(n, t), S.One), times(n, parts.whole))
    return Parts(rest, whole, k, Pow(n, -1))


def off_uniform(u: Expr, k: Index) -> tuple[Basic, Expr]:
    """Whether all u_k are near 0, and n y_k - 1 for y_k = exp(u_k)/Σ_j exp(u_j) where they are."""
    j = fresh_index(k.size)
    each = renamed(u, {k: j})
    is_near = StrictLessThan(IndexMax(times(S.NegativeOne, each), j), S.One, evaluate=False)
    return is_near, _off_uniform(Expm1(u), Expm1(each), k, j)


class Part(Enum):
    """Which of the two."""

    REST = "rest"
    WHOLE = "whole"


@dataclass(frozen=True)
class Apart:
    """An array that is scale * (rest - whole). rows: its axes over examples."""

    rest: Array
    whole: Array
    scale: Expr
    rows: frozenset[int]

    def of(self, part: Part) -> Array:
        """The array of one part."""
        return self.rest if part is Part.REST else self.whole


class Wholes:
    """Writes the steps of a backward pass so. adjoints: their arrays; names: for new ones.

    results: those that are handed out. off_whole: r' and w' of a feature, None for others.
    told: what is told of the line of each array, as expressions and what stands for them.
    """

    def __init__(
        self, parts: Mapping[Expr, Parts], adjoints: Collection[Array],
        results: Collection[Array], names: Namer,
        off_whole: Callable[[Expr], tuple[Expr, Expr] | None],
    ) -> None:
        self._parts, self._adjoints, self._names = parts, {*adjoints} - {DOUT}, names
        self._results, self._off_whole = results, off_whole
        self._apart: dict[Array, Apart] = {}
        self._numbers: set[Array] = set()
        self.told: dict[Array, dict[Expr, Expr]] = {}

    def of(self, lines: Sequence[Line]) -> list[Line]:
        """The steps, and those of the parts, which may be used or not."""
        alone = [part for line in lines for part in self._alone(line)]
        return [found for line in alone for found in self._lines(line)]

    def _alone(self, line: Line) -> list[Line]:
        """A step, with what it sums over examples as an array of its own before it."""
        for total in walk(line.expr):
            for source in self._parts if isinstance(total, IndexSum) else ():
                beside = cofactors(total.body, source)
                if beside is not None:
                    indices = tuple(dict.fromkeys(free_indices(source)))
                    sizes = tuple(i.size for i in indices)
                    array = Array(self._names.fresh(f"{line.array.name}_each"), sizes)
                    made = IndexSum(times(*beside, array[indices]), *total.bound)
                    others = cofactors(line.expr, total) or []
                    scale = [f for f in others if not [*free_indices(f)]]
                    rest = times(*(f for f in others if f not in scale), made)
                    expr = rest if others else replaced(line.expr, total, made)
                    each = Line(array, indices, times(*scale, source))
                    return [each, *self._alone(replace(line, expr=expr))]
        return [line]

    def _lines(self, line: Line) -> list[Line]:
        for source, parts in self._parts.items():
            scale = cofactors(line.expr, source)
            if scale is None:
                continue
            rows = frozenset(n for n, i in enumerate(line.indices) if i != parts.k)
            if parts.k is None and any([*free_indices(f)] for f in scale):
                return [line]  # no loss of labels: what is taken away is no whole number
            scale += [f for f in [parts.scale] if f != 1]
            rest, whole = self._taken_apart(line, (parts.rest, parts.whole), scale, rows)
            self._numbers.add(whole.array)
            return [line, rest, whole]
        used = [e for e in elements(line.expr) if e.array in self._apart]
        if not used or not self._is_linear(line.expr):
            return [line]
        places = {i for e in used for n, i in enumerate(e.indices) if n in self._rows(e)}
        rows = frozenset(n for n, i in enumerate(line.indices) if i in places)
        ended = line.array in self._results or not rows
        if ended and any(self._sums_rows(e) for e in walk(line.expr) if isinstance(e, IndexSum)):
            scales = {self._apart[e.array].scale for e in used}
            alone = len(scales) == 1 and self._all_apart(line.expr)
            factors = flat((scales.pop(),)) if alone else []
            rest, whole = (self._put(line.expr, part, not alone) for part in Part)
            form = self._of_features(rest, whole) or _difference(rest, whole)
            made = times(*factors, form)
            self.told[line.array] = {line.array[line.indices]: _without_dout(made)}
            return [replace(line, expr=made)]
        if not self._all_apart(line.expr) or len({self._apart[e.array].scale for e in used}) > 1:
            return [line]
        both = [self._put(line.expr, part, False) for part in Part]
        return [line, *self._taken_apart(line, both, [self._apart[used[0].array].scale], rows)]

    def _of_features(self, rest: Expr, whole: Expr) -> Expr | None:
        """The difference, if the whole numbers are multiplied with a feature before the sum."""
        if not isinstance(whole, IndexSum):
            return None
        factors = flat((whole.body,))
        for u, w in permutations(factors) if len(factors) == 2 else ():
            off = self._off_whole(u)
            if off is not None and isinstance(w, Element) and w.array in self._numbers:
                return _with_features(rest, off, w, whole.bound)
        return None

    def _taken_apart(
        self, line: Line, parts: Sequence[Expr], scale: Sequence[Expr], rows: frozenset[int]
    ) -> list[Line]:
        own = [f for f in scale if f == S.NegativeOne or [*free_indices(f)]]
        same = times(*(f for f in scale if f not in own))
        found = []
        for part, expr in zip(Part, parts, strict=True):
            array = Array(self._names.fresh(f"{line.array.name}_{part.value}"), line.array.shape)
            self.told[array] = {array[line.indices]: times(*own, expr)}
            found.append(Line(array, line.indices, times(*own, expr)))
        self._apart[line.array] = Apart(found[0].array, found[1].array, same, rows)
        return found

    def _rows(self, e: Element) -> frozenset[int]:
        return self._apart[e.array].rows

    def _sums_rows(self, total: IndexSum) -> bool:
        """Whether it is over examples of an array that is there apart."""
        return any(
            e.array in self._apart
            and any(set(free_indices(e.indices[n])) & set(total.bound) for n in self._rows(e))
            for e in elements(total.body)
        )

    def _all_apart(self, expr: Basic) -> bool:
        """Whether each term of a linear expression has a factor that is apart."""
        if isinstance(expr, Add):
            return all(map(self._all_apart, expr.args))
        if isinstance(expr, Mul):
            return any(map(self._all_apart, expr.args))
        if isinstance(expr, IndexSum):
            return self._all_apart(expr.body)
        if isinstance(expr, Where):
            return all(map(self._all_apart, expr.args[1:]))
        return expr == 0 or (isinstance(expr, Element) and expr.array in self._apart)

    def _is_linear(self, expr: Basic) -> bool:
        """Whether adjoints stand in sums, branches and products alone, there in one factor."""
        if not any(e.array in self._adjoints for e in elements(expr)) or isinstance(expr, Element):
            return True
        if isinstance(expr, Mul):
            inner = [f for f in expr.args if any(e.array in self._adjoints for e in elements(f))]
            return len(inner) == 1 and self._is_linear(inner[0])
        if isinstance(expr, Where):
            return not any(e.array in self._adjoints for e in elements(expr.args[0])) and all(
                map(self._is_linear, expr.args[1:])
            )
        return isinstance(expr, Add | IndexSum) and all(
            map(self._is_linear, (expr.body,) if isinstance(expr, IndexSum) else expr.args)
        )

    def _put(self, expr: Expr, part: Part, scaled: bool) -> Expr:
        """A linear expression of one part alone; terms of what is not apart are of the rest."""
        if not self._is_apart(expr):
            return expr if part is Part.REST else S.Zero
        if isinstance(expr, Element):
            found = self._apart[expr.array]
            own = found.of(part)[expr.indices]
            return times(found.scale, own) if scaled else own
        if isinstance(expr, IndexSum):
            return IndexSum(self._put(expr.body, part, scaled), *expr.bound)
        if isinstance(expr, Add):
            terms = [self._put(t, part, scaled) for t in expr.args]
            kept = [t for t in terms if t != 0]
            return Add(*kept, evaluate=False) if len(kept) > 1 else kept[0]
        if isinstance(expr, Mul):
            return rebuilt(
                expr, [self._put(f, part, scaled) if self._is_apart(f) else f for f in expr.args]
            )
        condition, *branches = expr.args
        return rebuilt(expr, [condition, *(self._put(b, part, scaled) for b in branches)])

    def _is_apart(self, expr: Basic) -> bool:
        """Whether a part of it is."""
        return any(e.array in self._apart for e in elements(expr))


def _without_dout(expr: Expr) -> Expr:
    """The same for dout = 1."""
    if not any(e.array == DOUT for e in elements(expr)):
        return expr
    if isinstance(expr, Mul):
        return times(*(_without_dout(f) for f in expr.args if f != DOUT[()]))
    return S.One if isinstance(expr, Element) else rebuilt(expr, [*map(_without_dout, expr.args)])


@lowering
def _off_uniform(own: Expr, each: Expr, k: Index, j: Index) -> Expr:
    """n y_k - 1 = (n e_k - Σ_j e_j)/(n + Σ_j e_j), where y_k is exp(u_k)/Σ_j exp(u_j)

    and e_k = exp(u_k) - 1.
    """
    total = IndexSum(each, j)
    above, below = less(times(k.size, own), total), Add(k.size, total, evaluate=False)
    return Mul(above, Pow(below, S.NegativeOne, evaluate=False), evaluate=False)


@lowering
def _with_features(
    rest: Expr, off: tuple[Expr, Expr], w: Expr, bound: Sequence[Index]
) -> Expr:
    """Σ_i u_i (r_ik - w_ik) = (Σ_i u_i r_ik - Σ_i r'_i w_ik) - Σ_i w'_i w_ik, where u = r' + w'"""
    return less(less(rest, IndexSum(times(off[0], w), *bound)), IndexSum(times(off[1], w), *bound))


@lowering
def _difference(rest: Expr, whole: Expr) -> Expr:
    """Σ_i c_i (y_ik - t_ik) = Σ_i c_i r_ik - Σ_i c_i w_ik"""
    return less(rest, whole)

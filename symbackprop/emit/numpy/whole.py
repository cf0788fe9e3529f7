"""Sums over examples of what weights are off by: whole numbers are summed apart from the rest.

    Σ_i c_i (y_ik - t_ik) = Σ_i c_i r_ik - Σ_i c_i w_ik
    r_ik = where(y_ik > 1/2, -ρ_i, y_ik),    w_ik = where(y_ik > 1/2, -(1 - t_ik), t_ik)

Two examples that are sure of the wrong class may each be off by nearly 1, and cancel; with labels
the w are 0, 1 or -1, whose sums are exact, and the r have all digits of what is left. What is
linear in y - t before such a sum is taken apart likewise: r and w go through the layers below.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from sympy import Add, Basic, Expr, Mul, S

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Array, Delta, Element, Index, IndexSum, Where
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.trees import elements, walk
from symbackprop.algebra.unevaluated import rebuilt, without
from symbackprop.emit.numpy.algebra import times
from symbackprop.emit.numpy.forms import less
from symbackprop.emit.numpy.line import DOUT, Line
from symbackprop.emit.numpy.product import flat


@dataclass(frozen=True)
class Parts:
    """r and w of r - w, where weights sum to 1 over k; None for sigmoids."""

    rest: Expr
    whole: Expr
    k: Index | None = None


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
    """Writes the steps of a backward pass so. adjoints: their arrays; taken: names in use.

    results: those that are handed out. told: what is told of the line of each array, as
    expressions and what stands for them.
    """

    def __init__(
        self, parts: Mapping[Expr, Parts], adjoints: Collection[Array],
        results: Collection[Array], taken: Collection[str],
    ) -> None:
        self._parts, self._adjoints, self._taken = parts, adjoints, set(taken)
        self._results = results
        self._apart: dict[Array, Apart] = {}
        self.told: dict[Array, dict[Expr, Expr]] = {}

    def of(self, lines: Sequence[Line]) -> list[Line]:
        """The steps, and those of the parts, which may be used or not."""
        return [found for line in lines for found in self._lines(line)]

    def _lines(self, line: Line) -> list[Line]:
        source = next((f for f in flat((line.expr,)) if f in self._parts), None)
        if source is not None:
            parts = self._parts[source]
            scale = without(flat((line.expr,)), source)
            rows = frozenset(n for n, i in enumerate(line.indices) if i != parts.k)
            if parts.k is None and any([*free_indices(f)] for f in scale):
                return [line]  # no loss of labels: what is taken away is no whole number
            return [line, *self._taken_apart(line, (parts.rest, parts.whole), scale, rows)]
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
            form = _difference(rest, whole)
            self.told[line.array] = {line.expr: times(*_without_dout(factors), form)}
            return [replace(line, expr=times(*factors, form))]
        if not self._all_apart(line.expr) or len({self._apart[e.array].scale for e in used}) > 1:
            return [line]
        both = [self._put(line.expr, part, False) for part in Part]
        return [line, *self._taken_apart(line, both, [self._apart[used[0].array].scale], rows)]

    def _taken_apart(
        self, line: Line, parts: Sequence[Expr], scale: Sequence[Expr], rows: frozenset[int]
    ) -> list[Line]:
        own = [f for f in scale if [*free_indices(f)]]
        same = times(*(f for f in scale if f not in own))
        found = []
        for part, expr in zip(Part, parts, strict=True):
            array = Array(self._fresh(f"{line.array.name}_{part.value}"), line.array.shape)
            self.told[array] = {array[line.indices]: times(*_without_dout(own), expr)}
            found.append(Line(array, line.indices, times(*own, expr)))
        self._apart[line.array] = Apart(found[0].array, found[1].array, same, rows)
        return found

    def _fresh(self, name: str) -> str:
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name

    def _rows(self, e: Element) -> frozenset[int]:
        return self._apart[e.array].rows

    def _sums_rows(self, total: IndexSum) -> bool:
        """Whether it is over examples of an array that is there apart."""
        return any(
            e.array in self._apart
            and any(set(free_indices(e.indices[n])) & set(total.bound) for n in self._rows(e))
            for e in elements(total.body)
        )

    def _all_apart(self, expr: Expr) -> bool:
        """Whether all adjoints in it are."""
        return all(e.array in self._apart for e in elements(expr) if e.array in self._adjoints)

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
        """A linear expression of one part alone, what is not apart with the rest."""
        if isinstance(expr, Element) and expr.array in self._apart:
            found = self._apart[expr.array]
            own = found.of(part)[expr.indices]
            return times(found.scale, own) if scaled else own
        if isinstance(expr, Element):
            return S.Zero if part is Part.WHOLE and expr.array in self._adjoints else expr
        if not any(e.array in self._adjoints for e in elements(expr)) or isinstance(expr, Delta):
            return expr
        if isinstance(expr, IndexSum):
            body = self._put(expr.body, part, scaled)
            return body if body == 0 else IndexSum(body, *expr.bound)
        arguments = [self._put(a, part, scaled) if isinstance(a, Expr) else a for a in expr.args]
        if isinstance(expr, Add):
            kept = [a for a in arguments if a != 0]
            return Add(*kept, evaluate=False) if len(kept) > 1 else (kept or [S.Zero])[0]
        if isinstance(expr, Mul) and S.Zero in arguments:
            return S.Zero
        return rebuilt(expr, arguments)


def _without_dout(factors: Sequence[Expr]) -> list[Expr]:
    return [f for f in factors if f != DOUT[()]]


@lowering
def _difference(rest: Expr, whole: Expr) -> Expr:
    """Σ_i c_i (y_ik - t_ik) = Σ_i c_i r_ik - Σ_i c_i w_ik"""
    return less(rest, whole)

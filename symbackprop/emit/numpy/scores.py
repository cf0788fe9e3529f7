"""Scores of which a softmax is taken: what their features have in common drops out.

    softmax_k(e_k) = softmax_k(e_k - b) for any b, as for b = Σ_m c_m v_m with
    e_k = Σ_m u_km v_m,    e_k - b = Σ_m (u_km - c_m) v_m

In e_k features u_km = tanh(x_km) that are nearly equal have lost the digits in which they differ
(see `features`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sympy import Expr, exp

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import (
    Array,
    Element,
    Index,
    IndexMax,
    IndexSum,
    fresh_index,
)
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.trees import arrays, elements
from symbackprop.algebra.unevaluated import plus, substituted, without
from symbackprop.emit.numpy.algebra import Assigned, renamed, terms, times
from symbackprop.emit.numpy.features import Features, Shared, deviations, least
from symbackprop.emit.numpy.line import Line
from symbackprop.emit.numpy.product import flat
from symbackprop.emit.numpy.weights import alone_at, quotient, summed_axis


class Scores:
    """Writes lines of the forward pass so. quantities: as they read.

    written: each expression that was written in another form, and that form.
    """

    def __init__(self, quantities: Mapping[Array, Assigned], features: Features) -> None:
        self._quantities, self._features = quantities, features
        self._apart: dict[tuple[Array, int], Line | None] = {}
        self.written: dict[Expr, Expr] = {}

    def of(self, line: Line) -> list[Line]:
        """The line, behind new ones of its scores, if it is a softmax of such scores."""
        axis, parts = summed_axis(line.indices, line.expr), quotient(line.expr)
        if axis is None or parts is None or not isinstance(parts[0], exp):
            return [line]
        k, found, expr = line.indices[axis], [], line.expr
        plainly = shown = self._quantities[line.array].expr
        exponents = terms(parts[0].args[0])
        for e in sorted(elements(parts[0].args[0]), key=str):
            own = [t for t in exponents if k in free_indices(t) and e.array in arrays([t])]
            factors = flat((own[0],)) if len(own) == 1 else []
            if e in factors and not any(k in free_indices(f) for f in without(factors, e)):
                apart = self._less(e, k)
                if apart is not None:
                    found.append(apart)
                    expr, shown = (_in_place(x, e.array, apart.array) for x in (expr, shown))
                    self.written |= {plainly: shown, apart.array[apart.indices]: apart.expr}
        return [*found, replace(line, expr=expr)]

    def _less(self, e: Element, k: Index) -> Line | None:
        """The scores e_k - b; None where they have no such features."""
        meant = self._quantities.get(e.array)
        if meant is None or k not in e.indices or not alone_at(e, e.indices.index(k)):
            return None
        key = e.array, e.indices.index(k)
        if key not in self._apart:
            self._apart[key] = self._line(e.array, meant, meant.indices[key[1]])
        return self._apart[key]

    def _line(self, scores: Array, meant: Assigned, k: Index) -> Line | None:
        parts = terms(meant.expr)
        made = [self._term(t, k) for t in parts]
        if not any(made):
            return None
        kept = plus(*(t if m is None else m for t, m in zip(parts, made, strict=True)))
        array = Array(self._features.names.fresh(f"{scores.name}_apart"), scores.shape)
        return Line(array, meant.indices, kept)

    def _term(self, term: Expr, k: Index) -> Expr | None:
        """Σ_m (u_km - c_m) v_m for Σ_m u_km v_m."""
        body, bound = (term.body, term.bound) if isinstance(term, IndexSum) else (term, ())
        factors = flat((body,))
        for u in factors:
            others = without(factors, u)
            if self._features.is_tanh(u) and k in free_indices(u) and not any(
                k in free_indices(f) for f in others
            ):
                own = _nearest(u, self._features.shared(u, k), k)
                product = times(*(own if f is u else f for f in factors))
                return IndexSum(product, *bound) if bound else product
        return None


@lowering
def _in_place(softmax: Expr, e: Array, apart: Array) -> Expr:
    """softmax_k(e_k) = softmax_k(e_k - b)"""

    def put(part: Expr) -> Expr | None:
        return apart[part.indices] if isinstance(part, Element) and part.array == e else None

    return substituted(softmax, put)


@lowering
def _nearest(u: Expr, shared: Shared | None, k: Index) -> Expr:
    """u_km - c_m, for that c_m of 0, 1, -1 and tanh(b_m) to which the u_km are nearest for all k"""
    j = fresh_index(k.size)
    return least((left, IndexMax(renamed(size, {k: j}), j)) for left, size in deviations(u, shared))

"""Simplification of what is linear in some arrays: a rate of change, linear in the directions."""

from __future__ import annotations

from sympy import Add, Expr

from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.cost import cost
from symbackprop.algebra.expansion import expand_all
from symbackprop.algebra.factoring import factored_out
from symbackprop.algebra.nodes import Array, Element, Index
from symbackprop.algebra.poly import ZERO, Monomial, Number, Poly, atom, deep_atoms, mono
from symbackprop.algebra.program import Program
from symbackprop.algebra.sums import sum_over
from symbackprop.calculus.differentiate import differentiate
from symbackprop.calculus.result import Fact
from symbackprop.calculus.reverse import standing_indices
from symbackprop.calculus.simplify import Simplified, Simplifier


class Linear(Simplifier):
    """A simplifier of expressions that are linear in the arrays of `tangents`."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.tangents: list[Array] = []

    def simplify(self, p: Poly, free: tuple[Index, ...] = ()) -> Simplified:
        """A scalar as Σ_k v_k g_k with g simplified; an array by the simplest form of each part.

        Σ_k v_k (y_k - t_k) keeps the digits that Σ v y - Σ v t loses.
        """
        mentioned = {a.array for a in deep_atoms(p) if isinstance(a, Element)}
        arrays = [v for v in self.tangents if v in mentioned]
        if not arrays:
            return super().simplify(p, free)
        if not free:
            return self._gradients(p, arrays)
        whole = super().simplify(p, free)
        expr = _in_parts(whole.poly, arrays, self.arranger(free))
        if cost(expr) >= whole.cost:
            return whole
        return Simplified(whole.poly, expr, cost(expr), whole.facts)

    def _gradients(self, p: Poly, arrays: list[Array]) -> Simplified:
        """Σ_k v_k ∂p/∂v_k for each v, its derivative simplified and kept together."""
        total = ZERO
        facts: dict[Fact, None] = {}
        for v in arrays:
            at = standing_indices(v)
            derivative = differentiate(p, v, at)
            forms = (Simplifier.simplify(self, q, at) for q in (derivative, expand_all(derivative)))
            slope = min(forms, key=lambda form: form.cost)
            total = total + sum_over(atom(v[at]) * factored_out(slope.poly), at)
            facts.update(dict.fromkeys(slope.facts))
        expr = self.arranger(()).arrange(total)
        return Simplified(total, expr, cost(expr), tuple(facts))


def _in_parts(p: Poly, arrays: list[Array], arranger: Arranger) -> Expr:
    """The terms of p, those with the same of these arrays arranged together."""
    parts: dict[frozenset[Array], dict[Monomial, Number]] = {}
    for m, c in p.terms.items():
        held = {a.array for a in deep_atoms(mono(m)) if isinstance(a, Element)}
        parts.setdefault(frozenset(held.intersection(arrays)), {})[m] = c
    terms = [arranger.arrange(Poly(part)) for part in parts.values()]
    return terms[0] if len(terms) == 1 else Add(*terms, evaluate=False)

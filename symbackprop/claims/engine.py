"""Equality by the laws of the engine: a difference that simplifies to 0, and what that rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Basic, Expr, Ne, S
from sympy.core.relational import Equality

from symbackprop.algebra.nodes import Array, Delta, Element, Index, Iverson
from symbackprop.algebra.normal import normal, substitute
from symbackprop.algebra.poly import Atom, Poly
from symbackprop.algebra.program import Assumption
from symbackprop.algebra.subscripts import is_position
from symbackprop.algebra.sums import rename
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.calculus.companions import by_name
from symbackprop.calculus.result import Fact
from symbackprop.calculus.simplify import Simplified, Simplifier
from symbackprop.claims.setting import Ground
from symbackprop.errors import NotYet
from symbackprop.frontend import written


@dataclass(frozen=True)
class Proof:
    """A difference that became 0; facts: the equations that were used for it."""

    facts: tuple[Fact, ...]


class Engine:
    """Simplifies differences under some of the declared equations of a setting."""

    def __init__(self, setting: Ground, equations: Sequence[Assumption]) -> None:
        program = replace(
            setting.forward, assumptions=(*setting.forward.assumptions, *equations)
        )
        self.setting, self.simplifier = setting, Simplifier(program)
        self._gradients = {d.array: d for d in setting.gradients}

    def difference(self, left: Expr, right: Expr) -> Poly:
        """left - right in normal form. Raises NotYet for a function without a law."""
        return self.form(left) - self.form(right)

    def form(self, expr: Expr) -> Poly:
        """The normal form, functions of matrices by the names that they have."""
        return by_name(self.simplifier.program, normal(with_deltas(expr)))

    def proof(self, left: Expr, right: Expr, indices: Sequence[Index]) -> Proof | None:
        """That both are equal, or None where the engine does not see it."""
        try:
            gap = self.difference(left, right)
        except NotYet:
            return None
        if not gap:
            return Proof(())
        for _ in range(1 + len(self._gradients)):
            state = self.simplifier.simplify(gap, tuple(indices))
            if not state.poly:
                return Proof(state.facts)
            opened = self.opened(gap)
            if opened == gap:
                return None
            gap = opened
        return None

    def simplified(self, p: Poly, indices: Sequence[Index]) -> Simplified:
        """The simplest form that the engine finds under the equations."""
        return self.simplifier.simplify(p, tuple(indices))

    def opened(self, p: Poly) -> Poly:
        """p with each gradient replaced by what it is, one level deep."""

        def put(a: Atom) -> Poly | None:
            if isinstance(a, Element) and a.array in self._gradients:
                d = self._gradients[a.array]
                return rename(normal(d.expr), dict(zip(d.indices, a.indices, strict=True)))
            return None

        arrays: set[Array] = set(self._gradients)
        return substitute(p, put, only=arrays)


def with_deltas(expr: Basic) -> Expr:
    """[j ≠ k] as 1 - δ_jk, [j = k] as δ_jk."""
    if isinstance(expr, Iverson) and isinstance(expr.condition, Equality | Ne):
        u, v = expr.condition.args
        if is_position(u) and is_position(v):
            delta = Delta(u, v)
            if isinstance(expr.condition, Equality):
                return delta
            return written.sub(S.One, delta)
    if not expr.args or isinstance(expr, Element | Index | Delta | Array) or not expr.has(Iverson):
        return expr
    return rebuilt(expr, [with_deltas(a) for a in expr.args])

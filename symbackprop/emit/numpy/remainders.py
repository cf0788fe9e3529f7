"""Exponentials of rounded sums: what rounding leaves of the sum is made up for.

In z_ij = u_ij + b_j the last digits of u go where b is large, in each row others. An exponential of
z makes a relative error of that absolute one, and a gradient in which the rows nearly cancel, one
that no change of b explains. So, with what z_ij has lost, ρ_ij = u_ij + b_j - z_ij,

    exp(c z)         = exp(c z) (1 + c ρ)
    exp(c |z|)       = exp(c |z|) (1 + c sign(z) ρ)
    exp(min(0, c z)) = exp(min(0, c z)) (1 + [c z < 0] c ρ)

but for ρ². What is lost of a difference in the exponent, as of z_ij - max_k z_ik, is added to ρ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sympy import Abs, Add, Basic, Expr, Mul, S, StrictLessThan, exp, sign

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Array, Element, Index, Iverson, Minimum, Where
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.trees import arrays
from symbackprop.algebra.unevaluated import plus
from symbackprop.emit.numpy.algebra import terms, times
from symbackprop.emit.numpy.forms import Forms, less
from symbackprop.emit.numpy.line import Line
from symbackprop.emit.numpy.names import Namer
from symbackprop.emit.numpy.special import SumRest


class Remainders(Forms):
    """Writes exponentials so. lines: of the forward pass; names: for what is new.

    meanings: what the new arrays stand for, as it reads.
    """

    def __init__(self, lines: Mapping[Array, Line], names: Namer) -> None:
        super().__init__()
        self.meanings: list[Line] = []
        self._lines, self._names = lines, names
        self._made: dict[Array, list[Line]] = {}

    def lines(self) -> dict[Array, Line]:
        """The lines of the forward pass so, with what the sums have lost behind them."""
        written = {a: replace(line, expr=self.of(line.expr)) for a, line in self._lines.items()}
        every = (self._made.get(array) or [line] for array, line in written.items())
        return {line.array: line for lines in every for line in lines}

    def form(self, expr: Basic) -> Expr | None:
        """The form of an exponential of such a sum; None for others."""
        if not isinstance(expr, exp):
            return None
        w, lost = self._lost(expr.args[0])
        return None if lost is None else _made_up(exp(w, evaluate=False), lost)

    def _rest(self, z: Array) -> Array | None:
        """What z has lost, computed behind it; None if it is no sum u + b."""
        if z not in self._made:
            self._made[z] = self._taken(self._lines[z]) if z in self._lines else []
        return self._made[z][-1].array if self._made[z] else None

    def _taken(self, line: Line) -> list[Line]:
        """u, b, z = u + b and what is lost, if it is such a sum."""
        parted = _parted(line.expr, line.indices)
        if parted is None:
            return []
        made, sides = [], []
        for part, side in zip(parted, ("own", "shared"), strict=True):
            if not isinstance(part, Element):
                indices = tuple(i for i in line.indices if i in free_indices(part))
                name = self._names.fresh(f"{line.array.name}_{side}")
                array = Array(name, tuple(i.size for i in indices))
                made.append(Line(array, indices, self.of(part)))
                part = array[indices]
            sides.append(part)
        rest = Array(self._names.fresh(f"{line.array.name}_rest"), line.array.shape)
        total = Add(*sides, evaluate=False)
        self.meanings += [*made, Line(rest, line.indices, less(total, line.array[line.indices]))]
        return [*made, replace(line, expr=total), Line(rest, line.indices, SumRest(*sides))]

    def _lost(self, w: Expr) -> tuple[Expr, Expr | None]:
        """An exponent as it is to be added up, and what it has lost; None for no such sum."""
        if isinstance(w, Element):
            rest = self._rest(w.array)
            return w, None if rest is None else rest[w.indices]
        if isinstance(w, Add):
            return self._lost_of_sum(w)
        if isinstance(w, Where):
            condition, *sides = w.args
            found = [self._lost(side) for side in sides]
            if all(lost is None for _, lost in found):
                return w, None
            sides, rests = zip(*((u, lost or S.Zero) for u, lost in found), strict=True)
            return Where(condition, *sides), Where(condition, *rests)
        if isinstance(w, Mul) and len(w.args) == 2 and w.args[0].is_number:
            number, (u, lost) = w.args[0], self._lost(w.args[1])
            return (w, None) if lost is None else (times(number, u), times(number, lost))
        if isinstance(w, Abs):
            u, lost = self._lost(w.args[0])
            sized = Abs(u, evaluate=False)
            return (w, None) if lost is None else (sized, times(sign(u, evaluate=False), lost))
        if isinstance(w, Minimum) and S.Zero in w.args:
            u, lost = self._lost(*(a for a in w.args if a != 0))
            below = Iverson(StrictLessThan(u, S.Zero, evaluate=False))
            return (w, None) if lost is None else (Minimum(S.Zero, u), times(below, lost))
        return w, None

    def _lost_of_sum(self, w: Add) -> tuple[Expr, Expr | None]:
        """That of u + b, and of a difference of two terms of which one has lost something."""
        parted = _parted(w, tuple(free_indices(w)))
        found = [lost for t in w.args if (lost := self._lost(t)[1]) is not None]
        if parted is None or (not found and arrays([parted[0]]) & arrays([parted[1]])):
            return w, None
        return Add(*parted, evaluate=False), plus(*found, SumRest(*parted))


def _parted(total: Expr, indices: Sequence[Index]) -> tuple[Expr, Expr] | None:
    """u, b of u_ij + b_j: the terms with all the indices, and those without; None without two."""
    parts = terms(total)
    shared = [t for t in parts if {*indices} - {*free_indices(t)}]
    own = [t for t in parts if t not in shared]
    if not isinstance(total, Add) or not own or all(t.is_number for t in shared):
        return None
    return plus(*own), plus(*shared)


@lowering
def _made_up(power: Expr, lost: Expr) -> Expr:
    """exp(w + ρ) = exp(w) (1 + ρ) but for ρ^2, where ρ is what rounding left of w"""
    return Mul(power, Add(S.One, lost, evaluate=False), evaluate=False)

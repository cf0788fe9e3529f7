"""Features u_j = tanh(x_j) less what they have in common, without a difference that cancels.

Where most of them are near 1 (or -1), that is taken away: 1 - u_j has a form that subtracts
nothing. Where x_j = a_j + b, and the a_j are small, tanh(b) is: x_j itself has lost the digits of
a_j, and the addition theorem of tanh has u_j - tanh(b) from a_j.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from sympy import Abs, Add, Expr, Pow, S, StrictGreaterThan, StrictLessThan, exp, tanh

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import Array, Element, Index, Maximum, Minimum, Where
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import plus
from symbackprop.emit.numpy.algebra import Assigned, terms, times, unfolded
from symbackprop.emit.numpy.forms import less
from symbackprop.emit.numpy.line import Line
from symbackprop.emit.numpy.names import Namer


class Shared(NamedTuple):
    """What u_j = tanh(a_j + b) have in common, tanh(b), and u_j - tanh(b)."""

    common: Expr
    gap: Expr


class Features:
    """Finds such features. quantities: what is assigned to them; names: for what is new.

    lines: what the forward pass computes for those that were asked for; meanings: as it reads.
    """

    def __init__(self, quantities: Mapping[Array, Assigned], names: Namer) -> None:
        self._quantities, self.names = quantities, names
        self.lines: list[Line] = []
        self.meanings: list[Line] = []
        self._shared: dict[tuple[Array, int], tuple[Array, Array, list[int]]] = {}

    def is_tanh(self, u: Expr) -> bool:
        """Whether it is a quantity tanh(x)."""
        meaning = unfolded(u, self._quantities) if isinstance(u, Element) else None
        return isinstance(meaning, tanh)

    def off_whole(self, u: Expr, is_sigmoid: Callable[[Expr], bool]) -> tuple[Expr, Expr] | None:
        """r and w of u = r + w for a quantity that saturates at the whole numbers w, else None."""
        if self.is_tanh(u):
            return _off_whole(u, S.NegativeOne)
        return _off_whole(u, S.Zero) if isinstance(u, Element) and is_sigmoid(u) else None

    def shared(self, u: Expr, j: Index) -> Shared | None:
        """What the u_j have in common, for a quantity u; None where x_j has no part without j."""
        assert isinstance(u, Element)
        if len({*u.indices}) < len(u.indices) or not all(isinstance(i, Index) for i in u.indices):
            return None
        axis = u.indices.index(j)
        if (u.array, axis) not in self._shared and not self._share(u.array, axis):
            return None
        common, gap, places = self._shared[u.array, axis]
        return Shared(common[tuple(u.indices[n] for n in places)], gap[u.indices])

    def _share(self, array: Array, axis: int) -> bool:
        """Have the forward pass compute it, if there is such a part."""
        indices, (x,) = self._quantities[array].indices, self._quantities[array].expr.args
        opened = unfolded(x, self._quantities) if isinstance(x, Element) else None
        parts = terms(x if opened is None else opened)
        own = [t for t in parts if indices[axis] in free_indices(t)]
        rest = [t for t in parts if t not in own]
        if not own or not rest:
            return False
        a, b = plus(*own), plus(*rest)
        places = [n for n, i in enumerate(indices) if i in free_indices(b)]
        of_b = tuple(indices[n] for n in places)
        common = Array(self.names.fresh(f"{array.name}_common"), tuple(i.size for i in of_b))
        gap = Array(self.names.fresh(f"{array.name}_gap"), array.shape)
        self._shared[array, axis] = common, gap, places
        shared, u, c = Line(common, of_b, tanh(b, evaluate=False)), array[indices], common[of_b]
        self.lines += [shared, Line(gap, indices, _gap(x, a, b, u, c))]
        self.meanings += [shared, Line(gap, indices, less(u, c))]
        return True


@lowering
def _off_whole(u: Expr, lowest: Expr) -> tuple[Expr, Expr]:
    """u = r + w: w is 1 where u > 1/2, the lowest, -1, where u < -1/2, else 0

    and r is -(1 - u), 1 + u or u.
    """
    is_high = StrictGreaterThan(u, S.Half, evaluate=False)
    rest, whole = u, S.Zero
    if lowest < 0:
        is_low = StrictLessThan(u, -S.Half, evaluate=False)
        rest, whole = Where(is_low, Add(S.One, u, evaluate=False), u), Where(is_low, lowest, S.Zero)
    return Where(is_high, times(S.NegativeOne, less(S.One, u)), rest), Where(is_high, S.One, whole)


def deviations(u: Expr, shared: Shared | None) -> list[tuple[Expr, Expr]]:
    """u - c for each c that u may have in common with others: 0, 1, -1, tanh(b); and |u - c|."""
    high, low = less(S.One, u), Add(S.One, u, evaluate=False)
    found = [(u, Abs(u, evaluate=False)), (times(S.NegativeOne, high), high), (low, low)]
    if shared is not None:
        found.append((shared.gap, Abs(shared.gap, evaluate=False)))
    return found


def least(choices: Iterable[tuple[Expr, Expr]]) -> Expr:
    """The first of each pair, for that pair whose second is the least."""
    (found, size), *others = choices
    for expr, of_expr in others:
        found = Where(StrictLessThan(of_expr, size, evaluate=False), expr, found)
        size = Minimum(size, of_expr)
    return found


@lowering
def _gap(x: Expr, a: Expr, b: Expr, u: Expr, c: Expr) -> Expr:
    """tanh(x) - tanh(b) = 2 tanh(a) (1 + e(a)) r/((1 + e(x)) (1 + e(b))),    x = a + b

    where e(x) = exp(-2 |x|), and r is the larger of e(x) and e(b) where x and b have one sign, else
    1: it is sinh(a)/(cosh(x) cosh(b)).
    """
    sizes = (Abs(v, evaluate=False) for v in (a, x, b))
    _, of_x, of_b = ends = [exp(times(S(-2), size), evaluate=False) for size in sizes]
    powers = [Add(S.One, e, evaluate=False) for e in ends]
    below = [Pow(p, S.NegativeOne, evaluate=False) for p in powers[1:]]
    is_same = StrictGreaterThan(times(u, c), S.Zero, evaluate=False)
    larger = Where(is_same, Maximum(of_x, of_b), S.One)
    return times(S(2), tanh(a, evaluate=False), powers[0], larger, *below)

"""What Jacobians, Hessians and their products are, from the forward pass alone.

First derivatives are a complex step, as in `reference`. A second one is the central difference of
two complex steps, at a distance of 10^-60 with 500 more digits than the forward pass needs: its
error is of order 10^-120, and a result of 1e-300 is still exact. No derivative rule is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Program
from symbackprop.calculus.result import Jacobian, Product
from symbackprop.verify.evaluate import fill
from symbackprop.verify.points import Point, rules
from symbackprop.verify.reference import Table, Target
from symbackprop.verify.scalars import Digits
from symbackprop.verify.state import State, Values

_MORE, _DISTANCE = 500, 60

Direction = Mapping[Array, Values]


class Slopes:
    """Derivatives of a program at a point, in directions."""

    def __init__(self, program: Program, point: Point, more: int = 0) -> None:
        self._rules = rules(program)
        self._point = point
        self._digits = Digits(point.digits + more)
        self.mp = self._digits.mp
        self._step = self.mp.mpf(10) ** -(self._digits.digits // 2)

    def along(self, direction: Direction, of: Array, shift: Direction | None = None) -> Values:
        """The rates of change of one array; shift: how far from the point they are taken."""
        state = State(self._digits, self._point.sizes, {})
        for array, values in self._point.values.items():
            moves, away = direction.get(array, {}), (shift or {}).get(array, {})
            state.arrays[array] = {
                p: self.mp.mpc(self._digits.number(x) + away.get(p, 0), moves[p] * self._step)
                if p in moves
                else self._digits.number(x) + away.get(p, 0)
                for p, x in values.items()
            }
        fill(state, self._rules)
        return {p: y.imag / self._step for p, y in state.arrays[of].items()}

    def exactly(self, values: Values) -> Values:
        """Rationals as numbers with many digits."""
        return {p: self._digits.number(x) for p, x in values.items()}

    def gradient(self, loss: Array, of: Array, direction: Direction) -> Values:
        """The rates of change of the gradient of a scalar in one array."""
        return {
            place: self.second(loss, {of: {place: self.mp.one}}, direction)
            for place in self._point.values[of]
        }

    def second(self, loss: Array, one: Direction, other: Direction) -> Any:
        """The rate of change of a scalar's rate of change: in one direction, along another."""
        distance = self.mp.mpf(10) ** -_DISTANCE
        ahead, behind = (
            self.along(one, loss, {a: {p: x * d for p, x in v.items()} for a, v in other.items()})
            for d in (distance, -distance)
        )
        return (ahead[()] - behind[()]) / (2 * distance)


def slopes_of(found: Jacobian | Product, program: Program, point: Point) -> Slopes:
    """Derivatives with the digits that those of a Jacobian, a Hessian or their product need."""
    return Slopes(program, point, _MORE if found.loss else 0)


def product_truth(found: Product, point: Point) -> Table:
    """The results of a Jacobian- or Hessian-vector product."""
    slopes = slopes_of(found, found.program, point)
    pairs = zip(found.wrt, found.directions, strict=True)
    direction = {array: slopes.exactly(point.values[given]) for array, given in pairs}
    if found.loss is None:
        values = [slopes.along(direction, of) for of in found.of]
    else:
        values = [slopes.gradient(found.loss, of, direction) for of in found.wrt]
    return {Target(a, False): v for a, v in zip(found.results, values, strict=True)}


def table_truth(found: Jacobian, program: Program, point: Point) -> Values:
    """All entries of a Jacobian or Hessian; the columns are those of an input."""
    slopes = slopes_of(found, program, point)
    columns = list(_columns(found, slopes, point))
    rows = columns[0][1] if columns else {}
    return {(*row, *place): values[row] for row in rows for place, values in columns}


def _columns(
    found: Jacobian, slopes: Slopes, point: Point
) -> Iterator[tuple[tuple[int, ...], dict[tuple[int, ...], Any]]]:
    for place in point.values[found.wrt]:
        unit = {found.wrt: {place: slopes.mp.one}}
        if found.loss is None:
            yield place, dict(slopes.along(unit, found.of))
        else:
            yield place, dict(slopes.gradient(found.loss, found.of, unit))

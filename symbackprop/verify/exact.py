"""Whether two index expressions are the same function of the inputs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Basic, Expr

from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.program import Definition, Program
from symbackprop.calculus.result import Backward
from symbackprop.verify.constraints import Unrecognised
from symbackprop.verify.evaluate import compiled, fill
from symbackprop.verify.field import Field
from symbackprop.verify.points import NoPoint, Point, Sampler, rules
from symbackprop.verify.scalars import Digits, OutOfDomain, Scalars
from symbackprop.verify.sizes import possible
from symbackprop.verify.state import State, Values

PROVED, AGREES, FALSE, INCONCLUSIVE = "proved", "agrees", "false", "inconclusive"
_POINTS = 2
_DRAWS = 120
_DIGITS = 60


@dataclass(frozen=True)
class Value:
    """An expression in the arrays of a program; its free indices, one for each axis."""

    program: Program
    expr: Expr
    indices: tuple[Index, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """A verdict: "proved" (equal in a large prime field at all small sizes), "agrees" (equal to 50
    digits only), "false", or "inconclusive"; `reason` has the counterexample or what stood in the
    way. points: how many points were compared.
    """

    verdict: str
    points: int = 0
    reason: str = ""

    @property
    def told(self) -> str:
        """proved; agrees at 12 points; false: …"""
        if self.verdict == AGREES:
            return f"agrees at {self.points} points"
        return f"{self.verdict}: {self.reason}" if self.reason else self.verdict


def gradient(backward: Backward, name: str) -> Value:
    """The gradient in the input of that name: the backward steps join the definitions."""
    upstream = tuple(u for u in backward.upstream if u is not None)
    steps = tuple(Definition(s.array, s.indices, s.expr) for s in backward.steps)
    program = replace(
        backward.program,
        inputs=(*backward.program.inputs, *upstream),
        definitions=(*backward.program.definitions, *steps),
    )
    step = next(s for s in backward.steps if s.of.name == name)
    return Value(program, step.element, step.indices)


def equal(left: Value, right: Value, *, seed: int = 0) -> Comparison:
    """Compare two values at points of the left program, at small unequal sizes.

    Inputs of the two programs belong together by name. Points satisfy the equations that the left
    program declares. Raises NotYet for a node without a meaning.
    """
    if [i.size for i in left.indices] != [i.size for i in right.indices]:
        return Comparison(FALSE, 0, "the shapes differ")
    exact = True
    points = 0
    try:
        sampler = Sampler(left.program, seed)
        for sizes in possible(_sizes(left, right), left.program.conditions):
            for _ in range(_POINTS):
                # Where the field failed to tell once, it is not asked again.
                point, same = _compare(left, right, sampler, sizes, _DRAWS if exact else 0)
                if not same:
                    want = _differ(left, right, point)
                    if want:
                        return Comparison(FALSE, points + 1, want)
                    exact = False
                points += 1
    except (NoPoint, Unrecognised, OutOfDomain) as problem:
        return Comparison(INCONCLUSIVE, points, str(problem))
    return Comparison(PROVED if exact else AGREES, points)


def _sizes(left: Value, right: Value) -> list[Basic]:
    return list(dict.fromkeys([*left.program.sizes, *right.program.sizes]))


def _compare(
    left: Value, right: Value, sampler: Sampler, sizes: dict[Basic, int], draws: int
) -> tuple[Point, bool]:
    """A point, and whether both are known to be equal there in the field.

    A square root has a value in the field at every other point only, so several are drawn.
    """
    point = sampler.draw(sizes, "ordinary", 1)
    for _ in range(draws):
        field = Field()
        try:
            one, two = (_values(side, field, point) for side in (left, right))
        except OutOfDomain:
            point = sampler.draw(sizes, "ordinary", 1)
            continue
        return point, all(one[place].p == two[place].p for place in one)
    return point, False


def _differ(left: Value, right: Value, point: Point) -> str:
    """How the two differ in their first 50 digits, or nothing."""
    digits = Digits(max(_DIGITS, point.digits))
    one, two = (_values(side, digits, point) for side in (left, right))
    for place in one:
        difference = abs(one[place] - two[place])
        if difference > digits.mp.mpf(10) ** -50 * max(abs(one[place]), 1):
            sizes = point.lengths
            pair = f"{float(one[place]):.9g} and {float(two[place]):.9g}"
            return f"{pair} at {list(place)} with {sizes}"
    return ""


def _values(side: Value, scalars: Scalars, point: Point) -> Values:
    """The side's values at all places of its free indices."""
    state = state_at(side.program, scalars, point)
    node = compiled(side.expr)
    places = state.places(i.size for i in side.indices)
    return {p: node(state, dict(zip(side.indices, p, strict=True))) for p in places}


def state_at(program: Program, scalars: Scalars, point: Point) -> State:
    """All arrays of a program at a point, which has its inputs by their names.

    Raises OutOfDomain for an input that the point does not have, or where a value is undefined.
    """
    given = {array.name: values for array, values in point.values.items()}
    arrays: dict[Array, Values] = {}
    for array in program.inputs:
        if array.name not in given:
            raise OutOfDomain(f"{array.name} is an input of one program only")
        arrays[array] = {p: scalars.number(x) for p, x in given[array.name].items()}
    state = State(scalars, point.sizes, arrays)
    fill(state, rules(program))
    return state

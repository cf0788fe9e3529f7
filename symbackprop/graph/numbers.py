"""Numbers on the edges of a graph: the values that go forth and the messages that come back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

from sympy import Basic, Expr

from symbackprop.algebra.nodes import Array, Index
from symbackprop.calculus.result import Backward
from symbackprop.emit.page import Formula
from symbackprop.errors import InputError
from symbackprop.graph.model import Graph
from symbackprop.verify.evaluate import compiled, fill
from symbackprop.verify.points import rules
from symbackprop.verify.scalars import Digits, OutOfDomain
from symbackprop.verify.state import State, Values

Given = Fraction | Sequence[Any]
_DIGITS = 40
_DEEP = 8  # lists in lists
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE)
_TOKEN = re.compile(rf"\s*({_NUMBER.pattern}|[\[\],=]|[A-Za-z_]\w*)", re.IGNORECASE)


def parse_values(text: str) -> dict[str, Given]:
    """`apple=100, x=[1, 2.5], W=[[1, 2], [3, 4]]` as numbers and lists of them.

    Raises InputError, which says where the text goes wrong.
    """
    tokens = list(_tokens(text))
    found: dict[str, Given] = {}
    place = 0

    def take(wanted: str = "") -> str:
        nonlocal place
        token = tokens[place] if place < len(tokens) else ""
        if not token or (wanted and token != wanted):
            raise InputError(
                f"values: {text!r} has {token or 'its end'!r} where "
                f"{wanted or 'a number'!r} should be; write x=1.5,y=[1,2]"
            )
        place += 1
        return token

    def value(depth: int = 0) -> Given:
        token = take()
        if depth > _DEEP:
            raise InputError(f"values: lists in more than {_DEEP} lists are no array")
        if token != "[":
            if not _NUMBER.fullmatch(token):
                raise InputError(f"values: {token!r} is not a number; write x=1.5,y=[1,2]")
            return Fraction(token)
        items = [value(depth + 1)]
        while tokens[place : place + 1] == [","]:
            take(",")
            items.append(value(depth + 1))
        take("]")
        return items

    while True:
        name = take()
        if not name.isidentifier():
            raise InputError(f"values: {name!r} is not the name of an input; write x=1.5,y=[1,2]")
        if name in found:
            raise InputError(f"values: {name!r} is given twice")
        take("=")
        found[name] = value()
        if place == len(tokens):
            return found
        take(",")


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise InputError(
                f"values: {text[place:].strip()[0]!r} in {text!r} is no part of x=1.5,y=[1,2]"
            )
        yield match[1]
        place = match.end()


def sizes_of(backward: Backward, values: Mapping[str, Given]) -> dict[Basic, int]:
    """The sizes that these values have. Raises InputError where they do not fit."""
    found: dict[Basic, int] = {}
    for array in _arrays(backward):
        if array.name not in values:
            continue
        shape = _shape(values[array.name], array.name)
        if len(shape) != len(array.shape):
            raise InputError(
                f"values: {array.name} has {len(array.shape)} axes, and {len(shape)} are given"
            )
        for size, n in zip(array.shape, shape, strict=True):
            if size.is_Symbol and found.setdefault(size, n) != n:
                raise InputError(f"values: {size} is {found[size]} and, for {array.name}, {n}")
            if not size.is_Symbol and int(size.xreplace(found)) != n:
                raise InputError(f"values: an axis of {array.name} is {size}, not {n}")
    return found


class Numbers:
    """What every expression of a graph is at given inputs."""

    def __init__(
        self, graph: Graph, backward: Backward, values: Mapping[str, Given],
        sizes: Mapping[Basic, int],
    ) -> None:  # fmt: skip
        """Raises InputError for a missing or unknown input, and where a fact does not hold."""
        arrays = _arrays(backward)
        names = [a.name for a in arrays]
        unknown = [n for n in values if n not in names]
        missing = [n for n in names if n not in values]
        if unknown:
            raise InputError(
                f"values: there is no input {unknown[0]!r}; the inputs are {', '.join(names)}"
            )
        if missing:
            raise InputError(f"values: give {', '.join(missing)} too, as in {missing[0]}=1")
        self.digits = Digits(_DIGITS)
        given = {a: self._array(a, values[a.name]) for a in arrays}
        self.state = State(self.digits, sizes, given)
        self.state.masked = True
        try:
            fill(self.state, rules(graph.program))
            self._check_facts(graph, backward)
            fill(self.state, ((s.array, s.indices, s.expr) for s in backward.steps))
        except OutOfDomain as problem:
            raise InputError(f"values: the forward pass has no value there: {problem}") from None

    def __call__(self, expr: Expr, indices: tuple[Index, ...] = ()) -> Formula:
        """The value of an expression without free indices."""
        try:
            value = compiled(expr)(self.state, {})
        except OutOfDomain as problem:
            raise InputError(f"values: an edge has no value there: {problem}") from None
        return number_formula(float(value.real))

    def _array(self, array: Array, value: Given) -> Values:
        shape = _shape(value, array.name)
        kept = [n for n, size in enumerate(array.shape) if size != 1]
        found = {}
        for place in product(*map(range, shape)):
            item: Any = value
            for n in place:
                item = item[n]
            found[tuple(place[n] for n in kept)] = self.digits.number(item)
        return found

    def _check_facts(self, graph: Graph, backward: Backward) -> None:
        """Messages rest on the facts that are declared: numbers must not contradict them."""
        for a in backward.program.assumptions:
            if a.kind == "==":
                free = sorted(
                    {i for e in (a.left, a.right) for i in e.free_symbols if isinstance(i, Index)},
                    key=str,
                )
                sides = [compiled(a.left), compiled(a.right)]
                for place in self.state.places(i.size for i in free):
                    at = dict(zip(free, place, strict=True))
                    one, two = (float(side(self.state, at).real) for side in sides)
                    if abs(one - two) > 1e-6 * max(abs(one), abs(two), 1):
                        raise InputError(
                            f"values: {a.text} does not hold: {one:g} is not {two:g}; give others, "
                            "or derive without it (--no-assume)"
                        )


def _arrays(backward: Backward) -> list[Array]:
    """What has to be given: inputs and upstream gradients."""
    return [*backward.program.inputs, *(u for u in backward.upstream if u is not None)]


def _shape(value: Given, name: str) -> tuple[int, ...]:
    if not isinstance(value, Sequence):
        return ()
    inner = {_shape(v, name) for v in value}
    if len(inner) != 1:
        raise InputError(f"values: the rows of {name} have different lengths")
    return (len(value), *inner.pop())


def number_formula(value: float) -> Formula:
    """A number with six significant digits."""
    text = f"{value + 0.0:.6g}"  # no -0
    mantissa, _, power = text.partition("e")
    if not power:
        return Formula(text, text, text)
    factor = "" if mantissa == "1" else rf"{mantissa} \cdot "
    return Formula(text, text, rf"{factor}10^{{{int(power)}}}")

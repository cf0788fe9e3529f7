"""An evaluator of programs that shares nothing with the library: one number at a time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import special
from sympy import Abs, Add, Mul, Pow, digamma, loggamma, sign, trigamma
from sympy.core.relational import (
    Eq,
    GreaterThan,
    LessThan,
    Ne,
    StrictGreaterThan,
    StrictLessThan,
)
from sympy.logic.boolalg import And, Not, Or

from symbackprop.algebra.functions import TABLE
from symbackprop.algebra.nodes import (
    Delta,
    Element,
    Gather,
    Index,
    IndexProduct,
    IndexSum,
    Iverson,
    Maximum,
    Minimum,
    Position,
    Quotient,
    Reduction,
    Remainder,
    Where,
)
from symbackprop.algebra.program import Program

RULES: dict[Any, Any] = {
    Add: lambda *terms: math.fsum(terms),
    Mul: lambda *factors: math.prod(factors),
    Pow: lambda u, v: u**v,
    **{f.cls: getattr(math, f.cls.__name__) for f in TABLE if f.smooth and f.closed},
    loggamma: math.lgamma,
    digamma: special.digamma,
    trigamma: lambda u: special.polygamma(1, u),
    Abs: abs,
    sign: lambda u: float(np.sign(u)),
    Maximum: max,
    Minimum: min,
    Iverson: lambda c: 1.0 if c else 0.0,
    StrictGreaterThan: lambda u, v: u > v,
    GreaterThan: lambda u, v: u >= v,
    StrictLessThan: lambda u, v: u < v,
    LessThan: lambda u, v: u <= v,
    Eq: lambda u, v: u == v,
    Ne: lambda u, v: u != v,
    And: lambda *c: all(c),
    Or: lambda *c: any(c),
    Not: lambda c: not c,
}


def element(expr: Any, arrays: Mapping[str, Any], at: Mapping[Any, int]) -> Any:
    """The value of an expression; `at` gives each index its place and each size its number."""
    if isinstance(expr, Element):
        array = arrays[expr.array.name]
        place = iter([position(i, arrays, at) for i in expr.indices])
        where = tuple(0 if s == 1 else next(place) - 1 for s in expr.array.shape)
        assert all(0 <= w < n for w, n in zip(where, array.shape, strict=True)), f"{expr}: {where}"
        return float(array[where])
    if isinstance(expr, Reduction):
        assert not set(expr.bound) & set(at), f"{expr} binds an index twice"
        ranges = [range(position(b.size, arrays, at)) for b in expr.bound]
        values = [
            element(expr.body, arrays, {**at, **dict(zip(expr.bound, places, strict=True))})
            for places in itertools.product(*ranges)
        ]
        return {IndexSum: math.fsum, IndexProduct: math.prod}.get(type(expr), max)(values)
    if isinstance(expr, Index | Position) or expr in at:
        return position(expr, arrays, at)
    if isinstance(expr, Delta):
        i, j = (position(u, arrays, at) for u in expr.args)
        return float(i == j)
    if isinstance(expr, Where):
        chosen = expr.args[1 if element(expr.args[0], arrays, at) else 2]
        return element(chosen, arrays, at)
    if not expr.args:
        return float(expr) if expr.is_number else bool(expr)
    return RULES[expr.func](*(element(a, arrays, at) for a in expr.args))


def position(u: Any, arrays: Mapping[str, Any], at: Mapping[Any, int]) -> int:
    """A subscript, counted from 1, or a size."""
    if isinstance(u, Index):
        return at[u] + 1
    if isinstance(u, Gather):
        return int(element(u.element, arrays, at)) + 1
    if isinstance(u, Quotient | Remainder):
        inner, size = (position(a, arrays, at) for a in u.args)
        block, place = divmod(inner - 1, size)
        return (block if isinstance(u, Quotient) else place) + 1
    if u.is_Integer or u in at:
        return int(at.get(u, u))
    parts = [position(a, arrays, at) for a in u.args]
    assert u.is_Add or u.is_Mul or u.is_Pow, u
    if u.is_Pow:
        return int(parts[0] ** parts[1])
    return sum(parts) if u.is_Add else math.prod(parts)


def sizes_of(program: Program, inputs: Mapping[str, Any]) -> dict[Any, int]:
    """The number that each symbolic size has in these inputs."""
    sizes: dict[Any, int] = {}
    for array in program.inputs:
        value = np.asarray(inputs[array.name])
        assert value.ndim == len(array.shape)
        for size, number in zip(array.shape, value.shape, strict=True):
            if size.is_Symbol:
                assert sizes.setdefault(size, number) == number
    for array in program.inputs:
        shape = tuple(int(s.xreplace(sizes)) for s in array.shape)
        assert shape == np.shape(inputs[array.name])
    return sizes


def evaluate(program: Program, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Every array of a program, inputs included."""
    sizes = sizes_of(program, inputs)
    arrays = {name: np.asarray(value, dtype=float) for name, value in inputs.items()}
    for definition in program.definitions:
        shape = tuple(int(s.xreplace(sizes)) for s in definition.array.shape)
        result = np.empty(shape)
        assert len(set(definition.indices)) == len(definition.indices)
        for place in np.ndindex(shape):
            own = [p for p, s in zip(place, definition.array.shape, strict=True) if s != 1]
            at = {**sizes, **dict(zip(definition.indices, own, strict=True))}
            result[place] = element(definition.expr, arrays, at)
        arrays[definition.array.name] = result
    return arrays


def outputs(program: Program, inputs: Mapping[str, Any]) -> list[Any]:
    """The outputs, in order."""
    arrays = evaluate(program, inputs)
    return [arrays[o.name] for o in program.outputs]

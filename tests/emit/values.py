"""The value of an index expression, element by element: slow, plain, and shared with no emitter."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from sympy import Abs, Add, Basic, Mul, Pow, Symbol, exp, log, sign, tanh
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, Not, Or

from symbackprop.algebra.nodes import (
    Delta,
    Element,
    Index,
    IndexProduct,
    IndexSum,
    Iverson,
    Maximum,
    Minimum,
    Reduction,
    Where,
    size_symbol,
)

N, D, M = (size_symbol(name) for name in "NDM")
SIZES = {"N": 2, "D": 3, "M": 4}
RELATIONS = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip

Scope = Mapping[str, int]


def power(x: float, y: float) -> float:
    """x**y over the reals: NaN where it is complex, inf at a pole."""
    with np.errstate(all="ignore"):
        return float(np.float64(x) ** np.float64(y))


def guarded(function: Any, x: float) -> float:
    """A NumPy function, NaN and inf instead of a warning."""
    with np.errstate(all="ignore"):
        return float(function(np.float64(x)))


def scopes(bound: list[tuple[str, int]], scope: Scope) -> Iterator[Scope]:
    """The scope with every value of the bound indices (0, …, size − 1)."""
    names = [name for name, _ in bound]
    for values in itertools.product(*(range(size) for _, size in bound)):
        yield {**scope, **dict(zip(names, values, strict=True))}


def value(expr: Basic, arrays: Mapping[str, np.ndarray], scope: Scope) -> float:
    """The expression at one place. scope: the free indices' values by name, counted from 0."""

    def of(e: Basic) -> float:
        return value(e, arrays, scope)

    match expr:
        case Element():
            return float(arrays[expr.array.name][tuple(scope[i.name] for i in expr.indices)])
        case Delta():
            return float(scope[expr.indices[0].name] == scope[expr.indices[1].name])
        case Reduction():
            bound = [(b.name, SIZES[str(b.size)]) for b in expr.bound]
            each = [value(expr.body, arrays, s) for s in scopes(bound, scope)]
            return float({IndexSum: sum, IndexProduct: math.prod}.get(type(expr), np.max)(each))
        case Iverson():
            return float(holds(expr.condition, arrays, scope))
        case Where():
            condition, u, v = expr.args
            return of(u) if holds(condition, arrays, scope) else of(v)
        case Maximum():
            return float(np.maximum(*(of(a) for a in expr.args)))
        case Minimum():
            return float(np.minimum(*(of(a) for a in expr.args)))
        case Add():
            return sum(of(a) for a in expr.args)
        case Mul():
            return math.prod(of(a) for a in expr.args)
        case Pow():
            return power(*(of(a) for a in expr.args))
        case Index():
            return float(scope[expr.name] + 1)
        case Symbol():
            return float(SIZES[expr.name])
        case _ if expr.is_Number:
            return float(expr)
    functions = {exp: np.exp, log: np.log, tanh: np.tanh, Abs: np.abs, sign: np.sign}
    return guarded(functions[expr.func], of(expr.args[0]))


def holds(condition: Basic, arrays: Mapping[str, np.ndarray], scope: Scope) -> bool:
    """The truth of a comparison, or of and, or, not of comparisons."""
    if isinstance(condition, Relational):
        left, right = (value(a, arrays, scope) for a in condition.args)
        return bool(RELATIONS[condition.rel_op](left, right))
    parts = [holds(a, arrays, scope) for a in condition.args]
    if isinstance(condition, And):
        return all(parts)
    if isinstance(condition, Or):
        return any(parts)
    assert isinstance(condition, Not)
    return not parts[0]


def same(x: float, y: float) -> bool:
    """Equal up to rounding, NaN and inf included."""
    return bool(np.isclose(x, y, rtol=1e-7, atol=1e-9, equal_nan=True))

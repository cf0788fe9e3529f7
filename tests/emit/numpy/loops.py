"""The meaning of index expressions, by loops over indices in multiple precision.

It shares no code with the lowering: no array operations, no rewriting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import mpmath
import numpy as np
from sympy import Abs, Add, Basic, Expr, Float, Mul, Pow, Rational, S, Symbol, exp, log, sign, tanh
from sympy.core.numbers import NumberSymbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, Not, Or

from symbackprop.algebra.nodes import (
    Array,
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
)
from symbackprop.calculus.result import Backward
from symbackprop.emit.numpy.special import LogAddExp

DIGITS = 1000
Env = dict[Index, int]
_RELATIONS = {
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b, "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


def exact(array: Any) -> Any:
    """An array of doubles as an object array of the same numbers in multiple precision."""
    found = np.empty(np.shape(array), dtype=object)
    for place, value in np.ndenumerate(np.asarray(array)):
        found[place] = mpmath.mpf(float(value))
    return found


class Loops:
    """Evaluates expressions for arrays and sizes that are given."""

    def __init__(self, arrays: Mapping[Array, Any], sizes: Mapping[Basic, int]) -> None:
        self.arrays = {array: exact(value) for array, value in arrays.items()}
        self.sizes = dict(sizes)

    def size(self, size: Expr) -> int:
        return int(size.subs(self.sizes))

    def table(self, expr: Expr, indices: Sequence[Index], shape: Sequence[Expr]) -> Any:
        """The array with this expression, an object array of this shape."""
        with mpmath.workdps(DIGITS):
            found = np.empty([self.size(s) for s in shape], dtype=object)
            flat = [self.of(expr, dict(zip(indices, p, strict=True)))
                    for p in self.places(indices)]  # fmt: skip
            for place, value in zip(np.ndindex(*found.shape), flat, strict=True):
                found[place] = value
            return found

    def places(self, indices: Iterable[Index]) -> Iterable[tuple[int, ...]]:
        return product(*(range(self.size(i.size)) for i in indices))

    def of(self, e: Basic, env: Env) -> Any:
        """The value of an expression where its free indices have the values in `env`."""
        if isinstance(e, Rational):
            return mpmath.mpf(int(e.p)) / int(e.q)
        if e is S.NegativeInfinity:
            return mpmath.mpf("-inf")
        if isinstance(e, Float | NumberSymbol):
            return mpmath.mpf(e.evalf(DIGITS))
        if isinstance(e, Element):
            places = iter(env[i] for i in e.indices)
            return self.arrays[e.array][tuple(0 if s == 1 else next(places) for s in e.array.shape)]
        if isinstance(e, Index):
            return mpmath.mpf(env[e] + 1)
        if isinstance(e, Symbol):
            return mpmath.mpf(self.sizes[e])
        if isinstance(e, Delta):
            return mpmath.mpf(env[e.indices[0]] == env[e.indices[1]])
        if isinstance(e, Reduction):
            values = [self.of(e.body, {**env, **dict(zip(e.bound, p, strict=True))})
                      for p in self.places(e.bound)]  # fmt: skip
            return {IndexSum: mpmath.fsum, IndexProduct: mpmath.fprod}.get(type(e), max)(values)
        if isinstance(e, Iverson):
            return mpmath.mpf(self.holds(e.condition, env))
        if isinstance(e, Where):
            return self.of(e.args[1] if self.holds(e.args[0], env) else e.args[2], env)
        values = [self.of(a, env) for a in e.args]
        if isinstance(e, Add):
            return mpmath.fsum(values)
        if isinstance(e, Mul):
            return mpmath.fprod(values)
        if isinstance(e, Pow):
            return mpmath.power(*values)
        if isinstance(e, LogAddExp):
            return mpmath.log(mpmath.exp(values[0]) + mpmath.exp(values[1]))
        simple = {exp: mpmath.exp, log: mpmath.log, tanh: mpmath.tanh, Abs: abs,
                  sign: mpmath.sign, Maximum: max, Minimum: min}  # fmt: skip
        return simple[type(e)](*values)

    def holds(self, c: Basic, env: Env) -> bool:
        if isinstance(c, Relational):
            return bool(_RELATIONS[c.rel_op](*(self.of(a, env) for a in c.args)))
        parts = [self.holds(a, env) for a in c.args]
        return {And: all(parts), Or: any(parts), Not: not parts[0]}[type(c)]


def run(
    backward: Backward, inputs: Mapping[str, Any], sizes: Mapping[Basic, int], *upstream: Any
) -> tuple[list[Any], dict[str, Any]]:
    """The outputs and the gradients, by name, from the definitions and steps as they stand.

    upstream: one for each output; of a scalar output it multiplies the gradients.
    """
    program = backward.program
    loops = Loops({a: inputs[a.name] for a in program.inputs}, sizes)
    for d in program.definitions:
        loops.arrays[d.array] = loops.table(d.expr, d.indices, d.array.shape)
    for array, value in zip(backward.upstream, upstream, strict=True):
        if array is not None:
            loops.arrays[array] = exact(value)
    for step in backward.steps:
        loops.arrays[step.array] = loops.table(step.expr, step.indices, step.array.shape)
    factor = mpmath.mpf(float(upstream[0])) if backward.upstream == (None,) else mpmath.mpf(1)
    outputs = [loops.arrays[a] for a in program.outputs]
    return outputs, {a.name: loops.arrays[backward.step(a).array] * factor for a in backward.wrt}


def relative_error(found: Any, expected: Any, floor: float = 0.0) -> float:
    """The largest error, relative to the largest entry or `floor`; 0 where there are no entries.

    Entries that are too small for a double count as 0.
    """
    found, expected = np.asarray(found), np.asarray(expected, dtype=object)
    assert found.shape == expected.shape
    if not expected.size:
        return 0.0
    assert np.all(np.isfinite(found.astype(float)))
    with mpmath.workdps(DIGITS):
        scale = max(abs(v) for v in expected.flat)
        worst = max(
            abs(mpmath.mpf(float(f)) - v) for f, v in zip(found.flat, expected.flat, strict=True)
        )
        return float(worst / max(scale, floor, mpmath.mpf("1e-300")))

"""Small layers written by hand: program, backward steps, module and function, each correct.

The tests of verification break one part at a time, and need nothing of the engine or the emitters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from sympy import Expr, Integer, Pow, Rational, exp, log

from symbackprop.algebra.nodes import Array, Index, IndexSum, Iverson, Maximum, size_symbol
from symbackprop.algebra.program import Assumption, Definition, Program
from symbackprop.calculus.result import Adjoint, Backward
from symbackprop.verify.report import Report, verify_derivation

n, N, D, M = (size_symbol(name) for name in ("n", "N", "D", "M"))
j, k = Index("j", n), Index("k", n)
i, p, d, e, m = Index("i", N), Index("p", N), Index("d", D), Index("e", D), Index("m", M)


@dataclass(frozen=True)
class Case:
    """One derivation and everything that is checked of it."""

    program: Program
    backward: Backward
    module: Any
    function: Callable[..., Any]

    def verify(self, **options: Any) -> Report:
        return verify_derivation(
            self.program.name, self.program, self.backward, self.module, self.function, **options
        )

    def with_formula(self, of: str, expr: Expr) -> Case:
        """The same with another formula for one gradient."""
        steps = tuple(replace(s, expr=expr) if s.of.name == of else s for s in self.backward.steps)
        return replace(self, backward=replace(self.backward, steps=steps))

    def with_module(self, **functions: Callable[..., Any]) -> Case:
        """The same with some functions of the module replaced."""
        return replace(self, module=SimpleNamespace(**{**vars(self.module), **functions}))


def make(
    program: Program, upstream: Sequence[Array | None], gradients: dict[Array, tuple[Any, Expr]],
    function: Callable[..., Any], forward: Callable[..., Any], backward: Callable[..., Any],
) -> Case:  # fmt: skip
    steps = tuple(
        Adjoint(Array("d" + a.name, a.shape), a, indices, expr)
        for a, (indices, expr) in gradients.items()
    )

    def value_and_grad(*inputs: Any) -> Any:
        out, saved = forward(*inputs)
        return out, backward(saved)

    module = SimpleNamespace(forward=forward, backward=backward, value_and_grad=value_and_grad)
    back = Backward(program, tuple(upstream), steps, tuple(gradients))
    return Case(program, back, module, function)


def softmax_ce(declared: bool = True) -> Case:
    a, t, y, L = Array("a", (n,)), Array("t", (n,)), Array("y", (n,), ">0"), Array("L")
    total = IndexSum(t[j,], j)
    definitions = (
        Definition(y, (k,), exp(a[k,]) / IndexSum(exp(a[j,]), j)),
        Definition(L, (), -IndexSum(t[k,] * log(y[k,]), k)),
    )
    known = (Assumption("==", total, Integer(1), "sum(t) == 1"),) if declared else ()
    program = Program("softmax-ce", (a, t), definitions, (L,), known)

    def function(a: Any, t: Any) -> Any:
        y = np.exp(a) / np.sum(np.exp(a))
        return -np.sum(t * np.log(y))

    def forward(a: Any, t: Any) -> Any:
        shifted = a - np.max(a)
        e = np.exp(shifted)
        return -np.sum(t * (shifted - np.log(np.sum(e)))), (e / np.sum(e), t)

    def backward(saved: Any, dout: float = 1.0) -> Any:
        y, t = saved
        return (dout * (y - t if declared else np.sum(t) * y - t),)

    gradient = (y[k,] if declared else total * y[k,]) - t[k,]
    return make(program, (None,), {a: ((k,), gradient)}, function, forward, backward)


def affine(square: bool = False) -> Case:
    """z = x W + b over a batch; W is D by D if square."""
    columns = e if square else m
    size = columns.size
    x, W, b = Array("x", (N, D)), Array("W", (D, size)), Array("b", (size,))
    z, dz = Array("z", (N, size)), Array("dz", (N, size))
    definition = Definition(z, (i, columns), IndexSum(x[i, d] * W[d, columns], d) + b[columns,])
    program = Program("affine", (x, W, b), (definition,), (z,))
    gradients = {
        x: ((i, d), IndexSum(dz[i, columns] * W[d, columns], columns)),
        W: ((d, columns), IndexSum(x[i, d] * dz[i, columns], i)),
        b: ((columns,), IndexSum(dz[i, columns], i)),
    }

    def function(x: Any, W: Any, b: Any) -> Any:
        return x @ W + b

    def forward(x: Any, W: Any, b: Any) -> Any:
        return x @ W + b, (x, W)

    def backward(saved: Any, dz: Any) -> Any:
        x, W = saved
        return dz @ W.T, x.T @ dz, dz.sum(axis=0)

    return make(program, (dz,), gradients, function, forward, backward)


def softmax() -> Case:
    a, y, dy = Array("a", (n,)), Array("y", (n,), ">0"), Array("dy", (n,))
    definition = Definition(y, (k,), exp(a[k,]) / IndexSum(exp(a[j,]), j))
    program = Program("softmax", (a,), (definition,), (y,))

    def function(a: Any) -> Any:
        return np.exp(a) / np.sum(np.exp(a))

    def forward(a: Any) -> Any:
        e = np.exp(a - np.max(a))
        return e / np.sum(e), e / np.sum(e)

    def backward(y: Any, dy: Any) -> Any:
        return (y * (dy - np.sum(dy * y)),)

    gradient = y[k,] * (dy[k,] - IndexSum(dy[j,] * y[j,], j))
    return make(program, (dy,), {a: ((k,), gradient)}, function, forward, backward)


def batch_norm() -> Case:
    """Normalisation over the batch, ε = 1/100; its plain sum has gradient 0."""
    x, y, dy = Array("x", (N, D)), Array("y", (N, D)), Array("dy", (N, D))
    mu, s = Array("mu", (D,)), Array("s", (D,), ">0")
    definitions = (
        Definition(mu, (d,), IndexSum(x[i, d], i) / N),
        Definition(s, (d,), Pow(IndexSum((x[i, d] - mu[d,]) ** 2, i) / N + Rational(1, 100),
                                Rational(-1, 2))),
        Definition(y, (i, d), (x[i, d] - mu[d,]) * s[d,]),
    )  # fmt: skip
    program = Program("batch-norm", (x,), definitions, (y,))
    inner = N * dy[i, d] - IndexSum(dy[p, d], p) - y[i, d] * IndexSum(dy[p, d] * y[p, d], p)

    def function(x: Any) -> Any:
        centred = x - np.mean(x, axis=0)
        return centred / np.sqrt(np.mean(centred**2, axis=0) + 0.01)

    def forward(x: Any) -> Any:
        centred = x - np.mean(x, axis=0)
        s = 1 / np.sqrt(np.mean(centred**2, axis=0) + 0.01)
        return centred * s, (centred * s, s)

    def backward(saved: Any, dy: Any) -> Any:
        y, s = saved
        return (s / len(y) * (len(y) * dy - dy.sum(axis=0) - y * (dy * y).sum(axis=0)),)

    return make(program, (dy,), {x: ((i, d), s[d,] / N * inner)}, function, forward, backward)


def relu() -> Case:
    x, y, dy = Array("x", (n,)), Array("y", (n,), ">=0"), Array("dy", (n,))
    program = Program("relu", (x,), (Definition(y, (k,), Maximum(x[k,], Integer(0))),), (y,))

    def function(x: Any) -> Any:
        return np.maximum(x, 0)

    def forward(x: Any) -> Any:
        return np.maximum(x, 0), x

    def backward(x: Any, dy: Any) -> Any:
        return (dy * (x > 0),)

    gradient = dy[k,] * Iverson(x[k,] > 0)
    return make(program, (dy,), {x: ((k,), gradient)}, function, forward, backward)


CASES = {c.__name__: c for c in (softmax_ce, affine, softmax, batch_norm, relu)}

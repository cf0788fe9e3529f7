"""The value of whole-array notation: two-dimensional NumPy arrays, shapes checked at every node."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np
from sympy import Abs, Expr, exp, log, sign, tanh

from symbackprop.emit import matrix as m
from tests.emit.values import RELATIONS, SIZES, value

FUNCTIONS = {exp: np.exp, log: np.log, tanh: np.tanh, Abs: np.abs, sign: np.sign}


class NotFinite(Exception):
    """A node is NaN or infinite somewhere, which a matrix product would spread."""


def size(expr: Expr) -> int:
    """The number that an axis size stands for."""
    return int(SIZES.get(str(expr), 1))


def evaluated(node: m.Node, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """The node's value; its shape must be the one that the node claims.

    Raises NotFinite if the value of the node or of a part of it is not finite.
    """
    with np.errstate(all="ignore"):
        result = _value(node, arrays)
    assert result.shape == tuple(size(s) for s in node.shape), node
    if not np.isfinite(result).all():
        raise NotFinite
    return result


def _alike(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    assert x.shape == y.shape or x.size == 1 or y.size == 1, (x.shape, y.shape)
    return x, y


def _value(node: m.Node, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    def of(child: m.Node) -> np.ndarray:
        return evaluated(child, arrays)

    rows, columns = (size(s) for s in node.shape)
    match node:
        case m.Literal(expr=expr):
            return np.array([[value(expr, arrays, {})]])
        case m.Whole(array=array):
            return arrays[array.name].reshape(rows, columns)
        case m.Ones():
            return np.ones((rows, columns))
        case m.Identity():
            return np.eye(rows, columns)
        case m.Transpose(x=x):
            return of(x).T
        case m.Diagonal(x=x):
            assert of(x).shape[1] == 1
            return np.diag(of(x)[:, 0])
        case m.MatrixProduct(factors=factors):
            return reduce(np.matmul, [of(f) for f in factors])
        case m.Scaled(scalar=scalar, x=x):
            assert of(scalar).shape == (1, 1)
            return of(scalar) * of(x)
        case m.Hadamard(factors=factors):
            return reduce(lambda x, y: np.multiply(*_alike(x, y)), [of(f) for f in factors])
        case m.Quotient(x=x, y=y):
            return np.divide(*_alike(of(x), of(y)))
        case m.Plus(terms=terms, negative=negative):
            assert len({of(t).shape for t in terms}) == 1
            return sum(-of(t) if n else of(t) for t, n in zip(terms, negative, strict=True))
        case m.Mapped(function=function, x=x):
            return FUNCTIONS[function](of(x))
        case m.Power(x=x, exponent=exponent):
            return of(x) ** value(exponent, arrays, {})
        case m.Extreme(largest=largest, x=x, y=y):
            return (np.maximum if largest else np.minimum)(*_alike(of(x), of(y)))
        case m.Indicator(relation=relation, x=x, y=y):
            return RELATIONS[relation](*_alike(of(x), of(y))) * 1.0
    raise AssertionError(node)

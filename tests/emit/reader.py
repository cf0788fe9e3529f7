"""What the readers of text and LaTeX share: a cursor over tokens, and values as functions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

import numpy as np

from tests.emit.values import RELATIONS, Scope, guarded, power, scopes

Value = Callable[[Scope], float]
FUNCTIONS = {"exp": np.exp, "log": np.log, "tanh": np.tanh, "abs": np.abs, "sign": np.sign,
             "sqrt": np.sqrt}  # fmt: skip


class Reader:
    """A recursive descent over tokens; `index_sizes` gives the range of every index letter."""

    def __init__(
        self,
        text: str,
        pattern: str,
        arrays: Mapping[str, np.ndarray],
        sizes: Mapping[str, int],
        index_sizes: Mapping[str, int],
    ) -> None:
        self.tokens = re.findall(pattern, text)
        assert "".join(self.tokens).split() == "".join(text.split()).split(), text
        self.at = 0
        self.arrays, self.sizes, self.index_sizes = arrays, sizes, index_sizes

    @property
    def token(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *expected: str) -> str:
        token = self.token
        assert token and (not expected or token in expected), (token, expected, self.tokens)
        self.at += 1
        return token

    def name_value(self, name: str, indices: list[str]) -> Value:
        if name in self.arrays:
            array = self.arrays[name]
            assert array.ndim == len(indices), (name, indices)
            return lambda s: float(array[tuple(s[i] for i in indices)])
        assert not indices, name
        size = self.sizes[name]
        return lambda s: float(size)

    def reduced(
        self, names: list[str], body: Value, kind: str, others: list[str] | None = None
    ) -> Value:
        """others: the indices that those of a product over all others do not equal."""
        close = {"sum": sum, "max": max, "min": min, "prod": math.prod}[kind]
        bound = [(n, self.index_sizes[n]) for n in names]

        def result(s: Scope) -> float:
            left_out = tuple(s[o] for o in others or ())
            each = [body(inner) for inner in scopes(bound, s)
                    if not others or tuple(inner[n] for n in names) != left_out]  # fmt: skip
            return float(close(each))

        return result


def applied(name: str, x: Value) -> Value:
    return lambda s: guarded(FUNCTIONS[name], x(s))


def raised(x: Value, y: Value) -> Value:
    return lambda s: power(x(s), y(s))


def added(x: Value, sign: float, y: Value) -> Value:
    return lambda s: x(s) + sign * y(s)


def times(x: Value, y: Value) -> Value:
    return lambda s: x(s) * y(s)


def over(x: Value, y: Value) -> Value:
    return lambda s: x(s) * power(y(s), -1.0)


def extreme(largest: bool, x: Value, y: Value) -> Value:
    choose = np.maximum if largest else np.minimum
    return lambda s: float(choose(x(s), y(s)))


def compared(x: Value, relation: str, y: Value) -> Callable[[Scope], bool]:
    return lambda s: bool(RELATIONS[relation](x(s), y(s)))


def chosen(test: Callable[[Scope], bool], x: Value, y: Value) -> Value:
    return lambda s: x(s) if test(s) else y(s)

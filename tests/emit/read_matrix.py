r"""Reads whole-array LaTeX back into NumPy arrays; every axis must have the same size.

Side by side is the matrix product (or scaling), which binds tighter than \odot, that tighter
than \oslash, and that tighter than + and −. An equal size for all axes makes 1 and I definite.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from tests.emit.read_latex import RELATIONS as SIGNS
from tests.emit.values import RELATIONS

TOKENS = r"\\[A-Za-z]+|\\,|\d+(?:\.\d+)?|[A-Za-z]|[-+^_{}()\[\]|,<>=/]"
ENDS = {"", "+", "-", "}", r"\right", ",", r"\odot", r"\oslash", *SIGNS}
FUNCTIONS = {"exp": np.exp, "log": np.log, "tanh": np.tanh, "sign": np.sign}


class MatrixReader:
    """A recursive descent that computes as it reads."""

    def __init__(self, text: str, arrays: Mapping[str, np.ndarray], size: int) -> None:
        self.tokens = re.findall(TOKENS, text)
        self.at = 0
        self.arrays, self.size = arrays, size

    @property
    def token(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *expected: str) -> str:
        token = self.token
        assert token and (not expected or token in expected), (token, expected, self.tokens)
        self.at += 1
        return token

    def sum(self) -> np.ndarray:
        sign = self.take() if self.token == "-" else "+"
        result = self.quotient() * (1.0 if sign == "+" else -1.0)
        while self.token in ("+", "-"):
            sign = self.take()
            term = self.quotient()
            assert term.shape == result.shape
            result = result + term * (1.0 if sign == "+" else -1.0)
        return result

    def quotient(self) -> np.ndarray:
        result = self.hadamard()
        if self.token == r"\oslash":
            self.take()
            under = self.hadamard()
            assert under.shape == result.shape
            return result / under
        return result

    def hadamard(self) -> np.ndarray:
        result = self.product()
        while self.token == r"\odot":
            self.take()
            factor = self.product()
            assert factor.shape == result.shape
            result = result * factor
        return result

    def product(self) -> np.ndarray:
        result = self.factor()
        while self.token not in ENDS:
            if self.token in (r"\,", r"\cdot"):
                self.take()
            factor = self.factor()
            scales = 1 in (result.size, factor.size)
            result = result * factor if scales else result @ factor
        return result

    def factor(self) -> np.ndarray:
        if self.token == r"\log" and self.tokens[self.at + 1] != r"\left":
            self.take()
            return np.log(self.product())
        base = self.atom()
        if self.token != "^":
            return base
        self.take("^")
        self.take("{")
        if self.token == r"\top":
            self.take()
            self.take("}")
            return base.T
        elementwise = self.token == r"\odot" or base.size == 1
        if self.token == r"\odot":
            self.take()
        exponent = self.exponent()
        if elementwise:
            return base**exponent
        assert exponent == -1
        return np.linalg.inv(base)

    def exponent(self) -> float:
        text = ""
        while self.token != "}":
            text += self.take()
        self.take("}")
        return float(Fraction(text))

    def group(self) -> np.ndarray:
        self.take("{")
        result = self.sum()
        self.take("}")
        return result

    def delimited(self) -> np.ndarray:
        self.take(r"\left")
        kind = self.take("(", "[", "|")
        result = self.sum()
        if kind == "[":
            relation = SIGNS[self.take(*SIGNS)]
            result = RELATIONS[relation](result, self.sum()) * 1.0
        self.take(r"\right")
        self.take({"(": ")", "[": "]", "|": "|"}[kind])
        return np.abs(result) if kind == "|" else result

    def atom(self) -> np.ndarray:
        token = self.token
        if token == r"\left":
            return self.delimited()
        self.take()
        if token[0].isdigit():
            return np.array([[float(token)]])
        if token == r"\frac":
            above, below = self.group(), self.group()
            assert below.size == 1
            return above / below
        if token == r"\sqrt":
            return np.sqrt(self.group())
        if token in (r"\exp", r"\log", r"\tanh"):
            return FUNCTIONS[token[1:]](self.delimited())
        if token == r"\operatorname":
            name = self.letters()
            inner = self.delimited()
            return np.diag(inner[:, 0]) if name == "diag" else FUNCTIONS[name](inner)
        if token in (r"\max", r"\min"):
            self.take(r"\left")
            self.take("(")
            x = self.sum()
            self.take(",")
            y = self.sum()
            self.take(r"\right")
            self.take(")")
            return (np.maximum if token == r"\max" else np.minimum)(x, y)
        if token == r"\mathbf":
            name = self.letters()
            return np.ones((self.size, 1)) if name == "1" else np.eye(self.size)
        return self.named(token)

    def letters(self) -> str:
        depth, text = 0, ""
        while True:
            token = self.take()
            depth += (token == "{") - (token == "}")
            text += "" if token in "{}" else token
            if depth == 0:
                return text

    def named(self, token: str) -> np.ndarray:
        name = token.removeprefix("\\")
        if token in (r"\boldsymbol", r"\hat", r"\mathrm"):
            inner = self.letters().removeprefix(r"\boldsymbol").removeprefix("\\")
            name = f"{inner}_hat" if token == r"\hat" else inner
        if self.token == "_":
            self.take()
            name += self.letters()
        if name in self.arrays:
            array = self.arrays[name]
            return array.reshape([*array.shape, 1, 1][:2])
        assert name in "NDM", name
        return np.array([[float(self.size)]])

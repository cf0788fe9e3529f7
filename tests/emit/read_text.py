"""Reads the ASCII form of an expression back, by the usual rules of precedence."""

from __future__ import annotations

from collections.abc import Callable

from tests.emit.reader import (
    FUNCTIONS,
    Reader,
    Value,
    added,
    applied,
    chosen,
    compared,
    extreme,
    over,
    raised,
    times,
)
from tests.emit.values import Scope

TOKENS = r"\d+(?:\.\d+)?(?:e-\d+)?|[A-Za-z_][A-Za-z_0-9]*|[<>=!]=|[-+*/^()\[\],<>]"


class TextReader(Reader):
    """sum = ['-'] product (± product)*; `sum_k` takes the whole product after it."""

    def sum(self) -> Value:
        negative = self.token == "-"
        if negative:
            self.take("-")
        result = self.product()
        if negative:
            result = times(lambda s: -1.0, result)
        while self.token in ("+", "-"):
            sign = 1.0 if self.take() == "+" else -1.0
            result = added(result, sign, self.product())
        return result

    def product(self) -> Value:
        result = self.factor()
        while self.token in ("*", "/"):
            result = (times if self.take() == "*" else over)(result, self.factor())
        return result

    def factor(self) -> Value:
        name, _, bound = self.token.partition("_")
        if name == "prod" and self.token not in self.arrays:
            return self.repeated(bound)
        if bound and name in ("sum", "max", "min") and self.token not in self.arrays:
            self.take()
            names = [bound, *self.more()]
            body = self.product() if name == "sum" else self.power()
            return self.reduced(names, body, name)
        return self.power()

    def repeated(self, bound: str) -> Value:
        """`prod_k u`, `prod_(k != i) u`, `prod_((k,l) != (i,j)) u`."""
        self.take()
        if bound:
            names, others = [bound, *self.more()], None
        else:
            self.take("(")
            names = self.several()
            self.take("!=")
            others = self.several()
            self.take(")")
        return self.reduced(names, self.power(), "prod", others)

    def several(self) -> list[str]:
        if self.token != "(":
            return [self.take()]
        self.take()
        names = [self.take(), *self.more()]
        self.take(")")
        return names

    def more(self) -> list[str]:
        names = []
        while self.token == ",":
            self.take()
            names.append(self.take())
        return names

    def power(self) -> Value:
        base = self.atom()
        if self.token == "^":
            self.take()
            return raised(base, self.atom())
        return base

    def atom(self) -> Value:
        token = self.take()
        if token[0].isdigit():
            return lambda s: float(token)
        if token == "(":
            return self.closed(")")
        if token == "[":
            test = self.condition()
            self.take("]")
            return chosen(test, lambda s: 1.0, lambda s: 0.0)
        if self.token == "(":
            self.take("(")
            return self.call(token)
        indices = []
        if self.token == "[":
            while self.take("[", ",", "]") != "]":
                if self.token != "]":
                    indices.append(self.take())
        return self.name_value(token, indices)

    def closed(self, end: str) -> Value:
        result = self.sum()
        self.take(end)
        return result

    def call(self, name: str) -> Value:
        if name in FUNCTIONS:
            return applied(name, self.closed(")"))
        if name == "where":
            test = self.condition()
            self.take(",")
            return chosen(test, self.closed(","), self.closed(")"))
        if name == "delta":
            i, _, j, _ = self.take(), self.take(","), self.take(), self.take(")")
            return lambda s: float(s[i] == s[j])
        assert name in ("max", "min")
        return extreme(name == "max", self.closed(","), self.closed(")"))

    def condition(self) -> Callable[[Scope], bool]:
        left = self.sum()
        relation = self.take("<", ">", "<=", ">=", "==", "!=")
        return compared(left, relation, self.sum())

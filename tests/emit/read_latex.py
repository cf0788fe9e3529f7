r"""Reads emitted LaTeX back as a mathematician would: \sum and \log take in what follows them."""

from __future__ import annotations

from collections.abc import Callable

from tests.emit.reader import (
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

TOKENS = r"\\[A-Za-z]+|\\,|\\\\|\d+(?:\.\d+)?|[A-Za-z]|[-+^_{}()\[\]|,<>=/&]"
RELATIONS = {"<": "<", ">": ">", "=": "==", r"\le": "<=", r"\ge": ">=", r"\ne": "!="}
ENDS = {"", "+", "-", "}", r"\right", ",", "&", r"\\", r"\end", "/", *RELATIONS}


class LatexReader(Reader):
    """Products are factors side by side; a prefix operator takes the rest of its product."""

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
        while self.token not in ENDS:
            if self.token in (r"\cdot", r"\,"):
                self.take()
            result = times(result, self.factor())
        return result

    def group(self) -> Value:
        self.take("{")
        result = self.sum()
        if self.token == "/":
            self.take()
            result = over(result, self.sum())
        self.take("}")
        return result

    def letters(self) -> list[str]:
        self.take("{")
        found = []
        while self.token != "}":
            found.append(self.take())
        self.take("}")
        return [token for token in found if token != ","]

    def factor(self) -> Value:
        if self.token == r"\sum":
            self.take()
            self.take("_")
            names = self.letters()
            return self.reduced(names, self.product(), "sum")
        if self.token == r"\prod":
            self.take()
            self.take("_")
            names = [n for n in self.letters() if n not in (r"\left(", r"\right)", "(", ")")]
            others = None
            if r"\neq" in names:
                at = names.index(r"\neq")
                names, others = names[:at], names[at + 1 :]
            return self.reduced(names, self.product(), "prod", others)
        if self.token in (r"\max", r"\min") and self.tokens[self.at + 1] == "_":
            kind = self.take().removeprefix("\\")
            self.take("_")
            names = self.letters()
            return self.reduced(names, self.power(), kind)
        if self.token == r"\log" and self.tokens[self.at + 1] != r"\left":
            self.take()
            return applied("log", self.product())
        return self.power()

    def power(self) -> Value:
        if self.token == "e" and self.tokens[self.at + 1] == "^":
            self.take()
            self.take()
            base = applied("exp", self.group())
            assert self.token != "^"
            return base
        base = self.atom()
        if self.token == "^":
            self.take()
            return raised(base, self.group())
        return base

    def delimited(self) -> Value:
        kind = self.take("(", "[", "|")
        if kind == "[":
            test = self.condition()
            result = chosen(test, lambda s: 1.0, lambda s: 0.0)
        else:
            result = self.sum()
        self.take(r"\right")
        self.take({"(": ")", "[": "]", "|": "|"}[kind])
        return applied("abs", result) if kind == "|" else result

    def atom(self) -> Value:
        token = self.take()
        if token[0].isdigit():
            return lambda s: float(token)
        if token == r"\left":
            return self.delimited()
        if token == r"\frac":
            above = self.group()
            return over(above, self.group())
        if token == r"\sqrt":
            return applied("sqrt", self.group())
        if token in (r"\exp", r"\log", r"\tanh", r"\operatorname"):
            name = "".join(self.letters()) if token == r"\operatorname" else token[1:]
            self.take(r"\left")
            return applied(name, self.delimited())
        if token in (r"\max", r"\min"):
            self.take(r"\left")
            self.take("(")
            x = self.sum()
            self.take(",")
            y = self.sum()
            self.take(r"\right")
            self.take(")")
            return extreme(token == r"\max", x, y)
        if token == r"\begin":
            return self.cases()
        if token == r"\delta":
            self.take("_")
            i, j = self.letters()
            return lambda s: float(s[i] == s[j])
        return self.named(token)

    def cases(self) -> Value:
        self.letters()
        x = self.sum()
        self.take("&")
        self.take(r"\text")
        assert self.letters() == ["i", "f"]
        test = self.condition()
        self.take(r"\\")
        y = self.sum()
        self.take("&")
        self.take(r"\text")
        self.letters()
        self.take(r"\end")
        self.letters()
        return chosen(test, x, y)

    def condition(self) -> Callable[[Scope], bool]:
        left = self.sum()
        relation = RELATIONS[self.take(*RELATIONS)]
        return compared(left, relation, self.sum())

    def named(self, token: str) -> Value:
        name = token.removeprefix("\\")
        if token in (r"\hat", r"\mathrm"):
            inner = "".join(self.letters())
            name = f"{inner}_hat" if token == r"\hat" else inner
        below: list[str] = []
        if self.token == "_":
            self.take()
            below = self.letters()
        if below and below[0].isdigit():
            name, below = name + below[0], below[1:]
        return self.name_value(name, below)

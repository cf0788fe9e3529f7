"""Single operations of NumPy as C expressions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbackprop.emit.fast.graph import Node

MATH = {
    **{name: name for name in (
        "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "sin", "cos",
        "tan", "sinh", "cosh", "tanh", "floor", "ceil", "trunc", "hypot", "copysign")},
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "arctan2": "atan2", "power": "pow", "abs": "fabs", "absolute": "fabs",
    "fabs": "fabs", "erf": "erf", "erfc": "erfc", "gammaln": "lgamma",
    "exp_rest": "exp_rest", "sum_rest": "sum_rest",
}  # fmt: skip
"""What NumPy's functions, and helpers of the module, are called in C99's math.h."""
VECTORS = ("exp", "log", "sin", "cos", "pow")
"""The functions that glibc's vector maths library has."""
NEWER_VECTORS = (
    "acos", "acosh", "asin", "asinh", "atan", "atanh", "atan2", "cbrt", "cosh", "erf", "erfc",
    "exp2", "expm1", "hypot", "log10", "log1p", "log2", "sinh", "tan", "tanh",
)  # fmt: skip
"""Those that it has from glibc 2.35 on."""
_INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "less": "<", "less_equal": "<=",
    "greater": ">", "greater_equal": ">=", "equal": "==", "not_equal": "!=", "logical_and": "&&",
    "logical_or": "||",
}  # fmt: skip
_REPEATED = {
    "square": "{0} * {0}",
    "isnan": "{0} != {0}",
    # As NumPy's: NaN where an operand is NaN.
    "maximum": "({0} > {1} || {0} != {0}) ? {0} : {1}",
    "minimum": "({0} < {1} || {0} != {0}) ? {0} : {1}",
    "logaddexp": "{0} == {1} ? {0} + {ln2} : (({0} > {1} || {0} != {0}) ? {0} : {1})"
                 " + {log1p}({exp}(-{fabs}({0} - {1})))",
    "unweighted": "({0} == {zero} && {1} == -INFINITY) ? {zero} : {1}",
    "sign": "{0} != {0} ? {0} : ({real})(({0} > {zero}) - ({0} < {zero}))",
}  # fmt: skip
_OTHER = {
    "negative": "-{0}",
    "reciprocal": "{one} / {0}",
    "logical_not": "!{0}",
    "where": "{0} ? {1} : {2}",
    "astype": "({real}){0}",
}


class Unsupported(Exception):
    """A loop that is not written in C; the reason."""


@dataclass(frozen=True)
class Real:
    """The type that a function computes with: double, or float."""

    single: bool

    @property
    def name(self) -> str:
        return "float" if self.single else "double"

    @property
    def suffix(self) -> str:
        """The last part of a function's name."""
        return "f32" if self.single else "f64"

    @property
    def size(self) -> int:
        """Bytes of a number."""
        return 4 if self.single else 8

    def function(self, name: str) -> str:
        """The function of math.h for the type."""
        return name + ("f" if self.single else "")

    def number(self, value: float) -> str:
        """A literal."""
        text = f"{abs(value)!r}{'f' if self.single else ''}"
        return f"(-{text})" if value < 0 else text

    def literal(self, text: str) -> str | None:
        """The C code of a number, or of a quotient of two, in Python; None for anything else."""
        try:
            values = [float(part) for part in text.split("/")]
        except ValueError:
            return None
        found = " / ".join(map(self.number, values))
        return found if len(values) == 1 else f"({found})" if len(values) == 2 else None


def repeats(node: Node) -> bool:
    """Whether the operation is written with an operand twice, which is to be a variable then."""
    return node.ufunc in _REPEATED


def expression(
    node: Node, operands: Sequence[str], real: Real, helpers: Mapping[str, str]
) -> str:
    """The C expression of an elementwise operation.

    helpers: functions of the module, and what they compute. Raises Unsupported.
    """
    ufunc = helpers.get(node.ufunc, node.ufunc)
    if ufunc in _INFIX:
        sign = _INFIX[ufunc]
        left, right = (
            o if sign in "+-" and _is_product(o) else bracketed(o) for o in operands
        )
        return f"{left} {sign} {right}"
    template = _REPEATED.get(ufunc) or _OTHER.get(ufunc)
    if template is not None:
        shown = map(bracketed, operands)
        functions = {name: real.function(name) for name in ("exp", "log1p", "fabs")}
        numbers = {"zero": 0.0, "one": 1.0, "ln2": math.log(2)}
        known = {name: real.number(value) for name, value in numbers.items()}
        return template.format(*shown, real=real.name, **known, **functions)
    if ufunc not in MATH:
        raise Unsupported(ufunc)
    return f"{real.function(MATH[ufunc])}({', '.join(operands)})"


def _is_product(text: str) -> bool:
    """Whether the text is a * b or a / b at its top, which + and - need no brackets around."""
    depth, words = 0, ""
    for sign in text:
        depth += (sign in "([") - (sign in ")]")
        words += sign if depth == 0 else ""
    return not words.startswith("-") and set(words.split(" ")[1::2]) <= {"*", "/"}


def bracketed(text: str) -> str:
    """The text as an operand: in brackets, unless it is a name, a number, or a call."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if depth == 0 and (sign == " " or (sign in "-!(" and place == 0)):
            return f"({text})"
    return text

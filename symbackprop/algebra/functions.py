"""The table of functions of one argument: what each room needs to know of them.

A new function is an entry here, a law for its derivative in `calculus/rules.py` and a probe of
that law. Nothing else lists functions, but for special forms (|x|, e^x, the laws of logarithms).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import (
    Abs,
    Expr,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atanh,
    cos,
    cosh,
    digamma,
    erf,
    erfc,
    exp,
    log,
    loggamma,
    sign,
    sin,
    sinh,
    tanh,
    trigamma,
)


@dataclass(frozen=True)
class Function:
    """One function.

    head: its name in normal forms, in text and in NumPy. cls: SymPy's class; its name is what
    Python's math module or mpmath call the function. latex: the macro, or "" where there is none
    and the name is set upright. parity: "odd", "even" or "". zero: its value at 0, where that is a
    number. sign: ">0", ">=0", "same" (that of the argument) or "". smooth: computed by the
    arithmetics of verification; the others have a kink or a jump. in_numpy: NumPy has it.
    closed: its value at a number has a form in numbers, roots, pi and the other functions.
    """

    head: str
    cls: Any
    latex: str = ""
    parity: str = ""
    zero: int | None = None
    sign: str = ""
    smooth: bool = True
    in_numpy: bool = True
    closed: bool = True

    @property
    def macro(self) -> str:
        r"""The function in LaTeX: \sin, \operatorname{erf}."""
        return self.latex or rf"\operatorname{{{self.head}}}"


TABLE = (
    Function("exp", exp, r"\exp", zero=1, sign=">0"),
    Function("log", log, r"\log"),
    Function("sin", sin, r"\sin", "odd", 0),
    Function("cos", cos, r"\cos", "even", 1),
    Function("arcsin", asin, r"\arcsin", "odd", 0, "same"),
    Function("arccos", acos, r"\arccos", sign=">=0"),
    Function("arctan", atan, r"\arctan", "odd", 0, "same"),
    Function("sinh", sinh, r"\sinh", "odd", 0, "same"),
    Function("cosh", cosh, r"\cosh", "even", 1, ">0"),
    Function("tanh", tanh, r"\tanh", "odd", 0, "same"),
    Function("arcsinh", asinh, "", "odd", 0, "same"),
    Function("arccosh", acosh, sign=">=0"),
    Function("arctanh", atanh, "", "odd", 0, "same"),
    Function("erf", erf, "", "odd", 0, "same", in_numpy=False),
    Function("erfc", erfc, zero=1, sign=">0", in_numpy=False),
    Function("gammaln", loggamma, r"\ln\Gamma", in_numpy=False, closed=False),
    Function("digamma", digamma, in_numpy=False, closed=False),
    Function("trigamma", trigamma, sign=">0", in_numpy=False, closed=False),
    Function("abs", Abs, parity="even", zero=0, sign=">=0", smooth=False),
    Function("sign", sign, "", "odd", 0, "same", smooth=False),
)
BY_HEAD: dict[str, Function] = {f.head: f for f in TABLE}
BY_CLASS: dict[type, Function] = {f.cls: f for f in TABLE}
CLASSES: tuple[type[Expr], ...] = tuple(BY_CLASS)

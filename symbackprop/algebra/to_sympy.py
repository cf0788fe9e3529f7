"""Index expressions in the classes of SymPy."""

from __future__ import annotations

from typing import Any

from sympy import (
    Basic,
    IndexedBase,
    KroneckerDelta,
    Max,
    Min,
    Piecewise,
    Product,
    Sum,
    Symbol,
    ceiling,
)

from symbackprop.algebra.nodes import (
    Delta,
    Element,
    IndexProduct,
    IndexSum,
    Iverson,
    MatrixFunction,
    Maximum,
    Minimum,
    Reduction,
    Where,
)
from symbackprop.algebra.subscripts import Gather, Index, Quotient, Remainder


def to_sympy(expr: Basic) -> Any:
    """The same expression in SymPy's own classes (Indexed, Sum, KroneckerDelta, Max, Piecewise).

    (And Product.) An array of rank 0 becomes a Symbol; indices become integer symbols that run
    from 1. A maximum over an axis has no SymPy class: it becomes an undefined function `max` of its
    body's Sum.
    """
    if isinstance(expr, Element):
        base = Symbol(expr.array.name, real=True)
        if not expr.indices:
            return base
        return IndexedBase(base)[tuple(to_sympy(i) for i in expr.indices)]
    if isinstance(expr, Index):
        return Symbol(expr.name, integer=True)
    if isinstance(expr, Gather):
        return to_sympy(expr.element) + 1
    if isinstance(expr, Quotient | Remainder):
        u, size = (to_sympy(a) for a in expr.args)
        block = ceiling(u / size)
        return block if isinstance(expr, Quotient) else u - size * (block - 1)
    if isinstance(expr, Delta):
        return KroneckerDelta(*(to_sympy(i) for i in expr.indices))
    if isinstance(expr, Reduction):
        over = Product if isinstance(expr, IndexProduct) else Sum
        total = over(to_sympy(expr.body), *((to_sympy(i), 1, i.size) for i in expr.bound))
        if isinstance(expr, IndexSum | IndexProduct):
            return total
        from sympy import Function

        return Function("max")(*total.args)
    if isinstance(expr, MatrixFunction):
        from sympy import Function

        name = Function(type(expr).__name__.lower())
        return name(Symbol(expr.argument.array.name), *(to_sympy(i) for i in expr.free))
    if isinstance(expr, Iverson):
        return Piecewise((1, to_sympy(expr.condition)), (0, True))
    if isinstance(expr, Where):
        condition, u, v = (to_sympy(a) for a in expr.args)
        return Piecewise((u, condition), (v, True))
    if isinstance(expr, Maximum):
        return Max(*(to_sympy(a) for a in expr.args))
    if isinstance(expr, Minimum):
        return Min(*(to_sympy(a) for a in expr.args))
    if not expr.args:
        return expr
    return expr.func(*(to_sympy(a) for a in expr.args))

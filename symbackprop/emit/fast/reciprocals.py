"""Quotients of an array by what is the same for many of its elements, as products.

A product takes a tenth of the time of a quotient, but is rounded twice. What 1/d is taken of is
known to be a number from 1 on that is no infinity, so that nothing overflows and no digit is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sympy import Expr, Mul

from symbackprop.emit.numpy.code import Code, atom, call

_ONE = atom("1")


class Operation(Protocol):
    """A node of the graph, as far as it is looked at here."""

    @property
    def code(self) -> Code: ...
    @property
    def args(self) -> tuple[Operation, ...]: ...
    @property
    def shape(self) -> tuple[Expr, ...]: ...
    @property
    def ufunc(self) -> str: ...


def by_reciprocal(
    code: Code, above: Operation, below: Operation, number: Callable[[Expr], str],
    counted: bool = False,
) -> Code | None:  # fmt: skip
    """x/d = x (1/d), where d has fewer elements than x and is at least 1; else None.

    above, below: the nodes of x and of d. number: code for a size. counted: whether d is made of
    sizes, as the root of one is, and no number.
    """
    if not above.shape or above.shape == below.shape or above.shape != code.shape:
        return None
    divisor = code.args[1]
    if not divisor.shape:
        sizes = {number(size) for size in above.shape} | {number(Mul(*above.shape))}
        if str(divisor) not in sizes:
            if not counted or len(above.shape) < 2 or above.shape[-1] == 1:  # few, as means are
                return None
            return Code("*", (code.args[0], Code("/", (_ONE, divisor))), shape=code.shape)
        divisor = call("max", divisor, _ONE, shape=())  # an array without elements has a size 0
    elif not _sum_of_shifted(below):
        return None
    return Code("*", (code.args[0], Code("/", (_ONE, divisor), shape=below.shape)),
                shape=code.shape)  # fmt: skip


def _sum_of_shifted(node: Operation) -> bool:
    """1 <= Σ_j exp(x_j - max_j x_j) <= n: whether the node is such a sum."""
    total = _seen(node)
    if total.ufunc != "sum" or total.args[0].ufunc != "exp":
        return False
    (shifted,) = total.args[0].args
    if shifted.ufunc != "subtract":
        return False
    x, top = shifted.args[0], _seen(shifted.args[1])
    return top.ufunc == "max" and top.args[0] is x and top.code.axes == total.code.axes


def _seen(node: Operation) -> Operation:
    """What a view that adds axes shows."""
    return _seen(node.args[0]) if node.code.op == "index" and "None" in node.code.text else node

"""Quotients by what is the same for many elements, as products; quotients of sizes.

A product takes a tenth of the time of a quotient, but is rounded twice. What 1/d is taken of is
known to be a number from 1 on that is no infinity, so that nothing overflows and no digit is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from sympy import Expr, Mul

from symbackprop.emit.numpy.code import Code, Number, atom, call, is_number, operate

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
    @property
    def is_count(self) -> bool: ...
    @property
    def seen(self) -> Operation: ...


def of_sizes(code: Code, above: Operation, below: Operation, np: str) -> Code | None:
    """c/n of sizes, with c/0 = c ∞ as NumPy has it for arrays, where Python has an error.

    above, below: the nodes of c and of n. np: what NumPy is called. None for other quotients, and
    where n is 0 for no sizes.
    """
    c, n = code.args
    if code.shape or not above.is_count or not below.is_count or _is_constant(n, np):
        return None
    if n.text.startswith("max("):
        return None
    limit = atom(f"{np}.inf") if c == _ONE else operate("*", c, atom(f"{np}.inf"))
    return atom(f"({code} if {n} else {limit})")


def by_reciprocal(
    code: Code, above: Operation, below: Operation, number: Number
) -> Code | None:
    """x/d = x (1/d), where d has fewer elements than x and is at least 1; else None.

    above, below: the nodes of x and of d.
    """
    if not above.shape or above.shape == below.shape or above.shape != code.shape:
        return None
    divisor = code.args[1]
    if not divisor.shape:
        counted = one_at_least(divisor, above.shape, number)
        wide = len(above.shape) > 1 and above.shape[-1] != 1  # which means are not
        if counted is None and (not wide or not below.is_count or is_number(divisor)):
            return None
        divisor = counted or divisor
    elif not is_sum_of_shifted(below):
        return None
    return Code("*", (code.args[0], Code("/", (_ONE, divisor), shape=below.shape)),
                shape=code.shape)  # fmt: skip


def one_at_least(divisor: Code, sizes: Iterable[Expr], number: Number) -> Code | None:
    """max(n, 1) for an n that is one of these sizes or their product, and 0 where all is empty.

    None for what may be another number.
    """
    sizes = tuple(sizes)
    known = {number(size) for size in (*sizes, Mul(*sizes))}
    return call("max", divisor, _ONE, shape=()) if str(divisor) in known else None


def divided_by(node: Operation) -> str:
    """n of a product x (1/max(n, 1)), which is x where n is 1; "" of anything else."""
    if node.ufunc != "multiply":
        return ""
    share = node.code.args[1]
    least = share.args[1] if share.op == "/" and share.args[0] == _ONE else _ONE
    return str(least.args[0]) if least.text == "max(|" else ""


def _is_constant(code: Code, np: str) -> bool:
    """Whether code holds numbers alone, as pi is one."""
    if code.op == "atom":
        return is_number(code) or code.text.startswith(f"{np}.")
    return bool(code.args) and all(_is_constant(a, np) for a in code.args)


def is_sum_of_shifted(node: Operation) -> bool:
    """1 <= Σ_j exp(x_j - max_j x_j) <= n: whether the node is such a sum."""
    total = node.seen
    if total.ufunc != "sum" or total.args[0].ufunc != "exp":
        return False
    (shifted,) = total.args[0].args
    if shifted.ufunc != "subtract":
        return False
    x, top = shifted.args[0], shifted.args[1].seen
    return top.ufunc == "max" and top.args[0] is x and top.code.axes == total.code.axes

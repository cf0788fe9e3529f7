"""1/(1 + exp(-x)), without |x| and without a choice for each element.

    exp(min(x, 0))/(1 + exp(-|x|)) = E/(1 + E),  exp(min(-x, 0))/(1 + exp(-|x|)) = 1/(1 + E)

for E = exp(x), in which no digit is lost either; where both are needed, the first is E times the
second, as a division takes twice as long. E would be infinite for a large x, so that it is
exp(min(x, c)), for a c whose exp is finite. Then E/(1 + E) is 1 from there on, as is right, and
1/(1 + E) is to be multiplied by exp(c - x), which most blocks have no element for.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from symbackprop.emit.fast.graph import MAP, Graph, Node
from symbackprop.emit.fast.rewrites import BEYOND_CAP, CAPPED_EXP
from symbackprop.emit.numpy.code import Code, atom, call

_ONE = atom("1")


@dataclass(frozen=True)
class _Logistic:
    """Quotients of exp(min(x, 0)), and of exp(min(-x, 0)), by 1 + exp(-|x|).

    own: the first numerator. quotients: with the numerator that each is proportional to.
    """

    x: Code
    own: Node
    quotients: dict[Node, Node]


def join_logistics(graph: Graph, kept: Container[Node], *, exact: bool = False) -> None:
    """Have them so. kept: nodes that are handed on. exact: whether a quotient is rounded once."""
    for node in list(graph.nodes):
        found = _logistic(node, kept)
        if found is not None:
            _join(graph, found, exact=exact)


def _join(graph: Graph, found: _Logistic, *, exact: bool) -> None:
    x, shape = found.x, found.own.shape
    exponential = call(graph.function(CAPPED_EXP), x, shape=shape)
    total = Code("+", (_ONE, exponential), shape=shape)
    part = Code("/", (exponential, total), shape=shape)
    if not exact and {*found.quotients.values()} > {found.own}:  # 1/(1 + E) is there too
        part = Code("*", (exponential, Code("/", (_ONE, total), shape=shape)), shape=shape)
    for node, numerator in found.quotients.items():
        u = node.args[0]
        rest = None if u is numerator else _other(u, numerator).code
        if numerator is found.own:
            # Not u exp(x)/(1 + exp(x)), which would overflow for a large u.
            made = part if rest is None else Code("*", (rest, part), shape=shape)
        else:
            quotient = Code("/", (rest or _ONE, total), shape=shape)
            made = call(graph.function(BEYOND_CAP), x, quotient, shape=shape)
        graph.replace(node, made)


def _logistic(node: Node, kept: Container[Node]) -> _Logistic | None:
    """What is made of a node, where that is exp(-|x|); None if anything else is made of it."""
    x = _of_size(node)
    if x is None or node in kept:
        return None
    sides: dict[str, Node] = {}
    total = None
    for user in node.users:
        if user.ufunc == "maximum" and (side := _side(user, x)):
            sides[side] = user
        elif user.ufunc == "add" and "1" in [str(a.code) for a in user.args] and total is None:
            total = user
        else:
            return None
    if total is None or not sides or any(n in kept for n in (total, *sides.values())):
        return None
    quotients: dict[Node, Node] = {}
    for numerator in sides.values():
        for user in numerator.users:
            scaled = user.ufunc == "multiply" and len(user.users) == 1 and user not in kept
            quotient = user.users[0] if scaled else user
            whole = (user if scaled else numerator) is quotient.args[0]
            if quotient.ufunc != "divide" or not whole or quotient.args[1] is not total:
                return None
            quotients[quotient] = numerator
    if set(total.users) != set(quotients) or any(q.shape != node.shape for q in quotients):
        return None
    above = sides.get("greater_equal")
    argument = x.code if above else Code("neg", (x.code,), shape=node.shape)
    return _Logistic(argument, above or sides["less_equal"], quotients)


def _of_size(node: Node) -> Node | None:
    """x of exp(-|x|)."""
    for ufunc in ("exp", "negative", "abs"):
        if node.kind != MAP or node.ufunc != ufunc:
            return None
        (node,) = node.args
    return node


def _side(node: Node, x: Node) -> str:
    """The comparison of x with 0 that a maximum is of."""
    mask = node.args[1]
    compares = mask.args and mask.args[0] is x and str(mask.args[1].code) == "0"
    return mask.ufunc if compares and mask.ufunc in ("greater_equal", "less_equal") else ""


def _other(product: Node, factor: Node) -> Node:
    return product.args[product.args[0] is factor]

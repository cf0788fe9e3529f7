"""Shifts of rows before exp: maxima for which any number near them will do.

With M + d in place of a maximum M, what is computed of it changes in a known way:

    f -> f - c d          for f = M with c = -1, x - M, sums and differences of such f
    f -> f exp(-c d)      for exp of such an f, products, quotients and sums over the row

and log leads back. Where c is 0 for all that is handed on, d changes no result but its rounding.
The maximum of each row then need not be found: a number for many rows is found faster.

Nor need the smallest x be known, where one of each row is: exp(x) fades as exp(x - M) does, and
what it is a factor of, and its sum over a row is of the largest. But nothing may be divided by a
small one, nor may there be a log or a square of it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from fractions import Fraction

from symbackprop.emit.fast.graph import MAP, REDUCE, VIEW, Node, keeps_rows

_PLUS, _TIMES = "plus", "times"
State = tuple[str, Fraction]
"""How a value changes with M; a value with none does not."""
_MOST = 2
"""The largest |c|: f exp(-c d) is to be far from overflow and underflow."""


def shifts(nodes: Iterable[Node], kept: Container[Node]) -> dict[Node, bool]:
    """The maxima over the last axis that may be other numbers, and whether small elements fade.

    kept: what is handed on.
    """
    order = list(nodes)
    states = {n: _states(n, order, kept) for n in order if _is_row_maximum(n)}
    return {n: _fade(n, order, found) for n, found in states.items() if found is not None}


def _is_row_maximum(node: Node) -> bool:
    return (
        node.kind == REDUCE and node.ufunc == "max" and node.code.keep
        and node.code.axes == (node.rank - 1,) and node.rank > 1
        and all(u.kind == MAP for u in node.users)  # which takes a number as well
    )  # fmt: skip


def _states(
    maximum: Node, order: list[Node], kept: Container[Node]
) -> dict[Node, State] | None:
    """What changes with the maximum; None if something that is kept does, or in another way."""
    states: dict[Node, State] = {maximum: (_PLUS, Fraction(-1))}
    for node in order:
        if node is maximum or not any(a in states for a in node.args):
            continue
        if not _by_the_same_rows(node, maximum, states):
            return None
        found = _changed(node, [states.get(a) for a in node.args])
        if found is None or abs(found[1]) > _MOST:
            return None
        if found[1]:
            states[node] = found
    return None if any(node.base in kept for node in states) else states


def _fade(maximum: Node, order: list[Node], states: dict[Node, State]) -> bool:
    """Whether of a small x only small factors are made, where M + d is in place of the maximum."""
    sums: set[Node] = set()  # of exp(x - M) over a row, and what is made of such alone
    for node in order:
        if node is maximum or not any(a in states for a in node.args):
            continue
        arrays = [a for a in node.args if a.shape]
        factors = [a for a in arrays if states.get(a, (_PLUS,))[0] == _TIMES and a not in sums]
        if all(a in sums for a in arrays):
            sums.add(node)
        elif node.ufunc == "exp":
            (inner,) = arrays
            if inner.ufunc != "subtract" or inner.args != (maximum.args[0], maximum):
                return False
        elif node.kind == REDUCE and node.ufunc == "sum" and arrays[0].ufunc == "exp":
            sums.add(node)
        elif factors and not _keeps_above(node, factors, states):
            return False
    return True


def _keeps_above(node: Node, factors: list[Node], states: dict[Node, State]) -> bool:
    """Whether factors stay above a fraction, and none is squared."""
    if node.ufunc == "log" or (node.ufunc == "divide" and node.args[1] in factors):
        return False
    return node not in states or states[node][1] <= 1


def _by_the_same_rows(node: Node, maximum: Node, states: Container[Node]) -> bool:
    """Whether each row of the node is made of the same row of what changes."""
    lead = maximum.shape[:-1]

    def fits(n: Node) -> bool:
        return n.shape[: len(lead)] == lead and n.rank <= len(lead) + 1

    changing = [a for a in node.args if a in states]
    if not fits(node) or not all(map(fits, changing)):
        return False
    if node.kind == MAP:
        return all(a.rank == node.rank for a in changing)
    if node.kind == REDUCE:
        return node.code.axes == (changing[0].rank - 1,) and changing[0].rank == len(lead) + 1
    return node.kind == VIEW and keeps_rows(node)


def _changed(node: Node, args: list[State | None]) -> State | None:
    """How the node changes; None where that is neither a term nor a factor."""
    kinds = {state[0] for state in args if state}
    powers = [state[1] if state else Fraction(0) for state in args]
    if len(kinds) > 1:
        return None
    (kind,) = kinds
    if node.kind == VIEW:
        return kind, powers[0]
    rule = node.ufunc if node.kind == MAP else f"{node.ufunc} of a row"
    if kind == _PLUS:
        return _of_terms(rule, powers)
    return _of_factors(rule, powers, all(args))


def _of_terms(rule: str, powers: list[Fraction]) -> State | None:
    if rule == "exp":
        return _TIMES, powers[0]
    if rule == "negative":
        return _PLUS, -powers[0]
    if rule in ("add", "subtract"):
        return _PLUS, powers[0] + (powers[1] if rule == "add" else -powers[1])
    return (_PLUS, powers[0]) if rule == "max of a row" else None


def _of_factors(rule: str, powers: list[Fraction], all_change: bool) -> State | None:
    if rule == "log":
        return _PLUS, powers[0]
    if rule in ("multiply", "dot of a row"):
        return _TIMES, sum(powers, Fraction(0))
    if rule == "divide":
        return _TIMES, powers[0] - powers[1]
    if rule in ("add", "subtract"):
        same = all_change and powers[0] == powers[1]
        return (_TIMES, powers[0]) if same else None
    scale = {"sum of a row": 1, "max of a row": 1, "square": 2}
    return (_TIMES, powers[0] * scale[rule]) if rule in scale else None

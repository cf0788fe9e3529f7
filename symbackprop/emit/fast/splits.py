"""Sums of products over all of two arrays: of logarithms of softmax, taken apart.

    Σ_ij w_ij (x_ij - log s_i) = Σ_ij w_ij x_ij - Σ_i log s_i Σ_j w_ij,  s_i = Σ_j exp x_ij

for x less its largest of each row: x <= 0 <= log s, so that the differences have no digit that the
two sums have not. There is no array of differences then. In C the two are of each row. Where the
result rests on Σ_j w_ij = 1, so does this: the second is a sum of logarithms.
"""

from __future__ import annotations

from collections.abc import Container

from sympy import S

from symbackprop.emit.fast.graph import GIVEN, MAP, Graph, Node
from symbackprop.emit.fast.quotients import is_sum_of_shifted
from symbackprop.emit.fast.rewrites import UNWEIGHTED
from symbackprop.emit.numpy.code import Code, call, operate

WEIGHTED = "weighted"
"""The ufunc of a sum of products that leaves out -inf of weight 0."""
DIVIDED = "divided"
"""The ufunc of a quotient by one number for each row: by 1/d where there are many elements."""


def split_sums(
    graph: Graph, np: str, kept: Container[Node], ones: Container[str] = (), *, by_rows: bool
) -> None:
    """Take apart the sums whose differences nothing else needs.

    np: what NumPy is called. kept: nodes that are handed on. ones: variables whose rows are known
    to sum to 1. by_rows: whether each row is summed by itself, which is one sum over the rows then.
    """
    for node in [n for n in graph.nodes if n.ufunc == "dot" and not n.shape]:
        code = _apart(node, np, kept, ones, by_rows=by_rows)
        if code is not None:
            graph.replace(node, code)


def join_weights(graph: Graph) -> None:
    """Σ w u, where -inf of weight 0 counts as 0, without the array of what counts."""
    for node in [n for n in graph.nodes if n.ufunc == "dot" and not n.shape]:
        for w, u in (node.args, node.args[::-1]):
            if u.ufunc == UNWEIGHTED and u.args[0] is w and u.users == [node]:
                node.ufunc, node.args = WEIGHTED, u.args
                u.args[1].users.append(node)
                u.users.clear()
                graph.drop(u)
                break


def join_quotients(graph: Graph, kept: Container[Node]) -> None:
    """x (1/d) as one call, where nothing else needs 1/d and d has one number for each row."""
    for node in [n for n in graph.nodes if n.kind == MAP and n.ufunc == "multiply"]:
        x, one_over = node.args
        if one_over.kind != MAP or one_over.ufunc != "divide" or one_over in kept:
            continue
        one, d = one_over.args
        by_row = one_over.shape == (*node.shape[:-1], S.One) and x.shape == node.shape
        if by_row and str(one.code) == "1" and one_over.users == [node]:
            node.ufunc, node.args = DIVIDED, (x, d)
            d.users.append(node)
            one_over.users.clear()
            graph.drop(one_over)


def _apart(
    node: Node, np: str, kept: Container[Node], ones: Container[str], *, by_rows: bool
) -> Code | None:
    for w, weighed in (node.args, node.args[::-1]):
        d = weighed.args[1] if weighed.ufunc == UNWEIGHTED else weighed
        own = d.users == [weighed if d is not weighed else node] and weighed.users == [node]
        if not own or d in kept or weighed in kept or d.ufunc != "subtract":
            continue
        found = _log_of_softmax(d)
        if found is not None:
            x, log = found
            u = x.code
            if d is not weighed:
                u = call(weighed.code.text.partition("(")[0], w.code, u, shape=u.shape)
            axes = tuple(range(w.rank))
            counts = Code("reduce", (w.code,), f"{np}.sum", axes[-1:], True, log.shape)
            is_one = w.kind == GIVEN and str(w.code) in ones
            logs = log.code if is_one else operate("*", log.code, counts)
            products = operate("*", w.code, u), logs
            if by_rows:
                row = Code("reduce", products[:1], f"{np}.sum", axes[-1:], True, log.shape)
                return Code("reduce", (operate("-", row, products[1]),), f"{np}.sum", axes)
            return operate("-", *(Code("reduce", (p,), f"{np}.sum", axes) for p in products))
    return None


def _log_of_softmax(node: Node) -> tuple[Node, Node] | None:
    """x and log s of x - log s, or of z - (m + log s) for x = z - m, where m is the largest z."""
    z, below = node.args
    logs = below.args if below.ufunc == "add" else (below,)
    for log in logs:
        if log.seen.ufunc == "log" and log.shape == (*node.shape[:-1], S.One):
            total = log.seen.args[0].seen
            others = [a for a in logs if a is not log]
            if is_sum_of_shifted(total):
                x = total.args[0].args[0]
                if [z, *others] == ([*x.args] if others else [x]):
                    return x, log
    return None

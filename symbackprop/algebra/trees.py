"""Walks over index expressions: parts, elements, and free indices replaced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sympy import Basic, Expr, Function
from sympy.core.relational import Relational

from symbackprop.algebra.nodes import Array, Delta, Element, MatrixFunction, Reduction, fresh_index
from symbackprop.algebra.subscripts import Gather, Index, Position, indices_of, is_position, put


def rename(expr: Basic, mapping: Mapping[Index, Expr]) -> Any:
    """Subscripts for free indices; a bound index is renamed apart first: nothing is captured."""
    if not mapping or not (expr.free_symbols & mapping.keys()):
        return expr
    if isinstance(expr, Index | Position | Element | Delta):
        return _in_subscripts(expr, mapping)
    if isinstance(expr, Reduction):
        inner = {i: j for i, j in mapping.items() if i not in expr.bound}
        targets = frozenset().union(*(indices_of(u) for u in inner.values()))
        bound = tuple(fresh_index(b.size) if b in targets else b for b in expr.bound)
        inner.update((b, c) for b, c in zip(expr.bound, bound, strict=True) if b is not c)
        return expr.func(rename(expr.body, inner), *bound)
    if not expr.args or isinstance(expr, Array):
        return expr
    parts = [rename(a, mapping) for a in expr.args]
    # SymPy would make a polygamma of a digamma.
    return expr.func(*parts, evaluate=False) if isinstance(expr, Function) else expr.func(*parts)


def _in_subscripts(expr: Any, mapping: Mapping[Index, Expr]) -> Any:
    if isinstance(expr, Element):
        return Element(expr.array, *(put(i, mapping) for i in expr.indices))
    if isinstance(expr, Delta):
        return Delta(*(put(i, mapping) for i in expr.indices))
    return put(expr, mapping)


def walk(expr: Basic) -> Iterator[Basic]:
    """The expression and all its parts, outermost first; array names and indices are not parts.

    Of a subscript only the element that it gathers is a part.
    """
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Element | Delta):
            stack.extend(g.element for i in node.indices for g in i.atoms(Gather))
        elif isinstance(node, Position):
            stack.extend(g.element for g in node.atoms(Gather))
        else:
            args = node.args[:1] if isinstance(node, Reduction | MatrixFunction) else node.args
            stack.extend(reversed(args))


def compares_values(expr: Basic) -> bool:
    """Whether a condition is on real values, not on positions, labels and sizes alone."""
    if isinstance(expr, Relational):
        return any(elements(side) and not is_position(side) for side in expr.args)
    return any(compares_values(a) for a in expr.args)


def elements(expr: Basic) -> set[Element]:
    """The array elements that occur in an expression, bound ones included."""
    return {node for node in walk(expr) if isinstance(node, Element)}


def arrays(exprs: Iterable[Basic]) -> set[Array]:
    """The arrays of which elements occur in any of the expressions."""
    return {e.array for expr in exprs for e in elements(expr)}

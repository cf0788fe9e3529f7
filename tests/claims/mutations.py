"""Wrong versions of an expression: a sign flipped, a factor dropped, two subscripts exchanged."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Basic, Expr, Integer, Mul

from symbackprop.algebra.nodes import Element, Index
from symbackprop.algebra.unevaluated import rebuilt


def mutations(expr: Expr) -> Iterator[tuple[str, Expr]]:
    """What was done, and the changed expression; each is unequal in general."""
    yield "sign", Mul(Integer(-1), expr, evaluate=False)
    yield "twice", Mul(Integer(2), expr, evaluate=False)
    if isinstance(expr, Add):
        for n in range(len(expr.args)):
            rest = [a for m, a in enumerate(expr.args) if m != n]
            yield "term", rest[0] if len(rest) == 1 else Add(*rest, evaluate=False)
    product = next((p for p in _products(expr) if len(p.args) > 1), None)
    if product is not None:
        for n in range(len(product.args)):
            rest = [a for m, a in enumerate(product.args) if m != n]
            new = rest[0] if len(rest) == 1 else Mul(*rest, evaluate=False)
            yield "factor", _put(expr, product, new)
    for e in sorted(expr.atoms(Element), key=str):
        axes = e.array.axes
        for k in range(len(axes) - 1):
            if axes[k] == axes[k + 1] and e.indices[k] != e.indices[k + 1]:
                places = list(e.indices)
                places[k], places[k + 1] = places[k + 1], places[k]
                yield "subscripts", _put(expr, e, Element(e.array, *places))


def _products(expr: Basic) -> Iterator[Mul]:
    if isinstance(expr, Mul):
        yield expr
    if not isinstance(expr, Element | Index):
        for a in expr.args:
            yield from _products(a)


def _put(expr: Basic, old: Basic, new: Basic) -> Expr:
    if expr == old:
        return new  # type: ignore[return-value]
    if not expr.args or isinstance(expr, Element | Index):
        return expr  # type: ignore[return-value]
    return rebuilt(expr, [_put(a, old, new) for a in expr.args])

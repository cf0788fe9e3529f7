"""Claims whose shapes or subscripts do not fit, with one transpose or one pair exchanged."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from symbackprop.claims import syntax as s

_MOST = 60


def of_numpy(text: str) -> Iterator[str]:
    """The expression with one or two operands of a product transposed, or a product turned round.
    """
    tree = ast.parse(" ".join(text.split()), mode="eval")
    seen = {ast.unparse(tree)}
    level = [tree]
    for _ in range(2):
        changed: list[ast.Expression] = []
        for one in level:
            for new in _changed(one):
                shown = ast.unparse(new)
                if shown not in seen and len(seen) < _MOST:
                    seen.add(shown)
                    changed.append(new)
                    yield shown
        level = changed


def _changed(tree: ast.Expression) -> Iterator[ast.Expression]:
    count = sum(_is_product(n) for n in ast.walk(tree))
    for k in range(count):
        for change in (_turn_left, _turn_right, _exchange):
            new = copy.deepcopy(tree)
            products = [n for n in ast.walk(new) if _is_product(n)]
            change(products[k])
            yield ast.fix_missing_locations(new)
    for k in range(count):
        new = copy.deepcopy(tree)
        products = [n for n in ast.walk(new) if _is_product(n)]
        yield ast.fix_missing_locations(_as_outer(new, products[k]))


def _as_outer(tree: ast.Expression, product: ast.AST) -> ast.Expression:
    """The tree with an outer product in the place of a product."""
    assert isinstance(product, ast.BinOp)
    outer = ast.Call(ast.Name("outer", ast.Load()), [product.left, product.right], [])

    class Put(ast.NodeTransformer):
        def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
            return outer if node is product else self.generic_visit(node)

    found: ast.Expression = Put().visit(tree)
    return found


def _is_product(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)


def _turned(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


def _turn_left(node: ast.AST) -> None:
    assert isinstance(node, ast.BinOp)
    node.left = _turned(node.left)


def _turn_right(node: ast.AST) -> None:
    assert isinstance(node, ast.BinOp)
    node.right = _turned(node.right)


def _exchange(node: ast.AST) -> None:
    assert isinstance(node, ast.BinOp)
    node.left, node.right = node.right, node.left


def of_tree(node: s.Node) -> Iterator[tuple[str, s.Node]]:
    """The claim with the subscripts of one element exchanged, or one factor transposed; and what
    was changed."""
    letters = sorted(_letters(node))
    for n, i in enumerate(letters):
        for j in letters[n + 1 :]:
            yield "indices", _renamed(node, {i: j, j: i})
    parts = [n for n in s.walk(node) if isinstance(n, s.Subscripted | s.Word | s.Transposed)]
    for part in parts[:_MOST]:
        if isinstance(part, s.Subscripted):
            places = _exchanged(part.places, part.bracket)
            if places is not None:
                yield "subscripts", _put(node, part, replace(part, places=places))
        elif isinstance(part, s.Transposed):
            yield "transpose", _put(node, part, part.base)
        elif part.bold or len(part.text) == 1:
            yield "transpose", _put(node, part, s.Transposed(part, span=part.span))


def _letters(node: s.Node) -> set[str]:
    """The letters of all subscripts."""
    found: set[str] = set()
    for part in s.walk(node):
        if isinstance(part, s.Subscripted):
            for place in part.places:
                if isinstance(place, s.Word) and not place.whole:
                    found |= {place.text} if part.bracket else set(place.text)
    return found


def _renamed(node: s.Node, swap: dict[str, str]) -> s.Node:
    """The tree with letters exchanged in its subscripts."""
    for part in s.walk(node):
        if isinstance(part, s.Subscripted):
            places = tuple(_word(p, swap, part.bracket) for p in part.places)
            if places != part.places:
                node = _put(node, part, replace(part, places=places))
    return node


def _word(place: s.Node, swap: dict[str, str], bracket: bool) -> s.Node:
    if not isinstance(place, s.Word) or place.whole:
        return place
    letters = [place.text] if bracket else list(place.text)
    return replace(place, text="".join(swap.get(c, c) for c in letters))


def _exchanged(places: tuple[s.Node, ...], bracket: bool) -> tuple[s.Node, ...] | None:
    if len(places) == 2:
        return places[::-1]
    if len(places) == 1 and isinstance(places[0], s.Word) and len(places[0].text) == 2 and (
        not bracket
    ):
        word = places[0]
        return (replace(word, text=word.text[::-1]),)
    return None


def _put(node: s.Node, old: s.Node, new: s.Node) -> s.Node:
    """The tree with this very node replaced."""
    if node is old:
        return new
    changes: dict[str, Any] = {}
    for field in fields(node):
        value = getattr(node, field.name)
        found = _inside(value, old, new)
        if found is not value:
            changes[field.name] = found
    return replace(node, **changes) if changes else node


def _inside(value: object, old: s.Node, new: s.Node) -> object:
    if isinstance(value, s.Node):
        return _put(value, old, new)
    if isinstance(value, tuple):
        items = tuple(_inside(v, old, new) for v in value)
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value



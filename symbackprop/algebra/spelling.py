"""Subscripts and sizes in print: `i+1`, `(g-1)P+p`; how the parts look is the caller's business."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sympy import Add, Expr, Mul, S

from symbackprop.algebra.nodes import Index, Position, Remainder
from symbackprop.algebra.subscripts import canonical

Show = Callable[[Expr], str]


def subscript_text(u: Expr, show: Show, times: str) -> str:
    """The subscript: blocks as (g-1)P, the terms with a minus sign last.

    show: prints an index, another position, or a size without sums. times: between factors.
    """
    u = canonical(u)
    rest: Expr = S.Zero
    moving: list[tuple[Expr, Expr]] = []
    for term in Add.make_args(u):
        factors = Mul.make_args(term)
        place = next((f for f in factors if isinstance(f, Index | Position)), None)
        if place is None:
            rest += term
        else:
            moving.append((Mul(*(f for f in factors if f != place)), place))
    blocks: list[str] = []
    singles: list[tuple[int, bool, str]] = []
    for share, place in moving:
        back = canonical(rest + share)
        fewer = len(Add.make_args(back)) < len(Add.make_args(rest)) + (back == 0)
        if share != 1 and fewer and not share.could_extract_minus_sign():
            rest = back
            inside, outside = f"({show(place)}-1)", _number(share, show, times)
            blocks.append(inside + times + outside if times else inside + outside)
        else:
            minus = share.could_extract_minus_sign()
            factor = -share if minus else share
            text = show(place)
            if factor != 1 or minus:
                text = in_parentheses(place, text)
            if factor != 1:
                text = _number(factor, show, times) + times + text
            singles.append((1, minus, text))
    ahead = bool(blocks) or any(not minus for _, minus, _ in singles)
    sizes = any(not t.is_Integer and not t.could_extract_minus_sign() for t in Add.make_args(rest))
    for term in Add.make_args(rest) if rest != 0 else ():
        minus = term.could_extract_minus_sign()
        text = _number(-term if minus else term, show, times)
        last = 3 if ahead or sizes else 0
        singles.append((last if term.is_Integer else 2 * ahead, minus, text))
    if not blocks and not singles:
        return "0"
    singles.sort(key=lambda part: part[:2])
    text = "+".join(blocks)
    for _, minus, part in singles:
        text += ("-" if minus else "+" if text else "") + part
    return text


def in_parentheses(u: Expr, text: str) -> str:
    """The text of a subscript as a factor: in parentheses where it is a sum or a product."""
    return f"({text})" if u.is_Add or u.is_Mul or isinstance(u, Remainder) else text


def size_text(size: Expr) -> str:
    """A size as Python writes it: n, 3, 2*P, L-K+1."""
    return subscript_text(size, str, "*")


def shape_text(shape: Iterable[Expr]) -> str:
    """The sizes of a shape with commas between: N, D."""
    return ", ".join(map(size_text, shape))


def _number(size: Expr, show: Show, times: str) -> str:
    if size.is_Add:
        return f"({subscript_text(size, show, times)})"
    return times.join(show(f) for f in Mul.make_args(size))

"""What a forward pass requires of the sizes of its inputs and of its labels."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Add, Expr

from symbackprop.algebra.program import Program
from symbackprop.algebra.spelling import size_text
from symbackprop.algebra.subscripts import never_negative


def size_conditions(program: Program) -> list[tuple[Expr, Expr]]:
    """Pairs of sizes, of which the first has to be at least the second: (L, 3)."""
    found = [a.left - a.right for a in program.assumptions if a.kind == "size"]
    return [_sides(c) for c in _strongest(found)]


def size_condition_texts(program: Program, at_least: str, at_most: str) -> list[str]:
    """The same as text, a size on the left: L ≥ 3, K ≤ 3."""
    texts = []
    for larger, smaller in size_conditions(program):
        if larger.is_Integer:
            texts.append(f"{size_text(smaller)} {at_most} {larger}")
        else:
            texts.append(f"{size_text(larger)} {at_least} {size_text(smaller)}")
    return texts


def _strongest(conditions: Iterable[Expr]) -> list[Expr]:
    """The conditions, each at least 0, that no other one of them implies."""
    kept: list[Expr] = []
    for c in dict.fromkeys(c.expand() for c in conditions):
        if not any(never_negative(c - k) for k in kept):
            kept = [k for k in kept if not never_negative(k - c)] + [c]
    return kept


def _sides(condition: Expr) -> tuple[Expr, Expr]:
    """L - 3 >= 0 as L >= 3."""
    terms = Add.make_args(condition)
    larger = Add(*(t for t in terms if not t.could_extract_minus_sign()))
    return larger, larger - condition

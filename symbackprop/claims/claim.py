"""A claim as it was read: what it is about, and its right sides beside the truth."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr

from symbackprop.algebra.nodes import Index
from symbackprop.claims.target import Target
from symbackprop.errors import Refused
from symbackprop.frontend.value import Value

NUMPY, INDEX, LATEX = "numpy", "index", "latex"
_JOINED = tuple("=<>!+-*/")
NOTATIONS = (NUMPY, INDEX, LATEX)


@dataclass(frozen=True)
class Right:
    """One right side: `target[places] = expr` for all values of the indices.

    letters: what the user calls an index; the others have no name. shape: that of the claimed
    array where it is written as a whole, None where by elements. value: that whole array.
    note: how it was read, where that needs a word.
    """

    text: str
    expr: Expr
    truth: Expr
    places: tuple[Expr, ...]
    indices: tuple[Index, ...]
    letters: Mapping[Index, str]
    shape: tuple[Expr, ...] | None = None
    value: Value | None = None
    note: str = ""


@dataclass(frozen=True)
class Claim:
    """A claim about a target; several right sides are several claims, of which all are to hold.

    others: the same right sides with their indices matched to the axes in other ways, where the
    claim does not say which is which.
    """

    text: str
    notation: str
    target: Target
    rights: tuple[Right, ...]
    others: tuple[tuple[Right, ...], ...] = ()


def notation_of(text: str, names: Sequence[str]) -> str:
    """The notation that a right side is written in."""
    if "\\" in text or re.search(r"[_^]\s*\{", text):
        return LATEX
    if re.search(r"[Σ∑Π∏δ∂·⋅≤≥≠∧∨¬⊙^]", text.replace("**", "")):
        return INDEX
    known = set(names)
    for word in re.findall(r"[^\W\d]\w*", text):
        if word in known:
            continue
        head, link, _ = word.rpartition("_")
        if link and (head in known or head in ("sum", "prod", "max", "min", "delta")):
            return INDEX
    for match in re.finditer(r"([^\W\d]\w*)\s*\[([^\[\]:]*(?:\[[^\[\]]*\])?[^\[\]:]*)\]", text):
        inside = set(re.findall(r"[^\W\d]\w*", match[2]))
        if inside - known - {"None", "np", "newaxis", "e", "pi", "arange", "shape", "len"}:
            return INDEX
    return NUMPY


def sides_of(text: str) -> tuple[str, list[str]]:
    """The left side (or nothing) and the right sides of a claim that is not LaTeX."""
    parts, depth, start = [], 0, 0
    for n, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        single = text[n - 1 : n] not in _JOINED and text[n + 1 : n + 2] != "="
        if c == "=" and depth == 0 and single:
            parts.append(text[start:n].strip())
            start = n + 1
    parts.append(text[start:].strip())
    if not all(parts):
        raise Refused("the claim: nothing stands on one side of '='; write da = y - t")
    return ("", parts) if len(parts) == 1 else (parts[0], parts[1:])

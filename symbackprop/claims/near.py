"""Claims next to one that does not fit: with a transpose more or less, or subscripts exchanged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from symbackprop.claims import variants
from symbackprop.claims.claim import LATEX, NUMPY, Right
from symbackprop.claims.parsing import parse
from symbackprop.claims.read import Asked, ClaimReader, parts_of
from symbackprop.claims.target import Target, Truth
from symbackprop.claims.vocabulary import Vocabulary
from symbackprop.errors import SymbackpropError


def near(
    text: str, truth: Truth, vocabulary: Vocabulary, asked: Asked
) -> Iterator[tuple[str, str, Right, Target]]:
    """Claims that differ by a transpose or exchanged subscripts and that can be read: what was
    changed, how that is written, and the right side."""
    notation, left, rights = parts_of(text, vocabulary, asked)
    reader = ClaimReader(text, truth, vocabulary, asked, notation)
    if notation == NUMPY:
        for new in variants.of_numpy(rights[0]) if len(rights) == 1 else ():
            with suppress(SymbackpropError):
                claim = reader.of_numpy(left, [new])
                yield "transpose", new, claim.rights[0], claim.target
        return
    sides = parse(text, latex=notation == LATEX)
    if len(sides) > 2:
        return
    first, last = (sides[0] if len(sides) == 2 else None), sides[-1]
    for kind, tree in variants.of_tree(last):
        with suppress(SymbackpropError):
            claim = reader.of_sides(first, (tree,))
            yield kind, "", claim.rights[0], claim.target

"""Which words of a claim are names, which are products of names, and which are indices."""

from __future__ import annotations

import re
from collections.abc import Callable

from sympy import S

from symbackprop.claims import syntax as s
from symbackprop.claims.parsing import at
from symbackprop.claims.resolved import Named
from symbackprop.claims.vocabulary import Vocabulary, plainly
from symbackprop.errors import Refused
from symbackprop.frontend.tracer import Tracer
from symbackprop.frontend.value import constant

_CONSTANTS = {"pi": S.Pi, "e": S.Exp1}


class Words:
    """The words of one claim. latex: those of several letters may be products of names.

    letters: the words that stand as subscripts or under sums, and are no names.
    """

    def __init__(self, vocabulary: Vocabulary, text: str, *, latex: bool) -> None:
        self.vocabulary, self.text, self.latex = vocabulary, text, latex
        self.letters: set[str] = set()

    def refused(self, message: str, node: s.Node) -> Refused:
        """An error about a piece of the claim."""
        return at(self.text, message, node.span)

    def learn(self, *nodes: s.Node) -> None:
        """Note the indices of all sides of a claim before any of them is resolved."""
        for node in nodes:
            self.letters |= self._letters(node)

    def single(self, word: s.Word, below: str = "") -> Named | None:
        """The word as one name, None where it is none."""
        names = self.vocabulary.find(word.text, word.accent, below)
        if len(names) > 1:
            raise self.refused(f"it may be {' or '.join(names)}", word)
        if names:
            name = names[0]
            if not below and not word.whole and self.latex and len(word.text) > 1:
                self._check_sure(word)
            return Named(name, self.vocabulary.values[name], span=word.span)
        plain = plainly(word.text)
        if not below and not word.accent and plain in _CONSTANTS and plain not in self.letters:
            return Named(plain, Tracer(constant(_CONSTANTS[plain])), span=word.span)
        return None

    def _check_sure(self, word: s.Word) -> None:
        """Raises where a word is a name and a product of names too."""
        if _split(word.text, self._known) not in ([], [[word.text]]):
            several = [p for p in _split(word.text, self._known) if len(p) > 1]
            if several:
                product, dotted = " ".join(several[0]), r" \cdot ".join(several[0])
                raise self.refused(
                    f"it may be the name {word.text} or the product {product}; write "
                    rf"\mathrm{{{word.text}}} or {dotted}", word
                )  # fmt: skip

    def _known(self, text: str) -> bool:
        known = text in self.vocabulary.values or text in self.letters or text == "e"
        return known or (len(text) > 1 and self.vocabulary.is_function(text) is not None)

    def parts(self, word: s.Word) -> list[s.Node]:
        """The factors that a word is made of: `ab` as a and b, `y_k` in a text as an element."""
        if not self.latex:
            base, link, below = word.text.rpartition("_")
            if link and base and below:
                places = tuple(s.Word(c, span=word.span) for c in below)
                inner = s.Word(base, span=word.span)
                return [s.Subscripted(inner, places, span=word.span)]
            return [word]
        if word.whole or len(word.text) == 1:
            return [word]
        ways = _split(word.text, self._known)
        if len(ways) > 1:
            readings = " or ".join(" ".join(way) for way in ways)
            raise self.refused(f"it may be {readings}; put spaces or \\mathrm{{…}} in", word)
        if not ways:
            return [word]
        return [s.Word(part, span=word.span) for part in ways[0]]

    def _letters(self, node: s.Node) -> set[str]:
        """The words that stand as subscripts or under sums."""
        found: set[str] = set()
        for part in s.walk(node):
            if isinstance(part, s.Subscripted):
                found |= self._words(part.places, part.bracket)
            elif isinstance(part, s.Big):
                found |= self._words(part.below, False)
            elif isinstance(part, s.Word) and not self.latex and "_" in part.text and (
                not self.vocabulary.find(part.text)
            ):
                found |= set(part.text.rpartition("_")[2])
        return {w for w in found if re.fullmatch(r"[A-Za-z]\w?|[a-z]{2,8}", w)
                and w not in self.vocabulary.values}  # fmt: skip

    def _words(self, places: tuple[s.Node, ...], bracket: bool) -> set[str]:
        found: set[str] = set()
        for place in split_places(places, bracket):
            for part in s.walk(place):
                if isinstance(part, s.Word):
                    found |= {part.text} if part.whole or bracket else set(part.text)
        return found


def split_places(
    places: tuple[s.Node, ...], bracket: bool, numbers: bool = False
) -> list[s.Node]:
    """One node for each subscript: `ij` without a comma is two; with `numbers`, so is `1k`."""
    single = s.Word | s.Subscripted | s.Literal if numbers else s.Word | s.Subscripted
    found: list[s.Node] = []
    for place in places:
        if isinstance(place, s.Word) and not place.whole and not bracket:
            found += [s.Word(c, span=place.span) for c in place.text]
        elif isinstance(place, s.Factors) and not bracket and set(place.signs) == {""} and all(
            isinstance(i, single) for i in place.items
        ):
            found += split_places(place.items, bracket, numbers)
        else:
            found.append(place)
    return found


def rank_of(named: Named) -> int:
    return len([size for size in named.value.value.shape if size != 1])


def _split(text: str, known: Callable[[str], bool]) -> list[list[str]]:
    """All ways to write a word as known names side by side."""
    if not text:
        return [[]]
    ways = []
    for end in range(1, len(text) + 1):
        if known(text[:end]):
            ways += [[text[:end], *rest] for rest in _split(text[end:], known)]
    return ways

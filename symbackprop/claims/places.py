"""Subscripts: elements of named arrays, Kronecker deltas, and positions such as i + 1."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.claims import syntax as s
from symbackprop.claims.names import Words, rank_of, split_places
from symbackprop.claims.parsing import counted
from symbackprop.claims.resolved import Kronecker, Letter, Named
from symbackprop.claims.vocabulary import plainly


class Places:
    """Reads the subscripts of one claim."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.refused, self.vocabulary = words.refused, words.vocabulary

    def of(self, node: s.Subscripted) -> tuple[s.Node, ...]:
        """All subscripts of a value."""
        return tuple(self.place(p) for p in split_places(node.places, node.bracket))

    def delta(self, places: tuple[s.Node, ...], node: s.Node) -> Kronecker:
        """The Kronecker delta."""
        if len(places) != 2:
            raise self.refused("the Kronecker delta has two subscripts", node)
        left, right = (self.place(p) for p in places)
        return Kronecker((left, right), span=node.span)

    def element(self, base: s.Word, node: s.Subscripted) -> s.Node | None:
        """An element of a named array; the first subscript may belong to the name."""
        found: list[tuple[Named, list[s.Node]]] = []
        for numbers in (False, True):  # x_{2k} is element 2k of a vector, x_{1k} one of a matrix
            given = split_places(node.places, node.bracket, numbers)
            options = self._options(base, given, node)
            found = [(named, rest) for named, rest in options
                     if len(rest) == rank_of(named) or (not rest and len(given) == 1)]  # fmt: skip
            if found or not options:
                break
        if not options:
            if plainly(base.text) == "delta" and not base.accent:
                return self.delta(tuple(split_places(node.places, node.bracket)), node)
            return None
        if len(found) > 1 and self.words.latex and _is_upright(node.places[0]):
            found = found[1:]  # an upright subscript belongs to the name
        if len(found) > 1:
            (one, _), (two, _) = found
            raise self.refused(f"it may be an element of {one.name} or of {two.name}", node)
        if not found:
            named, rest = options[0]
            if not rank_of(named) and not options[1:]:
                raise self.refused(f"{named.name} is a scalar and has no subscripts", node)
            has = counted(rank_of(named))
            raise self.refused(f"{named.name} has {has}, and {len(rest)} subscripts are given",
                               node)  # fmt: skip
        named, rest = found[0]
        if not rest:
            return named
        places = tuple(self.place(p) for p in rest)
        return s.Subscripted(named, places, node.bracket, span=node.span)

    def _options(
        self, base: s.Word, given: list[s.Node], node: s.Subscripted
    ) -> list[tuple[Named, list[s.Node]]]:
        """The arrays that a word with subscripts may be of, and the subscripts that remain."""
        options: list[tuple[Named, list[s.Node]]] = []
        whole = self.words.single(base)
        if whole is not None:
            options.append((whole, given))
        first = node.places[0]
        tags = [first.text] if isinstance(first, s.Word) else []
        tags += [str(given[0].value)] if isinstance(given[0], s.Literal) else []
        for tag in () if node.bracket else tags:
            longer = self.words.single(base, tag)
            if longer is not None:
                rest = given[1:] if isinstance(first, s.Literal) or not isinstance(
                    first, s.Word) else split_places(node.places[1:], False)  # fmt: skip
                options.append((longer, rest))
        return options

    def place(self, node: s.Node, bare: bool = False) -> s.Node:
        """One subscript. bare: a size may stand alone, as at the end of a sum."""
        if isinstance(node, s.Word):
            named = self.words.single(node) if self.vocabulary.find(
                node.text, node.accent) else None
            if named is None:
                return Letter(node.text, span=node.span)
            if rank_of(named):
                raise self.refused(
                    f"{named.name} is an array and no index; use another letter, "
                    f"or give it subscripts", node
                )  # fmt: skip
            if named.name not in self.vocabulary.sizes:
                if named.value.value.array in self.vocabulary.setting.forward.labels:
                    return s.Subscripted(named, (), span=node.span)
                raise self.refused(f"{named.name} is a number and no index", node)
            if not bare:
                raise self.refused(
                    f"{named.name} is the size of an axis; use another letter as an index", node
                )
            return named
        if isinstance(node, s.Literal):
            if node.value.denominator != 1 or node.value < 1:
                raise self.refused("subscripts count from 1", node)
            return node
        if isinstance(node, s.Subscripted):
            return self._label(node)
        if isinstance(node, s.Signed):
            return replace(node, terms=tuple((g, self._term(t)) for g, t in node.terms))
        return self._term(node)

    def _term(self, node: s.Node) -> s.Node:
        """A part of a subscript such as i + 1, (g - 1) P + p, ⌈k/P⌉."""
        if isinstance(node, s.Literal):
            return node
        if isinstance(node, s.Factors):
            items = list(node.items)
            if len(items) == 2 and isinstance(items[0], s.Word) and items[0].text == "ceil":
                return self._quotient(items[1])
            return replace(node, items=tuple(self._term(i) for i in items))
        if isinstance(node, s.Group):
            if node.delimiter == "ceil":
                return self._quotient(node)
            return replace(node, items=tuple(self.place(i, bare=True) for i in node.items))
        if isinstance(node, s.Word | s.Signed | s.Subscripted):
            return self.place(node, bare=True)
        raise self.refused("a subscript is an index, a number, or a sum of such", node)

    def _quotient(self, node: s.Node) -> s.Node:
        inner = node.items[0] if isinstance(node, s.Group) else node
        if not isinstance(inner, s.Factors) or inner.signs != ("/",):
            raise self.refused("write ⌈k/P⌉", node)
        return s.Group(tuple(self.place(i, bare=True) for i in inner.items), "ceil",
                       span=node.span)  # fmt: skip

    def _label(self, node: s.Subscripted) -> s.Node:
        """An element of an array of labels."""
        base = node.base
        if isinstance(base, s.Word):
            parts = self.words.parts(base) if self.words.single(base) is None else [base]
            if len(parts) == 1 and isinstance(parts[0], s.Word):
                found = self.element(parts[0], node)
                if found is not None:
                    return found
        raise self.refused("only an input of labels can be a subscript", node)


def _is_upright(place: s.Node) -> bool:
    return isinstance(place, s.Word) and place.whole

"""Looks up the names in a claim's tree: which words are arrays, which indices, which functions."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from sympy import S

from symbackprop.claims import syntax as s
from symbackprop.claims.parsing import at
from symbackprop.claims.resolved import (
    Bound,
    Call,
    Kronecker,
    Letter,
    Named,
    Over,
    Slope,
)
from symbackprop.claims.vocabulary import Vocabulary, plainly
from symbackprop.errors import Refused
from symbackprop.frontend.tracer import Tracer
from symbackprop.frontend.value import constant

_CONSTANTS = {"pi": S.Pi, "e": S.Exp1}


class Resolver:
    """Resolves one claim. latex: words of several letters may be products of names."""

    def __init__(self, vocabulary: Vocabulary, text: str, *, latex: bool) -> None:
        self.vocabulary, self.text, self.latex = vocabulary, text, latex
        self.letters: set[str] = set()

    def refused(self, message: str, node: s.Node) -> Refused:
        """An error about a piece of the claim."""
        return at(self.text, message, node.span)

    def resolve(self, node: s.Node) -> s.Node:
        """The tree of a value with all names looked up."""
        if not self.letters:
            self.letters = self._letters(node)
        return self._value(node)

    def learn(self, *nodes: s.Node) -> None:
        """Note the indices of all sides of a claim before any of them is resolved."""
        for node in nodes:
            self.letters |= self._letters(node)

    # Values.

    def _value(self, node: s.Node) -> s.Node:
        if isinstance(node, s.Literal | s.Indicator):
            if isinstance(node, s.Indicator) and node.condition is not None:
                condition = self._condition(_inside(node.condition))
                return s.Indicator(condition, span=node.span)
            return node
        if isinstance(node, s.Word):
            return self._word(node)
        if isinstance(node, s.Subscripted):
            return self._subscripted(node)
        if isinstance(node, s.Raised):
            return self._raised(node)
        if isinstance(node, s.Transposed):
            return self._transposed(node)
        if isinstance(node, s.Group):
            return self._group(node)
        if isinstance(node, s.Signed):
            terms = tuple((sign, self._value(t)) for sign, t in node.terms)
            return replace(node, terms=terms)
        if isinstance(node, s.Factors):
            return self._factors(node)
        if isinstance(node, s.Fraction_):
            return self._fraction(node)
        if isinstance(node, s.Applied):
            return self._applied(node)
        if isinstance(node, s.Big):
            return self._big(node)
        if isinstance(node, s.Cases):
            rows = ((self._value(v), None if c is None else self._condition(c))
                    for v, c in node.rows)  # fmt: skip
            return replace(node, rows=tuple(rows))
        if isinstance(node, s.Marked):
            raise self.refused(
                "a ∂ stands in a quotient only, as in \\frac{\\partial L}{\\partial a_k}", node
            )
        raise self.refused("a condition stands in brackets only, as in [x_k > 0]", node)

    def _word(self, word: s.Word) -> s.Node:
        found = self._single(word)
        if found is not None:
            return found
        parts = self._parts(word)
        if len(parts) == 1:
            return self._value(parts[0]) if parts[0] != word else self._missing(word)
        return s.Factors(
            tuple(self._value(p) for p in parts), ("",) * (len(parts) - 1), span=word.span
        )

    def _missing(self, word: s.Word) -> s.Node:
        if word.text in self.letters:
            return Letter(word.text, span=word.span)
        raise self.vocabulary.unknown(word.text, sorted(self.letters))

    def _single(self, word: s.Word, below: str = "") -> Named | None:
        """The word as one name, None where it is none."""
        names = self.vocabulary.find(word.text, word.accent, below)
        if len(names) > 1:
            raise self.refused(f"it may be {' or '.join(names)}", word)
        if names:
            name = names[0]
            if not below and not word.whole and self.latex and len(word.text) > 1:
                self._sure(word)
            return Named(name, self.vocabulary.values[name], span=word.span)
        plain = plainly(word.text)
        if not below and not word.accent and plain in _CONSTANTS and plain not in self.letters:
            return Named(plain, Tracer(constant(_CONSTANTS[plain])), span=word.span)
        if word.bold and word.text == "I":
            return None
        return None

    def _sure(self, word: s.Word) -> None:
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

    def _parts(self, word: s.Word) -> list[s.Node]:
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

    def _subscripted(self, node: s.Subscripted) -> s.Node:
        base = node.base
        if isinstance(base, s.Word):
            found = self._element(base, node)
            if found is not None:
                return found
            parts = self._parts(base)
            if len(parts) > 1:
                last = replace(node, base=parts[-1])
                items = (*parts[:-1], last)
                return self._factors(s.Factors(items, ("",) * (len(items) - 1), span=node.span))
            if parts[0] != base:
                raise self.refused("write all subscripts in one pair of brackets", node)
            raise self.vocabulary.unknown(base.text)
        if isinstance(base, s.Subscripted):
            raise self.refused("write all subscripts together, as x_{ij} or x[i,j]", node)
        return s.Subscripted(self._value(base), self._places(node), node.bracket, span=node.span)

    def _element(self, base: s.Word, node: s.Subscripted) -> s.Node | None:
        """An element of a named array; the first subscript may belong to the name."""
        options: list[tuple[Named, tuple[s.Node, ...]]] = []
        places = node.places
        whole = self._single(base)
        if whole is not None:
            options.append((whole, places))
        first = places[0]
        tag = first.text if isinstance(first, s.Word) else (
            str(first.value) if isinstance(first, s.Literal) else "")  # fmt: skip
        if tag and not node.bracket:
            longer = self._single(base, tag)
            if longer is not None:
                options.append((longer, places[1:]))
        fitting = [
            (named, rest) for named, rest in options
            if len(self._split_places(rest, node.bracket)) == _rank(named)
            or (not rest and named is not whole)
        ]  # fmt: skip
        if len(fitting) > 1 and isinstance(first, s.Word) and first.whole and self.latex:
            fitting = fitting[1:]  # an upright subscript belongs to the name
        if len(fitting) > 1:
            (one, _), (two, _) = fitting
            raise self.refused(f"it may be an element of {one.name} or of {two.name}", node)
        if not fitting and options and _rank(options[0][0]) == 0 and not options[1:]:
            raise self.refused(f"{options[0][0].name} is a scalar and has no subscripts", node)
        if not fitting and options:
            named, rest = options[0]
            count = len(self._split_places(rest, node.bracket))
            raise self.refused(
                f"{named.name} has {_rank(named)} axes, and {count} subscripts are given", node
            )
        if fitting:
            named, rest = fitting[0]
            if not rest:
                return named
            rest = tuple(self._place(p) for p in self._split_places(rest, node.bracket))
            return s.Subscripted(named, rest, node.bracket, span=node.span)
        if plainly(base.text) == "delta" and not base.accent:
            both = self._split_places(places, node.bracket)
            if len(both) != 2:
                raise self.refused("the Kronecker delta has two subscripts", node)
            left, right = (self._place(p) for p in both)
            return Kronecker((left, right), span=node.span)
        return None

    def _raised(self, node: s.Raised) -> s.Node:
        base = node.base
        if isinstance(base, s.Word) and self._single(base) is None:
            parts = self._parts(base)
            if len(parts) > 1:
                items = (*parts[:-1], replace(node, base=parts[-1]))
                return self._factors(s.Factors(items, ("",) * (len(items) - 1), span=node.span))
        exponent = self._value(node.exponent)
        if isinstance(base, s.Word) and base.text == "e" and "e" not in self.vocabulary.values:
            return Call("exp", (exponent,), span=node.span)
        return s.Raised(self._value(base), exponent, node.elementwise, span=node.span)

    def _transposed(self, node: s.Transposed) -> s.Node:
        if node.letter and "T" in self.vocabulary.values:
            raise self.refused(
                r"T is a name here, so it may be a power or a transpose; write ^{\top} or ^{(T)}",
                node,
            )
        base = node.base
        if isinstance(base, s.Word) and self._single(base) is None:
            parts = self._parts(base)
            if len(parts) > 1:
                items = (*parts[:-1], replace(node, base=parts[-1]))
                return self._factors(s.Factors(items, ("",) * (len(items) - 1), span=node.span))
        return replace(node, base=self._value(base), letter=False)

    def _group(self, node: s.Group) -> s.Node:
        if node.delimiter == "|":
            return Call("abs", (self._value(node.items[0]),), span=node.span)
        if node.delimiter == "ceil":
            raise self.refused("⌈ ⌉ stands in a subscript only", node)
        if len(node.items) > 1:
            raise self.refused("several values with commas are the arguments of no function", node)
        inner = node.items[0]
        if isinstance(inner, s.Relation | s.Both):
            if node.delimiter not in ("[", "{"):
                raise self.refused("write a condition in brackets, [x_k > 0]", node)
            return s.Indicator(self._condition(inner), span=node.span)
        return s.Group((self._value(inner),), node.delimiter, span=node.span)

    def _factors(self, node: s.Factors) -> s.Node:
        marks = self._inline_fraction(node)
        if marks is not None:
            return marks
        items: list[s.Node] = []
        signs: list[str] = []
        pending = list(zip(("", *node.signs), node.items, strict=True))
        while pending:
            sign, item = pending.pop(0)
            before = len(items)
            name = self._function_at(item)
            if name is not None:
                item, used = self._call(name, item, pending, node)
                pending = pending[used:]
            else:
                item = self._value(item)
            if sign == "/" and pending and pending[0][0] == "" and before:
                raise self.refused(
                    "what follows the slash may stand below it or beside it; write (a/b) c or "
                    "a/(b c)", node
                )  # fmt: skip
            signs.append(sign)
            items.append(item)
        if len(items) == 1:
            return items[0]
        return s.Factors(tuple(items), tuple(signs[1:]), span=node.span)

    def _function_at(self, item: s.Node) -> str | None:
        """The function that a factor names, if what follows is its argument."""
        base = item.base if isinstance(item, s.Raised) else item
        if isinstance(base, s.Indicator) and base.condition is None:
            return None
        if not isinstance(base, s.Word) or base.accent:
            return None
        if plainly(base.text) == "delta" and not self.latex:
            return None if plainly(base.text) in self.vocabulary.values else "delta"
        return self.vocabulary.is_function(base.text)

    def _call(
        self, name: str, item: s.Node, pending: list[tuple[str, s.Node]], node: s.Node
    ) -> tuple[s.Node, int]:
        """A function and the group behind it; how many factors that took."""
        if not pending or pending[0][0] != "":
            raise self.refused(f"{name} is a function; write {name}(x)", item)
        power = item.exponent if isinstance(item, s.Raised) else None
        behind = pending[0][1]
        scripts = []
        while isinstance(behind, s.Raised | s.Subscripted | s.Transposed):
            scripts.append(behind)
            behind = behind.base
        if not isinstance(behind, s.Group) or behind.delimiter not in ("(", "[", "{"):
            if len(pending) > 1:
                raise self.refused(
                    f"it is not clear where the argument of {name} ends; "
                    "put it in parentheses", node
                )  # fmt: skip
            return self._made(name, (pending[0][1],), power, node), 1
        call = self._made(name, behind.items, power, node)
        for script in reversed(scripts):
            if isinstance(script, s.Raised):
                call = s.Raised(call, self._value(script.exponent), span=script.span)
            elif isinstance(script, s.Subscripted):
                call = s.Subscripted(call, self._places(script), script.bracket, span=script.span)
            else:
                call = s.Transposed(call, span=script.span)
        return call, 1

    def _applied(self, node: s.Applied) -> s.Node:
        return self._made(node.name, node.arguments, node.power, node)

    def _made(
        self, name: str, arguments: tuple[s.Node, ...], power: s.Node | None, node: s.Node
    ) -> s.Node:
        if name == "delta":
            if len(arguments) != 2:
                raise self.refused("the Kronecker delta has two subscripts", node)
            left, right = (self._place(a) for a in arguments)
            return Kronecker((left, right), span=node.span)
        if name == "where":
            if len(arguments) != 3:
                raise self.refused("where has three arguments: where(condition, u, v)", node)
            condition, yes, no = arguments
            rows = ((self._value(yes), self._condition(condition)), (self._value(no), None))
            return s.Cases(rows, span=node.span)
        call: s.Node = Call(name, tuple(self._value(a) for a in arguments), span=node.span)
        if power is not None:
            exponent = self._value(power)
            if not (isinstance(exponent, s.Literal) and exponent.value > 0):
                raise self.refused(
                    f"a power of a function other than {name}^2(x) may be its inverse; "
                    f"write ({name}(x))^p", node
                )  # fmt: skip
            call = s.Raised(call, exponent, span=node.span)
        return call

    # Derivatives.

    def _fraction(self, node: s.Fraction_) -> s.Node:
        top, bottom = node.top, node.bottom
        if isinstance(top, s.Marked) or _marks(bottom):
            return self._partial(top, bottom, node)
        return s.Fraction_(self._value(top), self._value(bottom), span=node.span)

    def _inline_fraction(self, node: s.Factors) -> s.Node | None:
        r"""`∂L/∂a_k` and `dL/da_k` on one line."""
        if "/" not in node.signs:
            return None
        at_slash = node.signs.index("/")
        if at_slash + 1 >= len(node.items):
            return None
        top, bottom = node.items[at_slash], node.items[at_slash + 1]
        if not isinstance(top, s.Marked):
            found = self._differentials(top, bottom)
            if found is None:
                return None
            top, bottom = found
        if not isinstance(bottom, s.Marked):
            return None
        slope = self._partial(top, bottom, node)
        if len(node.items) == 2:
            return slope
        items = (*node.items[:at_slash], None, *node.items[at_slash + 2 :])
        signs = (*node.signs[:at_slash], *node.signs[at_slash + 1 :])
        resolved = tuple(slope if i is None else self._value(i) for i in items)
        return s.Factors(resolved, signs, span=node.span)

    def _differentials(self, top: s.Node, bottom: s.Node) -> tuple[s.Node, s.Node] | None:
        """dL and da_k as ∂L and ∂a_k, where dL is no name of its own."""
        upper, lower = _undone(top), _undone(bottom)
        if upper is None or lower is None:
            return None
        word = upper.node.base if isinstance(upper.node, s.Subscripted) else upper.node
        assert isinstance(word, s.Word)
        own = self.vocabulary.find(f"d{word.text}")
        loss = self.vocabulary.setting.loss
        if own and not (loss is not None and own == [f"d{loss.name}"]):
            return None
        if word.text in self.vocabulary.losses or self.vocabulary.find(word.text):
            return upper, lower
        return None

    def _partial(self, top: s.Node, bottom: s.Node, node: s.Node) -> s.Node:
        if not isinstance(top, s.Marked) or not isinstance(bottom, s.Marked):
            raise self.refused(
                r"write a derivative of one array in one array, "
                r"\frac{\partial L}{\partial a_k}, and its argument not behind it", node
            )  # fmt: skip
        if top.order != 1 or bottom.order != 1:
            raise self.refused("second derivatives are not read", node)
        wrt = self._value(bottom.node)
        base = wrt.base if isinstance(wrt, s.Subscripted) else wrt
        if not isinstance(base, Named) or base.value.value.array is None:
            raise self.refused("a derivative is taken in an array of the forward pass", bottom)
        array = base.value.value.array
        if array not in self.vocabulary.forward:
            raise self.refused(f"{array.name} is a gradient itself", bottom)
        word = top.node
        if isinstance(word, s.Word) and word.text in self.vocabulary.losses:
            adjoint = self.vocabulary.adjoint(array)
            if adjoint is None:
                return s.Literal(Fraction(1), span=node.span)
            named = Named(adjoint.name, self.vocabulary.values[adjoint.name], span=node.span)
            if isinstance(wrt, s.Subscripted):
                return replace(wrt, base=named, span=node.span)
            return named
        of = self._value(top.node)
        above = of.base if isinstance(of, s.Subscripted) else of
        if not isinstance(above, Named) or above.value.value.array not in self.vocabulary.forward:
            raise self.refused("only an array of the forward pass or the loss has a derivative",
                               top)  # fmt: skip
        return Slope(of, wrt, span=node.span)

    # Sums.

    def _big(self, node: s.Big) -> s.Node:
        bounds: list[Bound] = []
        conditions: list[s.Node] = []
        for below in node.below:
            self._below(below, node, bounds, conditions)
        if node.above is not None:
            if len(bounds) != 1 or bounds[0].high is not None:
                raise self.refused("an upper end belongs to one index", node)
            bounds[0] = replace(bounds[0], high=self._place(node.above, bare=True))
        if not bounds:
            raise self.refused("the index is missing; write \\sum_{k}", node)
        return Over(
            node.kind, tuple(bounds), tuple(conditions), self._value(node.body), span=node.span
        )

    def _below(
        self, below: s.Node, node: s.Big, bounds: list[Bound], conditions: list[s.Node]
    ) -> None:
        """What stands under a sum: an index, its first value, or a condition on it."""
        known = {b.name for b in bounds}
        if not isinstance(below, s.Relation):
            for place in self._split_places((below,), False):
                if not isinstance(place, s.Word):
                    raise self.refused("only an index or a condition on it stands there", place)
                bounds.append(Bound(place.text))
            return
        sides, signs = below.sides, below.signs
        if len(signs) == 1 and signs[0] == "==" and _text(sides[0]) not in known:
            low = self._place(sides[1], bare=True)
            bounds.append(Bound(_text(sides[0]) or self._no_index(sides[0]),
                                None if _is_one(low) else low))  # fmt: skip
            return
        if len(signs) == 2 and set(signs) == {"<="} and _text(sides[1]) not in known:
            low, high = self._place(sides[0], bare=True), self._place(sides[2], bare=True)
            bounds.append(Bound(_text(sides[1]) or self._no_index(sides[1]),
                                None if _is_one(low) else low, high))  # fmt: skip
            return
        if signs == ("!=",) and isinstance(sides[0], s.Group):
            self._unequal(sides[0], sides[1], bounds, conditions)
            return
        name = _text(sides[0])
        if name and name not in known and not bounds:
            bounds.append(Bound(name))
        conditions.append(self._condition(below))

    def _unequal(
        self, left: s.Group, right: s.Node, bounds: list[Bound], conditions: list[s.Node]
    ) -> None:
        """(k,l) ≠ (i,j): not both are equal."""
        others = right.items if isinstance(right, s.Group) else (right,)
        pairs = []
        for one, other in zip(left.items, others, strict=True):
            bounds.append(Bound(_text(one) or self._no_index(one)))
            pairs.append(s.Relation((self._place(one), self._place(other)), ("!=",),
                                    span=left.span))  # fmt: skip
        conditions.append(s.Both("or", tuple(pairs), span=left.span))

    def _no_index(self, node: s.Node) -> str:
        raise self.refused("an index is one letter", node)

    # Conditions.

    def _condition(self, node: s.Node) -> s.Node:
        if isinstance(node, s.Group) and len(node.items) == 1:
            return self._condition(node.items[0])
        if isinstance(node, s.Both):
            return replace(node, items=tuple(self._condition(i) for i in node.items))
        if isinstance(node, s.Relation):
            return replace(node, sides=tuple(self._value(i) for i in node.sides))
        raise self.refused("a condition compares two values, as in x_k > 0", node)

    # Subscripts.

    def _places(self, node: s.Subscripted) -> tuple[s.Node, ...]:
        return tuple(self._place(p) for p in self._split_places(node.places, node.bracket))

    def _split_places(self, places: tuple[s.Node, ...], bracket: bool) -> list[s.Node]:
        """One node for each subscript: `ij` without a comma is two."""
        found: list[s.Node] = []
        for place in places:
            if isinstance(place, s.Word) and not place.whole and not bracket:
                found += [s.Word(c, span=place.span) for c in place.text]
            elif isinstance(place, s.Factors) and not bracket and set(place.signs) == {""} and all(
                isinstance(i, s.Word | s.Subscripted) for i in place.items
            ):
                found += self._split_places(place.items, bracket)
            else:
                found.append(place)
        return found

    def _place(self, node: s.Node, bare: bool = False) -> s.Node:
        """One subscript. bare: a size may stand alone, as at the end of a sum."""
        if isinstance(node, s.Word):
            named = self._single(node) if not _is_letter(node, self.vocabulary) else None
            if named is None:
                return Letter(node.text, span=node.span)
            if _rank(named):
                raise self.refused(
                    f"{named.name} is an array and no index; use another letter, "
                    f"or give it subscripts", node
                )  # fmt: skip
            if named.name in self.vocabulary.sizes and not bare:
                raise self.refused(
                    f"{named.name} is the size of an axis; use another letter as an index", node
                )
            return named
        if isinstance(node, s.Literal):
            if node.value.denominator != 1 or node.value < 1:
                raise self.refused("subscripts count from 1", node)
            return node
        if isinstance(node, s.Subscripted):
            return self._value(node)
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
                return replace(self._quotient(items[1]), delimiter="ceil")  # type: ignore[type-var]
            return replace(node, items=tuple(self._term(i) for i in items))
        if isinstance(node, s.Group):
            if node.delimiter == "ceil":
                return self._quotient(node)
            return replace(node, items=tuple(self._place(i, bare=True) for i in node.items))
        if isinstance(node, s.Word | s.Signed | s.Subscripted):
            return self._place(node, bare=True)
        raise self.refused("a subscript is an index, a number, or a sum of such", node)

    def _quotient(self, node: s.Node) -> s.Node:
        inner = node.items[0] if isinstance(node, s.Group) else node
        if not isinstance(inner, s.Factors) or inner.signs != ("/",):
            raise self.refused("write ⌈k/P⌉", node)
        return s.Group(tuple(self._place(i, bare=True) for i in inner.items), "ceil",
                       span=node.span)  # fmt: skip

    # The letters.

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
        for place in self._split_places(places, bracket):
            for part in s.walk(place):
                if isinstance(part, s.Word):
                    found |= {part.text} if part.whole or bracket else set(part.text)
        return found


def _rank(named: Named) -> int:
    return len([size for size in named.value.value.shape if size != 1])


def _is_letter(word: s.Word, vocabulary: Vocabulary) -> bool:
    return not vocabulary.find(word.text, word.accent)


def _split(text: str, known: object) -> list[list[str]]:
    """All ways to write a word as known names side by side."""
    if not text:
        return [[]]
    ways = []
    for end in range(1, len(text) + 1):
        if known(text[:end]):  # type: ignore[operator]
            ways += [[text[:end], *rest] for rest in _split(text[end:], known)]
    return ways


def _text(node: s.Node) -> str:
    return node.text if isinstance(node, s.Word) else ""


def _is_one(node: s.Node) -> bool:
    return isinstance(node, s.Literal) and node.value == 1


def _marks(node: s.Node) -> bool:
    return isinstance(node, s.Marked) or (
        isinstance(node, s.Factors) and any(isinstance(i, s.Marked) for i in node.items)
    )


def _inside(node: s.Node) -> s.Node:
    return node.items[0] if isinstance(node, s.Group) and len(node.items) == 1 else node


def _undone(node: s.Node) -> s.Marked | None:
    """da_k as ∂a_k."""
    word = node.base if isinstance(node, s.Subscripted) else node
    if not isinstance(word, s.Word) or not re.fullmatch(r"d\w+", word.text):
        return None
    inner = s.Word(word.text[1:], word.whole, word.accent, word.bold, span=word.span)
    whole = replace(node, base=inner) if isinstance(node, s.Subscripted) else inner
    return s.Marked(whole, span=node.span)

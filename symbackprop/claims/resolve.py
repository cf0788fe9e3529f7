"""Looks up the names in a claim's tree: which words are arrays, which indices, which functions."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.claims import syntax as s
from symbackprop.claims.bigs import Sums
from symbackprop.claims.names import Words
from symbackprop.claims.partials import Partials
from symbackprop.claims.places import Places
from symbackprop.claims.resolved import Call, Done, Letter
from symbackprop.claims.vocabulary import Vocabulary, plainly


class Resolver:
    """Resolves one claim. latex: words of several letters may be products of names."""

    def __init__(self, vocabulary: Vocabulary, text: str, *, latex: bool) -> None:
        self.vocabulary = vocabulary
        self.words = Words(vocabulary, text, latex=latex)
        self.refused, self.learn = self.words.refused, self.words.learn
        self.places = Places(self.words)
        self.partials = Partials(self.words, self._value)
        self.sums = Sums(self.words, self.places, self._value, self._condition)

    def resolve(self, node: s.Node) -> s.Node:
        """The tree of a value with all names looked up; `learn` comes before."""
        return self._value(node)

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
            return self.partials.fraction(node)
        if isinstance(node, s.Applied):
            return self._applied(node)
        if isinstance(node, s.Big):
            return self.sums.over(node)
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
        found = self.words.single(word)
        if found is not None:
            return found
        parts = self.words.parts(word)
        if len(parts) == 1:
            return self._value(parts[0]) if parts[0] != word else self._missing(word)
        return s.Factors(
            tuple(self._value(p) for p in parts), ("",) * (len(parts) - 1), span=word.span
        )

    def _missing(self, word: s.Word) -> s.Node:
        if word.text in self.words.letters:
            return Letter(word.text, span=word.span)
        raise self.vocabulary.unknown(word.text, sorted(self.words.letters))

    def _subscripted(self, node: s.Subscripted) -> s.Node:
        base = node.base
        if isinstance(base, s.Word):
            found = self.places.element(base, node)
            if found is not None:
                return found
            parts = self.words.parts(base)
            if len(parts) > 1:
                last = replace(node, base=parts[-1])
                items = (*parts[:-1], last)
                return self._factors(s.Factors(items, ("",) * (len(items) - 1), span=node.span))
            if parts[0] != base:
                raise self.refused("write all subscripts in one pair of brackets", node)
            raise self.vocabulary.unknown(base.text)
        if isinstance(base, s.Subscripted):
            raise self.refused("write all subscripts together, as x_{ij} or x[i,j]", node)
        return s.Subscripted(self._value(base), self.places.of(node), node.bracket, span=node.span)

    def _raised(self, node: s.Raised) -> s.Node:
        base = node.base
        if isinstance(base, s.Word) and self.words.single(base) is None:
            parts = self.words.parts(base)
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
        if isinstance(base, s.Word) and self.words.single(base) is None:
            parts = self.words.parts(base)
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
        node = self.partials.inline(node)
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
                item = item.node if isinstance(item, Done) else self._value(item)
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
        if plainly(base.text) == "delta" and not self.words.latex:
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
                call = s.Subscripted(call, self.places.of(script), script.bracket, span=script.span)
            else:
                call = s.Transposed(call, span=script.span)
        return call, 1

    def _applied(self, node: s.Applied) -> s.Node:
        return self._made(node.name, node.arguments, node.power, node)

    def _made(
        self, name: str, arguments: tuple[s.Node, ...], power: s.Node | None, node: s.Node
    ) -> s.Node:
        if name == "delta":
            return self.places.delta(arguments, node)
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

    # Conditions.

    def _condition(self, node: s.Node) -> s.Node:
        if isinstance(node, s.Group) and len(node.items) == 1:
            return self._condition(node.items[0])
        if isinstance(node, s.Both):
            return replace(node, items=tuple(self._condition(i) for i in node.items))
        if isinstance(node, s.Relation):
            return replace(node, sides=tuple(self._value(i) for i in node.sides))
        raise self.refused("a condition compares two values, as in x_k > 0", node)

def _inside(node: s.Node) -> s.Node:
    return node.items[0] if isinstance(node, s.Group) and len(node.items) == 1 else node



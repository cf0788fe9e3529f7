r"""Derivatives in a claim: \frac{\partial L}{\partial a_k}, ∂L/∂a_k, dL/da_k."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from symbackprop.claims import syntax as s
from symbackprop.claims.names import Words
from symbackprop.claims.resolved import Done, Named, Slope


class Partials:
    """Reads the derivatives of one claim. value: resolves what they are derivatives of."""

    def __init__(self, words: Words, value: Callable[[s.Node], s.Node]) -> None:
        self.words, self.value = words, value
        self.refused, self.vocabulary = words.refused, words.vocabulary

    def fraction(self, node: s.Fraction_) -> s.Node:
        top, bottom = node.top, node.bottom
        if not _marks(top) and not _marks(bottom):
            found = self._differentials(top, bottom, node)
            if found is None:
                return s.Fraction_(self.value(top), self.value(bottom), span=node.span)
            top, bottom = found
        return self._partial(top, bottom, node)

    def inline(self, node: s.Factors) -> s.Factors:
        r"""The factors, with `∂L/∂a_k` and `dL/da_k` on one line as one factor each."""
        items: list[s.Node] = [node.items[0]]
        signs: list[str] = []
        for sign, item in zip(node.signs, node.items[1:], strict=True):
            slope = self._on_line(items[-1], item, node) if sign == "/" else None
            if slope is None:
                items.append(item)
                signs.append(sign)
            elif signs and signs[-1] == "/":
                raise self.refused("it is not clear what stands below the first slash; use "
                                   "parentheses", node)  # fmt: skip
            else:
                items[-1] = slope
        return s.Factors(tuple(items), tuple(signs), span=node.span)

    def _on_line(self, top: s.Node, bottom: s.Node, node: s.Node) -> Done | None:
        if not isinstance(top, s.Marked):
            found = self._differentials(top, bottom, node)
            if found is None:
                return None
            top, bottom = found
        if not isinstance(bottom, s.Marked):
            return None
        return Done(self._partial(top, bottom, node), span=(top.span[0], bottom.span[1]))

    def _differentials(
        self, top: s.Node, bottom: s.Node, node: s.Node
    ) -> tuple[s.Node, s.Node] | None:
        """dL and da_k as ∂L and ∂a_k, where dL is no name of its own."""
        upper, lower = _undone(top), _undone(bottom)
        if upper is None or lower is None:
            return None
        word, below = (m.node.base if isinstance(m.node, s.Subscripted) else m.node
                       for m in (upper, lower))  # fmt: skip
        assert isinstance(word, s.Word) and isinstance(below, s.Word)
        own = self.vocabulary.find(f"d{word.text}")
        loss = self.vocabulary.setting.loss
        if own and not (loss is not None and own == [f"d{loss.name}"]):
            if own[0] in self.vocabulary.gradients and (
                set(self.vocabulary.find(f"d{below.text}")) & self.vocabulary.gradients
            ):
                raise self.refused(
                    f"d{word.text}/d{below.text} is a quotient of two gradients and no derivative; "
                    f"write ∂{word.text}/∂{below.text} with a ∂", node
                )  # fmt: skip
            return None
        if word.text in self.vocabulary.losses or self.vocabulary.find(word.text):
            return upper, lower
        return None

    def _partial(self, top: s.Node, bottom: s.Node, node: s.Node) -> s.Node:
        if any(isinstance(n, s.Marked) and n.order > 1 for n in (*s.walk(top), *s.walk(bottom))):
            raise self.refused("second derivatives are not read", node)
        if not isinstance(top, s.Marked) or not isinstance(bottom, s.Marked):
            raise self.refused(
                r"write a derivative of one array in one array, "
                r"\frac{\partial L}{\partial a_k}, and its argument not behind it", node
            )  # fmt: skip
        wrt = self.value(bottom.node)
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
        of = self.value(top.node)
        above = of.base if isinstance(of, s.Subscripted) else of
        if not isinstance(above, Named) or above.value.value.array not in self.vocabulary.forward:
            raise self.refused("only an array of the forward pass or the loss has a derivative",
                               top)  # fmt: skip
        return Slope(of, wrt, span=node.span)


def _marks(node: s.Node) -> bool:
    return isinstance(node, s.Marked) or (
        isinstance(node, s.Factors) and any(isinstance(i, s.Marked) for i in node.items)
    )


def _undone(node: s.Node) -> s.Marked | None:
    """da_k and d a_k as ∂a_k."""
    if isinstance(node, s.Factors) and len(node.items) == 2 and node.signs == ("",):
        letter, rest = node.items
        word = rest.base if isinstance(rest, s.Subscripted) else rest
        if isinstance(letter, s.Word) and letter.text == "d" and isinstance(word, s.Word):
            return s.Marked(rest, span=node.span)
    word = node.base if isinstance(node, s.Subscripted) else node
    if not isinstance(word, s.Word) or not re.fullmatch(r"d\w+", word.text):
        return None
    inner = s.Word(word.text[1:], word.whole, word.accent, word.bold, span=word.span)
    whole = replace(node, base=inner) if isinstance(node, s.Subscripted) else inner
    return s.Marked(whole, span=node.span)

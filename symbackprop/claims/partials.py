r"""Derivatives in a claim: \frac{\partial L}{\partial a_k}, ∂L/∂a_k, dL/da_k."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from symbackprop.claims import syntax as s
from symbackprop.claims.names import Words
from symbackprop.claims.resolved import Named, Slope


class Partials:
    """Reads the derivatives of one claim. value: resolves what they are derivatives of."""

    def __init__(self, words: Words, value: Callable[[s.Node], s.Node]) -> None:
        self.words, self.value = words, value
        self.refused, self.vocabulary = words.refused, words.vocabulary

    def fraction(self, node: s.Fraction_) -> s.Node:
        top, bottom = node.top, node.bottom
        if isinstance(top, s.Marked) or _marks(bottom):
            return self._partial(top, bottom, node)
        return s.Fraction_(self.value(top), self.value(bottom), span=node.span)

    def inline(self, node: s.Factors) -> s.Node | None:
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
        resolved = tuple(slope if i is None else self.value(i) for i in items)
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
    """da_k as ∂a_k."""
    word = node.base if isinstance(node, s.Subscripted) else node
    if not isinstance(word, s.Word) or not re.fullmatch(r"d\w+", word.text):
        return None
    inner = s.Word(word.text[1:], word.whole, word.accent, word.bold, span=word.span)
    whole = replace(node, base=inner) if isinstance(node, s.Subscripted) else inner
    return s.Marked(whole, span=node.span)

"""Names, spans and function calls out of the tokens of a claim."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from lark import Token

from symbackprop.claims import syntax as s
from symbackprop.errors import Refused

_GREEK = {"varepsilon": "epsilon", "vartheta": "theta", "varpi": "pi", "varrho": "rho",
          "varsigma": "sigma", "varphi": "phi"}  # fmt: skip
LOSS = "\\mathcal{L}"  # what a script L is read as: no array has that name


class Refusal(Refused):
    """A piece of a claim that is not read; where it stands is known, and added by the reader."""

    def __init__(self, message: str, span: s.Span) -> None:
        super().__init__(message)
        self.message, self.span = message, span


def called(name: str, body: s.Node, meta: Any, power: s.Node | None = None) -> s.Node:
    """A function and the product behind it: its argument, and what that is multiplied by."""
    items = body.items if isinstance(body, s.Factors) else (body,)
    signs = body.signs if isinstance(body, s.Factors) else ()
    first, scripts = items[0], []
    while isinstance(first, s.Raised | s.Subscripted | s.Transposed):
        scripts.append(first)
        first = first.base
    if isinstance(first, s.Group) and first.delimiter in ("(", "[", "{", "|"):
        whole = first.delimiter == "|" or isinstance(first.items[0], s.Relation | s.Both)
        inside = (first,) if whole else first.items
        call: s.Node = s.Applied(name, inside, power, span=(meta.start_pos, first.span[1]))
        for script in reversed(scripts):
            if isinstance(script, s.Raised):
                call = s.Raised(call, script.exponent, span=script.span)
            elif isinstance(script, s.Subscripted):
                call = s.Subscripted(call, script.places, script.bracket, span=script.span)
            else:
                call = s.Transposed(call, script.letter, span=script.span)
        return s.Factors((call, *items[1:]), signs, span=span_of(meta)) if signs else call
    if signs:
        raise Refusal(
            f"it is not clear where the argument of {name} ends; put it in parentheses",
            span_of(meta),
        )
    return s.Applied(name, (body,), power, True, span=span_of(meta))


def made_bold(node: s.Node) -> s.Node:
    """The names in a bold group."""
    if isinstance(node, s.Word):
        return s.Word(node.text, node.whole, node.accent, True, span=node.span)
    if isinstance(node, s.Subscripted):
        return s.Subscripted(made_bold(node.base), node.places, node.bracket, span=node.span)
    raise Refusal("only a name can be bold", node.span)


def name_in(token: str) -> str:
    r"""The name in \mathrm{name}."""
    return token[token.index("{") + 1 : token.rindex("}")].strip().replace("\\", "")


def one_sign(token: Token) -> s.Node:
    """The one sign behind `_` or `^`."""
    text = token[1:].strip()
    if text.isdigit():
        return s.Literal(Fraction(text), span=token_span(token))
    if text.startswith("\\"):
        return greek_word(Token("GREEK", text, token.start_pos, end_pos=token.end_pos))
    return s.Word(text, span=token_span(token))


def greek_word(token: Token) -> s.Node:
    name = re.sub(r"[\\\s{}]", "", token)
    if name == "mathcalL":
        return s.Word(LOSS, True, span=token_span(token))
    return s.Word(_GREEK.get(name, name), True, span=token_span(token))


def span_of(meta: Any) -> s.Span:
    return (meta.start_pos, meta.end_pos) if not meta.empty else (0, 0)


def token_span(token: Token) -> s.Span:
    return token.start_pos or 0, token.end_pos or 0

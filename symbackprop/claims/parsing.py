"""Texts of claims as trees, and errors that say at which place what was not understood."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken, VisitError

from symbackprop.claims import latex_grammar, text_grammar
from symbackprop.claims.build import Builder
from symbackprop.claims.syntax import Node, Span
from symbackprop.claims.tokens import Refusal
from symbackprop.errors import Refused

MAX_LENGTH = 4000
MAX_DEPTH = 60

# What stands around a formula and says nothing; replaced by blanks, so that places stay.
_AROUND = re.compile(
    r"\\(begin|end)\s*\{(aligned|align|equation|gather|gathered|split|displaymath|math)\*?\}|"
    r"\$\$?|\\[\[\]()]|\\(nonumber|notag)(?![A-Za-z])|\\(label|tag)\s*\{[^{}]*\}"
)
_ROWS = re.compile(r"\\(begin|end)\s*\{cases\}|\\\\\s*(?:\[[^\]]*\])?")
_HINTS = {
    "'": "write a derivative out, as y (1 - y)",
    "|": r"write \left| x \right| for an absolute value",
    "!": "write the product out",
    "\\begin": "only cases are read, of all environments",
    "\\int": "integrals are not read",
    "\\otimes": r"write u v^\top for an outer product",
    "\\ldots": r"write a sum as \sum_{k}",
    "\\dots": r"write a sum as \sum_{k}",
    "\\cdots": r"write a sum as \sum_{k}",
    "\\mathcal": r"write \mathrm{name} for a name of its own",
    "@": "write whole arrays in NumPy's notation alone, without subscripts",
    ".": "write whole arrays in NumPy's notation alone, without subscripts",
    "\\frac": r"write both parts in braces, \frac{a}{b}",
    "\\operatorname": r"write \operatorname{name}",
    "\\exp": r"write \exp(x)",
    "\\mathbb": r"write \mathbf{1}_{x > 0} for an indicator",
}


@cache
def _parser(latex: bool) -> Lark:
    grammar = latex_grammar.GRAMMAR if latex else text_grammar.GRAMMAR
    return Lark(
        grammar, parser="lalr", lexer="contextual", propagate_positions=True,
        maybe_placeholders=False,
    )  # fmt: skip


def parse(text: str, *, latex: bool) -> tuple[Node, ...]:
    """The sides of a claim: one for an expression, more for `left = right = …`.

    Raises Refused for what the grammar does not have; the message says where.
    """
    if len(text) > MAX_LENGTH:
        raise Refused(f"the claim has {len(text)} characters; at most {MAX_LENGTH} are read")
    if _depth(text) > MAX_DEPTH:
        raise Refused(f"the claim is nested more than {MAX_DEPTH} deep")
    shown = _blanked(text) if latex else text
    try:
        tree: Any = _parser(latex).parse(shown)
        sides: tuple[Node, ...] = Builder().transform(tree)
    except UnexpectedEOF:
        raise _ended(text) from None
    except UnexpectedCharacters as problem:
        raise _refused(text, problem.pos_in_stream or 0) from None
    except UnexpectedToken as problem:
        if problem.token.type == "$END":
            raise _ended(text) from None
        raise _unexpected(text, problem.token) from None
    except VisitError as problem:
        if isinstance(problem.orig_exc, Refusal):
            raise at(text, problem.orig_exc.message, problem.orig_exc.span) from None
        raise
    return sides


def at(text: str, message: str, span: Span) -> Refused:
    """The error with the piece of the claim that it is about."""
    piece = " ".join(text[span[0] : span[1]].split())
    piece = piece if len(piece) <= 50 else piece[:47] + "..."
    place = f" (at column {span[0] + 1}: {piece!r})" if piece else ""
    return Refused(f"the claim: {message}{place}")


def counted(axes: int) -> str:
    """1 axis, 2 axes."""
    return f"{axes} axis" if axes == 1 else f"{axes} axes"


def _blanked(text: str) -> str:
    depth = 0

    def row(match: re.Match[str]) -> str:
        nonlocal depth
        depth += {"begin": 1, "end": -1}.get(match[1] or "", 0)
        return match[0] if match[1] or depth > 0 else _blank(match)

    return _ROWS.sub(row, _AROUND.sub(_blank, text))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _depth(text: str) -> int:
    depth = most = 0
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        most = max(most, depth)
    return most


def _ended(text: str) -> Refused:
    short = " ".join(text.split())
    if not short:
        return Refused("the claim is empty; write y - t, for instance")
    return Refused(f"the claim ends too early, after {short[-25:]!r}: something is missing there")


def _refused(text: str, place: int) -> Refused:
    found = re.match(r"\\[A-Za-z]+|\\.|\S", text[place:])
    sign = found[0] if found else text[place:][:1]
    hint = _HINTS.get(sign, "it is not a sign that a claim may have here")
    return Refused(f"the claim: {sign!r} at column {place + 1} is not read; {hint}")


def _unexpected(text: str, token: Token) -> Refused:
    place = token.start_pos or 0
    sign = str(token).strip()
    before = " ".join(text[:place].split())[-25:]
    hint = _HINTS.get(sign, "a name, a number or an operator is missing or too many")
    after = f" after {before!r}" if before else ""
    return Refused(f"the claim: {sign!r} at column {place + 1} is not expected{after}; {hint}")

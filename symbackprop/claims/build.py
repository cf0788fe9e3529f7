"""From parse trees to the tree of a claim; the same for text and for LaTeX."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from lark import Token, Transformer, v_args

from symbackprop.claims import syntax as s
from symbackprop.claims.tokens import (
    Refusal,
    called,
    greek_word,
    made_bold,
    name_in,
    one_sign,
    span_of,
    token_span,
)
from symbackprop.frontend.written import MAX_BITS

_ACCENTS = {"hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde",
            "widetilde": "tilde"}  # fmt: skip
_SIGNS = {
    "*": "*", "·": "*", "⋅": "*", r"\cdot": "*", "×": "x", r"\times": "x", r"\odot": "o",
    "⊙": "o", r"\circ": "o", r"\oslash": "o/", "/": "/", r"\div": "/", "%": "%", r"\bmod": "%",
}  # fmt: skip
_RELATIONS = {
    "=": "==", "==": "==", "!=": "!=", "≠": "!=", r"\neq": "!=", r"\ne": "!=", r"\not=": "!=",
    "<": "<", r"\lt": "<", ">": ">", r"\gt": ">", "<=": "<=", "≤": "<=", r"\le": "<=",
    r"\leq": "<=", r"\leqslant": "<=", ">=": ">=", "≥": ">=", r"\ge": ">=", r"\geq": ">=",
    r"\geqslant": ">=",
}  # fmt: skip
_BIG = {"Σ": "sum", "∑": "sum", "Π": "prod", "∏": "prod"}
_FUNCTIONS = {"ln": "log", "lnGamma": "gammaln"}



@v_args(meta=True)
class Builder(Transformer[Token, Any]):
    """One method for each rule of the grammars."""

    def start(self, meta: Any, children: list[Any]) -> Any:
        return next(c for c in children if isinstance(c, tuple))

    def equation(self, meta: Any, children: list[Any]) -> tuple[s.Node, ...]:
        return tuple(c for c in children if isinstance(c, s.Node))

    def signs(self, meta: Any, children: list[Token]) -> int:
        minus = sum(t.type == "MINUS" for t in children)
        return -1 if minus % 2 else 1

    def sum(self, meta: Any, children: list[Any]) -> s.Node:
        terms: list[tuple[int, s.Node]] = []
        sign = 1
        for child in children:
            if isinstance(child, int):
                sign = child
            else:
                terms.append((sign, child))
                sign = 1
        if len(terms) == 1 and terms[0][0] == 1:
            return terms[0][1]
        return s.Signed(tuple(terms), span=span_of(meta))

    def one(self, meta: Any, children: list[s.Node]) -> s.Node:
        return children[0]

    def beside(self, meta: Any, children: list[s.Node]) -> s.Node:
        return self._joined(meta, children[0], "", children[1])

    def separated(self, meta: Any, children: list[Any]) -> s.Node:
        sign = _SIGNS["".join(children[1].split())]
        return self._joined(meta, children[0], sign, children[2])

    def _joined(self, meta: Any, first: s.Node, sign: str, rest: s.Node) -> s.Node:
        items: tuple[s.Node, ...] = (first, rest)
        signs: tuple[str, ...] = (sign,)
        if isinstance(rest, s.Factors):
            items, signs = (first, *rest.items), (sign, *rest.signs)
        return s.Factors(items, signs, span=span_of(meta))

    def big(self, meta: Any, children: list[Any]) -> s.Node:
        head, *parts, body = children
        below: tuple[s.Node, ...] = ()
        above: s.Node | None = None
        sign = 1
        for part in parts:
            if isinstance(part, int):
                sign = part
            elif part[0] == "_":
                below = part[1]
            else:
                above = part[1]
        word = re.sub(r"[\\_]", "", head)
        kind = _BIG.get(word, word)
        if sign < 0:
            body = s.Signed(((-1, body),), span=body.span)
        if not below and kind in ("max", "min"):
            return called(kind, body, meta)
        return s.Big(kind, below, above, body, span=span_of(meta))

    def under(self, meta: Any, children: list[Any]) -> tuple[str, tuple[s.Node, ...]]:
        found: list[s.Node] = []
        for c in children:
            if isinstance(c, list):
                found += c
            elif c.type == "WORD":
                found.append(s.Word(str(c), span=token_span(c)))
        return "_", tuple(found)

    def applied(self, meta: Any, children: list[Any]) -> s.Node:
        head, *parts, body = children
        name = re.sub(r"\\operatorname\s*\{\s*(\w+)\s*\}|[\\\s]", r"\1", head)
        power = None
        for mark, found in parts:
            if mark == "_":
                raise Refusal(
                    f"a subscript of {head} is not read; write log(u)/log(2) for another base",
                    span_of(meta),
                )
            power = found
        return called(_FUNCTIONS.get(name, name), body, meta, power)

    def marked(self, meta: Any, children: list[Any]) -> s.Node:
        order, node = 1, children[-1]
        for c in children[1:-1]:
            value = c[1] if isinstance(c, tuple) else None
            number = value.value if isinstance(value, s.Literal) else None
            order = int(number if number is not None else int(c)) if c != "^" else order
        return s.Marked(node, order, span=span_of(meta))

    def nabla(self, meta: Any, children: list[Any]) -> s.Node:
        _, (_, places), of = children
        if len(places) != 1:
            raise Refusal(r"\nabla takes one array, as \nabla_{a} L", span_of(meta))
        span = span_of(meta)
        return s.Fraction_(s.Marked(of, span=span), s.Marked(places[0], span=span), span=span)

    def with_sub(self, meta: Any, children: list[Any]) -> s.Node:
        base, (_, places) = children
        span = span_of(meta)
        if isinstance(base, s.Raised) and not isinstance(base.base, s.Group):
            return s.Raised(s.Subscripted(base.base, places, span=span), base.exponent, span=span)
        if isinstance(base, s.Indicator) and base.condition is None:
            return s.Indicator(places[0], span=span)
        return s.Subscripted(base, places, span=span)

    def with_sup(self, meta: Any, children: list[Any]) -> s.Node:
        mark, exponent = children[1]
        return s.Raised(children[0], exponent, mark == "^o", span=span_of(meta))

    def with_top(self, meta: Any, children: list[Any]) -> s.Node:
        return s.Transposed(children[0], span=span_of(meta))

    def with_letter(self, meta: Any, children: list[Any]) -> s.Node:
        return s.Transposed(children[0], True, span=span_of(meta))

    def with_prime(self, meta: Any, children: list[Any]) -> s.Node:
        raise Refusal("a prime is not read; write the derivative out, as y (1 - y)", span_of(meta))

    def powered(self, meta: Any, children: list[Any]) -> s.Node:
        base, *signs, exponent = (c for c in children if not isinstance(c, Token))
        if signs and signs[0] < 0:
            exponent = s.Signed(((-1, exponent),), span=exponent.span)
        return s.Raised(base, exponent, span=span_of(meta))

    def exponent(self, meta: Any, children: list[s.Node]) -> s.Node:
        return children[0]

    def with_places(self, meta: Any, children: list[Any]) -> s.Node:
        base, _, places, _ = children
        return s.Subscripted(base, tuple(places), True, span=span_of(meta))

    def sub(self, meta: Any, children: list[Any]) -> tuple[str, tuple[s.Node, ...]]:
        if isinstance(children[0], Token) and children[0].type == "SUBSHORT":
            return "_", (one_sign(children[0]),)
        return "_", tuple(next(c for c in children if isinstance(c, list)))

    def sup(self, meta: Any, children: list[Any]) -> tuple[str, s.Node]:
        if children[0].type == "SUPSHORT":
            return "^", one_sign(children[0])
        sign = [c for c in children if isinstance(c, Token) and c.type == "SEP"]
        if sign and _SIGNS["".join(sign[0].split())] != "o":
            raise Refusal(r"only \odot stands before an exponent", span_of(meta))
        return "^o" if sign else "^", next(c for c in children if isinstance(c, s.Node))

    def items(self, meta: Any, children: list[s.Node]) -> list[s.Node]:
        return children

    def relation(self, meta: Any, children: list[Any]) -> s.Node:
        return s.Relation(tuple(children[::2]), tuple(children[1::2]), span=span_of(meta))

    def rel(self, meta: Any, children: list[Token]) -> str:
        return _RELATIONS["".join(children[0].split())]

    def logic(self, meta: Any, children: list[Any]) -> s.Node:
        kinds = {t.type for t in children[1::2]}
        if len(kinds) > 1:
            raise Refusal("write parentheses where 'and' and 'or' meet", span_of(meta))
        return s.Both("and" if kinds == {"AND"} else "or", tuple(children[::2]), span=span_of(meta))

    def negation(self, meta: Any, children: list[Any]) -> s.Node:
        return s.Both("not", (children[1],), span=span_of(meta))

    def word(self, meta: Any, children: list[Token]) -> s.Node:
        return s.Word(children[0].replace("\\", ""), span=token_span(children[0]))

    def number(self, meta: Any, children: list[Token]) -> s.Node:
        value = Fraction(str(children[0]))
        if max(abs(value.numerator), value.denominator).bit_length() > MAX_BITS:
            raise Refusal(f"a number of more than {MAX_BITS} bits", token_span(children[0]))
        return s.Literal(value, span=token_span(children[0]))

    def greek(self, meta: Any, children: list[Token]) -> s.Node:
        return greek_word(children[0])

    def name(self, meta: Any, children: list[Token]) -> s.Node:
        return s.Word(name_in(children[0]), True, span=token_span(children[0]))

    def ones(self, meta: Any, children: list[Token]) -> s.Node:
        return s.Indicator(span=token_span(children[0]))

    def styled(self, meta: Any, children: list[Any]) -> s.Node:
        inner = next(c for c in children if isinstance(c, s.Node))
        return made_bold(inner)

    def styled_letter(self, meta: Any, children: list[Token]) -> s.Node:
        return s.Word(str(children[1]), bold=True, span=token_span(children[1]))

    def accented(self, meta: Any, children: list[Any]) -> s.Node:
        accent, node = str(children[0]), next(c for c in children if isinstance(c, s.Node))
        if not isinstance(node, s.Word):
            raise Refusal("an accent stands over one name only", span_of(meta))
        return s.Word(node.text, True, _ACCENTS[accent[1:]], node.bold, span=span_of(meta))

    def accented_letter(self, meta: Any, children: list[Token]) -> s.Node:
        inner = children[1]
        if inner.type == "GREEK":
            node = greek_word(inner)
        else:
            node = s.Word(str(inner), span=token_span(inner))
        return self.accented(meta, [children[0], node])

    def group(self, meta: Any, children: list[Any]) -> s.Node:
        kind = {"LPAR": "(", "LSQ": "[", "LCURLY": "{", "LBAR": "|", "LCEIL": "ceil"}
        items = next((c for c in children if isinstance(c, list)), None)
        found = [c for c in children if isinstance(c, s.Node)] if items is None else items
        return s.Group(tuple(found), kind[children[0].type], span=span_of(meta))

    def braces(self, meta: Any, children: list[Any]) -> s.Node:
        items = next(c for c in children if isinstance(c, list))
        return items[0] if len(items) == 1 and isinstance(items[0], s.Word) else s.Group(
            tuple(items), "", span=span_of(meta)
        )

    def fraction(self, meta: Any, children: list[Any]) -> s.Node:
        parts = [c for c in children if isinstance(c, list)]
        if any(len(p) > 1 for p in parts):
            raise Refusal(r"a comma in \frac; a subscript of several signs stands in braces, "
                          "W_{1,ij}", span_of(meta))  # fmt: skip
        (top,), (bottom,) = parts
        return s.Fraction_(top, bottom, span=span_of(meta))

    def short_fraction(self, meta: Any, children: list[Token]) -> s.Node:
        digits = re.sub(r"\\[dt]?frac|\s", "", children[0])
        span = token_span(children[0])
        parts = [s.Literal(Fraction(c), span=span) if c.isdigit() else s.Word(c, span=span)
                 for c in digits]  # fmt: skip
        return s.Fraction_(*parts, span=span)

    def root(self, meta: Any, children: list[Any]) -> s.Node:
        inner = next(c for c in children if isinstance(c, s.Node))
        return s.Applied("sqrt", (inner,), span=span_of(meta))

    def nth_root(self, meta: Any, children: list[Any]) -> s.Node:
        degree = next(c for c in children if isinstance(c, Token) and c.type == "NUMBER")
        inner = next(c for c in children if isinstance(c, s.Node))
        power = s.Literal(1 / Fraction(str(degree)), span=span_of(meta))
        return s.Raised(inner, power, span=span_of(meta))

    def cases(self, meta: Any, children: list[Any]) -> s.Node:
        return s.Cases(tuple(c for c in children if isinstance(c, tuple)), span=span_of(meta))

    def row(self, meta: Any, children: list[Any]) -> tuple[s.Node, s.Node | None]:
        nodes = [c for c in children if isinstance(c, s.Node)]
        return nodes[0], nodes[1] if len(nodes) > 1 else None

r"""A formula of the LaTeX printers as MathML, which browsers show without scripts or fonts of ours.

What is not known here is refused: a formula is never shown with a piece missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from symbackprop.emit.tex import (
    LARGE,
    Command,
    Fenced,
    Group,
    Node,
    Number,
    Rows,
    Script,
    Symbol,
    Word,
    is_tall,
    parse,
)
from symbackprop.emit.tex_signs import (
    BOLD,
    FUNCTIONS,
    LETTERS,
    LIMITS,
    OPERATORS,
    SPACES,
    STYLED,
)
from symbackprop.errors import NotYet

_ACCENTS = {"hat": "^", "bar": "\u00af", "tilde": "~", "dot": "\u02d9"}
_SIZES = {"big": "1.2em", "Big": "1.8em", "bigg": "2.4em", "Bigg": "3em"}
_OPEN = frozenset("([{")
_BRACKETS = frozenset(["(", ")", "[", "]", "|", "/", r"\lceil", r"\rceil"])


def mathml(tex: str, *, display: bool = True, told: str = "") -> str:
    """A `math` element. display: large sums and fractions. told: what a screen reader may say."""
    style = ' displaystyle="true"' if display else ""
    alternative = f' alttext="{escape(told)}"' if told else ""
    return f"<math{style}{alternative}>{_row(parse(tex))}</math>"


def _row(items: Sequence[Node], bold: bool = False) -> str:
    found: list[str] = []
    before: Node | None = None
    at = 0
    while at < len(items):
        item = items[at]
        after = items[at + 1] if at + 1 < len(items) else None
        if isinstance(item, Symbol) and item.tex[1:-1] in _SIZES and isinstance(after, Symbol):
            found.append(_bracket(after.tex, item.tex[-1] == "l", True, _SIZES[item.tex[1:-1]]))
            at += 1
        else:
            if _is_function(item) and not _begins(before):
                found.append(_space(0.17))
            found.append(_shown(item, before, bold))
            if _is_function(item) and not _is_bracket(after):
                found.append(_space(0.17))
        before = item
        at += 1
    return "".join(found)


def _group(items: Sequence[Node], bold: bool = False) -> str:
    """One element: what a script or a fraction needs."""
    if len(items) == 1 and not (isinstance(items[0], Symbol) and items[0].tex in SPACES):
        return _shown(items[0], None, bold)
    return f"<mrow>{_row(items, bold)}</mrow>"


def _shown(node: Node, before: Node | None, bold: bool) -> str:
    match node:
        case Symbol(tex=tex):
            return _symbol(tex, before, bold)
        case Number(digits=digits):
            return f"<mn>{digits}</mn>"
        case Word(style=style, text=text):
            return _word(style, text)
        case Group(items=items):
            return _group(items, bold)
        case Script():
            return _script(node, bold)
        case Fenced(left=left, items=items, right=right):
            inside, tall = _row(items, bold), is_tall(items)
            return (
                f"<mrow>{_bracket(left, True, tall)}{inside}{_bracket(right, False, tall)}</mrow>"
            )
        case Command(name="frac", arguments=(above, below)):
            return f"<mfrac>{_group(above, bold)}{_group(below, bold)}</mfrac>"
        case Command(name="sqrt", arguments=(inside,)):
            return f"<msqrt>{_row(inside, bold)}</msqrt>"
        case Command(name="boldsymbol", arguments=(inside,)):
            return _group(inside, True)
        case Command(name=name, arguments=(inside,)) if name in _ACCENTS:
            accent = f'<mo stretchy="false">{_ACCENTS[name]}</mo>'
            return f'<mover accent="true">{_group(inside, bold)}{accent}</mover>'
        case Rows(name="cases", rows=rows):
            body = "".join(_table_row(cells) for cells in rows)
            return f"<mrow>{_bracket('{', True, True)}<mtable>{body}</mtable></mrow>"
    raise NotYet(f"{node} has no MathML yet")


def _table_row(cells: Iterable[tuple[Node, ...]]) -> str:
    return "<mtr>" + "".join(f"<mtd>{_row(cell)}</mtd>" for cell in cells) + "</mtr>"


def _symbol(tex: str, before: Node | None, bold: bool) -> str:
    if tex in SPACES:
        return _space(SPACES[tex])
    if tex in ("+", "-") and _begins(before):
        return f'<mo form="prefix">{OPERATORS[tex]}</mo>'
    if tex in _BRACKETS:
        return f'<mo stretchy="false" lspace="0" rspace="0">{OPERATORS[tex]}</mo>'
    if tex in OPERATORS:
        return f"<mo>{escape(OPERATORS[tex])}</mo>"
    if tex in LARGE:
        return f"<mo>{LIMITS[tex]}</mo>"
    if tex in LIMITS:
        return f"<mi>{LIMITS[tex]}</mi>"
    if tex in FUNCTIONS:
        return f"<mi>{FUNCTIONS[tex]}</mi>"
    if tex == r"\textstyle":
        return ""
    letter = LETTERS.get(tex, tex if len(tex) == 1 and tex.isalpha() else "")
    if not letter:
        raise NotYet(f"{tex} has no MathML yet")
    if bold:
        return f"<mi>{BOLD.get(letter, letter)}</mi>"
    upright = ' mathvariant="normal"' if letter in "∂⊤∞" or letter in "ΓΔΘΛΞΠΣΥΦΨΩ" else ""
    return f"<mi{upright}>{letter}</mi>"


def _begins(before: Node | None) -> bool:
    """Whether a sign after this one belongs to what follows."""
    if before is None:
        return True
    if not isinstance(before, Symbol):
        return False
    return before.tex in OPERATORS and before.tex not in (")", "]", "|", r"\rceil")


def _word(style: str, text: str) -> str:
    shown = text.replace("-", "\N{HYPHEN}") if style == "text" else text
    if style in ("text", "textbf"):
        kept = escape(shown.replace(" ", "\N{NO-BREAK SPACE}"))
        return f"<mtext>{kept}</mtext>"
    styled: Callable[[str], str] = STYLED.get(style, str)
    letters = "".join(map(styled, text))
    if letters.isdecimal():
        return f"<mn>{letters}</mn>"
    upright = ' mathvariant="normal"' if len(letters) == 1 and style != "mathcal" else ""
    return f"<mi{upright}>{escape(letters)}</mi>"


def _script(node: Script, bold: bool) -> str:
    base = _group((node.base,), bold)
    tex = node.base.tex if isinstance(node.base, Symbol) else ""
    scripts = "".join(_group(s) for s in (node.below, node.above) if s is not None)
    if node.below is None:
        return f"<msup>{base}{scripts}</msup>"
    if node.above is not None:
        return f"<msubsup>{base}{scripts}</msubsup>"
    if tex in LARGE:
        return f"<munder>{base}{scripts}</munder>"
    if tex in LIMITS:
        word = f'<mo movablelimits="true" lspace="0" rspace="0.17em">{LIMITS[tex]}</mo>'
        return f"<munder>{word}{scripts}</munder>"
    return f"<msub>{base}{scripts}</msub>"


def _bracket(tex: str, left: bool, grows: bool, size: str = "") -> str:
    if tex == ".":
        return ""
    form = "prefix" if left else "postfix"
    sized = f' minsize="{size}" maxsize="{size}"' if size else ""
    sign = {r"\lceil": "⌈", r"\rceil": "⌉"}.get(tex, tex)
    if len(sign) != 1:
        raise NotYet(f"{tex} has no MathML yet")
    stretchy = "true" if grows else "false"
    return f'<mo form="{form}" stretchy="{stretchy}" lspace="0" rspace="0"{sized}>{sign}</mo>'


def _is_function(node: Node) -> bool:
    base = node.base if isinstance(node, Script) else node
    if isinstance(base, Symbol):
        return base.tex in FUNCTIONS or base.tex in (r"\max", r"\min")
    return isinstance(base, Word) and base.style == "operatorname"


def _is_bracket(node: Node | None) -> bool:
    return node is None or isinstance(node, Fenced) or (
        isinstance(node, Symbol) and (node.tex in _OPEN or node.tex.startswith(r"\big"))
    )  # fmt: skip


def _space(width: float) -> str:
    return f'<mspace width="{width:g}em"></mspace>'

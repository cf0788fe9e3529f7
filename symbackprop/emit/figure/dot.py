"""A figure for Graphviz, with its labels as text: `dot -Tpdf` lays it out.

The label of an arrow is a node of its own, which the arrow runs through.
"""

from __future__ import annotations

from symbackprop.emit.figure.figure import CIRCLE, DOT, LAYER, Arrow, Box, Figure
from symbackprop.emit.page import Formula

_SHAPES = {
    CIRCLE: 'shape=circle, style=filled, fillcolor="#fdf3d8", margin=0.03',
    LAYER: 'shape=box, style="filled,rounded", fillcolor="#e4eefb"',
    DOT: 'shape=point, width=0.06, label=""',
}


def dot(figure: Figure) -> str:
    """The graph in the DOT language."""
    lines = [
        f"digraph {_quoted(figure.name)} {{",
        f"  label={_quoted(figure.title)}; labelloc=t;",
        "  rankdir=LR; ranksep=0.3; nodesep=0.15;",
        "  node [shape=plaintext]; edge [arrowsize=0.7];",
        *(f"  {_box(b)};" for b in figure.boxes),
    ]
    shapes = {b.key: b.shape for b in figure.boxes}
    for n, arrow in enumerate(figure.arrows):
        head = ' [arrowhead="none"]' if shapes[arrow.end] == DOT else ""
        if arrow.above is None and arrow.below is None:
            lines.append(f"  b{arrow.start} -> b{arrow.end}{head};")
            continue
        lines.append(f"  l{n} [margin=0, label=<{_table(arrow)}>];")
        lines.append(f'  b{arrow.start} -> l{n}:w [arrowhead="none"];')
        lines.append(f"  l{n}:e -> b{arrow.end}{head};")
    return "\n".join([*lines, "}"]) + "\n"


def _box(box: Box) -> str:
    attributes = [] if box.label is None else [f"label={_quoted(box.label.text)}"]
    if box.shape in _SHAPES:
        attributes.append(_SHAPES[box.shape])
    return f"b{box.key} [{', '.join(attributes)}]"


def _table(arrow: Arrow) -> str:
    """The value above a rule, the message in another colour below it."""
    above = _cell(arrow.above) if arrow.above else " "
    rows = f"<tr><td>{above}</td></tr><hr/>"
    below = f'<font color="#b3261e">{_cell(arrow.below)}</font>' if arrow.below else " "
    rows += f"<tr><td>{below}</td></tr>"
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="2">{rows}</table>'


def _cell(formula: Formula) -> str:
    """A label in Graphviz's markup."""
    text = formula.text
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(sign, entity)
    return text


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

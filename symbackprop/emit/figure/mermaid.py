"""A figure for Mermaid, with its labels as text: what Markdown pages show as a diagram."""

from __future__ import annotations

from symbackprop.emit.figure.figure import CIRCLE, DOT, LAYER, Arrow, Box, Figure

_BRACKETS = {CIRCLE: ("((", "))"), LAYER: ("[", "]"), DOT: ("((", "))")}
_PLAIN = ("[", "]")


def mermaid(figure: Figure) -> str:
    """A flowchart from left to right."""
    lines = [
        "---", f"title: {figure.title}", "---", "flowchart LR",
        *(f"  {_box(b)}" for b in figure.boxes),
        *(f"  {_arrow(a)}" for a in figure.arrows),
        "  classDef plain fill:none,stroke:none",
        "  classDef node fill:#fdf3d8,stroke:#1a1a1a,color:#1a1a1a",
        "  classDef layer fill:#e4eefb,stroke:#1a1a1a,color:#1a1a1a",
    ]  # fmt: skip
    names = {CIRCLE: "node", LAYER: "layer"}
    for name in ("plain", "node", "layer"):
        keys = [f"b{b.key}" for b in figure.boxes if names.get(b.shape, "plain") == name]
        if keys:
            lines.append(f"  class {','.join(keys)} {name}")
    return "\n".join(lines) + "\n"


def _box(box: Box) -> str:
    left, right = _BRACKETS.get(box.shape, _PLAIN)
    text = "•" if box.label is None else box.label.text
    return f"b{box.key}{left}{_quoted(text)}{right}"


def _arrow(arrow: Arrow) -> str:
    above = arrow.above.text if arrow.above else ""
    below = f"← {arrow.below.text}" if arrow.below else ""
    text = "<br/>".join(_escaped(part) for part in (above, below) if part)
    label = f'|"{text}"|' if text else ""
    return f"b{arrow.start} -->{label} b{arrow.end}"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """Text in quotes: no sign that Mermaid, Markdown or HTML would read."""
    signs = {"#": "#35;", '"': "#quot;", "&": "#amp;", "<": "#lt;", ">": "#gt;", "*": "#42;",
             "_": "#95;", "`": "#96;", "\\": "#92;"}  # fmt: skip
    return "".join(signs.get(c, c) for c in text)

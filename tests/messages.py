"""Every message that the program prints between formulas, collected from its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from symbackprop.emit.translations import read_po

ROOT = Path(__file__).parents[1]
SOURCES = (ROOT / "symbackprop", ROOT / "cli" / "symbackprop_cli")
# What makes words of its first argument; `message` marks a text that another one is given later.
MAKERS = ("Words", "Note", "Reason", "message")


def collected() -> dict[str, str]:
    """Each message, with the file in which it stands first."""
    found: dict[str, str] = {}
    for source in SOURCES:
        for path in sorted(source.rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for text in _messages(tree):
                if is_translated(text):
                    found.setdefault(text, path.relative_to(ROOT).as_posix())
    return found


def unmarked() -> list[str]:
    """Where words are made of a text that is put together on the spot: no catalogue can have it."""
    return [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for source in SOURCES
        for path in sorted(source.rglob("*.py"))
        for node in _made(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(_text(node), ast.JoinedStr | ast.BinOp)
    ]


def _made(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in MAKERS:
            yield node


def _messages(tree: ast.AST) -> Iterator[str]:
    for node in _made(tree):
        first = _text(node)
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def _text(node: ast.Call) -> ast.expr:
    """The text that words are made of; a reason has its kind before that."""
    return node.args[1] if _name(node.func) == "Reason" else node.args[0]


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def is_translated(text: str) -> bool:
    """Whether there is something besides places to fill."""
    return any(part.strip() for part, *_ in Formatter().parse(text))


def places(text: str) -> set[str]:
    """The places of a message."""
    return {name for _, name, *_ in Formatter().parse(text) if name is not None}


def catalogue_path(lang: str) -> Path:
    return ROOT / "symbackprop" / "locale" / lang / "LC_MESSAGES" / "symbackprop.po"


def renewed(lang: str) -> str:
    """The catalogue with an empty translation for each message that it lacks; no others."""
    path = catalogue_path(lang)
    old = dict(read_po(path.read_text(encoding="utf-8"))) if path.exists() else {}
    head = old.get("") or (
        f"Language: {lang}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
        "Content-Transfer-Encoding: 8bit\n"
    )
    lines = ['msgid ""', 'msgstr ""', *(_quoted(line) for line in head.splitlines(keepends=True))]
    for text, place in sorted(collected().items(), key=lambda pair: (pair[1], pair[0])):
        lines += ["", f"#: {place}", f"msgid {_quoted(text)}"]
        lines.append(f"msgstr {_quoted(old.get(text, ''))}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = re.sub(r'["\\]', r"\\\g<0>", text).replace("\n", "\\n")
    return f'"{escaped}"'

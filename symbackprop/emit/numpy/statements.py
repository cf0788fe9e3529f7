"""The body of a generated function: one assignment for each array, shared parts named once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Expr

from symbackprop.algebra.spelling import shape_text as sizes_text
from symbackprop.emit.numpy.code import AND, ELEMENTWISE, Code, atom
from symbackprop.emit.numpy.names import Namer

WIDTH = 92
_WISHES = {"exp": "e", "log": "log_s", "max": "m", "sum": "s", "mean": "mean", "sqrt": "root"}


@dataclass(frozen=True)
class Assignment:
    """`name = code`, an array of this shape. owned: it is handed out, so it may not be a view."""

    name: str
    code: Code
    shape: tuple[Expr, ...]
    owned: bool = False


def body(assignments: Sequence[Assignment], namer: Namer) -> list[str]:
    """The lines of code, in an order in which each name is assigned before it is used."""
    return _Body(assignments, namer).lines


class _Body:
    def __init__(self, assignments: Sequence[Assignment], namer: Namer) -> None:
        self.lines: list[str] = []
        self._namer = namer
        self._named: dict[Code, str] = {}
        self._roots: dict[Code, Assignment] = {}
        for assignment in assignments:
            self._roots.setdefault(assignment.code, assignment)
        self._uses = _uses([a.code for a in assignments])
        for assignment in assignments:
            first = self._roots[assignment.code]
            if first is not assignment:
                copy = Code("suffix", (atom(first.name),), ".copy()")
                self._line(assignment.name, copy, assignment.shape)
            elif assignment.code not in self._named:
                self._assign(assignment)

    def _assign(self, root: Assignment) -> None:
        code = self._short(root.name, self._inside(root.code))
        if root.owned and _is_view(code):
            code = Code("suffix", (code,), ".copy()")
        self._line(root.name, code, root.shape)
        self._named[root.code] = root.name

    def _inside(self, code: Code) -> Code:
        """The code with its shared parts replaced by names, which are assigned on the way."""
        return replace(code, args=tuple(self._reference(a) for a in code.args))

    def _reference(self, code: Code) -> Code:
        if code not in self._named:
            root = self._roots.get(code)
            if root is not None and not _is_trivial(code):
                self._assign(root)
            elif self._uses[code] > 1 and not _is_trivial(code):
                self._named[code] = self._temporary(code, self._inside(code))
        name = self._named.get(code)
        return self._inside(code) if name is None else atom(name, code.shape)

    def _temporary(self, original: Code, code: Code) -> str:
        name = self._namer.fresh(_wish(original))
        self._line(name, self._short(name, code), original.shape)
        return name

    def _short(self, name: str, code: Code) -> Code:
        """The code with its longest parts named, so that the line is not too long."""
        while len(_text(name, code, code.shape)) > WIDTH:
            parts = [p for p in _parts(code) if not _is_trivial(p) and len(str(p)) > 16]
            if not parts:
                break
            half = len(str(code)) / 2
            part = min(parts, key=lambda p: abs(len(str(p)) - half))
            code = _replaced(code, part, atom(self._temporary(part, part), part.shape))
        return code

    def _line(self, name: str, code: Code, shape: tuple[Expr, ...]) -> None:
        self.lines.append(_text(name, code, shape))


def _text(name: str, code: Code, shape: tuple[Expr, ...]) -> str:
    return f"{name} = {code}  # {shape_text(shape)}"


def shape_text(shape: Sequence[Expr]) -> str:
    """(N, D), (n,), or `scalar`."""
    if not shape:
        return "scalar"
    return f"({sizes_text(shape)}{',' if len(shape) == 1 else ''})"


def _uses(roots: Sequence[Code]) -> Counter[Code]:
    """How often each part is an operand of different operations, or a root."""
    uses: Counter[Code] = Counter()
    seen: set[Code] = set()
    stack = list(roots)
    uses.update(set(roots))
    while stack:
        code = stack.pop()
        if code not in seen:
            seen.add(code)
            uses.update(code.args)
            stack.extend(code.args)
    return uses


def _wish(code: Code) -> str:
    function = code.text.partition("(")[0].rpartition(".")[2]
    if code.level <= AND:
        return "mask"
    if code.op == "-" and code.args[1].text.endswith(".max"):
        return "shifted"
    if code.op in ("call", "reduce"):
        return _WISHES.get(function, "u")
    return "u"


def _is_trivial(code: Code) -> bool:
    """Whether computing the code again is as cheap as keeping it: names, views, small scalars."""
    if code.op == "atom":
        return True
    if code.op in ("index", "neg") or (code.op == "suffix" and code.text == ".T"):
        return _is_trivial(code.args[0])
    return code.op in ELEMENTWISE and not code.shape and all(a.op == "atom" for a in code.args)


def _is_view(code: Code) -> bool:
    """Whether the array shares its memory with another one."""
    if code.op == "atom":
        return code.text.isidentifier()
    if code.op in ("index", "suffix"):
        return code.text != ".copy()" and ".astype" not in code.text and _is_view(code.args[0])
    moved = code.op == "call" and code.text.partition("(")[0].endswith((".transpose", ".swapaxes"))
    return moved and _is_view(code.args[0])


def _parts(code: Code) -> list[Code]:
    found: list[Code] = []
    for part in code.args:
        found.extend((part, *_parts(part)))
    return found


def _replaced(code: Code, old: Code, new: Code) -> Code:
    if code == old:
        return new
    return replace(code, args=tuple(_replaced(a, old, new) for a in code.args))

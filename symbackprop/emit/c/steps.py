"""Statements for the steps of a group; where the arrays lie is left to a layout."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

from symbackprop.emit.c.expressions import Real, bracketed, expression, repeats
from symbackprop.emit.c.groups import Groups, Key, Read, is_matrix_product
from symbackprop.emit.c.names import EXACT, Parameters
from symbackprop.emit.c.reductions import combined
from symbackprop.emit.fast.body import Body
from symbackprop.emit.fast.graph import BOOL, OTHER, Node

INDENT = "    "


def loop_over(name: str, end: str, lines: Iterable[str], start: str = "0") -> list[str]:
    """A loop around the lines."""
    return [f"for (ptrdiff_t {name} = {start}; {name} < {end}; {name}++) {{",
            *(INDENT + line for line in lines), "}"]  # fmt: skip


class Steps(ABC):
    """What the layouts share. helpers: functions of the module, by what they compute."""

    def __init__(
        self, body: Body, real: Real, helpers: Mapping[str, str], groups: Groups,
        parameters: Parameters,
    ) -> None:
        self._body, self._real, self._helpers = body, real, helpers
        self._groups, self.parameters = groups, parameters
        self._stored = body.stored
        self._names: dict[Node, str] = {}
        self._loads: dict[Read, str] = {}
        self._here: set[Node] = set()
        self._key: Key

    @abstractmethod
    def _read(self, node: Node, read: Read) -> str:
        """What a step reads: the name of a value at hand, or an element of an array."""

    @abstractmethod
    def _kept(self, node: Node) -> str | None:
        """The element that is to hold the value of an elementwise step; None if none is."""

    def _enter(self, group: list[Node]) -> None:
        """Begin a group: what was read before is not at hand."""
        self._here, self._loads = set(group), {}

    def _operand(self, node: Node, arg: Node, read: Read | None) -> str:
        if read is not None:
            return self._read(node, read)
        code = str(self._body.shown(arg))
        if code in self.parameters.sizes:
            return f"({self._real.name}){self.parameters.sizes[code]}"
        return self._real.literal(code) or self.parameters.scalar(code)

    def _operands(self, node: Node) -> tuple[list[str], list[str]]:
        """The lines that declare operands, and the operands."""
        lines: list[str] = []
        found = []
        careful = repeats(node) or node.ufunc == "where"
        for arg, read in zip(node.args, self._groups.reads(node), strict=True):
            text = self._operand(node, arg, read)
            if careful and read is not None and not text.isidentifier():
                text = self._loads.get(read) or self._declared(lines, read, text)
            found.append(text)
        return lines, found

    def _declared(self, lines: list[str], read: Read, text: str) -> str:
        name = self.parameters.fresh(f"{read.base.name or 'u'}_")
        lines.append(f"const {self._type(read.base)} {name} = {text};")
        self._loads[read] = name
        return name

    def _type(self, node: Node) -> str:
        return {BOOL: "int", OTHER: EXACT}.get(node.dtype, self._real.name)

    def _kind(self, node: Node) -> str:
        return "dot" if is_matrix_product(node) else node.ufunc

    def _combined(self, node: Node, target: str, value: str) -> str:
        return combined(self._kind(node), target, value)

    def _mapped(self, node: Node) -> list[str]:
        """The lines of an elementwise step."""
        lines, operands = self._operands(node)
        value = expression(node, operands, self._real, self._helpers)
        if self._inlined(node):
            self._names[node] = value
            return lines
        kept = self._kept(node)
        if kept is not None and not self._used_here(node):
            self._names[node] = kept
            return [*lines, f"{kept} = {value};"]
        name = self._names[node] = self.parameters.fresh(node.name or "u")
        lines.append(f"const {self._type(node)} {name} = {value};")
        return lines if kept is None else [*lines, f"{kept} = {name};"]

    def _inlined(self, node: Node) -> bool:
        """Whether a value is written where it is used, once."""
        if node.name or self._lies_in_memory(node) or self._groups.uses(node) != 1:
            return False
        users = [u for u in self._here if self._uses(u, node)]
        return bool(users) and not repeats(users[0]) and users[0].ufunc != "where"

    @abstractmethod
    def _lies_in_memory(self, node: Node) -> bool:
        """Whether a step has an array, of all rows or of those at hand."""

    def _used_here(self, node: Node) -> bool:
        return any(self._uses(u, node) for u in self._here)

    def _uses(self, user: Node, node: Node) -> bool:
        return any(r is not None and r.base is node for r in self._groups.reads(user))

    def _value(self, node: Node) -> tuple[list[str], str]:
        """The lines before it, and what a sum or maximum takes in."""
        lines, operands = self._operands(node)
        kind, value = self._kind(node), operands[0]
        if kind == "dot":
            return lines, " * ".join(map(bracketed, operands))
        if kind != "sum" and not value.isidentifier():
            name = self.parameters.fresh("x")
            return [*lines, f"const {self._real.name} {name} = {value};"], name
        return lines, value

"""The body of a fast function: arrays computed whole, and loops over blocks of rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from sympy import Expr

from symbackprop.emit.fast.blocks import Block
from symbackprop.emit.fast.buffers import Key
from symbackprop.emit.fast.graph import BOOL, FLOAT, GIVEN, TEXT, VIEW, WHOLE, Graph, Node
from symbackprop.emit.fast.loans import Loan, loans
from symbackprop.emit.fast.logistics import join_logistics
from symbackprop.emit.fast.overwritten import Overwritten
from symbackprop.emit.fast.scatters import ADD_AT
from symbackprop.emit.fast.shifts import shifts
from symbackprop.emit.fast.splits import join_quotients, join_weights, split_sums
from symbackprop.emit.fast.stages import Loop, Stages, needed
from symbackprop.emit.numpy.code import ELEMENTWISE, Code, Number, atom
from symbackprop.emit.numpy.names import Namer
from symbackprop.emit.numpy.statements import Assignment


class Named(Protocol):
    """What the functions of the module are called."""

    def __getitem__(self, name: str) -> str: ...


@dataclass(frozen=True)
class Setting:
    """What a body needs to know of its function.

    given: shape and dtype of the variables that are there. number: code for a size. out: code for
    the array of a result, by its name. names: of the module's functions. prefix: of the names in
    the workspace. added: the function that adds values to a copy. exact: whether the plan is of
    exact forms. ones: variables whose rows are known to sum to 1.
    """

    given: dict[str, tuple[tuple[Expr, ...], str]]
    number: Number
    dtype: str
    np: str
    helpers: frozenset[str]
    names: Named
    prefix: str
    out: dict[str, str]
    added: str
    exact: bool
    ones: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Buffer:
    """The buffer with this number among those of its kind."""

    key: Key
    number: int


class Body:
    """Writes the lines of a function. kept: the names of the assignments that are handed on.

    in_numpy: whether loops are of calls of NumPy, and the product of a matrix and a vector, both
    there whole, is part of one.
    """

    in_numpy = True

    def __init__(
        self, assignments: Sequence[Assignment], kept: Collection[str], namer: Namer,
        setting: Setting,
    ) -> None:
        self._setting = setting
        self._namer = namer
        self.np, self.dtype, self.names = setting.np, setting.dtype, setting.names
        graph = Graph(
            assignments, setting.given, setting.np, setting.number, setting.names.__getitem__,
            setting.helpers, setting.added, setting.exact, in_numpy=self.in_numpy,
        )
        handed_on = {graph.roots[name].base for name in kept}
        free = {} if setting.exact else shifts(needed(graph.nodes, handed_on), handed_on)
        ones = setting.ones if self.in_numpy else ()  # a loop in C sums what it reads anyway
        split_sums(graph, setting.np, handed_on, ones, by_rows=not self.in_numpy)
        if self.in_numpy:
            join_weights(graph)
            join_logistics(graph, handed_on, exact=setting.exact)
            join_quotients(graph, handed_on)
        self._roots = frozenset(graph.roots.values())
        self._kept = {name: graph.roots[name] for name in kept}
        for name in reversed(setting.out):
            node = self._kept.get(name)
            if node is not None and node.kind not in (GIVEN, TEXT, VIEW) and node.shape:
                node.name = name
        stages = Stages(graph, self._kept.values(), not self.in_numpy)
        self.stored = stages.stored
        self.shifts = {n: fades for n, fades in free.items() if n not in self.stored}
        self._variables: dict[Node, str] = {}
        self._ones: dict[Expr, str] = {}
        self._own: dict[object, str] = {}
        self._set: dict[str, str] = {}
        loops = [item for item in stages.items if isinstance(item, Loop)]
        self.loans = self.lent(loops)
        self._overwritten = self.overwritten(Overwritten(stages.items, self.stored, stages.kept))
        self.lines = self._written(stages)

    def number(self, size: Expr) -> str:
        """Code for an expression in sizes."""
        return self._setting.number(size)

    def fresh(self, wish: str) -> str:
        """A variable that is not in use."""
        return self._namer.fresh(wish)

    def _kept_name(self, key: object, wish: str) -> str:
        """One variable for each key."""
        if key not in self._own:
            self._own[key] = self.fresh(wish)
        return self._own[key]

    def counter(self, wish: str) -> str:
        """A variable of the loops, which all of them use."""
        return self._kept_name(("counter", wish), wish)

    def set_once(self, name: str, code: str) -> list[str]:
        """The line that sets a variable of the loops; none where it is set so already."""
        if self._set.get(name) == code:
            return []
        self._set[name] = code
        return [f"{name} = {code}"]

    def buffer(self, key: Key, number: int) -> str:
        """The variable of the buffer with this number among those of its kind."""
        count = sum(isinstance(k, Buffer) for k in self._own)
        return self._kept_name(Buffer(key, number), f"b{count}")

    def sliced(self, name: str) -> str:
        """The variable for a block of rows of an array."""
        return self._kept_name(("rows", name), f"{name}_" if name.isidentifier() else "rows_")

    def is_helper(self, name: str) -> bool:
        """Whether a function is one of the module's own."""
        return name in self._setting.helpers

    def _written(self, stages: Stages) -> list[str]:
        # The memory for results first: what does not fit is refused before any of it is written.
        lines = [f"{name} = {code}" for name, code in self._setting.out.items()]
        for item in stages.items:
            if isinstance(item, Loop):
                found = self.looped(item)
                lent = [x.result for x in self.loans if x.earlier is item]
                made = {n.base for n in item.steps} & self.stored
                made -= {x.result for x in self.loans if x.later is item}
                made -= {*self._overwritten.values()}
                own = [n for n in item.steps if n in made and n.kind != VIEW
                       and stages.stage(n) == item.stage]  # fmt: skip
                lines += [line for n in (*lent, *own) for line in self.made(n)] + found
            elif item.kind != VIEW and not self._inlined(item):
                lines += self._computed(item)
        return lines + self._handed_on()

    def lent(self, loops: Sequence[Loop]) -> list[Loan]:
        """Which memory of results is a buffer of an earlier loop before."""
        return loans(loops, self.stored)

    def overwritten(self, found: Overwritten) -> dict[Node, Node]:
        """In whose memory an array is there before."""
        return {**found.by_values(), **found.by_rows({x.result for x in self.loans})}

    def looped(self, loop: Loop) -> list[str]:
        """The lines of a loop over rows."""
        found = Block(loop, self).lines()
        ones = [f"{name} = {self.names['ones']}({self.number(size)}, {self.dtype})"
                for size, name in self._ones.items()]  # fmt: skip
        self._ones.clear()
        return [*ones, *found]

    def _computed(self, node: Node) -> list[str]:
        """The lines that compute a node whole, into memory that is there if NumPy can."""
        if node.ufunc == ADD_AT:
            return self._scattered(node)
        name, code = self.variable(node), self._whole(node)
        operands = ", ".join(map(str, code.args))
        if node.code.op == "@" and node.shape and node.dtype == FLOAT:
            return [*self.made(node), f"{self.np}.matmul({operands}, out={name})"]
        return [f"{name}{'[...]' if name in self._setting.out else ''} = {code}"]

    def _scattered(self, node: Node) -> list[str]:
        """Values added to an array whose memory is the result's, to a copy of it, or to zeros."""
        *x, at, values = (self.shown(a) for a in node.args)
        name = self.variable(node)
        lines = []
        if not x:
            lines = [*self.made(node), f"{name}.fill(0)"]
        elif str(x[0]) != name:
            lines = [*self.made(node), f"{self.np}.copyto({name}, {x[0]})"]
        return [*lines, f"{self.names[ADD_AT]}({name}, {at}, {values})"]

    def _handed_on(self) -> list[str]:
        """What is kept under the names that it was asked for by; results in their own memory."""
        lines = []
        for name, node in self._kept.items():
            text = str(self.shown(node))
            if text == name:
                continue
            lines.append(f"{name}{'[...]' if name in self._setting.out else ''} = {text}")
        return lines

    def _whole(self, node: Node) -> Code:
        return replace(node.code, args=tuple(self.shown(a) for a in node.args))

    def shown(self, node: Node) -> Code:
        """The code of a node that is there whole."""
        if node.kind in (GIVEN, TEXT):
            return node.code
        if node.kind == VIEW or self._inlined(node):
            return replace(node.code, args=tuple(self.shown(a) for a in node.args))
        return atom(self.variable(node), node.shape)

    def _inlined(self, node: Node) -> bool:
        """Whether a number is written where it is used: one of sizes, or one that is used once."""
        if node.kind != WHOLE or node.shape or not node.args or node in self._roots:
            return False
        if all(a.kind == TEXT or self._inlined(a) for a in node.args):
            return True
        return len(node.users) == 1 and node.users[0].kind == WHOLE and node.code.op in ELEMENTWISE

    def variable(self, node: Node) -> str:
        """The variable of a node."""
        found = self._variables.get(node)
        if found is None and node in self._overwritten:
            found = self._variables[node] = self.variable(self._overwritten[node])
        if found is None:
            wish = "shift" if node in self.shifts else "u"
            found = self._variables[node] = node.name or self.fresh(wish)
        return found

    def ones(self, size: Expr) -> str:
        """A vector of ones, for sums."""
        return self._ones.setdefault(size, self.fresh("ones"))

    def scratch(self, name: str, shape: Iterable[str], dtype: str) -> str:
        """Code for a buffer."""
        kind = f'"{dtype}"' if dtype == BOOL else self.dtype
        sizes = ", ".join(shape)
        sizes = f"({sizes},)" if "," not in sizes else f"({sizes})"
        key = f'"{self._setting.prefix}{name}"'
        return f"{self.names['work']}({key}, {sizes}, {kind})"

    def made(self, node: Node) -> list[str]:
        """The line that makes the array of a node; none for a result, which is there."""
        name = self.variable(node)
        if name in self._setting.out:
            return []
        dtype = BOOL if node.dtype == BOOL else FLOAT
        return [f"{name} = {self.scratch(name, [self.number(s) for s in node.shape], dtype)}"]

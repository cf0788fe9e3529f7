"""The functions of a fast module whose loops over rows are C functions."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.calculus.result import Backward
from symbackprop.emit.c.expressions import Real, Unsupported
from symbackprop.emit.c.functions import Call, LoopFunction
from symbackprop.emit.fast.body import Body, Setting
from symbackprop.emit.fast.graph import Node
from symbackprop.emit.fast.loans import Loan
from symbackprop.emit.fast.overwritten import Overwritten
from symbackprop.emit.fast.passes import FastPasses
from symbackprop.emit.fast.stages import Loop
from symbackprop.emit.numpy.names import Namer
from symbackprop.emit.numpy.passes import Scope
from symbackprop.emit.numpy.plan import Plan
from symbackprop.emit.numpy.statements import Assignment

_HELPERS = ("erf", "erfc", "gammaln", "exp_rest", "sum_rest")


class CFunctions:
    """The C functions of a module, for double and, unless forms are exact, float. prefix: of names.

    Exact forms are computed in double alone.
    """

    def __init__(self, prefix: str, helpers: dict[str, str], *, exact: bool) -> None:
        self._prefix, self._helpers = prefix, helpers
        self._reals = {"f64": Real(False)} if exact else {"f64": Real(False), "f32": Real(True)}
        self.texts: dict[str, dict[str, str]] = {}
        self.calls: dict[str, Call] = {}
        self.numpy: list[str] = []

    def add(self, part: str, loop: Loop, body: Body) -> tuple[str, Call]:
        """The name of a loop's function in Python, and its call. Raises Unsupported."""
        count = sum(name.rpartition("_")[0] == part for name in self.calls) + 1
        name = f"{part}_{count}"
        found = {
            suffix: LoopFunction(self._prefix, name, loop, body, real, self._helpers)
            for suffix, real in self._reals.items()
        }
        self.texts[name] = {suffix: function.text for suffix, function in found.items()}
        self.calls[name] = found["f64"].call
        return name, self.calls[name]


class CBody(Body):
    """Writes calls of C functions where a loop can be written in C."""

    in_numpy = False

    def __init__(
        self, assignments: Sequence[Assignment], kept: Sequence[str], namer: Namer,
        setting: Setting, functions: CFunctions,
    ) -> None:
        self._functions = functions
        self._part = setting.prefix.rstrip(".")
        super().__init__(assignments, kept, namer, setting)

    def lent(self, loops: Sequence[Loop]) -> list[Loan]:
        return []  # a function in C leaves nothing

    def overwritten(self, found: Overwritten) -> dict[Node, Node]:
        return found.by_values()  # a function in C may read rows again

    def looped(self, loop: Loop) -> list[str]:
        try:
            name, call = self._functions.add(self._part, loop, self)
        except Unsupported as reason:
            self._functions.numpy.append(f"{self._part}: {reason}")
            return super().looped(loop)
        lines = []
        for node in loop.ends:
            variable = self.variable(node)
            empty = f"{variable} = {self.np}.empty((), {self.dtype})"
            lines += self.made(node) if node.shape else [empty]
        parts = (call.sizes, call.numbers, call.inputs, call.outputs)
        groups = ", ".join(
            f"({''.join(f'{code}, ' for code in codes).rstrip(' ' if len(codes) == 1 else ', ')})"
            for codes in parts
        )
        key = f'"{name}", {self.dtype}'
        arguments = ", ".join(code for codes in parts for code in codes)
        lines.append(f"if {self.names['loops']}[{key}]({arguments}):")
        lines.append(f"    {self.names['again']}({key}, {groups})")
        lines += [f"{self.variable(n)} = {self.variable(n)}[()]" for n in loop.ends if not n.shape]
        return lines


class CPasses(FastPasses):
    """Writes functions that call C. prefix: of the names of the C functions."""

    def __init__(self, shown: Backward, plan: Plan, scope: Scope, prefix: str) -> None:
        helpers = {scope.helper_name(h): h for h in _HELPERS}
        self.functions = CFunctions(prefix, helpers, exact=plan.exact)
        super().__init__(shown, plan, scope)

    def written(
        self, assignments: Sequence[Assignment], kept: Sequence[str], namer: Namer,
        setting: Setting,
    ) -> list[str]:  # fmt: skip
        return CBody(assignments, kept, namer, setting, self.functions).lines

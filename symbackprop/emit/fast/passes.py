"""The functions of a fast module: the same as those of the readable one, with other bodies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symbackprop.algebra.nodes import Array, Element, IndexSum
from symbackprop.calculus.result import Backward, Fact
from symbackprop.emit.fast.body import Body, Setting
from symbackprop.emit.fast.graph import FLOAT, OTHER
from symbackprop.emit.fast.ready import ready_function
from symbackprop.emit.fast.text import HELPERS
from symbackprop.emit.numpy.functions import Function
from symbackprop.emit.numpy.names import Namer
from symbackprop.emit.numpy.passes import Passes, Scope, checked, indented
from symbackprop.emit.numpy.plan import Plan, planned
from symbackprop.emit.numpy.scatter import ADDED_AT
from symbackprop.emit.numpy.statements import Assignment
from symbackprop.emit.numpy.text import docstring, fitted, listed, wrapped

_OTHERS = ("work", "ready", "again", "loops", "whole", "exact")
_ELEMENTWISE = ("erf", "erfc", "gammaln", "digamma", "trigamma", "exp_rest", "sum_rest")


class Names:
    """What the helpers are called, and which of them are in use. taken: what inputs are called."""

    def __init__(self, taken: Iterable[str]) -> None:
        namer = Namer(taken)
        self.all = {name: namer.fresh(f"_{name}") for name in (*HELPERS, *_OTHERS)}
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.used.add(name)
        return self.all[name]


class FastPasses(Passes):
    """Writes functions that work by blocks of rows, with parameters `out` and `workspace`."""

    def __init__(self, shown: Backward, plan: Plan, scope: Scope) -> None:
        taken = set(scope.inputs.values())
        self.out, self.workspace = (n if n not in taken else f"{n}_" for n in ("out", "workspace"))
        self.options = ("*", f"{self.out}=None", f"{self.workspace}=None")
        self.names = Names(taken)
        self._ones = {a for fact in shown.facts if (a := _of_rows(fact)) is not None}
        scope.reserved |= {self.out, self.workspace, *self.names.all.values()}
        self.ready = ready_function(
            scope.inputs, scope.labels, self.names["ready"], scope.public("np"),
            "d" if plan.exact else "fd",
        )  # fmt: skip
        super().__init__(shown, plan, scope)
        # Written here, so that all names in use are known before the helpers are written.
        self._fused = self._fused_lines() if self.scalar else []

    def explained(self, results: str) -> list[str]:
        """What a docstring says of `out` and `workspace`."""
        told = [f"{self.workspace}: a Workspace; the next call uses its memory again"]
        if results:
            kind = "of their shapes and the dtype of the inputs; ValueError where one does not fit"
            told.insert(0, f"{self.out}: arrays for {results}, in this order, {kind}")
        return [line for text in told for line in wrapped(text, 0, 4)]

    def value_and_grad_lines(self) -> list[str]:
        """The function that returns a scalar output and its gradients, in one pass."""
        return self._fused

    def prepared(self, names: list[str]) -> list[str]:
        """The lines that check and convert the inputs, unless a look says that they fit."""
        lines = super().prepared(names)
        if not self.ready:
            return lines
        shapes = {n: a.shape for a, n in self.scope.inputs.items()}
        arrays = [n for n in names if shapes[n]]
        numbers = [n for n in names if not shapes[n]]
        dtype, np = f"{arrays[0]}.dtype", self.scope.public("np")
        rest = [f"{n} = {np}.asarray({n}, {dtype})" for n in numbers]
        rest += [f"{self.scope.dtype} = {dtype}"] * self.plan.exact
        return [
            f"    if not {self.names['ready']}({', '.join(names)}):", *indented(lines),
            *(["    else:"] if rest else []),
            *(f"        {line}" for line in rest),
        ]  # fmt: skip

    def rounded(self, value: str, place: int) -> str:
        """The same, in the memory given for a result where there is some."""
        if not self.plan.exact or value not in self._placed:
            return super().rounded(value, place)
        return f"{self.names['into']}({self.out}, {place}, {value}, {self.scope.dtype})"

    def body(
        self, name: str, function: Function, kept: Sequence[Array], results: Sequence[Array]
    ) -> list[str]:
        """Loops over blocks of rows, and what is computed whole."""
        scope, labels = self.scope, set(self.scope.labels)
        assignments = function.assignments()
        made = {a.name for a in assignments}
        names = dict.fromkeys(function.array(a) for a in kept)
        given = {
            **{v: (a.shape, OTHER if a in labels else FLOAT) for v, a in function.known.items()},
            **{function.array(u): (o.shape, FLOAT)
               for u, o in zip(self.plan.upstream, self._outputs, strict=False)
               if name == "backward"},
        }  # fmt: skip
        read = _tuple(v for v, (shape, _) in given.items() if shape)
        out = {}
        for place, array in enumerate(results):
            variable = function.array(array)
            if array.shape and variable in made:
                sizes = _tuple(map(function.number, array.shape))
                dtypes = [function.dtype, read]
                if self.plan.exact:
                    dtypes = [self.scope.dtype, read, function.dtype]
                parts = ", ".join([self.out, str(place), sizes, *dtypes])
                out[variable] = f"{self.names['array']}({parts})"
        self._placed = frozenset(out)
        setting = Setting(
            given, function.number, function.dtype, scope.public("np"),
            frozenset(scope.helper_name(h) for h in _ELEMENTWISE), self.names, f"{name}.", out,
            scope.helper_name(ADDED_AT), self.plan.exact,
            frozenset(v for v, a in function.known.items() if a in self._ones),
        )  # fmt: skip
        lines = self.written(assignments, [n for n in names if n in made], function.names, setting)
        work, space = self.names["work"], scope.public("Workspace")
        if not any(f"{work}(" in line for line in lines):
            return lines
        return [f"{work} = {space}() if {self.workspace} is None else {self.workspace}", *lines]

    def written(
        self, assignments: Sequence[Assignment], kept: Sequence[str], namer: Namer,
        setting: Setting,
    ) -> list[str]:  # fmt: skip
        """The lines of a function's body."""
        return Body(assignments, kept, namer, setting).lines

    def _fused_lines(self) -> list[str]:
        scope, program = self.scope, self.shown.program
        shown = self.shown
        fused = planned(program, shown.steps, exact=self.plan.exact, facts=shown.facts)
        function = scope.function()
        for array, name in scope.inputs.items():
            function.claim(array, name)
        function.shapes_from(program.inputs)
        steps = {s.of: s.array for s in self.shown.steps}
        results = [steps[a] for a in scope.grads]
        for line in (*fused.forward, *fused.backward):
            function.add(line, owned=line.array in results)
        (output,) = self._outputs
        body = self.body("value_and_grad", function, (output, *results), results)
        names = list(scope.inputs.values())
        grads = [f"{n}={self.rounded(function.array(steps[a]), place)}"
                 for place, (a, n) in enumerate(scope.grads.items())]  # fmt: skip
        value = self.rounded(function.array(output), 0)
        return [
            *fitted("def value_and_grad(", [*names, *self.options], "):"),
            *docstring([
                f"Return {output.name} and its gradients.",
                "",
                *self.explained(f"the gradients in {listed([a.name for a in scope.grads])}"),
            ], 4),
            *self.prepared(names),
            *indented(checked(program, function, scope)),
            *indented(body),
            *fitted(f"return {value}, {scope.public('Grads')}(", grads, ")", 4),
        ]


def _of_rows(fact: Fact) -> Array | None:
    """An array whose rows sum to 1, by a fact that says so."""
    match fact.left:
        case IndexSum(body=Element(array=array, indices=indices), bound=bound):
            if fact.right == 1 and bound == indices[-1:] and len({*indices}) == len(indices):
                return array
    return None


def _tuple(items: Iterable[str]) -> str:
    found = list(items)
    return f"({found[0]},)" if len(found) == 1 else f"({', '.join(found)})"

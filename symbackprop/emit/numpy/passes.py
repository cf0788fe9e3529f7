"""The text of the generated `forward`, `backward` and `value_and_grad`, and of `Saved`."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Program
from symbackprop.calculus.result import Backward
from symbackprop.emit.numpy.checks import label_checks, size_checks
from symbackprop.emit.numpy.functions import Function
from symbackprop.emit.numpy.helpers import HELPERS
from symbackprop.emit.numpy.line import DOUT
from symbackprop.emit.numpy.names import Namer, field_name, identifier
from symbackprop.emit.numpy.plan import Plan
from symbackprop.emit.numpy.statements import shape_text
from symbackprop.emit.numpy.text import docstring, filled, fitted, listed, wrapped

PUBLIC = ("np", "NamedTuple", "Saved", "Grads", "forward", "backward", "value_and_grad")


class Scope:
    """The names at module level.

    An input keeps its name as a parameter. Where that hides a public name of the module, the
    function uses an alias of the public one instead. extended: all is computed in np.longdouble.
    """

    def __init__(
        self, program: Program, wrt: Sequence[Array] = (), public: Sequence[str] = PUBLIC,
        *, extended: bool = False,
    ) -> None:
        arrays = (*program.inputs, *(d.array for d in program.definitions))
        outer = Namer((*public, *(identifier(a.name) for a in arrays)))
        parameters, fields = Namer(), Namer()
        self.inputs = {a: parameters.name(a, a.name) for a in program.inputs}
        self.grads = {a: fields.name(a, field_name(a.name)) for a in wrt}
        hidden = set(self.inputs.values())
        self.aliases = {n: outer.fresh(f"_{n}") for n in public if n in hidden}
        self.prepare = outer.fresh("_prepare")
        self.upstream = outer.fresh("_upstream")
        self.positions = outer.fresh("_positions")
        self.rounded = outer.fresh("_rounded")
        self.dtype, self.wide = (n if n not in hidden else f"{n}_" for n in ("dtype", "wide"))
        self.facts = program.conditions
        self.labels = tuple(a for a in program.labels if a in program.inputs)
        self.shapes = outer.fresh("_SHAPES")
        self._helpers = {head: outer.fresh(f"_{head}") for head in HELPERS}
        self.helpers_used: dict[str, str] = {}
        self.extended = extended
        self.reserved = {
            *public, *self.aliases.values(), self.prepare, self.upstream, self.shapes,
            self.positions,
            *self._helpers.values(),
        }  # fmt: skip

    def public(self, name: str) -> str:
        """What a public name of the module is called inside its functions."""
        return self.aliases.get(name, name)

    def helper(self, head: str) -> str:
        """The helper function for a function that NumPy has not; the module will define it."""
        name = self.helpers_used[head] = self._helpers[head]
        return name

    def helper_name(self, head: str) -> str:
        """What a helper function is called if the module has it."""
        return self._helpers[head]

    def helper_blocks(self) -> list[list[str]]:
        """The lines of each helper function that is in use."""
        np = self.public("np")
        linalg = self._helpers["linalg"] if self.extended else f"{np}.linalg"
        return [filled(HELPERS[h], name=name, np=np, linalg=linalg)
                for h, name in self.helpers_used.items()]  # fmt: skip

    def function(self, *parameters: str) -> Function:
        """An empty function with these reserved parameters."""
        return Function(
            {*self.reserved, *parameters}, self.public("np"), self.helper, self.labels,
            frozenset(self.facts), extended=self.extended,
        )


class Passes:
    """Writes the functions; `saved_fields` is what goes from forward to backward.

    A size, or the dtype, is saved where no saved array has it. options: the parameters that every
    function has besides its own. Exact forms are computed in float64, and results are rounded
    once, to the dtype of the inputs, which is saved: float32 has too few digits for its own exp.
    """

    options: tuple[str, ...] = ()

    def __init__(self, backward: Backward, plan: Plan, scope: Scope) -> None:
        self.shown = backward
        self.plan = plan
        self.scope = scope
        self._outputs = backward.program.outputs
        if plan.exact:
            scope.reserved |= {scope.dtype, scope.wide, scope.rounded}
        self.scalar = backward.upstream == (None,)
        fields = Namer()
        self._fields: dict[Array | Expr | str, str] = {
            a: fields.name(a, field_name(a.name)) for a in plan.saved
        }
        if plan.exact or not any(a not in scope.labels for a in plan.saved):
            self._fields["dtype"] = fields.name("dtype", "dtype")
        self.backward_lines = self._backward_text(fields)
        self.forward_lines = self._forward_text()

    def saved_class(self) -> list[str]:
        """The NamedTuple of what backward needs."""
        np = self.scope.public("np")
        lines = ["class Saved(NamedTuple):"]
        lines += docstring(["What `backward` needs; do not change these arrays in place."], 4)
        lines.append("")
        for key, name in self._fields.items():
            if isinstance(key, Array):
                lines.append(f"    {name}: {np}.ndarray  # {shape_text(key.shape)}")
            else:
                lines.append(f"    {name}: " + (f"{np}.dtype" if key == "dtype" else "int"))
        if not self._fields:
            lines.append("    pass")
        return lines

    def _forward_text(self) -> list[str]:
        scope, program = self.scope, self.shown.program
        function = scope.function()
        for array, name in scope.inputs.items():
            function.claim(array, name)
        function.shapes_from(program.inputs)
        for line in self.plan.forward:
            function.add(line, owned=line.array in self._outputs)
        body = self.body("forward", function, (*self._outputs, *self.plan.saved), self._outputs)
        results = [
            self.rounded(function.array(output), place)
            + (".copy()" if output in scope.inputs else "")
            for place, output in enumerate(self._outputs)
        ]
        saved = []
        for key, name in self._fields.items():
            if key == "dtype":
                saved.append(f"{name}={scope.dtype if self.plan.exact else function.dtype}")
            else:
                value = function.array(key) if isinstance(key, Array) else function.size(key)
                saved.append(f"{name}={value}")
        names = list(scope.inputs.values())
        signature = [*names, *self.options]
        out = results[0] if len(results) == 1 else f"({', '.join(results)})"
        told = listed([f"{a.name}: {shape_text(a.shape)}" for a in self._outputs])
        shaped = listed([a.name for a in self._outputs if any(o.shape for o in self._outputs)])
        return [
            *fitted("def forward(", signature, "):"),
            *docstring(apart(
                wrapped(f"Return {told}; and what `backward` needs.", 0, 0), self.explained(shaped)
            ), 4),
            *self.prepared(names),
            *indented(checked(program, function, scope)),
            *indented(body),
            *fitted(f"return {out}, {scope.public('Saved')}(", saved, ")", 4),
        ]

    def _backward_text(self, fields: Namer) -> list[str]:
        scope, plan = self.scope, self.plan
        several = len(self._outputs) > 1
        parameters = [f"dout{n}" for n in range(len(self._outputs))] if several else ["dout"]
        function = scope.function("saved", *parameters)
        for array, name in zip(plan.upstream, parameters, strict=True):
            if array == DOUT or array.name == name:
                function.claim(array, name)
        function.shapes_from(plan.saved)
        wide = []
        if not self.plan.exact and "dtype" in self._fields:
            function.dtype = f"saved.{self._fields['dtype']}"
        elif not function.dtype:  # no saved array has it
            function.dtype = scope.wide
            wide = [f"{scope.wide} = {scope.public('np')}.result_type({scope.dtype}, float)"]
        converted = [
            f"{function.array(array)} = {scope.upstream}"
            f"({name}, {function.shape_text(output.shape)}, {function.dtype})"
            for array, name, output in zip(plan.upstream, parameters, self._outputs, strict=True)
        ]
        owners = {s.array: s.of for s in self.shown.steps}
        for line in plan.backward:
            function.add(line, owned=owners.get(line.array) in scope.grads)
        results = [s.array for a in scope.grads for s in self.shown.steps if s.of == a]
        body = self.body("backward", function, results, results)
        unpacked = {function.array(a): f"saved.{self._fields[a]}" for a in plan.saved}
        if plan.exact:
            unpacked[scope.dtype] = f"saved.{self._fields['dtype']}"
        for size in function.missing_sizes():
            self._fields[size] = fields.name(size, field_name(str(size)))
            unpacked[function.size(size)] = f"saved.{self._fields[size]}"
        steps = {s.of: function.array(s.array) for s in self.shown.steps}
        told = [
            f"{name}: the upstream gradient of {output.name}, {shape_text(output.shape)}"
            for name, output in zip(parameters, self._outputs, strict=True)
        ]
        title = f"Return the gradients in {listed([a.name for a in scope.grads])}."
        signature = [f"{p}=1.0" if self.scalar else p for p in parameters]
        return [
            f"def backward({', '.join(['saved', *signature, *self.options])}):",
            *docstring(apart(wrapped(title, 0, 0), [*told, *self.explained("the gradients")]), 4),
            *indented([*_unpacking(unpacked), *wide]),
            *indented(function.size_lines()),
            *indented(converted),
            *indented(body),
            *fitted(
                f"return {scope.public('Grads')}(",
                [f"{name}={self.rounded(steps[array], place)}"
                 for place, (array, name) in enumerate(scope.grads.items())],
                ")",
                4,
            ),
        ]  # fmt: skip

    def rounded(self, value: str, place: int) -> str:
        """Code for a result in the dtype of the inputs. place: its number."""
        return f"{self.scope.rounded}({value}, {self.scope.dtype})" if self.plan.exact else value

    def body(
        self, name: str, function: Function, kept: Sequence[Array], results: Sequence[Array]
    ) -> list[str]:
        """The assignments of a function. kept: what is used behind them; results: returned."""
        return function.body()

    def explained(self, results: str) -> list[str]:
        """What a docstring says of the options. results: what an option takes memory for."""
        return []

    def prepared(self, names: list[str]) -> list[str]:
        """The lines that check and convert the inputs."""
        return prepared(names, self.scope.prepare, [self.scope.dtype] * self.plan.exact)

    def value_and_grad_lines(self) -> list[str]:
        """The function that returns a scalar output and its gradients."""
        scope = self.scope
        names = list(scope.inputs.values())
        inner = Namer((*names, *scope.reserved))
        out, saved = inner.fresh(identifier(self._outputs[0].name)), inner.fresh("saved")
        return [
            *fitted("def value_and_grad(", names, "):"),
            *docstring([f"Return {self._outputs[0].name} and its gradients."], 4),
            *fitted(f"{out}, {saved} = {scope.public('forward')}(", names, ")", 4),
            f"    return {out}, {scope.public('backward')}({saved})",
        ]


def apart(title: list[str], more: list[str]) -> list[str]:
    """The lines of a docstring, with an empty one behind the title."""
    return [*title, "", *more] if more else title


def checked(program: Program, function: Function, scope: Scope) -> list[str]:
    """The lines that look up sizes and check them, and then the labels."""
    sizes = size_checks(program, function, scope.inputs)
    labels = label_checks(program, function, scope.inputs, scope.positions)
    return [*function.size_lines(), *sizes, *labels]


def prepared(names: list[str], prepare: str, more: Sequence[str] = ()) -> list[str]:
    """The parameters of a function, checked and converted. more: what is set besides them."""
    targets = [*names, *more]
    target = f"({targets[0]},)" if len(targets) == 1 else ", ".join(targets)
    before = f"{target} = {prepare}("
    pairs = [f"{name}={name}" for name in names]
    if len(before) <= 92:
        return fitted(before, pairs, ")", 4)
    first = fitted("(", targets, ")", 4, split=True)
    return [*first[:-1], *fitted(f") = {prepare}(", pairs, ")", 4, split=True)]


def _unpacking(pairs: dict[str, str]) -> list[str]:
    if not pairs:
        return []
    line = f"{', '.join(pairs)} = {', '.join(pairs.values())}"
    if len(line) <= 92:
        return [line]
    return [f"{name} = {value}" for name, value in pairs.items()]


def indented(lines: list[str]) -> list[str]:
    """The lines of a function's body."""
    return [f"    {line}" for line in lines]

"""What `forward` and `backward` of the generated module compute, in stable form.

Only what the outputs and the backward pass need is computed: an exponential that could overflow
and that every use has unfolded is not in the program any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Add, Basic, Expr, Mul, Pow, S, log

from symbackprop.algebra.letters import free_indices, lettered, names_in
from symbackprop.algebra.matrices import Inverse
from symbackprop.algebra.nodes import Array, Delta, Element, Index, IndexSum, Position, Where
from symbackprop.algebra.program import Program
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.trees import arrays, rename
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.calculus.result import Adjoint, Backward, Fact, Tangent
from symbackprop.emit.numpy.algebra import canonical, renamed, times
from symbackprop.emit.numpy.branches import in_branches
from symbackprop.emit.numpy.compared import with_compared_powers
from symbackprop.emit.numpy.differences import Differences
from symbackprop.emit.numpy.exact import Exact
from symbackprop.emit.numpy.features import Features
from symbackprop.emit.numpy.gathered import Gathered
from symbackprop.emit.numpy.guard import Guards
from symbackprop.emit.numpy.line import DOUT, Line
from symbackprop.emit.numpy.masks import joined
from symbackprop.emit.numpy.names import Namer
from symbackprop.emit.numpy.parts import own_indices
from symbackprop.emit.numpy.product import flat, negated
from symbackprop.emit.numpy.remainders import Remainders
from symbackprop.emit.numpy.saturated import Saturated
from symbackprop.emit.numpy.scopes import conditional
from symbackprop.emit.numpy.scores import Scores
from symbackprop.emit.numpy.sigmoids import Sigmoids
from symbackprop.emit.numpy.solves import with_solves
from symbackprop.emit.numpy.stable import Stabiliser
from symbackprop.emit.numpy.whole import Parts, Wholes
from symbackprop.emit.numpy.zeros import ZeroLogs
from symbackprop.errors import NotYet


@dataclass(frozen=True)
class Plan:
    """The assignments of both functions, and the arrays that go from one to the other.

    upstream: the array that holds the upstream gradient of each output. helpers: arrays of the
    forward pass that are not definitions, with what they are in terms of definitions. exact:
    whether forms keep the last digits. forms: expressions that are computed in another form, and
    that form. kept: parts of the backward pass that the forward pass computes.
    """

    forward: tuple[Line, ...]
    backward: tuple[Line, ...]
    saved: tuple[Array, ...]
    upstream: tuple[Array, ...]
    helpers: tuple[Line, ...]
    exact: bool = False
    forms: tuple[tuple[Expr, Expr], ...] = ()
    kept: tuple[Line, ...] = ()


def plan(backward: Backward, *, exact: bool = False) -> Plan:
    """Decide what to compute and what to keep.

    exact: with forms that keep the last digits (see `exact`), at some cost.
    Raises NotYet where one of several outputs has no named upstream gradient.
    """
    upstream = _upstream(backward)
    return planned(backward.program, backward.steps, upstream, exact=exact, facts=backward.facts)


def planned(
    program: Program, given: Sequence[Adjoint | Tangent], upstream: tuple[Array, ...] = (), *,
    exact: bool = False, facts: Sequence[Fact] = (),
) -> Plan:  # fmt: skip
    """The plan for steps behind a forward pass; their inputs and outputs are the program's.

    facts: those that the steps rest on.
    """
    given = [replace(s, expr=joined(s.expr)) for s in given]
    gathered = Gathered({d.array: d for d in program.definitions}, program.inputs)
    if exact:
        given = [replace(s, expr=gathered.of(in_branches(s.expr, program))) for s in given]
    program, given = with_compared_powers(program, given)
    stabiliser = Stabiliser(exact=exact)
    guards = Guards(stabiliser, *conditional(program, given))
    lines = {d.array: Line(d.array, d.indices, guards.define(d)) for d in program.definitions}
    adjoints = {s.array for s in given} | set(upstream)
    helper = _Helpers(stabiliser, guards, adjoints)
    names = names_in(program) | {s.array.name for s in given}
    differences = Differences(program.definitions, given, adjoints, names)
    sigmoids = Sigmoids(stabiliser, program.inputs)
    new = Namer(names)
    features = Features(differences.definitions, new)
    saturated = Saturated(differences.definitions, differences.steps, features)

    def inside(expr: Expr) -> Expr:
        return guards.guarded(helper.kept(guards.opened(expr)))

    steps = []
    for step in given:
        expr = sigmoids.of(differences.of(saturated.of(step.expr))) if exact else step.expr
        if DOUT in upstream:
            expr = scaled(expr, DOUT[()], adjoints)
        steps.append(Line(step.array, step.indices, inside(expr)))
    scores = Scores(differences.definitions, features)
    if exact:
        found = [part for line in lines.values() for part in scores.of(line)]
        found = [x if x.array in lines else replace(x, expr=inside(x.expr)) for x in found]
        lines = {line.array: line for line in found}
    lines |= {line.array: line for line in (*helper.lines, *features.lines)}
    lines = _in_order(lines)
    form = Exact(lines.values(), names, facts)
    if exact:
        both = {
            a: form.of(sigmoids.of(differences.before(a).of(line.expr)))
            for a, line in lines.items()
        }
        lines = {a: replace(line, expr=both[a]) for a, line in lines.items()}
        steps = [replace(line, expr=form.of(line.expr)) for line in steps]
        results = [s.array for s in given if s.of in program.inputs]
        parts = {
            inside(key): Parts(inside(found.rest), inside(found.whole))
            for key, found in sigmoids.parts.items()
        }

        def off_whole(u: Expr) -> tuple[Expr, Expr] | None:
            found = features.off_whole(u, sigmoids.is_sigmoid)
            return None if found is None else (inside(found[0]), found[1])

        wholes = Wholes(form.parts | parts, adjoints, results, new, off_whole)
        steps = wholes.of(steps)
        lines = _in_order(lines | {x.array: x for x in helper.lines if x.array not in lines})
        used = needed_for(results, {s.array: s for s in steps})
        steps = [line for line in steps if line.array in used]  # some forms do without a step
        for line in steps:
            form.written |= wholes.told.get(line.array, {})
    zeros = ZeroLogs(program.inputs, {a: line.expr for a, line in lines.items()})
    before = [line.expr for line in lines.values()]
    lines = {a: replace(line, expr=zeros.of(line.expr)) for a, line in lines.items()}
    zeros.learn(before)  # behind the forward pass, whose own quotients stay as they are
    steps = [replace(line, expr=zeros.of(line.expr)) for line in steps]
    remainders = Remainders(lines, new)
    if exact:
        steps = [replace(line, expr=remainders.of(line.expr)) for line in steps]
        lines = remainders.lines()
    _solve(program, lines, steps)
    used = arrays(line.expr for line in steps)
    order = (*program.inputs, *lines)
    saved = tuple(a for a in order if a in used)
    written = saturated.written | scores.written | differences.written | sigmoids.written
    written |= gathered.written | form.written | remainders.written
    needed = needed_for((*program.outputs, *saved), lines)
    return Plan(
        tuple(line for array, line in lines.items() if array in needed),
        tuple(steps),
        saved,
        upstream,
        (*helper.meanings, *features.meanings, *remainders.meanings),
        exact,
        tuple(dict.fromkeys(_told(written, names))),
    )


def _told(forms: Mapping[Expr, Expr], taken: frozenset[str]) -> Iterator[tuple[Expr, Expr]]:
    """Each expression and its other form, with readable index names."""
    for plainly, exactly in forms.items():
        free = tuple(dict.fromkeys(free_indices(plainly)))
        yield lettered(plainly, free, taken)[1], lettered(exactly, free, taken)[1]


def _solve(program: Program, lines: dict[Array, Line], steps: list[Line]) -> None:
    """Write products with an inverse as linear systems, where no inverse is needed then."""
    for d in program.definitions:
        if isinstance(d.expr, Inverse) and d.array not in program.outputs:
            every = [*lines.values(), *steps]
            exprs = with_solves([line.expr for line in every], d)
            found = [replace(line, expr=e) for line, e in zip(every, exprs, strict=True)]
            lines.update((line.array, line) for line in found[: len(lines)])
            steps[:] = found[len(found) - len(steps) :]


def _upstream(backward: Backward) -> tuple[Array, ...]:
    if backward.upstream == (None,):
        return (DOUT,)
    for output, array in zip(backward.program.outputs, backward.upstream, strict=True):
        if array is None:
            raise NotYet(
                f"{output.name} is one of several outputs and needs a named upstream gradient"
            )
    return tuple(a for a in backward.upstream if a is not None)


def _in_order(lines: Mapping[Array, Line]) -> dict[Array, Line]:
    """The lines, each behind those that it is computed from, else as they stand."""
    found: dict[Array, Line] = {}

    def add(array: Array) -> None:
        used = arrays([lines[array].expr])
        for before in lines:
            if before in used and before not in found:
                add(before)
        found[array] = lines[array]

    for array in lines:
        if array not in found:
            add(array)
    return found


def needed_for(targets: Sequence[Array], lines: dict[Array, Line]) -> set[Array]:
    """The targets and all that they are computed from."""
    needed: set[Array] = set()
    stack = list(targets)
    while stack:
        array = stack.pop()
        if array not in needed:
            needed.add(array)
            if array in lines:
                stack.extend(arrays([lines[array].expr]))
    return needed


@lowering
def scaled(expr: Expr, factor: Expr, linear: set[Array]) -> Expr:
    """dL/dx = dL/dy * (dy/dx), with `factor` for the dL/dy that was 1.

    An expression is linear in the adjoints; a term without any is multiplied by the factor.
    """
    if not arrays([expr]) & linear:
        return times(factor, *flat((expr,))) if expr != 0 else S.Zero
    if isinstance(expr, Add):
        return Add(*(scaled(t, factor, linear) for t in expr.args), evaluate=False)
    if isinstance(expr, Mul):
        first = next(n for n, f in enumerate(expr.args) if arrays([f]) & linear)
        parts = [scaled(f, factor, linear) if n == first else f for n, f in enumerate(expr.args)]
        return times(*parts)
    if isinstance(expr, IndexSum):
        return IndexSum(scaled(expr.body, factor, linear), *expr.bound)
    if isinstance(expr, Where):
        condition, u, v = expr.args
        return Where(condition, scaled(u, factor, linear), scaled(v, factor, linear))
    return expr


class _Helpers:
    """Quantities of the forward pass that the backward pass needs and cannot compute itself.

    `1 - y` has lost its digits where y is near 1, and `log(y)` overflows where y vanishes; the
    forward pass can compute both from what y was made of.
    """

    def __init__(self, stabiliser: Stabiliser, guards: Guards, adjoints: set[Array]) -> None:
        self.lines: list[Line] = []
        self.meanings: list[Line] = []
        self._stabiliser = stabiliser
        self._guards = guards
        self._adjoints = adjoints

    def kept(self, expr: Expr) -> Expr:
        """The expression in terms of arrays that can be saved, helpers among them."""
        return self._stabiliser.safest(self._replaced(expr))

    def _replaced(self, expr: Basic) -> Expr:
        if isinstance(expr, Add | log) and not arrays([expr]) & self._adjoints:
            part, places = own_indices(expr)
            for sign, candidate in ((1, part), (-1, _flipped(part))):
                stable = self._stabiliser.helper(candidate)
                if stable is not None and not self._guards.fragile(stable):
                    kept = rename(self._helper(candidate, stable), places)
                    return times(S(sign), kept)
        if not expr.args or isinstance(expr, Element | Array | Index | Delta | Position):
            return expr
        part = self._part(expr) if self._stabiliser.exact and isinstance(expr, Add) else None
        if part is not None:
            rest = [t for t in expr.args if t not in part.args]
            return self._replaced(Add(Mul(1, part, evaluate=False), *rest, evaluate=False))
        arguments = tuple(self._replaced(a) for a in expr.args)
        return rebuilt(expr, arguments)

    def _part(self, expr: Add) -> Add | None:
        """A number and another term of a longer sum, if they have a stable form together."""
        numbers = [t for t in expr.args if t.is_Rational]
        for term in expr.args if len(expr.args) > 2 and numbers else ():
            both = Add(numbers[0], term, evaluate=False)
            if term not in numbers and self._stabiliser.helper(both) is not None:
                return both
        return None

    def _helper(self, expr: Expr, stable: Expr) -> Expr:
        indices = tuple(dict.fromkeys(free_indices(expr)))
        axes = tuple(i.size for i in indices)
        for line in self.lines:
            swap = dict(zip(line.indices, indices, strict=False))
            if line.array.axes == axes and canonical(renamed(line.expr, swap)) == canonical(stable):
                return line.array[indices]
        array = Array(_wish(expr), axes)
        if any(line.array == array for line in self.lines):
            array = Array(f"{array.name}{len(self.lines)}", array.shape)
        self.lines.append(Line(array, indices, stable))
        self.meanings.append(Line(array, indices, expr))
        return array[indices]


@lowering
def _flipped(expr: Expr) -> Expr:
    """-expr, term by term."""
    if not isinstance(expr, Add):
        return expr
    flipped = [(negated(t), t) for t in expr.args]
    terms = [inner if minus else times(S.NegativeOne, t) for (minus, inner), t in flipped]
    return Add(*terms, evaluate=False)


def _wish(expr: Expr) -> str:
    """A name that says what it is: one_minus_y, log_y, log_one_minus_y."""
    if isinstance(expr, Element):
        return str(expr.array.name)
    if isinstance(expr, log):
        return f"log_{_wish(expr.args[0])}"
    if isinstance(expr, Add) and len(expr.args) == 2 and S.One in expr.args:
        negative, rest = negated(next(t for t in expr.args if t != 1))
        square = isinstance(rest, Pow) and rest.args[1] == 2
        rest = rest.args[0] if square else rest
        if isinstance(rest, Element):
            sign = "minus" if negative else "plus"
            return f"one_{sign}_{rest.array.name}" + ("_squared" if square else "")
    return "term"

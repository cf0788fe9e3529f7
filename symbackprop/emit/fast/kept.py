"""What `forward` keeps for `backward`: as few arrays as can be written once and read once.

Two changes of a plan, neither of which changes what is computed, only where:

    dx_k = dy_k y_k (1 - y_k)         y_k (1 - y_k) is kept, in place of y_k and 1 - y_k
    x̂_ij = (x_ij - μ_i) s_i           μ and s are kept, and backward makes x̂ of x again

The first is a part of `backward` that is made of kept arrays alone. It is for a few sums and
products, as who calls `forward` alone has them too. The second costs `backward` its operations;
loops in C do them while they wait for memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from sympy import Add, Basic, Expr, Mul, Pow

from symbackprop.algebra.cost import elements_of
from symbackprop.algebra.letters import free_indices, names_in
from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Element,
    Index,
    MatrixFunction,
    Position,
    Reduction,
)
from symbackprop.algebra.program import Program
from symbackprop.algebra.trees import arrays, elements, walk
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.emit.numpy.algebra import canonical, renamed, times
from symbackprop.emit.numpy.line import Line
from symbackprop.emit.numpy.names import Namer
from symbackprop.emit.numpy.plan import Plan, needed_for

_READ, _WRITTEN = 1, 2  # memory that is written to is fetched before
_CHEAP = 3  # operations
_GAIN = 0.95


def with_less_kept(plan: Plan, program: Program, *, again: bool) -> Plan:
    """The plan whose `backward` reads least. again: whether it may make arrays of inputs again."""
    choice = _Choice(program)
    for array in plan.saved if again else ():
        plan = choice.better(plan, [choice.made_again(plan, array)])
    before = None
    while plan is not before:
        before = plan
        plan = choice.better(plan, [choice.made_before(plan, part) for part in _parts(plan)])
    return plan


class _Choice:
    """Changes of a program's plan, and what they cost."""

    def __init__(self, program: Program) -> None:
        self._inputs, self._outputs = program.inputs, program.outputs
        self._names = names_in(program)

    def better(self, plan: Plan, others: Iterable[Plan]) -> Plan:
        """The best of the others, if it is better than the plan by more than some vectors."""
        best = min([plan, *others], key=self._cost)
        return best if self._cost(best) < _GAIN * self._cost(plan) else plan

    def _cost(self, plan: Plan) -> float:
        """The elements that go to memory and come from it; inputs and outputs do so anyway."""
        here = {*self._inputs, *self._outputs}
        return sum(
            elements_of(Index(str(n), size) for n, size in enumerate(a.shape))
            * (_READ if a in here else _READ + _WRITTEN)
            for a in plan.saved
        )

    def made_again(self, plan: Plan, array: Array) -> Plan:
        """The plan in which `backward` computes an array of the forward pass itself, if it may."""
        line = next((line for line in plan.forward if line.array == array), None)
        if not array.shape or array in self._outputs or line is None or not _is_cheap(line.expr):
            return plan
        if any(len(e.indices) < len(line.indices) and line.indices[-1] in e.indices
               for e in elements(line.expr)):  # vectors beside the sums over rows leave no cache
            return plan
        return self._with(plan, plan.forward, (line, *plan.backward))

    def made_before(self, plan: Plan, part: Expr) -> Plan:
        """The plan in which `forward` computes a part of `backward`, and keeps it."""
        indices = tuple(dict.fromkeys(free_indices(part)))
        lines = (*plan.forward, *plan.backward)
        taken = self._names | {a.name for a in (*(line.array for line in lines), *plan.upstream)}
        array = Array(Namer(taken).fresh("slope"), tuple(i.size for i in indices))
        kept = _kept(plan)

        def put(expr: Basic) -> Basic:
            if isinstance(expr, Expr):
                own, rest = _own(expr, kept)
                if own is not None and _same(part, own):
                    return times(*map(put, rest), array[tuple(dict.fromkeys(free_indices(own)))])
            if not expr.args or isinstance(expr, Element | Array):
                return expr
            return rebuilt(expr, tuple(map(put, expr.args)))

        made = Line(array, indices, part)
        backward = tuple(replace(line, expr=put(line.expr)) for line in plan.backward)
        plan = replace(plan, kept=(*plan.kept, made))
        return self._with(plan, (*plan.forward, made), backward)

    def _with(self, plan: Plan, forward: Sequence[Line], backward: Sequence[Line]) -> Plan:
        """A plan of these lines, less those of the forward pass that nothing needs."""
        used = arrays(line.expr for line in backward) - {line.array for line in backward}
        saved = tuple(a for a in (*self._inputs, *(line.array for line in forward)) if a in used)
        needed = needed_for((*self._outputs, *saved), {line.array: line for line in forward})
        return replace(
            plan, forward=tuple(line for line in forward if line.array in needed),
            backward=tuple(backward), saved=saved,
            kept=tuple(line for line in plan.kept if line.array in needed),
        )  # fmt: skip


def _is_cheap(expr: Expr) -> bool:
    """Whether it is some sums, differences and products of elements in their places."""
    nodes = [n for n in walk(expr) if n.args and not isinstance(n, Element | Array)]
    plain = all(isinstance(n, Add | Mul) or (isinstance(n, Pow) and n.args[1] == 2) for n in nodes)
    return plain and _is_local(expr) and sum(len(n.args) - 1 for n in nodes) <= _CHEAP


def _kept(plan: Plan) -> Collection[Array]:
    """The arrays of the forward pass that `backward` reads."""
    return {*plan.saved} - {line.array for line in plan.backward}


def _parts(plan: Plan) -> list[Expr]:
    """What `backward` makes of several kept arrays alone; once what differs in indices alone."""
    found: list[Expr] = []
    kept = _kept(plan)
    for line in plan.backward:
        for part in _parts_of(line.expr, kept):
            many = len(arrays([part])) > 1 and any(True for _ in free_indices(part))
            if many and _is_cheap(part) and not any(_same(part, p) for p in found):
                found.append(part)
    return found


def _parts_of(expr: Expr, kept: Collection[Array]) -> Iterator[Expr]:
    """The largest parts that are elementwise operations on kept arrays."""
    own, rest = _own(expr, kept)
    if own is not None:
        yield own
    for argument in rest:
        if isinstance(argument, Expr):
            yield from _parts_of(argument, kept)


def _own(expr: Expr, kept: Collection[Array]) -> tuple[Expr | None, Sequence[Basic]]:
    """What of an expression, or of the factors of a product, is made of kept arrays; the rest."""
    if _is_made_of(expr, kept):
        return expr, ()
    if isinstance(expr, Element | Array):
        return None, ()
    own = [f for f in expr.args if isinstance(expr, Mul) and _is_made_of(f, kept)]
    return (times(*own) if own else None), [a for a in expr.args if a not in own]


def _is_made_of(expr: Basic, kept: Collection[Array]) -> bool:
    return arrays([expr]) <= {*kept} and _is_local(expr)


def _is_local(expr: Basic) -> bool:
    """Whether it is computed element by element."""
    for node in walk(expr):
        if isinstance(node, Reduction | MatrixFunction | Delta | Position | Index):
            return False
        if isinstance(node, Element):
            plain = all(isinstance(i, Index) for i in node.indices)
            if not plain or len({*node.indices}) < len(node.indices):
                return False
    return True


def _same(one: Expr, other: Expr) -> bool:
    """Whether two parts differ in the names of their indices alone."""
    mine, others = (tuple(dict.fromkeys(free_indices(e))) for e in (one, other))
    if [i.size for i in mine] != [i.size for i in others]:
        return False
    fresh = [Index(f"~{n}", i.size) for n, i in enumerate(mine)]
    first = canonical(renamed(one, dict(zip(mine, fresh, strict=True))))
    return bool(first == canonical(renamed(other, dict(zip(others, fresh, strict=True)))))

"""Where values count: in a branch taken, and as a factor where the other factors are not 0."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sympy import Basic, Expr, Mul, Pow
from sympy.logic.boolalg import Boolean

from symbackprop.algebra.deadline import check_time
from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Element,
    Index,
    Iverson,
    MatrixFunction,
    Reduction,
    Where,
    fresh_index,
)
from symbackprop.algebra.program import Program
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.calculus.result import Adjoint, Tangent
from symbackprop.emit.numpy.algebra import renamed
from symbackprop.emit.numpy.product import flat

# A condition, and whether it holds or fails.
Known = tuple[Boolean, bool]
Change = Callable[[Basic, tuple[Known, ...]], Basic]


class Supports:
    """Where the value of an array counts: outside of its support it is 0."""

    def __init__(self) -> None:
        self._arrays: dict[Array, tuple[tuple[Index, ...], tuple[Known, ...]]] = {}

    def define(self, element: Element, expr: Expr) -> None:
        """Remember where `element = expr` is not 0."""
        found = self.support(expr)
        if found:
            self._arrays[element.array] = element.indices, found

    @lowering
    def support(self, expr: Expr) -> tuple[Known, ...]:
        """[c] f = 0 where c fails: conditions such that expr = 0 where one of them fails."""
        if isinstance(expr, Iverson):
            return ((expr.condition, True),)
        if isinstance(expr, Where):
            condition, u, v = expr.args
            if u == 0 or v == 0:
                return ((condition, v == 0), *self.support(v if u == 0 else u))
        if isinstance(expr, Mul):
            return _union(*(self.support(f) for f in expr.args))
        if isinstance(expr, Pow) and expr.args[1].is_positive:
            return self.support(expr.args[0])
        if isinstance(expr, Element) and expr.array in self._arrays:
            indices, known = self._arrays[expr.array]
            swap = dict(zip(indices, expr.indices, strict=True))
            return tuple((renamed(c, swap), holds) for c, holds in known)
        return ()

    def rebuilt(self, expr: Basic, change: Change, known: tuple[Known, ...] = ()) -> Basic:
        """The expression with each node changed, innermost first.

        change: gets the node and the conditions without which its value does not count.
        """
        if isinstance(expr, Array | Index | Delta) or not expr.args:
            return expr
        check_time()
        if isinstance(expr, Element | MatrixFunction):  # a matrix is needed whole, by its name
            return change(expr, known)
        if isinstance(expr, Where):
            condition = self.rebuilt(expr.args[0], change, known)
            u, v = (
                self.rebuilt(branch, change, _union(known, ((condition, holds),)))
                for branch, holds in zip(expr.args[1:], (True, False), strict=True)
            )
            return change(rebuilt(expr, (condition, u, v)), known)
        if isinstance(expr, Mul):
            return change(self._product(expr, change, known), known)
        if isinstance(expr, Reduction):
            free = {s for c, _ in known for s in c.free_symbols}
            apart = {b: fresh_index(b.size) for b in expr.bound if b in free}
            body = self.rebuilt(renamed(expr.body, apart), change, known)
            bound = (apart.get(b, b) for b in expr.bound)
            return change(rebuilt(expr, (body, *bound)), known)
        arguments = tuple(self.rebuilt(a, change, known) for a in expr.args)
        return change(rebuilt(expr, arguments), known)

    def _product(self, expr: Mul, change: Change, known: tuple[Known, ...]) -> Expr:
        """A factor does not count where another one is 0; masks count in their order."""
        factors = flat(expr.args) if self.support(expr) else list(expr.args)
        supports = [self.support(f) for f in factors]
        changed: list[Expr] = []
        for place, factor in enumerate(factors):
            others = supports[:place] + ([] if supports[place] else supports[place + 1 :])
            changed.append(self.rebuilt(factor, change, _union(known, *others)))
        return rebuilt(expr, tuple(changed))


def conditional(
    program: Program, steps: Sequence[Adjoint | Tangent]
) -> tuple[Supports, set[Array]]:
    """Where arrays count, and the definitions whose values count under conditions only.

    steps: those behind the forward pass.
    """
    supports = Supports()
    for line in (*program.definitions, *steps):
        supports.define(line.element, line.expr)
    exprs = {d.array: d.expr for d in program.definitions}
    return supports, branch_only(supports, program.outputs, exprs, [s.expr for s in steps])


def branch_only(
    supports: Supports, outputs: Iterable[Array], exprs: Mapping[Array, Expr], steps: Iterable[Expr]
) -> set[Array]:
    """The definitions whose values count under conditions only.

    exprs: what each definition is, in order; steps: the expressions of the backward pass.
    """
    needed = set(outputs)

    def note(node: Basic, known: tuple[Known, ...]) -> Basic:
        if isinstance(node, MatrixFunction):
            needed.add(node.argument.array)
        if isinstance(node, Element) and not known:
            needed.add(node.array)
        return node

    for expr in steps:
        supports.rebuilt(expr, note)
    for array, expr in reversed(list(exprs.items())):
        if array in needed:
            supports.rebuilt(expr, note)
    return set(exprs) - needed


def _union(*parts: Sequence[Known]) -> tuple[Known, ...]:
    return tuple(dict.fromkeys(known for part in parts for known in part))

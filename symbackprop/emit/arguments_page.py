"""Chains of equalities on a page, and the route of subscripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sympy import Expr

from symbackprop.algebra.letters import (
    MATRIX,
    PAIR,
    free_indices,
    lettered,
    lettered_program,
    names_in,
    names_of,
)
from symbackprop.algebra.nodes import Array, Element, Index
from symbackprop.algebra.partial import Slope
from symbackprop.algebra.program import Program
from symbackprop.algebra.trees import elements
from symbackprop.calculus.chains import Step
from symbackprop.calculus.fuse import Draft
from symbackprop.calculus.index_route import Argument, Case, Route
from symbackprop.calculus.result import Adjoint, Backward
from symbackprop.emit.formulas import Formulas
from symbackprop.emit.lettering import lettered_backward, lettered_fact
from symbackprop.emit.naming import names_for
from symbackprop.emit.page import (
    Block,
    Chain,
    Display,
    Equation,
    Formula,
    Heading,
    Page,
    Part,
    Row,
    Words,
)
from symbackprop.emit.reasons import reasons
from symbackprop.emit.result_page import forward_blocks, given, gradients, loss_name
from symbackprop.emit.steps import Row as Reason

Verdicts = Sequence[Words | None]


def index_page(route: Route, result: Backward, verdicts: Sequence[Verdicts] | None = None) -> Page:
    """The Jacobians with their two cases, the chain rule, and the result as it is shown alone.

    verdicts: what became of the check of each step of each argument.
    """
    result = lettered_backward(result)
    every = with_all_gradients(route.program, route.upstream, route.gradients, result)
    formulas = Formulas(names_for(every, result.program))
    name = loss_name(every)
    blocks = forward_blocks(formulas, every.program)
    blocks += [Heading(Words("backward")), *given(formulas, every)]
    told = verdicts or [[None] * len(a.steps) for a in route.arguments]
    for argument, words in zip(route.arguments, told, strict=True):
        blocks += [Heading(_title(formulas, argument, route.gradients, name), 3)]
        blocks += _argument(formulas, argument, words)
    blocks += [Heading(Words("result")), *gradients(formulas, result, [])]
    return Page(result.program.name, tuple(blocks))


def with_all_gradients(
    program: Program,
    upstream: tuple[Array | None, ...],
    drafts: Iterable[Draft],
    result: Backward,
) -> Backward:
    """A backward program in which every gradient has its name, those too that none shows."""
    steps = tuple(Adjoint(d.adjoint, d.of, d.indices, d.state.expr) for d in drafts)
    names = names_in(program) | {s.array.name for s in steps}
    names |= {u.name for u in upstream if u is not None}
    return Backward(lettered_program(program, names), upstream, steps, result.wrt)


def chain_block(
    formulas: Formulas,
    left: Formula,
    steps: Sequence[Step],
    free: tuple[Index, ...],
    pool: str | None = None,
    verdicts: Verdicts | None = None,
) -> Chain:
    """`left = … = …`, the free indices with the letters of the pool."""
    rows: list[Row] = []
    taken = formulas.names.taken.union(*(names_of(s.after) for s in steps))
    for step, verdict in zip(steps, verdicts or [None] * len(steps), strict=True):
        right = formulas.show(lettered(step.after, free, taken, pool)[1])
        if not rows or right != rows[-1].right:
            rows.append(Row(right, reasons(formulas, reason(step, taken)), verdict))
    return Chain(left, tuple(rows))


def reason(step: Step, taken: frozenset[str]) -> Reason:
    """What a step says of itself, with readable index names."""
    facts = tuple(lettered_fact(f, taken) for f in step.facts)
    equation = None
    if step.equation is not None:
        free = tuple(dict.fromkeys(i for side in step.equation for i in free_indices(side)))
        pool = MATRIX if len(free) > 1 else None
        left, right = (lettered(side, free, taken, pool)[1] for side in step.equation)
        equation = left, right
    return Reason(step.after, step.law, equation, facts, None)


def heading_of(formulas: Formulas, loss: str, of: Array, adjoint: Array) -> Formula:
    """`dy = ∂L/∂y`."""
    slope = formulas.slope(loss, of)
    text, ascii_ = (f"{adjoint.name} = {s}" for s in (slope.text, slope.ascii))
    return Formula(text, ascii_, slope.latex)


def _title(
    formulas: Formulas, argument: Argument, drafts: Iterable[Draft], loss: str
) -> Formula:
    left = argument.left
    if isinstance(left, Slope):
        y, x = left.expr, left.element
        assert isinstance(y, Element)
        latex = rf"\frac{{\partial {formulas.name(y.array).latex}}}" \
                rf"{{\partial {formulas.name(x.array).latex}}}"
        y_name, x_name = y.array.name, x.array.name
        return Formula(f"∂{y_name}/∂{x_name}", f"d{y_name}/d{x_name}", latex)
    assert isinstance(left, Element)
    draft = next(d for d in drafts if d.adjoint == left.array)
    return heading_of(formulas, loss, draft.of, draft.adjoint)


def _argument(formulas: Formulas, argument: Argument, verdicts: Verdicts) -> Iterable[Block]:
    pool = _pool(argument)
    taken = formulas.names.taken
    left = formulas.show(lettered(argument.left, argument.indices, taken, pool)[1])
    yield chain_block(formulas, left, argument.steps, argument.indices, pool, verdicts)
    if argument.cases:
        lines, remarks = zip(*(_case(formulas, argument, c, pool) for c in argument.cases),
                             strict=True)  # fmt: skip
        yield Display(lines, remarks)


def _pool(argument: Argument) -> str | None:
    """j and k for a vector by a vector."""
    arrays = {e.array for e in elements(argument.left)}
    pair = isinstance(argument.left, Slope) and len(argument.indices) == 2
    return PAIR if pair and all(len(a.axes) < 2 for a in arrays) else None


def _case(
    formulas: Formulas, argument: Argument, case: Case, pool: str | None
) -> tuple[Equation, tuple[Part, ...]]:
    free, taken = argument.indices, formulas.names.taken
    left, right, j, k = (
        formulas.show(lettered(e, free, taken, pool)[1])
        for e in (argument.left, case.expr, case.j, case.k)
    )
    signs = ("=", "=", "=") if case.equal else ("≠", "!=", r"\ne")
    where = Formula(*(f"{a} {s} {b}" for a, s, b in zip(
        (j.text, j.ascii, j.latex), signs, (k.text, k.ascii, k.latex), strict=True)))  # fmt: skip
    return Equation(left, right), (where,)


def at_place(expr: Expr) -> Expr:
    """An expression without free indices, its bound ones with readable names."""
    return lettered(expr, (), names_of(expr))[1]

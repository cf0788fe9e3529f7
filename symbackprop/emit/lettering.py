"""Readable index names for the results of the calculus, one naming for each line."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from sympy import Expr

from symbackprop.algebra.blocks import in_blocks
from symbackprop.algebra.letters import (
    MATRIX,
    PAIR,
    free_indices,
    lettered,
    lettered_program,
    names_in,
    names_of,
)
from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.subscripts import put
from symbackprop.calculus.result import Backward, Fact, Formula, Jacobian


def lettered_backward(backward: Backward) -> Backward:
    """The same backward program; definitions, steps and facts with readable index names."""
    arrays = (*(s.array for s in backward.steps), *(a for a in backward.upstream if a is not None))
    taken = names_in(backward.program) | {a.name for a in arrays}
    steps = []
    for s in backward.steps:
        free, expr = lettered(s.expr, s.indices, taken)
        steps.append(replace(s, indices=free, expr=expr))
    return replace(
        backward,
        program=lettered_program(backward.program, taken),
        steps=tuple(steps),
        facts=tuple(lettered_fact(f, taken) for f in backward.facts),
    )


FormulaT = TypeVar("FormulaT", bound=Formula)


def lettered_formula(formula: FormulaT) -> FormulaT:
    """The same formula; definitions, steps and facts with readable index names."""
    taken = names_in(formula.program) | {s.array.name for s in formula.steps}
    steps = []
    for s in formula.steps:
        free, expr = lettered(s.expr, s.indices, taken)
        steps.append(replace(s, indices=free, expr=expr))
    return replace(
        formula,
        program=lettered_program(formula.program, taken),
        steps=tuple(steps),
        facts=tuple(lettered_fact(f, taken) for f in formula.facts),
    )


def lettered_jacobian(jacobian: Jacobian, taken: frozenset[str] = frozenset()) -> Jacobian:
    """The same Jacobian with readable index names: j, k for a vector by a vector."""
    taken = taken.union(*(names_of(e) for e in (jacobian.of, jacobian.wrt, jacobian.expr)))
    free = (*jacobian.rows, *jacobian.columns)
    one_each = len(jacobian.rows) == len(jacobian.columns) == 1
    new, expr = lettered(jacobian.expr, free, taken, PAIR if one_each else None)
    cut = len(jacobian.rows)
    facts = tuple(lettered_fact(f, taken) for f in jacobian.facts)
    return replace(jacobian, rows=new[:cut], columns=new[cut:], expr=expr, facts=facts)


def spelled(
    indices: tuple[Index, ...], expr: Expr, taken: frozenset[str]
) -> tuple[tuple[Expr, ...], Expr]:
    """The subscripts and the right side of a line, an axis of blocks in two indices."""
    blocks, own, subscripts = in_blocks(expr, indices)
    if own == indices:
        return indices, expr
    names, shown = lettered(blocks, own, taken)
    swap: dict[Index, Expr] = dict(zip(own, names, strict=True))
    return tuple(put(u, swap) for u in subscripts), shown


def lettered_fact(fact: Fact, taken: frozenset[str]) -> Fact:
    """The same fact with readable index names, its free indices in order of appearance."""
    free = tuple(dict.fromkeys((*free_indices(fact.left), *free_indices(fact.right))))
    pool = MATRIX if free else None
    return replace(
        fact,
        left=lettered(fact.left, free, taken, pool)[1],
        right=lettered(fact.right, free, taken, pool)[1],
    )


def loss_of(backward: Backward) -> Array | None:
    """The array that is differentiated: the output, if it is one scalar; else None (unnamed)."""
    outputs = backward.program.outputs
    return outputs[0] if len(outputs) == 1 and backward.upstream[0] is None else None

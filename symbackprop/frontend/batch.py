"""The same layer on a batch: a leading axis for the data, a mean for a scalar loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy import Expr

from symbackprop.algebra.nodes import (
    Array,
    Element,
    Index,
    IndexSum,
    MatrixFunction,
    fresh_index,
    size_symbol,
)
from symbackprop.algebra.program import Assumption, Definition, Program
from symbackprop.algebra.trees import elements
from symbackprop.errors import InputError, UnknownNameError
from symbackprop.frontend.shapes import is_name, nearest
from symbackprop.frontend.where import shorten
from symbackprop.frontend.written import mul, reciprocal, replace_elements

EACH = " (each sample)"
"""What is put to the text of an assumption that now holds for each sample."""


def add_batch(program: Program, size_name: str, data: Sequence[str]) -> Program:
    """The program for a batch: `data` inputs of shape (…) become (size_name, …).

    Every definition that depends on one gets the axis too. An output of rank 0 becomes its mean
    over the batch; where other definitions use it, its values for the samples are `name_each`.

    Raises:
        InputError: a size name that is taken or malformed, no data input.
        UnknownNameError: a data input that is not there.
    """
    names = [a.name for a in program.inputs]
    for name in data:
        if name not in names:
            raise UnknownNameError(f"{shorten(name)!r} is not an input{nearest(name, names)}")
    if not data:
        raise InputError(f"no data input to give a batch axis to; there are {', '.join(names)}")
    _check_size_name(program, size_name)
    size = size_symbol(size_name)
    batched: dict[Array, Array] = {
        a: Array(a.name, (size, *a.shape), a.sign) for a in program.inputs if a.name in data
    }

    def lifted(expr: Expr, index: Index) -> Expr:
        def change(element: Element) -> Expr:
            array = batched.get(element.array)
            return element if array is None else Element(array, index, *element.indices)

        return replace_elements(expr, change)

    def depends(expr: Expr) -> bool:
        return any(e.array in batched for e in elements(expr))

    used = {e.array for d in program.definitions for e in elements(d.expr)}
    definitions: list[Definition] = []
    for old in program.definitions:
        if not depends(old.expr):
            definitions.append(old)
            continue
        index, array = fresh_index(size), old.array
        expr = lifted(old.expr, index)
        if array.shape or array not in program.outputs:
            batched[array] = Array(array.name, (size, *array.shape), array.sign)
            definitions.append(Definition(batched[array], (index, *old.indices), expr, old.line))
            continue
        if array in used or isinstance(expr, MatrixFunction):
            batched[array] = Array(_each(program, array.name), (size,), array.sign)
            definitions.append(Definition(batched[array], (index,), expr, old.line))
            expr = Element(batched[array], index)
        mean = mul(reciprocal(size), IndexSum(expr, index))
        definitions.append(Definition(array, (), mean, old.line))
    assumptions = []
    for fact in program.assumptions:
        if not (depends(fact.left) or depends(fact.right)):
            assumptions.append(fact)
            continue
        index = fresh_index(size)
        text = fact.text if fact.kind != "==" else fact.text + EACH
        sides = lifted(fact.left, index), lifted(fact.right, index)
        assumptions.append(Assumption(fact.kind, *sides, text))
    return replace(
        program,
        inputs=tuple(batched.get(a, a) for a in program.inputs),
        definitions=tuple(definitions),
        outputs=tuple(batched.get(a, a) if a.shape else a for a in program.outputs),
        assumptions=tuple(assumptions),
    )


def _check_size_name(program: Program, name: str) -> None:
    if not is_name(name):
        raise InputError(f"the batch size {shorten(str(name))!r} is not a name; write N, say")
    if name in map(str, program.sizes) or program.array(name) is not None:
        raise InputError(f"the batch size {name!r} is taken in {program.name}; use another name")


def _each(program: Program, name: str) -> str:
    each = f"{name}_each"
    while program.array(each) is not None:
        each += "_"
    return each

"""What a generated function checks of its inputs besides their shapes: sizes and labels."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Symbol

from symbackprop.algebra.conditions import size_conditions
from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Program
from symbackprop.emit.numpy.functions import Function

POSITIONS = '''
def {positions}(name, x, count):
    """x as it is; ValueError where it holds anything but the integers 0, ..., count - 1."""
    if x.dtype.kind not in "iu" or (x.size and not 0 <= x.min() <= x.max() < count):
        raise ValueError(f"{{name}} must hold integers from 0 to {{count - 1}}")
    return x
'''


def is_plain(size: Expr) -> bool:
    """Whether a size is a name or a number, which the table of shapes checks."""
    return size.is_Integer or isinstance(size, Symbol)


def size_checks(program: Program, function: Function, inputs: Mapping[Array, str]) -> list[str]:
    """Lines that refuse sizes which are not those of the forward pass."""
    lines: list[str] = []
    for array, name in inputs.items():
        odd = [n for n, size in enumerate(array.shape) if not is_plain(size)]
        if any(not function.tells(array, n) for n in odd):
            wanted = ", ".join(function.number(s) for s in array.shape)
            wanted = f"({wanted},)" if len(array.shape) == 1 else f"({wanted})"
            lines += [
                f"if {name}.shape != {wanted}:",
                f'    raise ValueError(f"{name} has shape {{{name}.shape}}, not {{{wanted}}}")',
            ]
    for pair in size_conditions(program):
        larger, smaller = map(function.number, pair)
        lines += [f"if {larger} < {smaller}:",
                  f'    raise ValueError("the shapes must satisfy {larger} >= {smaller}")']
    return lines


def label_checks(
    program: Program, function: Function, inputs: Mapping[Array, str], positions: str
) -> list[str]:
    """Lines that refuse labels which are no positions."""
    return [
        f'{inputs[array]} = {positions}("{array.name}", {inputs[array]}, {function.number(count)})'
        for array, counts in program.labels.items()
        if array in inputs
        for count in counts
    ]

"""What a generated function checks of its inputs besides their shapes: sizes and labels."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Symbol

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
    wrong: list[str] = []
    right: list[str] = []
    for array, name in inputs.items():
        for axis, size in enumerate(array.shape):
            if not is_plain(size):
                found, wanted = f"{name}.shape[{axis}]", function.number(size)
                if function.source_of(array, axis) != found:
                    wrong.append(f"{found} != {wanted}")
                    right.append(f"{found} == {wanted}")
    for assumption in program.assumptions:
        if assumption.kind == "size":
            larger, smaller = function.number(assumption.left), function.number(assumption.right)
            wrong.append(f"{larger} < {smaller}")
            right.append(f"{larger} >= {smaller}")
    if not wrong:
        return []
    wrong, right = list(dict.fromkeys(wrong)), list(dict.fromkeys(right))
    message = f'"the shapes must satisfy {" and ".join(right)}"'
    return [f"if {' or '.join(wrong)}:", f"    raise ValueError({message})"]


def label_checks(
    program: Program, function: Function, inputs: Mapping[Array, str], positions: str
) -> list[str]:
    """Lines that refuse labels which are no positions."""
    return [
        f'{inputs[array]} = {positions}("{array.name}", {inputs[array]}, {function.number(count)})'
        for array, count in program.labels.items()
        if array in inputs
    ]

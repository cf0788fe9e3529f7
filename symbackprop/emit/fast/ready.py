"""A quick look at the inputs: arrays that need no conversion are most of those that come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Expr

from symbackprop.algebra.nodes import Array
from symbackprop.emit.numpy.checks import is_plain


def ready_function(
    inputs: Mapping[Array, str], labels: Sequence[Array], name: str, np: str, dtypes: str
) -> list[str]:
    """A function that says whether all inputs are float arrays of one dtype whose shapes fit.

    A number is to be a float of Python, which has no dtype of its own, or of that dtype. Nothing is
    written where an input holds labels or has a computed size, and where no input is an array:
    there the inputs are always checked one by one. dtypes: the letters of those that will do.
    """
    sizes = [s for a in inputs for s in a.shape]
    if labels or not sizes or not all(map(is_plain, sizes)):
        return []
    arguments = list(inputs.values())
    names = [n for a, n in inputs.items() if a.shape]
    first = names[0]
    tests = [" is ".join([*(f"type({n})" for n in names), f"{np}.ndarray"])]
    tests += [" is ".join(f"{n}.dtype" for n in names)] if len(names) > 1 else []
    for n in arguments:
        if n in names:
            continue
        same = f'getattr({n}, "dtype", None) is {first}.dtype and {n}.shape == ()'
        tests.append(f"(type({n}) is float\n             or {same})")
    tests += [f'{first}.dtype.char in "{dtypes}"', *_shapes(inputs)]
    return [
        f"def {name}({', '.join(arguments)}):",
        '    """Whether the inputs can be used as they are."""',
        "    return (",
        *(f"        {'and ' if n else ''}{test}" for n, test in enumerate(tests)),
        "    )",
    ]


def _shapes(inputs: Mapping[Array, str]) -> list[str]:
    """Comparisons of each axis with the first one of its size."""
    seen: dict[tuple[Expr, ...], str] = {}
    known: dict[Expr, str] = {}
    tests = []
    for array, name in inputs.items():
        shape = tuple(array.shape)
        if not shape:
            continue
        if shape in seen:
            tests.append(f"{name}.shape == {seen[shape]}.shape")
            continue
        seen[shape] = name
        tests.append(f"{name}.ndim == {len(shape)}")
        for axis, size in enumerate(shape):
            own = f"{name}.shape[{axis}]"
            if size.is_Integer or size in known:
                tests.append(f"{own} == {known.get(size, size)}")
            known.setdefault(size, own)
    return tests

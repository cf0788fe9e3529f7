"""What stands around the loops: the head of a C file, and the Python function that calls them."""

from __future__ import annotations

_RUN = '''
def {run}(name, dtype, sizes, numbers, inputs, outputs):
    """Call a C function: sizes, numbers, and the memory of arrays."""
    function = {loops}.get((name, dtype.char)) if dtype.isnative else None
    if function is None:
        raise TypeError(f"the C functions compute in float32 and float64, not in {{dtype}}")
    written = [x if x.flags.carray else {np}.empty(x.shape, x.dtype) for x in outputs]
    places = [{place}(x) for x in (*inputs, *written)]
    if function(*sizes, *numbers, *places):
        raise MemoryError(f"the C function {{name}} found no memory for its rows")
    for x, result in zip(outputs, written):
        if result is not x:
            x[...] = result


def {place}(x, _Memory=ctypes.c_char * 0):
    """An array as an argument of a C function: its memory, in one piece."""
    return _Memory.from_buffer(x) if x.flags.carray else {np}.require(x, None, "CA").ctypes
'''

_EXACT = '''
def {exact}(x):
    """Labels and other arrays that are not of the inputs' dtype, as C functions take them."""
    return x.astype({np}.float64, copy=False)
'''

HELPERS: dict[str, str] = {"run": _RUN, "exact": _EXACT}
"""The functions of the Python module that calls C."""

PRELUDE = """\
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

/* The vector forms of these functions are in glibc's libmvec. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#define VECTOR __attribute__((simd("notinbranch")))
{vector}
#endif

/* As NumPy's maximum and minimum: NaN where an operand is NaN. */
{reductions}
"""

_OLD = ("exp", "log", "sin", "cos", "pow")
_NEW = (
    "acos", "acosh", "asin", "asinh", "atan", "atanh", "atan2", "cbrt", "cosh", "erf", "erfc",
    "exp2", "expm1", "hypot", "log10", "log1p", "log2", "sinh", "tan", "tanh",
)  # fmt: skip
_TWO = frozenset({"pow", "atan2", "hypot"})


def prelude(code: str) -> str:
    """What a file with this code begins with."""
    lines = [line for name in _OLD for line in _declared(name, code)]
    newer = [line for name in _NEW for line in _declared(name, code)]
    if newer:
        lines += ["#if __GLIBC_PREREQ(2, 35)", *newer, "#endif"]
    reductions = [
        f"#pragma omp declare reduction(nan{kind} : {real} : omp_out = \\\n"
        f"    (omp_in {sign} omp_out || omp_in != omp_in) ? omp_in : omp_out) \\\n"
        f"    initializer(omp_priv = {first})"
        for kind, sign, first in (("max", ">", "-INFINITY"), ("min", "<", "INFINITY"))
        for real in ("double", "float") if f"nan{kind} :" in code
    ]
    text = PRELUDE
    if not reductions:
        text = text[: text.index("/* As NumPy's")]
    if not lines:
        text = text[: text.index("/* The vector")] + text[text.index("#endif") + 8 :]
    return text.replace("{vector}", "\n".join(lines)).replace("{reductions}", "\n".join(reductions))


def _declared(name: str, code: str) -> list[str]:
    found = []
    for real, suffix in (("double", ""), ("float", "f")):
        if f"{name}{suffix}(" in code:
            kinds = ", ".join([real] * (2 if name in _TWO else 1))
            found.append(f"VECTOR {real} {name}{suffix}({kinds});")
    return found

"""What stands around the loops: the head of a C file, and the Python function that calls them."""

from __future__ import annotations

import re

from symbackprop.emit.c.expressions import NEWER_VECTORS, VECTORS
from symbackprop.emit.c.names import BEYOND, BYTES, FETCH, FEWEST, LONG, MEMORY, ROWS
from symbackprop.emit.c.reductions import declarations

_AGAIN = '''
def {again}(name, dtype, sizes, numbers, inputs, outputs):
    """After a C function said 2: some array is not in one piece; or 1: there is no memory."""
    pieces = [{np}.require(x, None, "CA") for x in inputs]
    results = [x if x.flags.carray else {np}.empty(x.shape, x.dtype) for x in outputs]
    if {loops}[name, dtype](*sizes, *numbers, *pieces, *results):
        raise MemoryError(f"the C function {{name}} found no memory for its rows")
    for x, result in zip(outputs, results):
        if result is not x:
            x[...] = result
'''

_EXACT = '''
def {exact}(x):
    """Labels and other arrays that are not of the inputs' dtype, as C functions take them."""
    return x.astype({np}.float64, copy=False)
'''

HELPERS: dict[str, str] = {"again": _AGAIN, "exact": _EXACT}
"""The functions of the Python module that calls C."""

_EXP_REST = """
/* exp(x) - 1 - x: where |x| < 1, x * x times a series. */
static {real} {name}({real} x)
{{
    {real} series = 1;
    for (int n = 18; n > 2; n--)
        series = 1 + x * (1 / ({real})n) * series;
    return {abs}(x) < 1 ? x * x / 2 * series : {expm1}(x) - x;
}}
"""

_SUM_REST = """
/* What is lost where x + y is rounded; 0 where that is above 1e-6, or NaN beside infinities. */
static {real} {name}({real} x, {real} y)
{{
    const {real} total = x + y, part = total - x;
    const {real} rest = (x - (total - part)) + (y - part);
    return {abs}(rest) < ({real})1e-6 ? rest : 0;
}}
"""

_OWN = {
    "exp_rest": _EXP_REST,
    "sum_rest": _SUM_REST,
}

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

_FETCH = f"""
/* What is read or written next comes from memory meanwhile. */
#if defined(__GNUC__)
#define {FETCH}(address, written, near) __builtin_prefetch(address, written, near)
#else
#define {FETCH}(address, written, near) ((void)0)
#endif
"""

_SETTINGS = {
    FEWEST: ("Short rows stand side by side where there are at least so many.", ROWS),
    LONG: ("Rows of so many bytes and more are long.", BYTES),
    BEYOND: ("Arrays of so many bytes and more are read from memory.", MEMORY),
}

_TWO = frozenset({"pow", "atan2", "hypot"})


def prelude(code: str) -> str:
    """What a file with this code begins with."""
    functions = _functions(code)
    code += functions
    lines = [line for name in VECTORS for line in _declared(name, code)]
    newer = [line for name in NEWER_VECTORS for line in _declared(name, code)]
    if newer:
        lines += ["#if __GLIBC_PREREQ(2, 35)", *newer, "#endif"]
    reductions = declarations(code)
    text = PRELUDE
    if not reductions:
        text = text[: text.index("/* As NumPy's")]
    if not lines:
        text = text[: text.index("/* The vector")] + text[text.index("#endif") + 8 :]
    text = text.replace("{vector}", "\n".join(lines))
    text = text.replace("{reductions}", "\n".join(reductions))
    words = set(re.findall(r"\w+", code))
    settings = (f"\n/* {what} */\n{setting(name)} = {value};\n"
                for name, (what, value) in _SETTINGS.items() if name in words)  # fmt: skip
    return text + _FETCH * (FETCH in words) + "".join(settings) + functions


def setting(name: str) -> str:
    """The declaration of a variable that says which layout is taken, up to its value."""
    return f"static ptrdiff_t {name}"


def _functions(code: str) -> str:
    """The functions that the code calls and math.h has not."""
    return "".join(
        text.format(real=real, name=f"{name}{end}", abs=f"fabs{end}", expm1=f"expm1{end}")
        for name, text in _OWN.items()
        for real, end in (("double", ""), ("float", "f")) if f"{name}{end}(" in code
    )


def _declared(name: str, code: str) -> list[str]:
    found = []
    for real, suffix in (("double", ""), ("float", "f")):
        if f"{name}{suffix}(" in code:
            kinds = ", ".join([real] * (2 if name in _TWO else 1))
            found.append(f"VECTOR {real} {name}{suffix}({kinds});")
    return found

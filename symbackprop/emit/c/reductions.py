"""Sums, maxima and minima as C takes them up element by element, alone or several at a time."""

from __future__ import annotations

START = {"sum": "0", "dot": "0", "max": "-INFINITY", "min": "INFINITY"}
NUMBERS = {"max": "{0} = {1} > {0} ? {1} : {0}", "min": "{0} = {1} < {0} ? {1} : {0}"}
"""What takes a number into a maximum or minimum, and leaves out NaN."""
_COMBINED = {"sum": "{0} += {1}", "dot": "{0} += {1}",
             "max": "{0} = ({1} > {0} || {1} != {1}) ? {1} : {0}",
             "min": "{0} = ({1} < {0} || {1} != {1}) ? {1} : {0}"}  # fmt: skip
_IS_NAN = "omp_in != omp_in"
# OpenMP's own max and min may begin with a finite number, and know of no NaN.
_DECLARED = {
    "nanmax": (f"(omp_in > omp_out || {_IS_NAN})", "-INFINITY"),
    "nanmin": (f"(omp_in < omp_out || {_IS_NAN})", "INFINITY"),
    "largest": ("omp_in > omp_out", "-INFINITY"),
    "least": ("omp_in < omp_out", "INFINITY"),
    "nan": (_IS_NAN, "0"),
}
_OF_NUMBERS = {"max": "largest", "min": "least"}


def combined(kind: str, target: str, value: str) -> str:
    """The statement that takes a value into a sum or a maximum."""
    return _COMBINED[kind].format(target, value) + ";"


def without_nan(kind: str, target: str, value: str, nan: str) -> list[str]:
    """The statements that take a value into a maximum of numbers, and NaN into `nan`.

    A round of the loop waits for one comparison then; for three where the maximum holds NaN.
    """
    return [f"{NUMBERS[kind].format(target, value)};",
            f"{nan} = {value} != {value} ? {value} : {nan};"]  # fmt: skip


def reduction(kind: str, name: str, nan: str = "") -> str:
    """The clause of a loop that is done several rounds at a time, for what it accumulates.

    nan: where a maximum is one of numbers, the name of what is NaN if an element is.
    """
    if nan:
        return f" reduction({_OF_NUMBERS[kind]} : {name}) reduction(nan : {nan})"
    return f" reduction({'+' if kind in ('sum', 'dot') else f'nan{kind}'} : {name})"


def declarations(code: str) -> list[str]:
    """What declares the reductions that the code has and OpenMP has not."""
    return [
        f"#pragma omp declare reduction({name} : {real} : omp_out = \\\n"
        f"    {taken} ? omp_in : omp_out) initializer(omp_priv = {first})"
        for name, (taken, first) in _DECLARED.items() for real in ("double", "float")
        if f"reduction({name} :" in code
    ]  # fmt: skip

"""Numbers and small arrays of numbers in print."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from symbackprop.algebra.nodes import Array
from symbackprop.claims.points import Trial
from symbackprop.claims.show import Shower
from symbackprop.emit.page import Formula
from symbackprop.verify.state import Values

_FIGURES = 4


def number(one: Any, two: Any) -> tuple[str, str]:
    """Two numbers with as many figures as tell them apart, four at least."""
    for figures in (_FIGURES, 6, 9, 12, 17, 25):
        left, right = short(one, figures), short(two, figures)
        if left != right:
            return left, right
    return left, right


def short(x: Any, figures: int = _FIGURES) -> str:
    """A number with so many figures; a simple fraction exactly."""
    if isinstance(x, Fraction):
        return _exact(x)
    value = float(x)
    if abs(value) < 1e-30:
        return "0"
    if value == round(value) and abs(value) < 1e6 and abs(x - round(value)) < 1e-25:
        return str(round(value))
    return f"{value:.{figures}g}"


def _exact(x: Fraction) -> str:
    if x.denominator == 1:
        return str(x.numerator)
    text = f"{float(x):.6g}"
    return text if Fraction(text) == x else f"{x.numerator}/{x.denominator}"


def array_formula(array: Array, values: Values, show: Shower, trial: Trial) -> Formula:
    """`a = [1, 0]` with the values at all places; of many, about how many there are."""
    sizes = [trial.digits.size(size) for size in array.shape]
    flat = [short(values[p]) for p in trial.digits.places(array.axes)]
    name = array.name
    latex = show.names.whole(array)
    text = nested(flat, sizes)
    return Formula(f"{name} = {text}", f"{name} = {text}", f"{latex} = {_latex(flat, sizes)}")


def nested(flat: Sequence[str], sizes: Sequence[int]) -> str:
    """Numbers in brackets, as NumPy shows an array."""
    if not sizes:
        return flat[0]
    step = len(flat) // sizes[0]
    parts = [nested(flat[n * step : (n + 1) * step], sizes[1:]) for n in range(sizes[0])]
    return f"[{', '.join(parts)}]"


def _latex(flat: Sequence[str], sizes: Sequence[int]) -> str:
    if not sizes:
        return flat[0]
    if len(sizes) == 1:
        return rf"\left({', '.join(flat)}\right)"
    if len(sizes) == 2:
        rows = [" & ".join(flat[n * sizes[1] : (n + 1) * sizes[1]]) for n in range(sizes[0])]
        return r"\begin{pmatrix} " + r" \\ ".join(rows) + r" \end{pmatrix}"
    return rf"\left({', '.join(flat)}\right)"

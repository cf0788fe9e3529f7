"""Random well-typed forward passes, as expression text."""

from __future__ import annotations

import re

from hypothesis import strategies as st

SHAPES: dict[str, tuple[str, ...]] = {
    "x": ("N", "n"), "y": ("N", "n"), "a": ("n",), "b": ("n",), "c": ("N",), "s": (),
    "W": ("n", "m"), "v": ("m",),
}  # fmt: skip
ELEMENTWISE = [
    "exp({})", "tanh({})", "{}**2", "1/(1 + exp(-{}))", "log(1 + exp({}))", "sqrt({}**2 + 1)",
    "1/({}**2 + 2)", "abs({})", "maximum({}, 0)", "minimum({}, 1)", "minimum(0.5, {})",
    "exp(-{}**2)", "{0}**3 - 2*{0}", "where({0} > 0, {0}, exp({0}))", "1/(1 + {}**2)**2",
    "log({}**2 + 1)", "2 - {}", "{}/3",
]  # fmt: skip
BINARY = [
    "{} + {}", "{} - {}", "{} * {}", "{}/({}**2 + 1)", "maximum({}, 2*{})", "minimum({}, {}/2)",
]  # fmt: skip
REDUCTIONS = ["sum", "mean", "max"]
NORMALISED = [
    "exp({0})/sum(exp({0}), axis=-1, keepdims=True)",
    "{0} - log(sum(exp({0}), axis=-1, keepdims=True))",
    "({0} - mean({0}, axis=0))/sqrt(mean(({0} - mean({0}, axis=0))**2, axis=0) + 1)",
]
NAMES = "pqruwzhkl"

Shape = tuple[str, ...]


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, dict[str, Shape]]:
    """A text of one to five statements, and the shapes of the inputs that it uses."""
    known = dict(SHAPES)
    lines: list[str] = []
    for name in NAMES[: draw(st.integers(1, 5))]:
        operand = draw(st.sampled_from(sorted(known)))
        text, shape = draw(_operation(operand, known[operand], known))
        lines.append(f"{name} = {text}")
        known[name] = shape
    last = lines[-1].split(" = ")[0]
    if known[last] and draw(st.booleans()):
        lines.append(f"L = sum({last}**2)")
    text = "; ".join(lines)
    return text, {n: s for n, s in SHAPES.items() if re.search(rf"\b{n}\b", text)}


@st.composite
def _operation(
    draw: st.DrawFn, operand: str, shape: Shape, known: dict[str, Shape]
) -> tuple[str, Shape]:
    """One operation on the operand: its text and the shape of its result."""
    kinds = ["elementwise", "binary"] + (["reduction", "normalised", "product"] if shape else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "elementwise":
        return draw(st.sampled_from(ELEMENTWISE)).format(operand), shape
    if kind == "binary":
        fitting = [n for n, s in known.items() if s in (shape, (), shape[1:])]
        other = draw(st.sampled_from(sorted(fitting)))
        return draw(st.sampled_from(BINARY)).format(operand, other), shape
    if kind == "normalised":
        return draw(st.sampled_from(NORMALISED)).format(operand), shape
    if kind == "reduction":
        function = draw(st.sampled_from(REDUCTIONS))
        if len(shape) == 1 or draw(st.booleans()):
            return f"{function}({operand})", ()
        axis = draw(st.integers(0, 1))
        if draw(st.booleans()):
            return f"{operand}*{function}({operand}, axis={axis}, keepdims=True)", shape
        return f"{function}({operand}, axis={axis})", shape[1 - axis : 2 - axis]
    if shape == ("N", "n"):
        return draw(
            st.sampled_from(
                [(f"{operand} @ W", ("N", "m")), (f"{operand} @ a", ("N",)),
                 (f"c @ {operand}", ("n",)), (f"({operand}.T @ {operand}) @ b", ("n",))]
            )
        )  # fmt: skip
    same = draw(st.sampled_from(sorted(n for n, s in known.items() if s == shape)))
    return f"sum({operand}*{same})", ()

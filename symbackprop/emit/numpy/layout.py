"""Axes: how index labels become positions of NumPy axes and operands are lined up.

A `Value` is code and its layout, one entry for each NumPy axis. Indices turn into axes here;
after this only positions are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sympy import Basic, Expr, S

from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.registry import lowering
from symbackprop.emit.numpy.code import ELEMENTWISE, Code, Number, call

Layout = tuple[Index | None, ...]

_OF_AXES = ("linalg.", "_inverse", "_sums_before")


@dataclass(frozen=True)
class Value:
    """Code and the meaning of its axes: an index, or None for an axis of length 1."""

    code: Code
    layout: Layout = ()

    @property
    def labels(self) -> tuple[Index, ...]:
        return tuple(i for i in self.layout if i is not None)

    def length(self, label: Index | None) -> Expr:
        """The length of the axis of a label: on a part of an axis, that of the part."""
        return S.One if label is None else self.code.shape[self.layout.index(label)]


class Layouts:
    """Lines up operands; the base of the lowering, which adds what each kind of node means.

    array, size: the Python text for an array and for a size symbol.
    dtype: the text of the dtype for new arrays (`y.dtype`), "" if there is none.
    np: what NumPy is called.
    helper: the name of the helper function for a function that NumPy has not.
    facts: expressions in sizes that are 0 or more.
    extended: arrays are np.longdouble, and numbers are to have its digits.
    """

    def __init__(
        self,
        array: Callable[[Array], str],
        size: Number,
        dtype: str = "",
        np: str = "np",
        helper: Callable[[str], str] = "_{}".format,
        facts: frozenset[Expr] = frozenset(),
        *,
        extended: bool = False,
    ) -> None:
        self.array = array
        self.size = size
        self.dtype = dtype
        self.np = np
        self.helper = helper
        self.facts = facts
        self.extended = extended
        self._rank: dict[Index, int] = {}

    def value(self, expr: Basic) -> Value:
        """The code of an expression, its axes in the order that costs the fewest transposes."""
        raise NotImplementedError

    def elementwise(self, build: Callable[..., Code], values: Sequence[Value]) -> Value:
        """An elementwise operation, after the operands' axes have been lined up."""
        arrays = [v for v in values if v.layout]
        if all(v.layout == arrays[0].layout for v in arrays[1:]):
            return Value(build(*(v.code for v in values)), arrays[0].layout if arrays else ())
        target = self._with_gaps(arrays) or self.target(values)
        codes = [self.aligned(v, target) for v in values]
        return Value(build(*codes), target)

    def _with_gaps(self, arrays: Sequence[Value]) -> Layout | None:
        """A layout with axes of length 1 that all operands have, or can have by `keepdims`."""
        target = max((v.layout for v in arrays), key=len)
        gaps = _gaps(target)
        labels = tuple(i for i in target if i is not None)
        for value in arrays:
            if value.layout != target and (
                value.layout != labels or not gaps or _kept(value.code, gaps) is None
            ):
                return None
        return target

    def target(self, values: Iterable[Value]) -> Layout:
        """An axis order for the union of the labels: that of a widest operand where it has all."""
        union: dict[Index, None] = {}
        widest: tuple[Index, ...] = ()
        for value in values:
            union.update(dict.fromkeys(value.labels))
            if len(value.labels) > len(widest):
                widest = value.labels
        if len(widest) == len(union):
            return widest
        return self.ordered(union)

    def ordered(self, labels: Iterable[Index]) -> tuple[Index, ...]:
        """The labels in the order of the result's axes, those that are summed over last."""
        return tuple(sorted(labels, key=lambda i: self._rank.get(i, len(self._rank))))

    def ranked(self, labels: Iterable[Index]) -> bool:
        """Whether all of the labels are axes of the result."""
        return all(i in self._rank for i in labels)

    def aligned(self, value: Value, target: Sequence[Index | None]) -> Code:
        """The code with axes so placed that broadcasting lines them up with the target."""
        layout, width = value.layout, len(target)
        tail = target[width - len(layout) :] if len(layout) <= width else ()
        if len(tail) == len(layout) and all(
            i is None or i == t for i, t in zip(layout, tail, strict=True)
        ):
            return value.code
        first = min((p for p, t in enumerate(target) if t in value.labels), default=width)
        return self.arranged(value, tuple(t if t in value.labels else None for t in target[first:]))

    @lowering
    def arranged(self, value: Value, target: Layout) -> Code:
        """x_i1 = x[:, None]: the code with exactly the layout `target`, of the same labels."""
        if value.layout == target:
            return value.code
        value = self.squeezed(value)
        order = tuple(i for i in target if i is not None)
        if value.layout != order:
            value = self.transposed(value, order)
        if value.layout == target:
            return value.code
        code = value.code
        gaps = tuple(p for p, i in enumerate(target) if i is None)
        shape = tuple(map(value.length, target))
        kept = _kept(code, gaps)
        if kept is not None:
            return replace(kept, shape=shape)
        entries = ["None" if i is None else ":" for i in target]
        while entries and entries[-1] == ":":
            entries.pop()
        return Code("index", (code,), ", ".join(entries), shape=shape)

    @lowering
    def squeezed(self, value: Value) -> Value:
        """x_i1 = x[:, 0]: the same without axes of length 1."""
        if None not in value.layout:
            return value
        code, labels = value.code, value.labels
        shape = tuple(map(value.length, labels))
        if code.op == "reduce" and code.keep and code.axes == _gaps(value.layout):
            return Value(replace(code, keep=False, shape=shape), labels)
        entries = ["0" if i is None else ":" for i in value.layout]
        while entries and entries[-1] == ":":
            entries.pop()
        return Value(Code("index", (code,), ", ".join(entries), shape=shape), labels)

    @lowering
    def transposed(self, value: Value, order: Sequence[Index]) -> Value:
        """x_ij = (x.T)_ji: the same with its axes in this order."""
        if tuple(order) == value.layout:
            return value
        shape = tuple(map(value.length, order))
        if len(order) == 2:
            if value.code.op == "suffix" and value.code.text == ".T":
                return Value(value.code.args[0], tuple(order))
            return Value(Code("suffix", (value.code,), ".T", shape=shape), tuple(order))
        axes = ", ".join(str(value.layout.index(i)) for i in order)
        code = call(f"{self.np}.transpose", value.code, shape=shape, after=f"({axes})")
        return Value(code, tuple(order))

    @lowering
    def reduced(self, kind: str, value: Value, bound: Iterable[Index]) -> Value:
        """Σ_i x_ij = np.sum(x, axis=0); the same for np.max and np.min."""
        axes = tuple(p for p, i in enumerate(value.layout) if i in set(bound))
        if not axes:
            return value
        layout = tuple(i for p, i in enumerate(value.layout) if p not in axes)
        if all(i is None for i in layout):
            axes, layout = tuple(range(len(value.layout))), ()
        shape = tuple(S.One if i is None else i.size for i in layout)
        code = Code("reduce", (value.code,), f"{self.np}.{kind}", axes, shape=shape)
        return Value(code, layout)

    def filled(self, value: Code, shape: Sequence[Expr]) -> Code:
        """np.full(shape, value)"""
        after = f"dtype={self.dtype}" if self.dtype else ""
        before = self.size_tuple(shape)
        return call(f"{self.np}.full", value, shape=tuple(shape), before=before, after=after)

    def size_tuple(self, shape: Sequence[Expr]) -> str:
        """A shape as a Python tuple."""
        sizes = [str(self.value(s).code) for s in shape]
        return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"


@lowering
def _kept(code: Code, gaps: tuple[int, ...]) -> Code | None:
    """(Σ_i x_ij)[None] = np.sum(x, axis=0, keepdims=True).

    The code with `keepdims` in the reductions that it is made of; None where it has others.
    """
    if code.op == "reduce":
        if code.keep or gaps != code.axes:
            return None
        shape = list(code.shape)
        for gap in gaps:
            shape.insert(gap, S.One)
        return replace(code, keep=True, shape=tuple(shape))
    if code.op not in (*ELEMENTWISE, "call") or not code.shape:
        return None
    if code.op == "call" and (_along_axes(code) or any(
        a.shape != code.shape for a in code.args if a.shape
    )):
        return None
    if any(a.shape and len(a.shape) != len(code.shape) for a in code.args):
        return None  # the gaps of an operand with fewer axes stand elsewhere
    args = tuple(a if not a.shape else _kept(a, gaps) for a in code.args)
    if not code.args or None in args:
        return None
    found = tuple(a for a in args if a is not None)
    return replace(code, args=found, shape=next(a.shape for a in found if a.shape))


def _along_axes(code: Code) -> bool:
    """Whether a call that keeps the shape is not elementwise, so that its axes have a meaning."""
    name = code.text.partition("(")[0]
    return name.endswith(".cumsum") or any(f in name for f in _OF_AXES)


def _gaps(layout: Layout) -> tuple[int, ...]:
    return tuple(p for p, i in enumerate(layout) if i is None)

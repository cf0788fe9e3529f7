"""Elements with subscripts as parts of arrays: slices, views in another shape, windows, gathers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from sympy import Add, Expr, Mul, S

from symbackprop.algebra.nodes import (
    Delta,
    Element,
    Gather,
    Index,
    Position,
    Quotient,
    Remainder,
)
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.subscripts import at_least, canonical, indices_of, positions, solved
from symbackprop.emit.numpy.code import Code, atom, call, operate
from symbackprop.emit.numpy.layout import Layouts, Value


@dataclass(frozen=True)
class _Axis:
    """One axis of an array: its size and the subscript there; None for an axis of size 1."""

    size: Expr
    subscript: Expr | None

    @property
    def whole(self) -> bool:
        """Whether the subscript is an index that runs over the axis."""
        return isinstance(self.subscript, Index) and self.subscript.size == self.size

    @property
    def inside(self) -> bool:
        """Whether the subscript is within the axis whatever its indices are."""
        u = self.subscript
        return u is not None and bool(at_least(u, S.One)) and bool(at_least(self.size, u))


class Positions(Layouts):
    """Adds elements and positions to the lowering."""

    def element(self, expr: Element) -> Value:
        """The code of an element of an array, over the indices in its subscripts."""
        array, rest = expr.array, iter(expr.indices)
        axes = [_Axis(s, None if s == 1 else next(rest)) for s in array.shape]
        code = atom(self.array(array), array.shape)
        if all(a.whole or a.subscript is None for a in axes):
            return self._plain(code, axes)
        code, axes = self._reshaped(code, axes)
        code, axes = self._windowed(code, axes)
        if all(a.subscript is None or _as_slice(a, axes) is not None for a in axes):
            return self._sliced(code, axes)
        return self._gathered(code, axes)

    def _plain(self, code: Code, axes: Sequence[_Axis]) -> Value:
        layout = tuple(a.subscript if isinstance(a.subscript, Index) else None for a in axes)
        labels = tuple(i for i in layout if i is not None)
        found = Value(code, layout)
        return found if len(set(labels)) == len(labels) else self.repeated_index(found)

    def repeated_index(self, value: Value) -> Value:
        """x_ii"""
        raise NotImplementedError

    @lowering
    def _reshaped(self, code: Code, axes: list[_Axis]) -> tuple[Code, list[_Axis]]:
        """x[P(g-1) + p] = x.reshape(G, P)[g, p], and the other way round."""
        new: list[_Axis] = []
        for axis in _merged(axes):
            new += _split(axis)
        if len(new) == len(axes) and all(a.size == b.size for a, b in zip(axes, new, strict=True)):
            return code, axes
        shape = tuple(a.size for a in new)
        text = ", ".join(str(self.value(s).code) for s in shape)
        return Code("suffix", (code,), f".reshape({text})", shape=shape), new

    def _windowed(self, code: Code, axes: list[_Axis]) -> tuple[Code, list[_Axis]]:
        """x[i + j - 1] of an axis as two axes, over i and j."""
        for place, axis in enumerate(axes):
            pair = _window(axis, axes)
            if pair is not None:
                start, width = pair
                return self._windowed(*self._window(code, axes, place, start, width))
        return code, axes

    @lowering
    def _window(
        self, code: Code, axes: list[_Axis], place: int, start: Index, width: Index
    ) -> tuple[Code, list[_Axis]]:
        """x[i + j - 1] = sliding_window_view(x, n)[i, j], for j in 1..n"""
        first = _Axis(canonical(axes[place].size - width.size + 1), start)
        axes = [*axes[:place], first, *axes[place + 1 :], _Axis(width.size, width)]
        after = str(self.value(width.size).code)
        after += f", axis={place}" if len(axes) > 2 else ""
        name = f"{self.np}.lib.stride_tricks.sliding_window_view"
        return call(name, code, shape=tuple(a.size for a in axes), after=after), axes

    @lowering
    def _sliced(self, code: Code, axes: Sequence[_Axis]) -> Value:
        """x[2i - 1] = x[0:2m:2]; x[1] has the axis no more."""
        slices = [(":", False) if a.subscript is None else self._slice(a) for a in axes]
        entries = [entry for entry, _ in slices]
        kept = [a for a in axes if a.subscript is None or indices_of(a.subscript)]
        layout = tuple(None if a.subscript is None else next(iter(indices_of(a.subscript)))
                       for a in kept)
        while entries and entries[-1] == ":":
            entries.pop()
        shape = tuple(S.One if i is None else i.size for i in layout)
        if entries:
            code = Code("index", (code,), ", ".join(entries), shape=shape)
        turned = ["::-1" if back else ":" for (_, back), a in zip(slices, axes, strict=True)
                  if a in kept]  # fmt: skip
        if "::-1" in turned:
            code = Code("index", (code,), ", ".join(turned), shape=shape)
        labels = [i for i in layout if i is not None]
        found = Value(code, layout)
        return found if len(set(labels)) == len(labels) else self.repeated_index(found)

    def _slice(self, axis: _Axis) -> tuple[str, bool]:
        """The entry for an axis, and whether what it gives is to be turned round."""
        if axis.whole:
            return ":", False
        u = axis.subscript
        assert u is not None
        if not indices_of(u):
            return (self._text(canonical(u - 1)) if u != axis.size else "-1"), False
        (b,) = indices_of(u)
        found = solved(u, b)
        assert found is not None
        step = int(found[0])
        first = canonical(u.xreplace({b: S.One}) - 1)
        last = canonical(u.xreplace({b: b.size}) - 1)
        if step > 0:
            return self._upwards(axis, first, last, step), False
        gap = canonical(axis.size - first)
        begin = "" if gap == 1 else f"-{gap}" if gap.is_Integer else self._text(first)
        # A start or an end of -1 would be the last position.
        if not (gap.is_Integer or at_least(first, S.Zero)) or not (
            last == 0 or at_least(last, S.One)
        ):
            return self._upwards(axis, last, first, -step), True
        end = "" if last == 0 else self._text(canonical(last - 1))
        return f"{begin}:{end}:{step}", False

    def _upwards(self, axis: _Axis, first: Expr, last: Expr, step: int) -> str:
        stop = canonical(last + 1)
        gap = canonical(axis.size - stop)
        end = "" if gap.is_Integer and gap < step else self._text(stop)
        if end and gap.is_Integer and not stop.is_Integer:
            end = f"-{gap}"
        return f"{'' if first == 0 else self._text(first)}:{end}" + (f":{step}" if step > 1 else "")

    def _text(self, size: Expr) -> str:
        return str(self.value(size).code)

    @lowering
    def _gathered(self, code: Code, axes: Sequence[_Axis]) -> Value:
        """x[n, labels[n]] = x[np.arange(N), labels]; a position outside the axis is clipped."""
        taken = {p for p, a in enumerate(axes) if a.subscript is not None and not a.whole}
        moving = frozenset().union(*(indices_of(axes[p].subscript or S.Zero) for p in taken))
        taken |= {p for p, a in enumerate(axes) if a.whole and a.subscript in moving}
        taken |= {p for p in range(min(taken), max(taken)) if axes[p].subscript is not None}
        taken = set(range(min(taken), max(taken) + 1))
        places = {p: self._clipped(axes[p]) for p in sorted(taken)}
        common = self.target(places.values())
        before = [a.subscript for a in axes[: min(taken)]]
        after = [a.subscript for a in axes[max(taken) + 1 :]]
        layout = (*_labels(before), *common, *_labels(after))
        entries = ["%s" if p in taken else ":" for p in range(len(axes))]
        while entries[-1] == ":":
            entries.pop()
        codes = [self.aligned(v, common) for _, v in sorted(places.items())]
        shape = tuple(S.One if i is None else i.size for i in layout)
        found = Value(Code("take", (code, *codes), ", ".join(entries), shape=shape), layout)
        labels = [i for i in layout if i is not None]
        return found if len(set(labels)) == len(labels) else self.repeated_index(found)

    def _clipped(self, axis: _Axis) -> Value:
        if axis.subscript is None:
            return Value(atom("0"))
        found = self.position(axis.subscript)
        if axis.inside:
            return found
        after = f"0, {self._text(canonical(axis.size - 1))}"
        code = call(f"{self.np}.clip", found.code, shape=found.code.shape, after=after)
        return Value(code, found.layout)

    def position(self, u: Expr) -> Value:
        """The positions that a subscript names, as NumPy counts them: from 0."""
        u = canonical(u)
        if isinstance(u, Index):
            return self._arange(u)
        if isinstance(u, Gather):
            return self.value(u.element)
        if isinstance(u, Quotient | Remainder):
            return self._in_blocks(u)
        if not positions(u):
            return Value(self.value(canonical(u - 1)).code)
        return self._affine(u)

    @lowering
    def _arange(self, index: Index) -> Value:
        """i = 1, ..., n are the positions np.arange(n)"""
        after = self._text(index.size)
        return Value(call(f"{self.np}.arange", shape=(index.size,), after=after), (index,))

    @lowering
    def _in_blocks(self, u: Quotient | Remainder) -> Value:
        """⌈k/P⌉ is the position k // P, the place of k in its block k % P"""
        inner, size = self.position(u.args[0]), self.value(u.args[1]).code
        op = "//" if isinstance(u, Quotient) else "%"
        return Value(operate(op, inner.code, size), inner.layout)

    @lowering
    def _affine(self, u: Expr) -> Value:
        """c i + d is the position c i' + (c + d - 1), where i' = i - 1"""
        values: list[Value] = []
        signs: list[str] = []
        offset: Expr = S.NegativeOne
        for term in Add.make_args(u):
            factors = Mul.make_args(term)
            place = next((f for f in factors if isinstance(f, Index | Position)), None)
            if place is None:
                offset += term
                continue
            share = Mul(*(f for f in factors if f != place))
            offset += share
            minus = share.could_extract_minus_sign()
            signs.append("-" if minus else "+")
            found, factor = self.position(place), -share if minus else share
            if factor != 1:
                found = Value(operate("*", self.value(factor).code, found.code), found.layout)
            values.append(found)
        offset = canonical(offset)
        order = sorted(range(len(values)), key=lambda n: signs[n] == "-")
        number = None if offset == 0 else offset

        def build(*codes: Code) -> Code:
            total: Code | None = None
            if signs[order[0]] == "-" and number is not None:
                total = self.value(number).code
            for n in order:
                if total is None:
                    negated = Code("neg", (codes[n],), shape=codes[n].shape)
                    total = codes[n] if signs[n] == "+" else negated
                else:
                    total = operate(signs[n], total, codes[n])
            assert total is not None
            if number is None or signs[order[0]] == "-":
                return total
            negative = number.could_extract_minus_sign()
            shift = self.value(-number if negative else number).code
            return operate("-" if negative else "+", total, shift)

        return self.elementwise(build, values)

    @lowering
    def same_position(self, delta: Delta) -> Value:
        """δ(j, u) is np.arange(n) == u"""
        return self.elementwise(
            lambda a, b: operate("==", a, b), [self.position(u) for u in delta.indices]
        )


def _labels(subscripts: Sequence[Expr | None]) -> list[Index | None]:
    return [i if isinstance(i, Index) else None for i in subscripts]


def _as_slice(axis: _Axis, axes: Sequence[_Axis]) -> bool | None:
    """Whether the subscript is one that a slice or an integer can stand for."""
    u = axis.subscript
    if u is None or not axis.inside:
        return None
    used = indices_of(u)
    if len(used) > 1 or u.atoms(Quotient, Remainder, Gather):
        return None
    if not used:
        return True
    (b,) = used
    found = solved(u, b)
    return True if found is not None and found[0].is_Integer else None


def _merged(axes: Sequence[_Axis]) -> list[_Axis]:
    """Neighbouring axes whose subscripts are the block and the place in it as one axis."""
    found = list(axes)
    place = 0
    while place + 1 < len(found):
        one, two = found[place], found[place + 1]
        if one.subscript is not None and two.subscript is not None and (
            one.subscript.has(Quotient, Remainder) and two.subscript.has(Remainder)
        ):
            flat = canonical(two.size * (one.subscript - 1) + two.subscript)
            if flat.count(Remainder) < one.subscript.count(Remainder) + two.subscript.count(
                Remainder
            ):
                found[place : place + 2] = [_Axis(canonical(one.size * two.size), flat)]
                place = max(0, place - 1)
                continue
        place += 1
    return found


def _split(axis: _Axis) -> list[_Axis]:
    """The axis as one axis for each index of P(g-1) + p, if they make up the whole of it."""
    u = axis.subscript
    if u is None or isinstance(u, Index) or u.atoms(Position):
        return [axis]
    parts: list[tuple[Expr, Index]] = []
    for b in indices_of(u):
        found = solved(u, b)
        if found is None:
            return [axis]
        parts.append((found[0], b))
    stride: Expr = S.One
    order: list[Index] = []
    while parts:
        step = next((p for p in parts if canonical(p[0] - stride) == 0), None)
        if step is None:
            return [axis]
        parts.remove(step)
        order.insert(0, step[1])
        stride = canonical(stride * step[1].size)
    first = u.xreplace({b: S.One for b in order})
    if len(order) < 2 or canonical(first - 1) != 0 or canonical(stride - axis.size) != 0:
        return [axis]
    return [_Axis(b.size, b) for b in order]


def _window(axis: _Axis, axes: Sequence[_Axis]) -> tuple[Index, Index] | None:
    """(i, j) for the subscript i + j - 1 of an axis of size |i| + |j| - 1, not used elsewhere."""
    u = axis.subscript
    if u is None or u.atoms(Position) or len(indices_of(u)) != 2:
        return None
    i, j = sorted(indices_of(u), key=lambda b: (b.size.is_Add is not True, str(b)))
    if canonical(u - i - j + 1) != 0 or canonical(i.size + j.size - 1 - axis.size) != 0:
        return None
    elsewhere = reduce(
        frozenset.union, (indices_of(a.subscript) for a in axes
                          if a is not axis and a.subscript is not None), frozenset[Index]())
    return None if {i, j} & elsewhere else (i, j)



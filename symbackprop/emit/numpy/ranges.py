"""Conditions on indices: a part of the axis with zeros around it, two parts side by side."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import And, Basic, Expr, S

from symbackprop.algebra.nodes import Index, fresh_index
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.subscripts import at_least, canonical, never_negative
from symbackprop.algebra.trees import rename
from symbackprop.algebra.within import Range, range_of
from symbackprop.emit.numpy.code import Code, call
from symbackprop.emit.numpy.layout import Value
from symbackprop.emit.numpy.positions import Positions


def joined_ranges(
    conditions: Sequence[Basic], facts: frozenset[Expr] = frozenset()
) -> tuple[list[Range], list[Basic]]:
    """One range for each index that has some, and the conditions that are no ranges."""
    found: dict[Index, tuple[Expr, Expr]] = {}
    rest: list[Basic] = []
    flat = [c for x in conditions for c in (x.args if isinstance(x, And) else (x,))]
    for condition in flat:
        one = range_of(condition)
        if one is None:
            rest.append(condition)
            continue
        k, first, last = one
        low, high = found.get(k, (S.One, k.size))
        best_low = _larger(low, first, facts)
        best_high = _larger(-high, -last, facts)
        if best_low is None or best_high is None:
            rest.append(condition)
        else:
            found[k] = best_low, canonical(-best_high)
    good: list[Range] = []
    bad: list[Range] = []
    for k, (low, high) in found.items():
        (good if at_least(high, low - 1, facts) and at_least(low, S.One, facts)
         and at_least(k.size, high, facts)
         else bad).append((k, low, high))
    if bad:
        names = {k for k, _, _ in bad}
        rest += [c for c in flat if (r := range_of(c)) is not None and r[0] in names]
    return good, rest


def _larger(u: Expr, v: Expr, facts: frozenset[Expr]) -> Expr | None:
    if never_negative(canonical(u - v), facts):
        return u
    return v if never_negative(canonical(v - u), facts) else None


class Ranges(Positions):
    """Adds conditions on indices to the lowering."""

    def product(self, factors: Sequence[Expr]) -> Value:
        """The code of a product."""
        raise NotImplementedError

    def in_range(self, condition: Range, factors: Sequence[Expr]) -> Value | None:
        """[a <= k <= b] f_k; None where f does not depend on k, or k is no axis of f."""
        k, first, last = condition
        part = fresh_index(canonical(last - first + 1)) if first != last else None
        if part is None:
            return None
        self.stands_for(part, k)
        moved = {k: canonical(part + first - 1)}
        value = self.product([rename(f, moved) for f in factors])
        if part not in value.labels:
            return None
        return self._padded(value, part, condition)

    @lowering
    def _padded(self, value: Value, part: Index, condition: Range) -> Value:
        """[a <= k <= b] f_k = np.pad(f[a:b], (a - 1, n - b))"""
        k, first, last = condition
        before, after = canonical(first - 1), canonical(k.size - last)
        none = "(0, 0)"
        pair = f"({self._text(before)}, {self._text(after)})"
        widths = [pair if i == part else none for i in value.layout]
        text = pair if len(widths) == 1 else f"({', '.join(widths)})"
        layout = tuple(k if i == part else i for i in value.layout)
        shape = tuple(S.One if i is None else i.size for i in layout)
        return Value(call(f"{self.np}.pad", value.code, shape=shape, after=text), layout)

    def side_by_side(self, condition: Basic, u: Expr, v: Expr) -> Value | None:
        """where(k <= a, u_k, v_k), None where the condition is no such range."""
        found = range_of(condition)
        if found is None:
            return None
        k, first, last = found
        if first == 1 and last != k.size:
            parts = [(S.One, last, u), (canonical(last + 1), k.size, v)]
        elif last == k.size and first != 1:
            parts = [(S.One, canonical(first - 1), v), (first, k.size, u)]
        else:
            return None
        if not all(at_least(high, low - 1, self.facts) for low, high, _ in parts):
            return None
        for place in (0, 1):
            low, high, f = parts[1 - place]
            if parts[place][2] == 0:
                return self.in_range((k, low, high), [f])
        return self.parts_in_order(k, parts)

    def parts_in_order(
        self, k: Index, parts: Sequence[tuple[Expr, Expr, Expr]]
    ) -> Value | None:
        """The values on ranges of an index, one behind the other; None if they leave gaps."""
        rest = list(parts)
        ordered = []
        start: Expr = S.One
        while rest:
            found = next((p for p in rest if canonical(p[0] - start) == 0), None)
            if found is None:
                return None
            rest.remove(found)
            ordered.append(found)
            start = canonical(found[1] + 1)
        if canonical(start - 1 - k.size) != 0 or len(ordered) < 2:
            return None
        values = [self._part(k, low, high, f) for low, high, f in ordered]
        return self._concatenated(values, k)

    def _part(self, k: Index, low: Expr, high: Expr, f: Expr) -> tuple[Value, Expr]:
        size = canonical(high - low + 1)
        if size == 1:
            return self.value(rename(f, {k: low})), size
        part = fresh_index(size)
        self.stands_for(part, k)
        value = self.value(rename(f, {k: canonical(part + low - 1)}))
        layout = tuple(k if i == part else i for i in value.layout)
        return Value(value.code, layout), size

    @lowering
    def _concatenated(self, parts: Sequence[tuple[Value, Expr]], k: Index) -> Value:
        """where(k <= n, x_k, y_(k-n)) = np.concatenate([x, y])"""
        target = self.target([*(v for v, _ in parts), Value(parts[0][0].code, (k,))])
        axis = target.index(k)
        codes = []
        for value, size in parts:
            sizes = [size if i == k else i.size for i in target if i is not None]
            if set(value.labels) == set(target):
                codes.append(self.arranged(value, target))
                continue
            if not value.layout:
                codes.append(self.filled(value.code, sizes))
                continue
            held = set(value.labels) | ({k} if size == 1 else set())
            if held == set(target):
                codes.append(self.arranged(value, tuple(None if i == k else i for i in target)))
                continue
            text, wide = self.size_tuple(sizes), self.aligned(value, target)
            codes.append(call(f"{self.np}.broadcast_to", wide, shape=tuple(sizes), after=text))
        text = f"axis={axis}" if axis else ""
        shape = tuple(i.size for i in target if i is not None)
        listed = Code("list", tuple(codes), shape=shape)
        return Value(call(f"{self.np}.concatenate", listed, shape=shape, after=text), target)

    def stands_for(self, part: Index, k: Index) -> None:
        """Let an index over a part of an axis have the place of the index over all of it."""
        if k in self._rank:
            self._rank[part] = self._rank[k]


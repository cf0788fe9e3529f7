"""Reads a claim in any of its notations, against a setting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from sympy import Expr, Integer

from symbackprop.algebra.nodes import Array, Index, fresh_index
from symbackprop.algebra.subscripts import at_least, indices_of
from symbackprop.claims import syntax as s
from symbackprop.claims import variants
from symbackprop.claims.claim import (
    INDEX,
    LATEX,
    NOTATIONS,
    NUMPY,
    Claim,
    Right,
    notation_of,
    sides_of,
)
from symbackprop.claims.meaning import Meaning
from symbackprop.claims.numpy_claim import expression_of, read_numpy
from symbackprop.claims.parsing import at, parse
from symbackprop.claims.ranges import Slot, Unfit, blocks, free_letters
from symbackprop.claims.resolve import Resolver
from symbackprop.claims.resolved import Letter, Named, Slope
from symbackprop.claims.target import Target, Truth, fresh
from symbackprop.claims.vocabulary import Vocabulary
from symbackprop.errors import InputError, Refused, ShapeError, SymbackpropError, UnknownNameError
from symbackprop.frontend.value import Value, aligned, shown


@dataclass(frozen=True)
class Asked:
    """What was asked besides the claim itself.

    wrt: the array that the gradient is taken in. jacobian: an array and the one it is
    differentiated in. notation: one of NOTATIONS; None to see for oneself.
    """

    wrt: str | None = None
    jacobian: tuple[str, str] | None = None
    notation: str | None = None


def read_claim(text: str, truth: Truth, vocabulary: Vocabulary, asked: Asked) -> Claim:
    """The claim, its right sides as expressions in the arrays of the setting.

    Raises Refused for text that the notations do not have, UnknownNameError and InputError for
    names and indices that have no or no single meaning, ShapeError for shapes that do not fit.
    """
    if asked.notation is not None and asked.notation not in NOTATIONS:
        raise InputError(f"the notation {asked.notation!r} is not known: write one of "
                         f"{', '.join(NOTATIONS)}")  # fmt: skip
    if not text.strip():
        raise Refused("the claim is empty; write y - t, for instance")
    names = list(vocabulary.values)
    if asked.notation == LATEX or (
        asked.notation is None and notation_of(text, names) == LATEX
    ):
        return _Reader(text, truth, vocabulary, asked, LATEX).of_latex()
    left, rights = sides_of(text)
    kinds = [asked.notation or notation_of(r, names) for r in rights]
    kind = INDEX if INDEX in kinds else NUMPY
    return _Reader(text, truth, vocabulary, asked, kind).of_text(left, rights)


def near(
    text: str, truth: Truth, vocabulary: Vocabulary, asked: Asked
) -> Iterator[tuple[str, str, Right, Target]]:
    """Claims that differ by a transpose or exchanged subscripts and that can be read: what was
    changed, how that is written, and the right side."""
    names = list(vocabulary.values)
    latex = (asked.notation or notation_of(text, names)) == LATEX
    left, rights = ("", []) if latex else sides_of(text)
    kinds = {asked.notation or notation_of(r, names) for r in rights}
    notation = LATEX if latex else INDEX if INDEX in kinds else NUMPY
    reader = _Reader(text, truth, vocabulary, asked, notation)
    if notation == NUMPY and len(rights) == 1:
        for new in variants.of_numpy(rights[0]):
            with suppress(SymbackpropError):
                claim = reader._of_numpy(left, [new])
                yield "transpose", new, claim.rights[0], claim.target
        return
    sides = parse(text, latex=True) if latex else (
        *((parse(left, latex=False)[0],) if left else ()),
        *(side for r in rights for side in parse(r, latex=False)),
    )
    if len(sides) > 2 or (len(sides) == 2) != bool(left or latex):
        return
    first, last = (sides[0] if len(sides) == 2 else ()), sides[-1]
    for kind, tree in variants.of_tree(last):
        with suppress(SymbackpropError):
            claim = reader._of_sides(left or text, first, (tree,), [text])
            yield kind, "", claim.rights[0], claim.target


class _Reader:
    """Reads one claim."""

    def __init__(
        self, text: str, truth: Truth, vocabulary: Vocabulary, asked: Asked, notation: str
    ) -> None:
        self.text, self.truth, self.vocabulary = text, truth, vocabulary
        self.asked, self.notation = asked, notation

    def of_latex(self) -> Claim:
        sides = parse(self.text, latex=True)
        pieces = [self.text] * len(sides)
        return self._of_sides(self.text, sides[:-1] and sides[0], sides[1:] or sides, pieces)

    def of_text(self, left: str, rights: list[str]) -> Claim:
        if self.notation == NUMPY:
            return self._of_numpy(left, rights)
        sides = [side for r in rights for side in parse(r, latex=False)]
        first = parse(left, latex=False)[0] if left else ()
        return self._of_sides(left, first, tuple(sides), rights)

    # Index notation.

    def _of_sides(
        self, left_text: str, left: Any, rights: tuple[s.Node, ...], pieces: list[str]
    ) -> Claim:
        latex = self.notation == LATEX
        resolver = Resolver(self.vocabulary, self.text, latex=latex)
        resolver.learn(*((left,) if left else ()), *rights)
        target, places = self._left(left, resolver, left_text) if left else (self._asked(), None)
        claims = []
        for node, piece in zip(rights, pieces[-len(rights) :], strict=True):
            resolved = resolver.resolve(node)
            claims.append(self._right(resolved, target, places, piece, resolver))
        first = tuple(c[0] for c in claims)
        others = tuple(zip(*(c[1:] for c in claims), strict=False)) if len(claims) == 1 else ()
        return Claim(self.text, self.notation, target, first, others)

    def _right(
        self, node: s.Node, target: Target, places: tuple[s.Node, ...] | None, piece: str,
        resolver: Resolver,
    ) -> list[Right]:  # fmt: skip
        """The right side, matched to the axes of the target in every way that is possible."""
        free = free_letters(node)
        meaning = Meaning(self.vocabulary, resolver.refused, self._slope)
        if places is not None:
            lefts = [x for p in places for x in free_letters(p)]
            extra = [x for x in free if x not in lefts]
            if extra:
                own = f"has {', '.join(lefts)}" if lefts else "has no index"
                raise resolver.refused(
                    f"the index {extra[0]} is free on the right, and the left side {own}", s.Node()
                )
            scope = {name: Slot(name) for name in lefts}
            _fix(scope, places, target.axes, meaning)
            for p in places:
                meaning.ranges.note(p, scope)
        else:
            scope = {name: Slot(name) for name in free}
        meaning.ranges.note(node, scope)
        meaning.ranges.settle()
        whole = meaning.whole(node, scope)
        named = {slot.index: name for name, slot in scope.items() if slot.index is not None}
        if not whole.is_scalar:
            if scope and places is None:
                raise resolver.refused(
                    "elements and whole arrays do not mix; give every array its subscripts", node
                )
            return [self._whole(whole.value, target, piece,
                                "vectors side by side are multiplied element by element"
                                if whole.beside else "", places, scope, meaning)]  # fmt: skip
        expr = whole.build(None, None)
        if places is not None:
            at_places = self._positions(places, target, scope, meaning)
            indices = tuple(i for i in named if any(i in indices_of(p) for p in at_places))
            return [self._made(piece, expr, target, at_places, indices, named)]
        ways = _matchings(list(scope.values()), target.axes, free, resolver)
        found = []
        for axes in ways:
            own = tuple(axes.get(k) or fresh_index(size) for k, size in enumerate(target.axes))
            found.append(self._made(piece, expr, target, own, own, named))
        return found

    def _made(
        self, piece: str, expr: Expr, target: Target, places: tuple[Expr, ...],
        indices: tuple[Index, ...], letters: Mapping[Index, str],
    ) -> Right:  # fmt: skip
        truth = self.truth.element(target, places)
        return Right(piece, expr, truth, places, indices, letters)

    def _positions(
        self, places: tuple[s.Node, ...], target: Target, scope: Mapping[str, Slot],
        meaning: Meaning,
    ) -> tuple[Expr, ...]:  # fmt: skip
        found = []
        for place, size in zip(places, target.axes, strict=True):
            u = meaning.position(place, scope, size)
            if at_least(u, Integer(1)) is not True or at_least(size, u) is False:
                raise at(self.text, f"the left side names no element of an axis of size {size}",
                         place.span)  # fmt: skip
            found.append(u)
        return tuple(found)

    def _slope(
        self, of: Array, rows: tuple[Expr, ...], wrt: Array, columns: tuple[Expr, ...]
    ) -> Expr:
        self.truth.check_single(of, wrt)
        return self.truth.slope(of, rows, wrt, columns)

    # Whole arrays.

    def _of_numpy(self, left: str, rights: list[str]) -> Claim:
        target, places = self._asked() if not left else None, None
        if left:
            resolver = Resolver(self.vocabulary, left, latex=False)
            node = parse(left, latex=False)[0]
            resolver.learn(node)
            target, places = self._left(node, resolver, left)
            if places:
                raise Refused(
                    f"the claim: {left!r} has subscripts and the right side has none; write both "
                    "by elements or both whole"
                )
        assert target is not None
        found = []
        for text in rights:
            value = read_numpy(expression_of(text), self.vocabulary.values)
            found.append(self._whole(value, target, text))
        return Claim(self.text, NUMPY, target, tuple(found))

    def _whole(
        self, value: Value, target: Target, piece: str, note: str = "",
        places: tuple[s.Node, ...] | None = None, scope: Mapping[str, Slot] | None = None,
        meaning: Meaning | None = None,
    ) -> Right:  # fmt: skip
        """A claim about a whole array; ShapeError where its shape is another one."""
        if places:
            raise Refused("the claim: the left side has subscripts and the right side is a whole "
                          "array; write both by elements or both whole")  # fmt: skip
        return whole_right(value, target, piece, self.truth, note, self.notation == LATEX)

    # What the claim is about.

    def _asked(self) -> Target:
        names, asked = self.vocabulary, self.asked
        if asked.jacobian is not None:
            of, wrt = (self._forward(n) for n in asked.jacobian)
            return self.truth.table(of, wrt)
        setting = self.truth.setting
        if asked.wrt is not None:
            array = self._forward(asked.wrt)
            names.adjoint(array)
            return self.truth.gradient(array)
        wrt = setting.backward.wrt
        if len(wrt) == 1:
            return self.truth.gradient(wrt[0])
        every = ", ".join(a.name for a in wrt)
        raise InputError(
            f"the claim does not say which gradient it is; give wrt (--wrt), one of {every}, "
            f"or write d{wrt[0].name} = ..."
        )

    def _forward(self, name: str) -> Array:
        array = self.vocabulary.arrays.get(name)
        if array is None or array not in self.vocabulary.forward:
            raise self.vocabulary.unknown(name)
        return array

    def _left(
        self, node: s.Node, resolver: Resolver, text: str
    ) -> tuple[Target, tuple[s.Node, ...] | None]:
        """The target that a left side names, and its subscripts, None where it has none."""
        try:
            resolved = resolver.resolve(node)
        except UnknownNameError as problem:
            raise UnknownNameError(f"{problem} (on the left side)") from None
        if isinstance(resolved, s.Literal):
            raise at(resolver.text, "the derivative of the loss in itself is 1", node.span)
        if isinstance(resolved, Slope):
            return self._left_slope(resolved, resolver)
        base = resolved.base if isinstance(resolved, s.Subscripted) else resolved
        places = resolved.places if isinstance(resolved, s.Subscripted) else None
        array = base.value.value.array if isinstance(base, Named) else None
        if array is None:
            raise resolver.refused(
                "the left side says what is claimed: write da, dL/da, or "
                r"\frac{\partial L}{\partial a_k}", node
            )  # fmt: skip
        target = self._of_array(array)
        if places is not None and len(places) != len(target.axes):
            raise resolver.refused(f"{array.name} has {len(target.axes)} axes", node)
        return target, places

    def _of_array(self, array: Array) -> Target:
        if array in self.vocabulary.forward:
            return self.truth.value(array)
        setting = self.truth.setting
        of = next((d.of for d in setting.drafts if d.adjoint == array), None)
        if of is None:
            raise InputError(f"{array.name} is given (an upstream gradient); there is nothing to "
                             "claim of it")  # fmt: skip
        return self.truth.gradient(of)

    def _left_slope(
        self, node: Slope, resolver: Resolver
    ) -> tuple[Target, tuple[s.Node, ...] | None]:
        sides = []
        for part in (node.of, node.wrt):
            base = part.base if isinstance(part, s.Subscripted) else part
            assert isinstance(base, Named)
            places = part.places if isinstance(part, s.Subscripted) else ()
            array: Array = base.value.value.array
            if places and len(places) != len(array.axes):
                raise resolver.refused(f"{array.name} has {len(array.axes)} axes", part)
            sides.append((array, places))
        (of, rows), (wrt, columns) = sides
        target = self.truth.table(of, wrt)
        given = (*rows, *columns)
        if given and len(given) != len(target.axes):
            raise resolver.refused("give subscripts to both arrays or to none", node)
        return target, given or None


class Misshaped(ShapeError):
    """A claim whose shape is not that of what it is about."""

    def __init__(self, value: Value, target: Target, text: str) -> None:
        super().__init__(f"the claim has the shape {shown(value.shape)}, and what it is about has "
                         f"{shown(target.shape)}")  # fmt: skip
        self.value, self.target, self.text = value, target, text


def whole_right(
    value: Value, target: Target, piece: str, truth: Truth, note: str = "",
    stretched: bool = False,
) -> Right:  # fmt: skip
    """A whole array as a claim about all elements of a target.

    A scalar holds for every element. stretched: so does an array that broadcasting repeats, such
    as a product with a column of ones. Raises Misshaped for another shape.
    """
    shape = value.shape
    indices = fresh(target)
    if shape == target.shape or not shape or (stretched and fits(shape, target.shape)):
        queue = iter(indices)
        at_axes = tuple(None if size == 1 else next(queue) for size in target.shape)
        expr = aligned(value, at_axes[len(at_axes) - len(shape) :] if shape else ())
        if not shape and target.shape:
            note = note or "a scalar, read as the value of every element"
        return Right(piece, expr, truth.element(target, indices), indices, indices, {}, shape,
                     value, note)  # fmt: skip
    raise Misshaped(value, target, piece)


def fits(shape: tuple[Expr, ...], wanted: tuple[Expr, ...]) -> bool:
    """Whether an array is repeated to the shape by broadcasting."""
    own = wanted[len(wanted) - len(shape) :]
    return len(shape) <= len(wanted) and all(
        a in (b, 1) for a, b in zip(shape, own, strict=True)
    )


def _matchings(
    slots: list[Slot], axes: tuple[Expr, ...], free: list[str], resolver: Resolver
) -> list[dict[int, Index]]:
    """The ways to give each free index an axis of its size."""
    if len(slots) > len(axes):
        has = f"has {len(axes)} axes" if axes else "is a scalar"
        raise resolver.refused(
            f"the indices {', '.join(free)} are free, and the gradient {has}; write the left side",
            s.Node(),
        )
    ways = []
    for order in permutations(range(len(axes)), len(slots)):
        if all(axes[k] == slot.size for k, slot in zip(order, slots, strict=True)):
            ways.append({k: slot.index for k, slot in zip(order, slots, strict=True)
                         if slot.index is not None})  # fmt: skip
    if not ways and slots:
        sizes = ", ".join(f"{x.name} over {x.size}" for x in slots)
        raise Unfit(
            f"the claim: the indices ({sizes}) do not fit to the axes ({', '.join(map(str, axes))}) of the "
            "gradient"
        )
    return ways


def _fix(
    scope: Mapping[str, Slot], places: tuple[s.Node, ...], axes: tuple[Expr, ...], meaning: Meaning
) -> None:
    """The sizes of the indices on the left side: of the axis, or of blocks as in (g-1)P+p."""
    for place, size in zip(places, axes, strict=True):
        if isinstance(place, Letter):
            slot = scope[place.name]
            if slot.fixed not in (None, size):
                raise meaning.refused(f"the index {place.name} stands on axes of two sizes", place)
            slot.fixed = size
            continue
        for name, block in blocks(place, size, meaning.position).items():
            scope[name].fixed = block

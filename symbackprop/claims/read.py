"""Reads a claim in any of its notations, against a setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, Integer

from symbackprop.algebra.nodes import Array, Element, Index, fresh_index
from symbackprop.algebra.subscripts import at_least, indices_of
from symbackprop.claims import syntax as s
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
from symbackprop.claims.matching import fix, matchings, whole_right
from symbackprop.claims.meaning import Meaning
from symbackprop.claims.numpy_claim import check_quotients, expression_of, read_numpy
from symbackprop.claims.parsing import at as at_place
from symbackprop.claims.parsing import counted, parse
from symbackprop.claims.ranges import Slot, free_letters
from symbackprop.claims.resolve import Resolver
from symbackprop.claims.resolved import Named, Slope
from symbackprop.claims.target import Target, Truth
from symbackprop.claims.vocabulary import Vocabulary
from symbackprop.errors import InputError, Refused, UnknownNameError
from symbackprop.frontend.shapes import nearest
from symbackprop.frontend.value import Value

_ITSELF = "the right side is what is claimed itself; write it in other arrays, as y - t"


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
    kind, left, rights = parts_of(text, vocabulary, asked)
    reader = ClaimReader(text, truth, vocabulary, asked, kind)
    return reader.of_numpy(left, rights) if kind == NUMPY else reader.of_trees()


def parts_of(text: str, vocabulary: Vocabulary, asked: Asked) -> tuple[str, str, list[str]]:
    """The notation of a claim; its left side and its right sides where it is not LaTeX."""
    names = list(vocabulary.values)
    if (asked.notation or notation_of(text, names)) == LATEX:
        return LATEX, "", []
    left, rights = sides_of(text)
    kinds = {asked.notation or notation_of(r, names) for r in rights}
    return INDEX if INDEX in kinds else NUMPY, left, rights


class ClaimReader:
    """Reads one claim."""

    def __init__(
        self, text: str, truth: Truth, vocabulary: Vocabulary, asked: Asked, notation: str
    ) -> None:
        self.text, self.truth, self.vocabulary = text, truth, vocabulary
        self.asked, self.notation = asked, notation

    def of_trees(self) -> Claim:
        """The claim by elements, as text or LaTeX."""
        sides = parse(self.text, latex=self.notation == LATEX)
        return self.of_sides(sides[0] if len(sides) > 1 else None, sides[1:] or sides)

    # Index notation.

    def of_sides(self, left: s.Node | None, rights: tuple[s.Node, ...]) -> Claim:
        """The claim whose left side, if it has one, and right sides were parsed."""
        latex = self.notation == LATEX
        resolver = Resolver(self.vocabulary, self.text, latex=latex)
        resolver.learn(*((left,) if left else ()), *rights)
        target, places = self._left(left, resolver) if left else (self._asked(), None)
        claims = []
        for node in rights:
            if node == left:
                raise resolver.refused(_ITSELF, node)
            piece = self.text[slice(*node.span)] or self.text
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
            fix(scope, places, target.axes, meaning.positions.of, meaning.refused)
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
            inside = tuple(i for i in named if any(i in indices_of(p) for p in at_places))
            return [self._made(piece, expr, target, at_places, inside, named)]
        ways = matchings(list(scope.values()), target.axes, free, resolver.refused)
        found = []
        for axes in ways:
            at = tuple(axes.get(k) or fresh_index(n) for k, n in enumerate(target.axes))
            found.append(self._made(piece, expr, target, at, at, named))
        return found

    def _made(
        self, piece: str, expr: Expr, target: Target, places: tuple[Expr, ...],
        indices: tuple[Index, ...], letters: Mapping[Index, str],
    ) -> Right:  # fmt: skip
        truth = self.truth.element(target, places)
        return self._told(Right(piece, expr, truth, places, indices, letters), target)

    def _told(self, right: Right, target: Target) -> Right:
        """The right side; Refused where it tells nothing."""
        if right.expr == right.truth and isinstance(right.expr, Element) and target.of is None:
            raise Refused(f"the claim: {_ITSELF}")
        return right

    def _positions(
        self, places: tuple[s.Node, ...], target: Target, scope: Mapping[str, Slot],
        meaning: Meaning,
    ) -> tuple[Expr, ...]:  # fmt: skip
        found = []
        for place, size in zip(places, target.axes, strict=True):
            u = meaning.positions.of(place, scope, size)
            if at_least(u, Integer(1)) is not True or at_least(size, u) is False:
                message = f"the left side names no element of an axis of size {size}"
                raise at_place(self.text, message, place.span)
            found.append(u)
        return tuple(found)

    def _slope(
        self, of: Array, rows: tuple[Expr, ...], wrt: Array, columns: tuple[Expr, ...]
    ) -> Expr:
        self.truth.check_single(of, wrt)
        return self.truth.slope(of, rows, wrt, columns)

    # Whole arrays.

    def of_numpy(self, left: str, rights: list[str]) -> Claim:
        target, places = self._asked() if not left else None, None
        if left:
            resolver = Resolver(self.vocabulary, left, latex=False)
            node = parse(left, latex=False)[0]
            resolver.learn(node)
            target, places = self._left(node, resolver)
            if places:
                raise Refused(
                    f"the claim: {left!r} has subscripts and the right side has none; write both "
                    "by elements or both whole"
                )
        assert target is not None
        found = []
        for text in rights:
            tree = expression_of(text)
            check_quotients(tree, self.vocabulary.differentials)
            value = read_numpy(tree, self.vocabulary.values)
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
        right = whole_right(value, target, piece, self.truth, note, self.notation == LATEX)
        return self._told(right, target)

    # What the claim is about.

    def _asked(self) -> Target:
        names, asked = self.vocabulary, self.asked
        if asked.jacobian is not None:
            return self.truth.table(*(self._forward(n) for n in asked.jacobian))
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
            names = [a.name for a in self.truth.setting.forward.inputs]
            names += [d.array.name for d in self.truth.setting.forward.definitions]
            raise UnknownNameError(f"there is no array {name!r}{nearest(name, names)}")
        return array

    def _left(
        self, node: s.Node, resolver: Resolver
    ) -> tuple[Target, tuple[s.Node, ...] | None]:
        """The target that a left side names, and its subscripts, None where it has none."""
        try:
            resolved = resolver.resolve(node)
        except UnknownNameError as problem:
            raise UnknownNameError(f"{problem} (on the left side)") from None
        if isinstance(resolved, s.Literal):
            raise resolver.refused("the derivative of the loss in itself is 1", node)
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
            raise resolver.refused(f"{array.name} has {counted(len(target.axes))}", node)
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
        sides: list[tuple[Array, tuple[s.Node, ...]]] = []
        for part in (node.of, node.wrt):
            base = part.base if isinstance(part, s.Subscripted) else part
            assert isinstance(base, Named)
            places = part.places if isinstance(part, s.Subscripted) else ()
            array: Array = base.value.value.array
            if places and len(places) != len(array.axes):
                raise resolver.refused(f"{array.name} has {counted(len(array.axes))}", part)
            sides.append((array, places))
        of, rows = sides[0]
        wrt, columns = sides[1]
        target = self.truth.table(of, wrt)
        given = (*rows, *columns)
        if given and len(given) != len(target.axes):
            raise resolver.refused("give subscripts to both arrays or to none", node)
        return target, given or None

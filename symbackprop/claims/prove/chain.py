"""From one side of an equation to the other: chains of laws that meet in the middle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sympy import Basic, Expr, Symbol

from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.deadline import check_time
from symbackprop.algebra.letters import free_indices, lettered
from symbackprop.algebra.nodes import Array, Element, Index
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import atom, mono
from symbackprop.algebra.reading import Product, product
from symbackprop.algebra.registry import CACHES
from symbackprop.algebra.unevaluated import times
from symbackprop.calculus.fold import Elimination
from symbackprop.calculus.result import Fact
from symbackprop.calculus.simplify import Simplifier
from symbackprop.calculus.stages import Stage
from symbackprop.claims.prove.called import Called, CalledText, names_of_called, opened
from symbackprop.claims.prove.laws import LAWS, MORE, Law, statement
from symbackprop.emit.text_expr import UNICODE
from symbackprop.errors import NotYet

_STEPS = 24  # of one side, at most
COLLECTED = "terms collected"
DEFINITION = "definition"
EXTENDED = "u/v = (u w)/(v w)"
_W = Symbol("w")


@dataclass(frozen=True)
class Link:
    """`before = after`: the law, and what was put in the place of what if it is an equation."""

    before: Expr
    after: Expr
    law: str
    equation: tuple[Expr, Expr] | None = None
    facts: tuple[Fact, ...] = ()

    @property
    def back(self) -> Link:
        """The same read from right to left."""
        return Link(self.after, self.before, self.law, self.equation, self.facts)


@dataclass
class Side:
    """One side of an equation and how it was rewritten so far."""

    links: list[Link]
    now: Expr

    def go(self, after: Expr, law: str, equation: tuple[Expr, Expr] | None = None,
           facts: tuple[Fact, ...] = ()) -> None:  # fmt: skip
        """Add a step, unless it changes nothing that is seen."""
        if key(after) != key(self.now):
            self.links.append(Link(self.now, after, law, equation, facts))
        self.now = after

    @property
    def forms(self) -> list[Expr]:
        """All forms, the given one first."""
        start = self.links[0].before if self.links else self.now
        return [start, *(link.after for link in self.links)]


def chain(
    left: Expr, right: Expr, indices: Sequence[Index], simplifier: Simplifier
) -> list[Link] | None:
    """The steps from the left side to the right one; None where no way was found."""
    sides = Side([], left), Side([], right)
    for side in sides:
        _open(side)
    for laws in (LAWS, MORE):
        for side in sides:
            _rewrite(side, laws)
        found = _met(*sides)
        if found is not None:
            return found
    for side in sides:
        _simplify(side, tuple(indices), simplifier)
    return _met(*sides)


def _open(side: Side) -> None:
    """Put in the definitions of composite functions, one after the other."""
    while names := names_of_called(side.now):
        first = _first(side.now, names[0])
        value = first.value
        side.go(opened(side.now, names[0]), DEFINITION, (first, value))


def _first(expr: Basic, name: str) -> Called:
    stack = [expr]
    while True:
        node = stack.pop(0)
        if isinstance(node, Called):
            if node.name == name:
                return node
            stack.append(node.value)
        else:
            stack.extend(node.args)


def _rewrite(side: Side, laws: Sequence[Law]) -> None:
    seen = {key(side.now)}
    for _ in range(_STEPS):
        for law in laws:
            check_time()
            new = law(side.now)
            if key(new) not in seen:
                seen.add(key(new))
                side.go(new, statement(law))
                break
        else:
            return


def _simplify(side: Side, indices: tuple[Index, ...], simplifier: Simplifier) -> None:
    """The engine's normal form and the way to its simplest one."""
    try:
        start = normal(side.now)
    except NotYet:
        return
    quick = Arranger(simplifier.rank, indices, quick=True)
    state = simplifier.simplify(start, indices)
    side.go(quick.arrange(start), COLLECTED)
    for n, stage in enumerate(state.path):
        last = n == len(state.path) - 1 and stage.poly == state.poly
        after = state.expr if last else quick.arrange(stage.poly)
        law, equation = _told(stage, simplifier)
        side.go(after, law, equation, stage.facts)
    side.go(state.expr, COLLECTED)


def _told(stage: Stage, simplifier: Simplifier) -> tuple[str, tuple[Expr, Expr] | None]:
    why = stage.why
    if isinstance(why, Elimination):
        arrange = Arranger(simplifier.rank).arrange
        return "with one denominator", (arrange(atom(why.kernel, why.exponent)),
                                        arrange(why.replacement))  # fmt: skip
    return str(why), None


def _met(left: Side, right: Side) -> list[Link] | None:
    """The way from one side to the other through a form that both have, the shortest such way;
    else one with a step between two fractions, of which the last ones are taken."""
    ones, twos = left.forms, right.forms
    pairs = [(i, j) for i in range(len(ones)) for j in range(len(twos))]
    for i, j in sorted(pairs, key=lambda p: (sum(p), p)):
        if order(ones[i]) == order(twos[j]):
            return _joined(left.links[:i], right.links[:j], ones[i], twos[j])
    for i, j in sorted(pairs, key=lambda p: (-sum(p), p)):
        w = _extended(ones[i], twos[j])
        if w is not None:
            link = Link(ones[i], twos[j], COLLECTED) if w == 1 else Link(
                ones[i], twos[j], EXTENDED, (_W, w))  # fmt: skip
            return [*left.links[:i], link, *(x.back for x in reversed(right.links[:j]))]
    return None


def _joined(left: list[Link], right: list[Link], one: Expr, two: Expr) -> list[Link]:
    """Both ways put together; another order of terms is no step of its own."""
    back = [x.back for x in reversed(right)]
    if key(one) != key(two):
        if left:
            left = [*left[:-1], replace(left[-1], after=two)]
        elif back:
            back = [replace(back[0], before=one), *back[1:]]
        else:
            return [Link(one, two, COLLECTED)]
    links = [*left, *back]
    merged: list[Link] = []
    for link in links:
        if merged and link.law == merged[-1].law == COLLECTED:
            merged[-1] = replace(merged[-1], after=link.after)
        else:
            merged.append(link)
    return merged


def _extended(one: Expr, two: Expr) -> Expr | None:
    """w, where one = u/v and two = (u w)/(v w)."""
    a, b = product(one), product(two)
    if not a.denominator or not b.denominator:
        return None
    try:
        tops, bottoms = ([normal(_part(x, above)) for x in (a, b)] for above in (True, False))
    except NotYet:
        return None
    for m, c in tops[1].terms.items():
        for n, d in tops[0].terms.items():
            w = mono(m, Fraction(c) / Fraction(d)) * mono((a, -e) for a, e in n)
            if tops[0] * w == tops[1] and bottoms[0] * w == bottoms[1]:
                return Arranger(lambda _: 0).arrange(w)
    return None


def _part(read: Product, above: bool) -> Expr:
    if not above:
        return times(*read.denominator)
    return times(-read.coefficient if read.negative else read.coefficient, *read.numerator)


_keys: dict[Basic, str] = {}
CACHES.append(_keys.clear)


def key(expr: Expr) -> str:
    """How an expression looks, up to the names of bound indices."""
    if expr not in _keys:
        _keys[expr] = CalledText(UNICODE).show(_named(expr))
    return _keys[expr]


def order(expr: Expr) -> object:
    """Equal for expressions that are alike but for the order of terms and factors."""
    return _sorted(_named(expr))


def _named(expr: Expr) -> Basic:
    free = tuple(dict.fromkeys(free_indices(expr)))
    found: Basic = lettered(expr, (), frozenset(i.name for i in free))[1]
    return found


def _sorted(expr: Basic) -> object:
    if isinstance(expr, Element | Index | Array) or not expr.args:
        return str(expr)
    if expr.is_Mul or expr.is_Add:
        parts = [p for a in expr.args for p in (a.args if a.func == expr.func else (a,))]
        return expr.func.__name__, tuple(sorted(repr(_sorted(a)) for a in parts))
    return type(expr).__name__, tuple(repr(_sorted(a)) for a in expr.args)

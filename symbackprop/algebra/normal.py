"""From SymPy trees of index notation to the normal form, and substitution in normal forms."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sympy import Add, Basic, Expr, Mul, Pow, Rational, Symbol
from sympy.core.numbers import Exp1, NumberSymbol
from sympy.core.relational import (
    Equality,
    GreaterThan,
    LessThan,
    StrictGreaterThan,
    StrictLessThan,
    Unequality,
)
from sympy.logic.boolalg import And, Boolean, BooleanFalse, BooleanTrue, Not, Or

from symbackprop.algebra.functions import TABLE
from symbackprop.algebra.nodes import (
    Delta,
    Element,
    IndexMax,
    IndexProduct,
    IndexSum,
    Iverson,
    MatrixFunction,
    Maximum,
    Minimum,
    Position,
    Reduction,
    Where,
    fresh_index,
)
from symbackprop.algebra.poly import (
    ONE,
    ZERO,
    Atom,
    Node,
    Number,
    Poly,
    add,
    atom,
    kinds_of,
    mono,
    number,
    ratio,
)
from symbackprop.algebra.positions import integer
from symbackprop.algebra.powers import power, power_of_sum
from symbackprop.algebra.registry import CACHES
from symbackprop.algebra.sums import build, opened
from symbackprop.algebra.trees import rename
from symbackprop.errors import NotYet

_cache: dict[Basic, Poly] = {}
CACHES.append(_cache.clear)

FUNCTIONS: dict[type, str] = {
    **{f.cls: f.head for f in TABLE},
    Where: "where", Maximum: "maximum", Minimum: "minimum", Iverson: "iverson",
    And: "and", Or: "or", Not: "not",
}  # fmt: skip
_REDUCTIONS: dict[type, str] = {IndexSum: "sum", IndexProduct: "prod", IndexMax: "max"}
_RELATIONS: dict[type, tuple[str, bool]] = {
    StrictGreaterThan: ("gt", False), StrictLessThan: ("gt", True), GreaterThan: ("ge", False),
    LessThan: ("ge", True), Equality: ("eq", False), Unequality: ("ne", False),
}  # fmt: skip


def normal(expr: Basic) -> Poly:
    """The normal form of an index expression.

    Raises NotYet for a function or a power without a law.

    >>> from sympy import exp
    >>> from symbackprop.algebra.nodes import Array, Index, size_symbol
    >>> n = size_symbol("n"); k = Index("k", n); a = Array("a", (n,))[k,]
    >>> normal(exp(2*a, evaluate=False) / exp(a))
    1*exp(1*a[k])
    """
    found = _cache.get(expr)
    if found is None:
        found = _cache[expr] = _normal(expr)
    return found


def _normal(expr: Basic) -> Poly:
    if isinstance(expr, Rational):
        return number(ratio(int(expr.p), int(expr.q)))
    if isinstance(expr, Element | Delta | MatrixFunction):
        return atom(expr)
    if isinstance(expr, Add):
        return add(normal(a) for a in expr.args)
    if isinstance(expr, Mul):
        return _product([normal(a) for a in expr.args])
    if isinstance(expr, Pow):
        return _power(*expr.args)
    if isinstance(expr, Reduction):
        # The bound indices of an arranged normal form have the names that a sum within it gets.
        apart = {b: fresh_index(b.size) for b in expr.bound if b.name.startswith("\u00b7")}
        body, bound = normal(rename(expr.body, apart)), tuple(apart.get(b, b) for b in expr.bound)
        return build(_REDUCTIONS[type(expr)], (body,), bound)
    if isinstance(expr, BooleanTrue | BooleanFalse):
        return ONE if expr else ZERO
    if isinstance(expr, Exp1):
        return build("exp", (ONE,))
    if isinstance(expr, NumberSymbol):
        return atom(expr)
    if isinstance(expr, Symbol | Position):
        return integer(expr)
    head = FUNCTIONS.get(expr.func)
    if head is not None:
        return build(head, tuple(normal(a) for a in expr.args))
    relation = _RELATIONS.get(expr.func)
    if relation is not None:
        sides = tuple(normal(a) for a in expr.args)
        return build(relation[0], sides[::-1] if relation[1] else sides)
    kind = "a condition" if isinstance(expr, Boolean) else "a function"
    raise NotYet(f"{expr.func.__name__}: {kind} without a law")


def _product(factors: list[Poly]) -> Poly:
    """A product; a sum among other factors that are not numbers is kept whole as a base."""
    whole = sum(f.constant is None for f in factors) > 1
    result = ONE
    for f in factors:
        result = result * (power_of_sum(f, 1) if whole and len(f) > 1 else f)
    return result


def _power(base: Expr, exponent: Expr) -> Poly:
    inner = normal(base)
    q = normal(exponent).constant
    if base == Exp1() or q is None:
        return build("exp", (_product([build("log", (inner,)), normal(exponent)]),))
    return power(inner, q)


Replacement = Callable[[Atom], Poly | None]


def substitute(
    p: Poly,
    replace: Replacement,
    exponent: int = 1,
    only: Collection[object] | None = None,
) -> Poly:
    """Replace atoms everywhere, also inside nodes, and bring the result to normal form.

    replace: the polynomial that takes an atom's place, or None to look inside it. An atom that is
    its own replacement is left whole. exponent: the power of the atom that is replaced; powers
    that are not multiples of it stay. only: the kinds of atoms that may be replaced, if that is
    known; what holds none of them is left alone.
    """
    return _Substitution(replace, exponent, only).apply(p)


@dataclass(frozen=True)
class _New:
    """What takes an atom's place: `value` for its power `exponent`.

    direct: it is the atom itself that is replaced, not something inside it.
    """

    value: Poly
    exponent: int
    direct: bool

    def raised(self, e: Number) -> Poly | None:
        """What takes the place of atom**e; None where that power stays."""
        if self.direct:
            if self.exponent > 1 and e % self.exponent:
                return None
            e = ratio(e, self.exponent)
            if len(self.value) > 1 and e in (1, 2, 3):  # multiplied out, to meet other terms
                product = self.value
                for _ in range(int(e) - 1):
                    product = product * self.value
                return product
        return power_of_sum(self.value, e) if len(self.value) > 1 else power(self.value, e)


class _Substitution:
    def __init__(
        self, replace: Replacement, exponent: int, only: Collection[object] | None
    ) -> None:
        self._replace = replace
        self._exponent = exponent
        self._only = only
        self._memo: dict[Atom, _New | None] = {}

    def apply(self, p: Poly) -> Poly:
        total: list[Poly] = []
        changed = False
        for m, c in p.terms.items():
            product = mono((), c)
            kept = []
            for a, e in m:
                new = self._new(a)
                raised = None if new is None else new.raised(e)
                if raised is None:
                    kept.append((a, e))
                else:
                    changed = True
                    product = product * raised
            total.append(product * mono(kept))
        return add(total) if changed else p

    def _new(self, a: Atom) -> _New | None:
        """What takes the place of an atom; None where nothing in it changes."""
        if self._only is not None:
            held = kinds_of(a)
            if all(k not in held for k in self._only):
                return None
        if a not in self._memo:
            value = self._replace(a)
            if value is None:
                inside = self._inside(a)
                self._memo[a] = None if inside is None else _New(inside, 1, False)
            else:
                itself = value.single() == (frozenset(((a, 1),)), 1)
                self._memo[a] = None if itself else _New(value, self._exponent, True)
        return self._memo[a]

    def _inside(self, a: Atom) -> Poly | None:
        if not isinstance(a, Node):
            return None
        if a.bound:
            body, bound = opened(a)
            inner = self.apply(body)
            return None if inner is body else build(a.head, (inner,), bound)
        sides = _Exactly(self) if a.head in ("eq", "ne") else self
        args = tuple(sides.apply(p) for p in a.args)
        if args == a.args:
            return None
        return args[0] if a.head == "base" else build(a.head, args)


class _Exactly(_Substitution):
    """Substitution inside an equality, where only a maximum gives way to its name.

    An equality such as [u_j = max u] holds in floating point because both sides are the same
    numbers. It would not hold for numbers that are only equal in exact arithmetic. Powers are left
    alone: L = M^2 gives M in [u_j = M] no other name.
    """

    def __init__(self, outer: _Substitution) -> None:
        def replace(a: Atom) -> Poly | None:
            named = outer._exponent == 1 and isinstance(a, Node) and a.head == "max"
            value = outer._replace(a) if named else None
            same = value is not None and any(value in (atom(b), -atom(b)) for b in value.atoms()
                                             if isinstance(b, Element))  # fmt: skip
            return value if same else None

        super().__init__(replace, 1, outer._only)

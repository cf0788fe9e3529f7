"""Subscripts: integers such as i + 1, (g - 1) P + p or the position that a label names.

An index ranges over 1..size. A subscript is an expression in indices, sizes and integers, kept
expanded, so that equal subscripts are equal expressions; what is known of its range decides
whether a position lies within an axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import count
from typing import Any, ClassVar

from sympy import Add, Basic, Expr, Integer, Mul, S, Symbol, cancel

_fresh = count(1)


class Index(Symbol):
    """An index (subscript) with the size of the axis it runs over."""

    __slots__ = ("size",)
    size: Expr
    _table: ClassVar[dict[tuple[str, Expr], Index]] = {}

    def __new__(cls, name: str, size: Expr) -> Index:
        found = cls._table.get((name, size))
        if found is None:
            found = Symbol.__xnew__(cls, name, integer=True, positive=True)
            found.size = size
            cls._table[name, size] = found
        return found

    def __getnewargs_ex__(self) -> Any:
        return (self.name, self.size), {}

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self.size)


def fresh_index(size: Expr) -> Index:
    """A new index over an axis of this size, whose name nothing else has."""
    index = Symbol.__xnew__(Index, f"_{next(_fresh)}", integer=True, positive=True)
    index.size = size
    return index  # type: ignore[no-any-return]


class Position(Expr):
    """A subscript that is no sum or product of others."""

    is_commutative = True
    is_integer = True
    is_positive = True
    is_finite = True


class Gather(Position):
    """The position, counted from 1, that an element of an array of integers names."""

    __slots__ = ()

    def __new__(cls, element: Expr, size: Expr) -> Gather:
        return Expr.__new__(cls, element, size)  # type: ignore[no-any-return]

    @property
    def element(self) -> Expr:
        return self.args[0]

    @property
    def size(self) -> Expr:
        return self.args[1]

    def _sympystr(self, printer: Any) -> str:
        return str(self.element)


class Quotient(Position):
    """⌈u / size⌉: the block that position u lies in, of blocks of this size."""

    __slots__ = ()

    def __new__(cls, u: Expr, size: Expr) -> Expr:
        blocks, rest = _by_blocks(u, size)
        if _within(rest, size):
            return blocks + 1
        if _within(rest + size, size):
            return blocks
        return blocks + Expr.__new__(cls, rest, size)


class Remainder(Position):
    """The place of position u in its block: u - size (⌈u / size⌉ - 1)."""

    __slots__ = ()

    def __new__(cls, u: Expr, size: Expr) -> Expr:
        _, rest = _by_blocks(u, size)
        if _within(rest, size):
            return rest
        if _within(rest + size, size):
            return canonical(rest + size)
        return Expr.__new__(cls, rest, size)


def _by_blocks(u: Expr, size: Expr) -> tuple[Expr, Expr]:
    """The whole blocks in the terms of u, and the terms that remain."""
    whole, rest = S.Zero, S.Zero
    for term in Add.make_args(canonical(u)):
        share = divided(term, size)
        if share is None:
            rest += term
        else:
            whole += share
    if size.is_Add:  # 2dn + 2n^2 in blocks of d + n
        fixed = Add(*(t for t in Add.make_args(rest) if not t.is_number and not t.has(Position)
                      and not indices_of(t)))  # fmt: skip
        share = divided(fixed, size) if fixed.is_Add else None
        if share is not None:
            whole, rest = whole + share, rest - fixed
    if size.is_Integer:  # 2i + 5 in blocks of 2: i + 2 blocks, and 1
        constant, moving = rest.as_coeff_Add()
        blocks = (int(constant) - (moving == 0)) // int(size)
        whole, rest = whole + blocks, rest - size * blocks
    if rest == 0:  # position 2P is the last one of block 2
        return whole - 1, size
    return whole, rest


def divided(e: Expr, size: Expr) -> Expr | None:
    """e / size where it is an expression in integers again, else None."""
    # Of d (m - 1) the product is written out: d m - d.
    share = canonical(cancel(e / size) if size.is_Add and e.is_Add else e / size)
    if share.as_numer_denom()[1] != 1 or any(
        isinstance(p, Symbol) and p.exp.is_negative for p in share.atoms() if p.is_Pow
    ):
        return None
    return share


def _within(u: Expr, size: Expr) -> bool:
    return at_least(u, S.One) is True and at_least(size, u) is True


@lru_cache(maxsize=65536)
def canonical(u: Expr) -> Expr:
    """The subscript expanded, with a block and the place in it put together again.

    P ⌈u/P⌉ + R = u + P for the place R of u in blocks of P.
    """
    if isinstance(u, Symbol | Integer | Position):
        return u
    u = _evaluated(u).expand()
    for place in u.atoms(Remainder):
        inner, size = place.args
        share = u.coeff(place)
        block = Expr.__new__(Quotient, inner, size)
        if share != 0 and u.has(block) and (u.coeff(block) - share * size).expand() == 0:
            return canonical(u - share * place - share * size * block + share * (inner + size))
    return u


def _evaluated(u: Expr) -> Expr:
    """Sums and products that were written unevaluated, evaluated."""
    return u.func(*map(_evaluated, u.args)) if isinstance(u, Add | Mul) else u


@lru_cache(maxsize=65536)
def indices_of(u: Basic) -> frozenset[Index]:
    """The indices in a subscript, those of the labels that it gathers included."""
    if isinstance(u, Index):
        return frozenset((u,))
    return frozenset(s for s in u.free_symbols if isinstance(s, Index))


def put(u: Any, mapping: Mapping[Index, Expr]) -> Any:
    """The subscript with subscripts in place of indices."""
    if isinstance(u, Index):
        return mapping.get(u, u)
    if indices_of(u).isdisjoint(mapping):
        return u
    return canonical(u.func(*(_replaced(a, mapping) for a in u.args)))


def _replaced(a: Any, mapping: Mapping[Index, Expr]) -> Any:
    """The same inside an element that is gathered, where the array's own shape stays as it is."""
    if isinstance(a, Index):
        return mapping.get(a, a)
    if not a.args or indices_of(a).isdisjoint(mapping):
        return a
    return a.func(*(_replaced(b, mapping) for b in a.args))


def positions(u: Expr) -> set[Expr]:
    """The indices and other positions that a sum of products is made of."""
    return {f for term in Add.make_args(u) for f in Mul.make_args(term)
            if isinstance(f, Index | Position)}


def is_position(u: Any) -> bool:
    """Whether an expression is an integer made of positions and sizes alone, as i + 1 is."""
    if isinstance(u, Index | Position):
        return True
    if not isinstance(u, Add | Mul):
        return False
    parts = [f for term in Add.make_args(u) for f in Mul.make_args(term)]
    made_of = all(
        isinstance(f, Index | Position | Integer | Add) or type(f) is Symbol for f in parts
    )
    # SymPy's own question comes last: of a long expression of other things it takes milliseconds.
    return made_of and any(isinstance(f, Index | Position) for f in parts) and bool(u.is_integer)


@lru_cache(maxsize=65536)
def bounds(u: Expr) -> tuple[Expr, Expr] | None:
    """The least and the largest value that u can have, in terms of sizes; None if not known."""
    low, high = S.Zero, S.Zero
    for term in Add.make_args(canonical(u)):
        factors = Mul.make_args(term)
        moving = [f for f in factors if isinstance(f, Index | Position)]
        if not moving:
            low, high = low + term, high + term
            continue
        share = Mul(*(f for f in factors if f not in moving))
        ends = _range(moving[0]) if len(moving) == 1 else None
        if ends is None:
            return None
        if never_negative(share):
            low, high = low + share * ends[0], high + share * ends[1]
        elif never_negative(-share):
            low, high = low + share * ends[1], high + share * ends[0]
        else:
            return None
    return low.expand(), high.expand()


def _range(position: Expr) -> tuple[Expr, Expr] | None:
    if isinstance(position, Index | Gather):
        return S.One, position.size
    inner, size = position.args
    if isinstance(position, Remainder):
        return S.One, size
    ends = bounds(inner)
    if ends is None:
        return None
    first, last = (_by_blocks(end, size) for end in ends)
    if not (_within(first[1], size) or first[1] == 0) or not (
        _within(last[1], size) or last[1] == 0
    ):
        return None
    return first[0] + (1 if first[1] != 0 else 0), last[0] + (1 if last[1] != 0 else 0)


@lru_cache(maxsize=65536)
def never_negative(e: Expr, facts: frozenset[Expr] = frozenset()) -> bool:
    """Whether an expression in sizes is >= 0 whatever they are (1 or more), given facts >= 0."""
    if _plainly(e):
        return True
    return any(_plainly(e - f) for f in facts)


def _plainly(e: Expr) -> bool:
    shifted = e.xreplace({s: s + 1 for s in e.free_symbols}).expand()
    return all(c >= 0 for c in shifted.as_coefficients_dict().values())


@lru_cache(maxsize=65536)
def at_least(u: Expr, v: Expr, known: frozenset[Expr] = frozenset()) -> bool | None:
    """Whether u >= v for all values of the indices; None where it depends on them.

    known: expressions in sizes that are 0 or more.
    """
    gap = canonical(u - v)
    ends = bounds(gap)
    if ends is None:
        return None
    sizes = (i.size for i in indices_of(gap))
    facts = known.union(s - 1 for s in sizes if not isinstance(s, Symbol | Integer))
    if never_negative(ends[0], facts):
        return True
    if never_negative(-1 - ends[1], facts):
        return False
    return None


def solved(u: Expr, b: Index) -> tuple[Expr, Expr] | None:
    """`u = c b + rest` with an integer or a size c, as (c, rest); None where b is deeper in u."""
    share = u.coeff(b)
    rest = canonical(u - share * b)
    if share == 0 or b in indices_of(rest) or positions(share):
        return None
    return share, rest

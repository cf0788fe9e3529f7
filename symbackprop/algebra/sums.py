"""Laws of contractions: Σ over bound indices of a polynomial, and canonical bound indices.

Sums are split over +, factors free of the bound index leave the sum, deltas collapse, sums that
share no index come apart, and bound indices get names that depend on their nesting alone: equal
sums are one atom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import permutations, product

from sympy import Expr, Integer, Symbol

from symbackprop.algebra.choices import (
    abs_of,
    bracket,
    comparison,
    function_of,
    larger_or_smaller,
    where_of,
)
from symbackprop.algebra.functions import BY_HEAD
from symbackprop.algebra.nodes import Delta, Element, Index, fresh_index
from symbackprop.algebra.poly import (
    ONE,
    Atom,
    Monomial,
    Node,
    Number,
    Poly,
    add,
    atom,
    atom_free,
    height,
    mono,
    mono_key,
    number,
)
from symbackprop.algebra.powers import exp_of_sum, expand, log_of_product, power, power_of_sum
from symbackprop.algebra.registry import CACHES, law
from symbackprop.errors import NotYet


def size_of(size: Expr) -> Poly:
    """An axis size (a number, a symbol, or a sum or product of them) in normal form."""
    if isinstance(size, Integer):
        return number(int(size))
    if isinstance(size, Symbol):
        return atom(size)
    parts = [size_of(a) for a in size.args]
    if size.is_Add:
        return add(parts)
    if size.is_Mul:
        total = ONE
        for part in parts:
            total = total * part
        return total
    raise NotYet(f"an axis of size {size}: a size is a number, a name, or + and * of them")


def sum_over(p: Poly, bound: tuple[Index, ...]) -> Poly:
    """Σ over the bound indices of p, in normal form.

    >>> from symbackprop.algebra.nodes import Array, Index, size_symbol
    >>> j = Index("j", size_symbol("n"))
    >>> sum_over(number(3), (j,))
    3*n
    """
    return add(_sum_monomial(m, c, bound) for m, c in p.terms.items())


def _sum_monomial(m: Monomial, c: Number, bound: tuple[Index, ...]) -> Poly:
    if not bound:
        return mono(m, c)
    for a, _ in m:
        if isinstance(a, Delta):
            for b in bound:
                if b in a.indices:
                    return delta_under_sum(m, c, a, b, bound)
    inside: list[tuple[Atom, Number]] = []
    outside: list[tuple[Atom, Number]] = []
    bound_set = set(bound)
    for a, e in m:
        (inside if atom_free(a) & bound_set else outside).append((a, e))
    opened = _open_nested(inside)
    if opened is not None:
        factors, more = opened
        return sum_over(factors, bound + more) * mono(outside, c)
    if len(inside) == 1 and inside[0][1] == 1:
        a = inside[0][0]
        if isinstance(a, Node) and a.head == "base":
            return sum_of_sum(a.args[0], bound) * mono(outside, c)
    result = mono(outside, c)
    for factors_, indices in _components(inside, bound):
        result = result * (_closed(factors_, indices) if factors_ else sum_of_one(indices[0]))
    return result


@law
def delta_under_sum(
    m: Monomial, c: Number, delta: Delta, b: Index, bound: tuple[Index, ...]
) -> Poly:
    """Σ_j δ_jk f_j = f_k."""
    (other,) = set(delta.indices) - {b}
    rest = mono(((a, e) for a, e in m if a != delta), c)
    return sum_over(rename(rest, {b: other}), tuple(i for i in bound if i != b))


@law
def sum_of_sum(body: Poly, bound: tuple[Index, ...]) -> Poly:
    """Σ_j (f_j + g_j) = Σ_j f_j + Σ_j g_j."""
    return sum_over(body, bound)


@law
def sum_of_one(b: Index) -> Poly:
    """Σ_{j=1}^n 1 = n."""
    return size_of(b.size)


def _open_nested(factors: list[tuple[Atom, Number]]) -> tuple[Poly, tuple[Index, ...]] | None:
    """Σ_i f_i (Σ_j g_ij) = Σ_ij f_i g_ij: nested sums join the outer one."""
    nested = [a for a, e in factors if isinstance(a, Node) and a.head == "sum" and e == 1]
    if not nested:
        return None
    product = mono((a, e) for a, e in factors if a not in nested)
    more: tuple[Index, ...] = ()
    for node in nested:
        body, indices = opened(node)
        product, more = product * body, more + indices
    return product, more


@cache
def opened(node: Node) -> tuple[Poly, tuple[Index, ...]]:
    """The body of a binder with indices of its own in place of its canonical bound ones.

    A node is opened with the same indices every time, so that what was worked out for its body
    is found again. No clash can come of it: a node does not hold itself, and what is closed
    again has canonical bound indices.
    """
    fresh = tuple(fresh_index(b.size) for b in node.bound)
    return rename(node.args[0], dict(zip(node.bound, fresh, strict=True))), fresh


def _components(
    factors: list[tuple[Atom, Number]], bound: tuple[Index, ...]
) -> list[tuple[list[tuple[Atom, Number]], list[Index]]]:
    """Group factors and bound indices that hang together; an unused index stands alone."""
    parts: list[tuple[list[tuple[Atom, Number]], list[Index]]] = [([], [b]) for b in bound]
    for a, e in factors:
        free = atom_free(a)
        touched = [p for p in parts if free.intersection(p[1])]
        parts = [p for p in parts if p not in touched]
        joined = [f for p in touched for f in p[0]]
        parts.append(([*joined, (a, e)], [b for p in touched for b in p[1]]))
    return parts


def _closed(factors: list[tuple[Atom, Number]], bound: list[Index], head: str = "sum") -> Poly:
    return atom(Node(head, *_canonical(mono(factors), tuple(bound))))


def _canonical(body: Poly, bound: tuple[Index, ...]) -> tuple[tuple[Poly], tuple[Index, ...]]:
    """The body with bound indices named by nesting depth, in the order of smallest key."""
    depth = height(body)
    best: tuple[str, Poly, tuple[Index, ...]] | None = None
    for order in _orders(bound):
        names = tuple(Index(f"\u00b7{depth + 1 + n}", b.size) for n, b in enumerate(order))
        renamed = rename(body, dict(zip(order, names, strict=True)))
        if len(bound) == 1:
            return (renamed,), names
        key = "+".join(sorted(mono_key(m) for m in renamed.terms)) + str([n.size for n in names])
        if best is None or key < best[0]:
            best = key, renamed, names
    assert best is not None
    return (best[1],), best[2]


def _orders(bound: tuple[Index, ...]) -> Iterable[tuple[Index, ...]]:
    """The orders that are tried; of many indices, those in which equal sizes stand together."""
    if len(bound) <= 4:
        return permutations(bound)
    groups: dict[str, list[Index]] = {}
    for b in bound:
        groups.setdefault(str(b.size), []).append(b)
    each = product(*(permutations(groups[size]) for size in sorted(groups)))
    return (tuple(b for group in order for b in group) for order in each)


def max_over(p: Poly, bound: tuple[Index, ...]) -> Poly:
    """The maximum over the bound indices, as an opaque atom with canonical bound indices."""
    used = tuple(b for b in bound if b in p.free)
    return atom(Node("max", *_canonical(p, used))) if used else p


def rename(p: Poly, mapping: Mapping[Index, Index]) -> Poly:
    """Replace free indices, and bring the result to normal form again."""
    hit = p.free & mapping.keys()
    if not hit:
        return p
    return _rename(p, frozenset((i, mapping[i]) for i in hit))


@cache
def _rename(p: Poly, pairs: frozenset[tuple[Index, Index]]) -> Poly:
    mapping = dict(pairs)
    total: list[Poly] = []
    for m, c in p.terms.items():
        product = mono((), c)
        kept: list[tuple[Atom, Number]] = []
        for a, e in m:
            if atom_free(a).isdisjoint(mapping):
                kept.append((a, e))
            else:
                product = product * power(rename_atom(a, mapping), e)
        total.append(product * mono(kept))
    return add(total)


CACHES.extend((_rename.cache_clear, opened.cache_clear))


def rename_atom(a: Atom, mapping: Mapping[Index, Index]) -> Poly:
    """One atom with its free indices replaced, as a polynomial (a delta may become 1)."""
    if isinstance(a, Element):
        return atom(Element(a.array, *(mapping.get(i, i) for i in a.indices)))
    if isinstance(a, Delta):
        i, j = (mapping.get(i, i) for i in a.indices)
        return ONE if i == j else atom(Delta(i, j))
    assert isinstance(a, Node)
    if a.head == "sum" and len(a.bound) == 1:
        body = rename(a.args[0], mapping)
        if height(body) + 1 == a.height and not _collapses(body, a.bound):
            return atom(Node("sum", (body,), a.bound))
    if a.bound:
        body, bound = opened(a)
        return build(a.head, (rename(body, mapping),), bound)
    return build(a.head, tuple(rename(p, mapping) for p in a.args))


def _collapses(body: Poly, bound: tuple[Index, ...]) -> bool:
    single = body.single()
    return single is None or single[1] != 1 or any(
        isinstance(a, Delta) or not atom_free(a).intersection(bound) for a, _ in single[0]
    )


def build(head: str, args: tuple[Poly, ...], bound: tuple[Index, ...] = ()) -> Poly:
    """The function `head` of normal forms, in normal form; bound indices are open (fresh)."""
    if head == "sum":
        return sum_over(args[0], bound)
    if head == "base":
        return args[0] if len(args[0]) < 2 else power_of_sum(args[0], 1)
    args = tuple(expand(p, linear=True) for p in args)
    if head == "max":
        return max_over(args[0], bound)
    if head == "exp":
        return exp_of_sum(args[0])
    if head == "log":
        return log_of_product(args[0])
    if head == "abs":
        return abs_of(args[0])
    if head in BY_HEAD:
        return function_of(BY_HEAD[head], args[0])
    if head in ("maximum", "minimum"):
        return larger_or_smaller(head, *args)
    if head == "where":
        return where_of(*args)
    if head in ("gt", "ge", "eq", "ne"):
        return comparison(head, *args)
    if head == "iverson":
        return bracket(args[0])
    return atom(Node(head, args))

"""Laws of contractions: Σ over bound indices of a polynomial, and canonical bound indices.

Sums are split over +, factors free of the bound index leave the sum, deltas collapse, sums that
share no index come apart, and bound indices get names that depend on their nesting alone: equal
sums are one atom.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sympy import Expr, S

from symbackprop.algebra.canonical import canonical_body
from symbackprop.algebra.choices import (
    abs_of,
    bracket,
    comparison,
    function_of,
    larger_or_smaller,
    where_of,
)
from symbackprop.algebra.deltas import delta_to_solve, solve_delta
from symbackprop.algebra.functions import BY_HEAD
from symbackprop.algebra.nodes import (
    Delta,
    Element,
    Index,
    MatrixFunction,
    Position,
    Quotient,
    Remainder,
    fresh_index,
)
from symbackprop.algebra.poly import (
    ONE,
    ZERO,
    Atom,
    Monomial,
    Node,
    Number,
    Poly,
    add,
    atom,
    atom_free,
    deep_atoms,
    height,
    kinds_of,
    mono,
    multiply,
)
from symbackprop.algebra.positions import equal_positions, integer
from symbackprop.algebra.powers import exp_of_sum, expand, log_of_product, power, power_of_sum
from symbackprop.algebra.registry import CACHES, law
from symbackprop.algebra.subscripts import canonical, divided, indices_of, put
from symbackprop.algebra.trees import rename as rename_node


def sum_over(p: Poly, bound: tuple[Index, ...]) -> Poly:
    """Σ over the bound indices of p, in normal form.

    >>> from symbackprop.algebra.nodes import Array, Index, size_symbol
    >>> j = Index("j", size_symbol("n"))
    >>> sum_over(ONE.scale(3), (j,))
    3*n
    """
    return add(_sum_monomial(m, c, bound) for m, c in p.terms.items())


def _sum_monomial(m: Monomial, c: Number, bound: tuple[Index, ...]) -> Poly:
    if not bound:
        return mono(m, c)
    chosen = delta_to_solve(m, bound)
    if chosen is not None:
        return delta_under_sum(m, c, *chosen, bound)
    for b in bound:
        size = _block_size(m, b)
        if size is not None:
            return sum_of_blocks(mono(m, c), b, size, tuple(i for i in bound if i != b))
    m = _through_deltas(m, bound)
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
    m: Monomial, c: Number, delta: Delta, b: Index, value: Expr, rest: Poly,
    bound: tuple[Index, ...],
) -> Poly:
    """Σ_j δ(j, u) f_j = f_u [1 <= u <= n]"""
    others = mono(((a, e) for a, e in m if a != delta), c)
    return sum_over(rename(others, {b: value}) * rest, tuple(i for i in bound if i != b))


def _through_deltas(m: Monomial, bound: tuple[Index, ...]) -> Monomial:
    """The monomial with j for u wherever δ(j, u) is a factor and j is free.

    Not for one place u of the axis: what is computed there would be computed everywhere.
    """
    for a, _ in m:
        if isinstance(a, Delta):
            j, u = a.indices
            if (isinstance(j, Index) and j not in bound and not isinstance(u, Index)
                    and indices_of(u)):  # fmt: skip
                new = delta_of_subscript(m - {(a, 1)}, j, u)
                single = new.single()
                if single is not None and single[1] == 1:
                    m = multiply(single[0], frozenset(((a, 1),)))
    return m


@law
def delta_of_subscript(m: Monomial, j: Index, u: Expr) -> Poly:
    """δ(j, u) f_u = δ(j, u) f_j"""
    product = ONE
    for a, e in m:
        # 1/f_u has a value, 1/f_j for other j need not: a maximum is attained at u only.
        kept = e < 0 and isinstance(a, Node)
        product = product * power(atom(a) if kept else _with_index(a, j, u), e)
    return product


def _with_index(a: Atom, j: Index, u: Expr) -> Poly:
    """The atom with the subscript j in place of u, on axes that j runs over."""
    if isinstance(a, Element):
        axes = a.array.axes
        if u in a.indices:
            return atom(Element(a.array, *(
                j if i == u and j.size == size else i
                for i, size in zip(a.indices, axes, strict=True)
            )))
        return atom(a)
    if not isinstance(a, Node) or not indices_of(u) <= a.free or not _stands_in(atom(a), u):
        return atom(a)
    args, bound = a.args, a.bound
    if bound:
        body, bound = opened(a)
        args = (body,)
    inside = (add(delta_of_subscript(m, j, u).scale(c) for m, c in p.terms.items()) for p in args)
    new = build(a.head, tuple(inside), bound)
    # Where u stays in a part, f(j, u) for j other than u need not have a value.
    return atom(a) if _stands_in(new, u) else new


def _stands_in(p: Poly, u: Expr) -> bool:
    return any(isinstance(e, Element) and u in e.indices for e in deep_atoms(p))


def _block_size(m: Monomial, b: Index) -> Expr | None:
    """The size of the blocks that the positions of a bound index are sorted into, if any."""
    for a, _ in m:
        if Quotient not in kinds_of(a) or b not in atom_free(a):
            continue
        for leaf in deep_atoms(mono(((a, 1),))):
            if isinstance(leaf, Element | Delta | Position):
                for node in leaf.atoms(Quotient, Remainder):
                    inner, size = node.args
                    if inner == b and divided(b.size, size) is not None:
                        return size
    return None


@law
def sum_of_blocks(p: Poly, b: Index, size: Expr, rest: tuple[Index, ...]) -> Poly:
    """Σ_{k=1}^{GP} f_k = Σ_{g=1}^G Σ_{p=1}^P f(P(g-1) + p)"""
    count = divided(b.size, size)
    assert count is not None
    block = fresh_index(count) if count != 1 else S.One
    place = fresh_index(size)
    bound = (block, place) if isinstance(block, Index) else (place,)
    return sum_over(rename(p, {b: canonical(size * (block - 1) + place)}), (*rest, *bound))


@law
def sum_of_sum(body: Poly, bound: tuple[Index, ...]) -> Poly:
    """Σ_j (f_j + g_j) = Σ_j f_j + Σ_j g_j."""
    return sum_over(body, bound)


@law
def sum_of_one(b: Index) -> Poly:
    """Σ_{j=1}^n 1 = n."""
    return integer(b.size)


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


def _closed(factors: list[tuple[Atom, Number]], bound: list[Index]) -> Poly:
    """The sum of a product; a sign that comes of the names of bound indices stands before it."""
    body, names = canonical_body(mono(factors), tuple(bound), rename)
    single = body.single()
    if single is None:
        return atom(Node("sum", (body,), names))
    return atom(Node("sum", (mono(single[0]),), names)).scale(single[1])


def extreme_or_product(head: str, p: Poly, bound: tuple[Index, ...]) -> Poly:
    """A maximum or product over the bound indices, as an opaque atom with canonical ones."""
    bound = tuple(b for b in bound if head == "prod" or b in p.free)
    if not bound or p in (ZERO, ONE):
        return p
    body, names = canonical_body(p, bound, rename)
    return atom(Node(head, (body,), names))


def rename(p: Poly, mapping: Mapping[Index, Expr]) -> Poly:
    """Replace free indices by subscripts, and bring the result to normal form again."""
    hit = p.free & mapping.keys()
    if not hit:
        return p
    return _rename(p, frozenset((i, mapping[i]) for i in hit))


@cache
def _rename(p: Poly, pairs: frozenset[tuple[Index, Expr]]) -> Poly:
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


CACHES.extend((_rename.cache_clear, opened.cache_clear, solve_delta.cache_clear))


def rename_atom(a: Atom, mapping: Mapping[Index, Expr]) -> Poly:
    """One atom with its free indices replaced, as a polynomial (a delta may become 1)."""
    if isinstance(a, Element):
        return atom(Element(a.array, *(put(i, mapping) for i in a.indices)))
    if isinstance(a, Delta):
        return equal_positions(*(put(i, mapping) for i in a.indices))
    if isinstance(a, Index | Position):
        return integer(put(a, mapping))
    if isinstance(a, MatrixFunction):
        return atom(rename_node(a, mapping))
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
        isinstance(a, Delta) or Quotient in kinds_of(a) or not atom_free(a).intersection(bound)
        for a, _ in single[0]
    )


def build(head: str, args: tuple[Poly, ...], bound: tuple[Index, ...] = ()) -> Poly:
    """The function `head` of normal forms, in normal form; bound indices are open (fresh)."""
    if head == "sum":
        return sum_over(args[0], bound)
    if head == "base":
        return args[0] if len(args[0]) < 2 else power_of_sum(args[0], 1)
    args = tuple(expand(p, linear=True) for p in args)
    if head in ("max", "prod"):
        return extreme_or_product(head, args[0], bound)
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

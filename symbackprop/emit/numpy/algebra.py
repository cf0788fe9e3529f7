"""Small algebra for stable forms: canonical bound indices, unfolding, signs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cmp_to_key
from typing import Any, Protocol

from sympy import Add, Basic, Expr, Mul, Pow, S, log

from symbackprop.algebra.deadline import check_time
from symbackprop.algebra.functions import BY_CLASS
from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Element,
    Index,
    IndexMax,
    IndexSum,
    Maximum,
    Minimum,
    Position,
    Reduction,
    fresh_index,
)
from symbackprop.algebra.program import Definition
from symbackprop.algebra.subscripts import indices_of
from symbackprop.algebra.trees import rename, walk
from symbackprop.algebra.unevaluated import rebuilt


def canonical(expr: Basic) -> Any:
    """The same expression, evaluated, with bound indices named by their depth alone.

    Two expressions that differ in the names of bound indices or in the order of terms become
    one object, so that they cancel.
    """
    return _canonical(expr)[0]


def _canonical(expr: Basic) -> tuple[Any, int]:
    if not expr.args or isinstance(expr, Array | Index | Element | Position):
        return expr, 0
    if isinstance(expr, Reduction):
        body, height = _canonical(expr.body)
        names = {b: Index(f"~{height}.{n}", b.size) for n, b in enumerate(expr.bound)}
        # The order of terms follows the names.
        return expr.func(_canonical(renamed(body, names))[0], *names.values()), height + 1
    parts = [_canonical(a) for a in expr.args]
    arguments = [p for p, _ in parts]
    if isinstance(expr, Add):
        built = plus(*arguments)
    elif isinstance(expr, Mul) and len(parts) == 2 and arguments[0].is_Number:
        built = multiple(*arguments)
    else:
        built = expr.func(*arguments)
    return built, max(h for _, h in parts)


def renamed(expr: Basic, mapping: Mapping[Index, Expr]) -> Any:
    """Rename free indices, and nothing else: terms and factors stay as they stand."""
    if isinstance(expr, Index):
        return mapping.get(expr, expr)
    check_time()
    if not expr.args or isinstance(expr, Array) or not expr.free_symbols & mapping.keys():
        return expr
    if isinstance(expr, Element | Delta | Position):
        return rename(expr, mapping)
    if isinstance(expr, Reduction):
        inner = {i: j for i, j in mapping.items() if i not in expr.bound}
        taken = frozenset().union(*(indices_of(u) for u in inner.values()))
        bound = [fresh_index(b.size) if b in taken else b for b in expr.bound]
        inner.update(zip(expr.bound, bound, strict=True))
        return expr.func(renamed(expr.body, inner), *bound)
    return rebuilt(expr, tuple(renamed(a, mapping) for a in expr.args))


def plus(*parts: Expr) -> Expr:
    """The sum, like terms collected, in SymPy's order.

    Add(…) would be the same, but for importing all of sympy.tensor when it is first evaluated.
    """
    found: dict[Expr, Expr] = {}
    number = S.Zero
    stack = list(reversed(parts))
    while stack:
        part = stack.pop()
        if isinstance(part, Add):
            stack.extend(part.args)
            continue
        coefficient, term = part.as_coeff_Mul()
        if term is S.One:
            number += coefficient
        elif isinstance(term, Add):
            stack.extend(coefficient * t for t in term.args)
        else:
            found[term] = found.get(term, S.Zero) + coefficient
    kept = [c * t for t, c in found.items() if c != 0]
    kept.sort(key=cmp_to_key(Basic.compare))
    if number != 0:
        kept.insert(0, number)
    if len(kept) < 2:
        return kept[0] if kept else S.Zero
    return Add(*kept, evaluate=False)


def multiple(factor: Expr, expr: Expr) -> Expr:
    """factor * expr, the factor in each term."""
    return plus(*(factor * t for t in terms(expr)))


def minus(u: Expr, v: Expr) -> Expr:
    """u - v."""
    return plus(u, multiple(S.NegativeOne, v))


def terms(expr: Expr) -> tuple[Expr, ...]:
    """The terms of a sum, or the one term that is not a sum; none for 0."""
    if expr == 0:
        return ()
    return tuple(expr.args) if isinstance(expr, Add) else (expr,)


def spread(expr: Expr) -> tuple[Expr, ...]:
    """The terms of a sum or of a number times a sum, the number in each of them."""
    if isinstance(expr, Add):
        return tuple(t for a in expr.args for t in spread(a))
    if isinstance(expr, Mul) and len(expr.args) == 2 and expr.args[0].is_Number:
        number, rest = expr.args
        if isinstance(rest, Add):
            return tuple(times(number * c, t) for c, t in map(_coefficient, spread(rest)))
    return (expr,)


def _coefficient(term: Expr) -> tuple[Expr, Expr]:
    if isinstance(term, Mul) and term.args[0].is_Number:
        return term.args[0], times(*term.args[1:])
    return S.One, term


def difference(parts: Iterable[Expr]) -> Expr:
    """A sum for reading and for rounding, `a - max(a) - log(s)`: plus first, then maxima, logs.

    The order does not depend on the names of indices.
    """
    found = sorted(parts, key=_reading_key)
    if not found:
        return S.Zero
    return found[0] if len(found) == 1 else Add(*found, evaluate=False)


def _reading_key(term: Expr) -> tuple[bool, int, tuple[str, ...]]:
    nodes = list(walk(term))
    minus = bool(_coefficient(term)[0].is_negative or (term.is_Number and term.is_negative))
    names = (n.array.name if isinstance(n, Element) else type(n).__name__ for n in nodes)
    late = isinstance(_coefficient(term)[1], IndexMax | Maximum)
    return minus, 2 if any(isinstance(n, log) for n in nodes) else int(late), tuple(names)


def shifting(term: Expr) -> bool:
    """Whether the term is minus a maximum, or a minimum: what a shift leaves in an exponent.

    A maximum over some places only does not bound the others.
    """
    number, rest = _coefficient(term)
    if number.is_negative:
        return isinstance(rest, IndexMax | Maximum) and not rest.has(S.NegativeInfinity)
    return isinstance(rest, Minimum)


def times(*factors: Expr) -> Expr:
    """A product in this order, without the ones."""
    kept = [f for f in factors if f != 1]
    if any(f == 0 for f in kept):
        return S.Zero
    if not kept:
        return S.One
    return kept[0] if len(kept) == 1 else Mul(*kept, evaluate=False)


class Assigned(Protocol):
    """`array[indices] = expr`: a definition, a step of the backward pass, a line of code."""

    @property
    def indices(self) -> tuple[Index, ...]: ...
    @property
    def expr(self) -> Expr: ...


def unfolded(element: Element, definitions: Mapping[Array, Assigned]) -> Expr | None:
    """The defining expression of an element, in the element's own indices; None for an input."""
    found = definitions.get(element.array)
    if found is None:
        return None
    swap = dict(zip(found.indices, element.indices, strict=True))
    return renamed(found.expr, swap)


def depends(expr: Basic, bound: Iterable[Index]) -> bool:
    """Whether any of the indices is free in the expression."""
    return bool(expr.free_symbols & set(bound))


def nonpositive(w: Expr) -> bool:
    """Whether w <= 0 follows from its form: -|x|, min(0, x), -x^2, x_k - max_j x_j, sums of these.

    w: canonical.
    """
    if w.is_Number:
        return bool(w <= 0)
    if isinstance(w, Minimum):
        return any(nonpositive(a) for a in w.args)
    if isinstance(w, Maximum | IndexMax):
        parts = w.args if isinstance(w, Maximum) else (w.body,)
        return all(nonpositive(a) for a in parts)
    if isinstance(w, IndexSum):
        return nonpositive(w.body)
    opposite = multiple(S.NegativeOne, w)
    if opposite.is_nonnegative or nonnegative(opposite):
        return True
    if not isinstance(w, Add):
        return False
    if all(nonpositive(t) for t in w.args):
        return True
    return centred(plus(*(t for t in w.args if not nonpositive(t))))


def centred(w: Expr) -> bool:
    """Whether w is x_k - max_j x_j or u - max(u, v): at most 0, and 0 for some k.

    w: canonical.
    """
    for term in terms(w):
        number, top = _coefficient(term)
        if number != -1 or not isinstance(top, IndexMax | Maximum):
            continue
        rest = plus(*(t for t in terms(w) if t != term))
        if isinstance(top, Maximum) and rest in top.args:
            return True
        if isinstance(top, IndexMax) and _instance(top.body, rest, top.bound):
            return True
    return False


def nonnegative(w: Expr) -> bool:
    """Whether w >= 0 follows from its form."""
    if isinstance(w, Maximum):
        return any(nonnegative(a) for a in w.args)
    if isinstance(w, Mul):
        return all(nonnegative(a) for a in w.args)
    if isinstance(w, Add):
        return all(nonnegative(a) for a in w.args)
    if isinstance(w, Pow) and w.args[1].is_even:
        return True
    return _sign_of_function(w) != "" or bool(w.is_nonnegative)


def _instance(pattern: Expr, expr: Expr, bound: tuple[Index, ...]) -> bool:
    """Whether expr is pattern with some indices in the place of the bound ones."""
    if expr == pattern:
        return True
    found: dict[Index, Index] = {}
    pairs = zip(_in_order(pattern), _in_order(expr), strict=False)
    for inner, outer in pairs:
        if inner in bound:
            found.setdefault(inner, outer)
    return bool(canonical(renamed(pattern, found)) == expr)


def _in_order(expr: Expr) -> list[Index]:
    """The indices of the elements, sorted by array and position so that instances agree."""
    leaves = [node for node in walk(expr) if isinstance(node, Element)]
    leaves.sort(key=lambda e: e.array.name)
    return [i for leaf in leaves for i in leaf.indices]


def positive(expr: Expr, definitions: Mapping[Array, Definition]) -> bool:
    """Whether expr > 0 follows from its form, definitions unfolded."""
    if isinstance(expr, Element):
        if expr.array.sign == ">0":
            return True
        inner = unfolded(expr, definitions)
        return inner is not None and positive(inner, definitions)
    if isinstance(expr, Add):
        signs = [positive(a, definitions) for a in expr.args]
        return any(signs) and all(
            s or nonnegative(a) for s, a in zip(signs, expr.args, strict=True)
        )
    if isinstance(expr, Mul):
        return all(positive(a, definitions) for a in expr.args)
    if isinstance(expr, Pow):
        return positive(expr.args[0], definitions)
    if isinstance(expr, Reduction):
        return positive(expr.body, definitions)
    if isinstance(expr, Maximum):
        return any(positive(a, definitions) for a in expr.args)
    return _sign_of_function(expr) == ">0" or bool(expr.is_positive)


def _sign_of_function(expr: Basic) -> str:
    """">0" or ">=0" for a function that has only such values, else ""."""
    sign = BY_CLASS[type(expr)].sign if type(expr) in BY_CLASS else ""
    return sign if sign != "same" else ""

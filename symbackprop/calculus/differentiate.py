"""The derivative of a normal form by one array element: the chain rule over its atoms."""

from __future__ import annotations

from sympy import Expr

from symbackprop.algebra.matrices import DetSign
from symbackprop.algebra.nodes import Array, Element, Index, MatrixFunction
from symbackprop.algebra.poly import ZERO, Atom, Node, Poly, add, kinds, kinds_of, mono
from symbackprop.algebra.sums import opened
from symbackprop.calculus.matrix_rules import d_matrix_function
from symbackprop.calculus.rules import (
    PIECEWISE_CONSTANT,
    UNARY,
    d_element,
    d_max,
    d_maximum,
    d_minimum,
    d_power,
    d_product,
    d_product_over,
    d_sum,
    d_where,
)
from symbackprop.errors import NotYet


def mentions(p: Poly, array: Array) -> bool:
    """Whether an element of the array occurs anywhere in p."""
    return any(array in kinds_of(a) for m in p.terms for a, _ in m)


def arrays_in(p: Poly) -> set[Array]:
    """The arrays of which an element occurs anywhere in p."""
    return {k for k in kinds(p) if isinstance(k, Array)}


def in_steps_only(p: Poly, array: Array) -> bool:
    """Whether every element of the array stands in a comparison or a sign, whatever cancels."""
    return not any(_moves_with(a, array) for a in p.atoms())


def _moves_with(a: Atom, array: Array) -> bool:
    """Whether an element of the array stands in the atom outside of comparisons and signs."""
    if isinstance(a, Element):
        return a.array == array
    if isinstance(a, MatrixFunction):
        return not isinstance(a, DetSign) and a.argument.array == array
    if not isinstance(a, Node) or a.head in PIECEWISE_CONSTANT:
        return False
    args = a.args[1:] if a.head == "where" else a.args
    return not all(in_steps_only(arg, array) for arg in args)


def differentiate(p: Poly, array: Array, at: tuple[Index, ...]) -> Poly:
    """∂p/∂array[at], where p does not use the indices `at`.

    Raises NotYet for a function without a derivative rule.

    >>> from symbackprop.algebra.nodes import size_symbol
    >>> from symbackprop.algebra.poly import atom
    >>> n = size_symbol("n"); k, j = Index("k", n), Index("j", n); x = Array("x", (n,))
    >>> differentiate(atom(x[k,], 2), x, (j,))
    2*d(j,k)*x[k]
    """
    terms: list[Poly] = []
    for m, c in p.terms.items():
        parts: list[tuple[Poly, Poly]] = []
        for a, e in m:
            da = _atom(a, array, at)
            if da:
                parts.append((mono(m - {(a, e)}, c), d_power(a, e, da) if e != 1 else da))
        if parts:
            terms.append(d_product(parts))
    return add(terms)


def _atom(a: Atom, array: Array, at: tuple[Index, ...]) -> Poly:
    if isinstance(a, Element):
        if a.array != array:
            return ZERO
        pairs: list[tuple[Expr, Expr]] = list(zip(a.indices, at, strict=True))
        return d_element(pairs)
    if isinstance(a, MatrixFunction):
        return d_matrix_function(a, at) if a.argument.array == array else ZERO
    if not isinstance(a, Node) or a.head in PIECEWISE_CONSTANT:
        return ZERO
    if not any(mentions(arg, array) for arg in a.args):
        return ZERO
    if a.bound:
        body, bound = opened(a)
        dbody = differentiate(body, array, at)
        if a.head == "max":
            return d_max(body, bound, mono(((a, 1),)), dbody)
        if a.head == "prod":
            return d_product_over(body, bound, dbody)
        return d_sum(dbody, bound)
    inner = [differentiate(arg, array, at) for arg in a.args]
    if a.head == "base":
        return inner[0]
    if a.head in UNARY:
        return UNARY[a.head](a.args[0], inner[0])
    if a.head == "where":
        return d_where(*a.args, *inner[1:])
    if a.head in ("maximum", "minimum"):
        rule = d_maximum if a.head == "maximum" else d_minimum
        return rule(*a.args, *inner)
    raise NotYet(f"{a.head}: a function without a derivative rule")

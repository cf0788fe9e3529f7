"""The derivative rule of each function: a law a function, its docstring the formula.

A rule takes the atom and the derivatives of its arguments and gives the derivative of the atom.
Where a function has a kink, the rule names the subgradient that it uses.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from sympy import Expr, S

from symbackprop.algebra.nodes import Element, Index, fresh_index
from symbackprop.algebra.poly import (
    ONE,
    ZERO,
    Atom,
    Node,
    Number,
    Poly,
    add,
    atom,
    deep_atoms,
    only,
)
from symbackprop.algebra.positions import equal_positions, integer
from symbackprop.algebra.powers import power
from symbackprop.algebra.registry import law
from symbackprop.algebra.sums import build, rename, sum_over


@law
def d_exp(u: Poly, du: Poly) -> Poly:
    """d exp(u) = exp(u) du"""
    return build("exp", (u,)) * du


@law
def d_log(u: Poly, du: Poly) -> Poly:
    """d log(u) = du / u"""
    return power(u, -1) * du


@law
def d_tanh(u: Poly, du: Poly) -> Poly:
    """d tanh(u) = (1 - tanh(u)^2) du"""
    return (ONE - atom(Node("tanh", (u,)), 2)) * du


@law
def d_sin(u: Poly, du: Poly) -> Poly:
    """d sin(u) = cos(u) du"""
    return build("cos", (u,)) * du


@law
def d_cos(u: Poly, du: Poly) -> Poly:
    """d cos(u) = -sin(u) du"""
    return -build("sin", (u,)) * du


@law
def d_arcsin(u: Poly, du: Poly) -> Poly:
    """d arcsin(u) = du / sqrt(1 - u^2)"""
    return power(ONE - u * u, Fraction(-1, 2)) * du


@law
def d_arccos(u: Poly, du: Poly) -> Poly:
    """d arccos(u) = -du / sqrt(1 - u^2)"""
    return -power(ONE - u * u, Fraction(-1, 2)) * du


@law
def d_arctan(u: Poly, du: Poly) -> Poly:
    """d arctan(u) = du / (1 + u^2)"""
    return power(ONE + u * u, -1) * du


@law
def d_sinh(u: Poly, du: Poly) -> Poly:
    """d sinh(u) = cosh(u) du"""
    return build("cosh", (u,)) * du


@law
def d_cosh(u: Poly, du: Poly) -> Poly:
    """d cosh(u) = cosh(u) tanh(u) du"""
    return build("cosh", (u,)) * build("tanh", (u,)) * du


@law
def d_arcsinh(u: Poly, du: Poly) -> Poly:
    """d arcsinh(u) = du / sqrt(1 + u^2)"""
    return power(ONE + u * u, Fraction(-1, 2)) * du


@law
def d_arccosh(u: Poly, du: Poly) -> Poly:
    """d arccosh(u) = du / sqrt(u^2 - 1)"""
    return power(u * u - ONE, Fraction(-1, 2)) * du


@law
def d_arctanh(u: Poly, du: Poly) -> Poly:
    """d arctanh(u) = du / (1 - u^2)"""
    return power(ONE - u * u, -1) * du


@law
def d_erf(u: Poly, du: Poly) -> Poly:
    """d erf(u) = 2/sqrt(pi) exp(-u^2) du"""
    return _gaussian(u).scale(2) * du


@law
def d_erfc(u: Poly, du: Poly) -> Poly:
    """d erfc(u) = -2/sqrt(pi) exp(-u^2) du"""
    return _gaussian(u).scale(-2) * du


@law
def d_gammaln(u: Poly, du: Poly) -> Poly:
    """d log|Γ(u)| = digamma(u) du"""
    return build("digamma", (u,)) * du


@law
def d_digamma(u: Poly, du: Poly) -> Poly:
    """d digamma(u) = trigamma(u) du"""
    return build("trigamma", (u,)) * du


def _gaussian(u: Poly) -> Poly:
    """exp(-u^2) / sqrt(pi)"""
    return build("exp", (-(u * u),)) * atom(S.Pi, Fraction(-1, 2))


@law
def d_abs(u: Poly, du: Poly) -> Poly:
    """d |u| = sign(u) du; the subgradient at u = 0 is 0"""
    return build("sign", (u,)) * du


@law
def d_where(condition: Poly, u: Poly, v: Poly, du: Poly, dv: Poly) -> Poly:
    """d where(c, u, v) = [c] du + [not c] dv"""
    holds = build("iverson", (condition,))
    return holds * du + negated(condition) * dv


@law
def d_maximum(u: Poly, v: Poly, du: Poly, dv: Poly) -> Poly:
    """d max(u, v) = [u > v] du + [v >= u] dv; for a number v, 0 where u = v"""
    return _where_greater(u, v, du, dv)


@law
def d_minimum(u: Poly, v: Poly, du: Poly, dv: Poly) -> Poly:
    """d min(u, v) = [v > u] du + [u >= v] dv; for a number v, 0 where u = v"""
    return _where_greater(v, u, du, dv)


@law
def d_max(body: Poly, bound: tuple[Index, ...], largest: Poly, dbody: Poly) -> Poly:
    """d max_j u_j = Σ_j [u_j = m] du_j / Σ_j [u_j = m]: tied maxima share the gradient equally"""
    attained = build("iverson", (build("eq", (body, largest)),))
    return sum_over(attained * dbody, bound) * power(sum_over(attained, bound), -1)


@law
def d_product_over(body: Poly, bound: tuple[Index, ...], dbody: Poly) -> Poly:
    """d Π_j u_j = Σ_k du_k Π_j (1 where j = k, u_j elsewhere): right where some u_j are 0, too"""
    over = tuple(fresh_index(b.size) for b in bound)
    same = [build("eq", (integer(i), integer(j))) for i, j in zip(over, bound, strict=True)]
    at = same[0] if len(same) == 1 else build("and", tuple(same))
    others = build("where", (at, ONE, rename(body, dict(zip(bound, over, strict=True)))))
    return sum_over(build("prod", (others,), over) * dbody, bound)


@law
def d_power(a: Atom, q: Number, da: Poly) -> Poly:
    """d u^q = q u^(q-1) du"""
    return atom(a, q - 1).scale(q) * da


@law
def d_product(parts: list[tuple[Poly, Poly]]) -> Poly:
    """d(u v) = v du + u dv: each factor's derivative times the other factors"""
    return add(rest * d_factor for rest, d_factor in parts)


@law
def d_sum(body: Poly, bound: tuple[Index, ...]) -> Poly:
    """d Σ_j u_j = Σ_j du_j"""
    return sum_over(body, bound)


@law
def d_element(pairs: list[tuple[Expr, Expr]]) -> Poly:
    """∂x_ij / ∂x_kl = δ_ik δ_jl"""
    result = ONE
    for i, j in pairs:
        result = result * equal_positions(i, j)
    return result


def _where_greater(u: Poly, v: Poly, du: Poly, dv: Poly) -> Poly:
    """[u > v] du + [v > u] dv; where u = v the second is taken, unless one of them is a number."""
    first = build("iverson", (build("gt", (u, v)),))
    tie = "ge" if _varies(u) and _varies(v) else "gt"
    return first * du + build("iverson", (build(tie, (v, u)),)) * dv


def _varies(p: Poly) -> bool:
    return any(isinstance(a, Element) for a in deep_atoms(p))


def negated(condition: Poly) -> Poly:
    """[not c] as a bracket where the opposite comparison exists, else 1 - [c]."""
    node = only(condition)
    if isinstance(node, Node):
        u, v = node.args if len(node.args) == 2 else (ZERO, ZERO)
        opposite = {"gt": ("ge", v, u), "ge": ("gt", v, u), "eq": ("ne", u, v), "ne": ("eq", u, v)}
        if node.head in opposite:
            head, left, right = opposite[node.head]
            return build("iverson", (build(head, (left, right)),))
    return ONE - build("iverson", (condition,))


UNARY: dict[str, Callable[[Poly, Poly], Poly]] = {
    "exp": d_exp, "log": d_log, "sin": d_sin, "cos": d_cos, "arcsin": d_arcsin,
    "arccos": d_arccos, "arctan": d_arctan, "sinh": d_sinh, "cosh": d_cosh, "tanh": d_tanh,
    "arcsinh": d_arcsinh, "arccosh": d_arccosh, "arctanh": d_arctanh, "erf": d_erf,
    "erfc": d_erfc, "gammaln": d_gammaln, "digamma": d_digamma, "abs": d_abs,
}  # fmt: skip
PIECEWISE_CONSTANT = frozenset({"sign", "iverson", "gt", "ge", "eq", "ne", "and", "or", "not"})

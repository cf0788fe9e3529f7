"""Laws that rewrite a written expression, each everywhere at once.

A law's docstring is its statement. A law gives the new expression, or the old one where it has
nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product

from sympy import (
    Add,
    Basic,
    Expr,
    Integer,
    Mul,
    Pow,
    Rational,
    cosh,
    exp,
    log,
    sinh,
    tanh,
)

from symbackprop.algebra.nodes import Array, Delta, Element, Index, IndexSum
from symbackprop.algebra.reading import product as fraction
from symbackprop.algebra.sign_of import sign_of
from symbackprop.algebra.trees import rename
from symbackprop.algebra.unevaluated import plus, rebuilt, times
from symbackprop.calculus import tidy
from symbackprop.frontend import written

Law = Callable[[Expr], Expr]
_FEW = 6  # elements of an axis that is written out


def statement(law: Law) -> str:
    """The first line of a law's docstring."""
    return (law.__doc__ or "").partition("\n")[0]


def everywhere(change: Callable[[Expr], Expr | None], expr: Basic) -> Expr:
    """The expression with a change made to every part of it, the innermost first."""
    if isinstance(expr, Element | Index | Delta | Array) or not expr.args:
        return expr
    parts = [everywhere(change, a) for a in expr.args]
    if any(a is not b for a, b in zip(parts, expr.args, strict=True)):
        expr = _made(expr, parts)
    found = change(expr)
    return expr if found is None else found


def _made(expr: Basic, parts: list[Expr]) -> Expr:
    if expr.is_Mul:
        return times(*parts)
    return written.add(*parts) if expr.is_Add else rebuilt(expr, parts)


def minus(expr: Expr) -> Expr:
    """-(-u) = u"""

    return everywhere(tidy.one_number, expr)


def written_out(expr: Expr) -> Expr:
    """Σ_j f_j = f_1 + … + f_n, for a number n"""

    def change(e: Expr) -> Expr | None:
        if not isinstance(e, IndexSum) or not all(b.size.is_Integer for b in e.bound):
            return None
        sizes = [int(b.size) for b in e.bound]
        places = list(product(*(range(1, n + 1) for n in sizes)))
        if len(places) > _FEW:
            return None
        return plus(*(rename(e.body, dict(zip(e.bound, map(Integer, p), strict=True)))
                      for p in places))  # fmt: skip

    return everywhere(change, expr)


def exp_of_sum(expr: Expr) -> Expr:
    """exp(u + v) = exp(u) exp(v)"""

    def change(e: Expr) -> Expr | None:
        if not isinstance(e, exp) or not isinstance(e.args[0], Add):
            return None
        return times(*(exp(a, evaluate=False) for a in e.args[0].args))

    return everywhere(change, expr)


def exp_of_log(expr: Expr) -> Expr:
    """exp(log u) = u"""

    def change(e: Expr) -> Expr | None:
        if isinstance(e, exp) and isinstance(e.args[0], log):
            return e.args[0].args[0]
        return None

    return everywhere(change, expr)


def log_of_product(expr: Expr) -> Expr:
    """log(u v / w) = log u + log v - log w"""

    def change(e: Expr) -> Expr | None:
        if not isinstance(e, log) or not isinstance(e.args[0], Mul | Pow):
            return None
        read = fraction(e.args[0])
        above = [f for f in read.numerator if f != 1]
        below = list(read.denominator)
        count = len(above) + len(below) + (read.coefficient != 1)
        if read.negative or (count < 2 and not below) or not all(
            sign_of(f) == ">0" for f in (*above, *below)
        ):
            return None
        parts = [written.logarithm(f) for f in above]
        if read.coefficient != 1:
            parts.insert(0, written.logarithm(read.coefficient))
        return written.add(*parts, *(written.neg(written.logarithm(f)) for f in below))

    return everywhere(change, expr)


def log_of_exp(expr: Expr) -> Expr:
    """log(exp u) = u"""

    def change(e: Expr) -> Expr | None:
        if isinstance(e, log) and isinstance(e.args[0], exp):
            return e.args[0].args[0]
        return None

    return everywhere(change, expr)


def sum_of_sums(expr: Expr) -> Expr:
    """Σ_j (f_j + g_j) = Σ_j f_j + Σ_j g_j"""

    def change(e: Expr) -> Expr | None:
        if not isinstance(e, IndexSum) or not isinstance(e.body, Add):
            return None
        return plus(*(IndexSum(t, *e.bound) for t in e.body.args))

    return everywhere(change, expr)


def factor_out(expr: Expr) -> Expr:
    """Σ_j c f_j = c Σ_j f_j"""
    return everywhere(tidy.taken_out, expr)


def cancelled(expr: Expr) -> Expr:
    """c u / (c v) = u / v"""
    return everywhere(tidy.cancelled, expr)


def common_denominator(expr: Expr) -> Expr:
    """u + v/w = (u w + v)/w"""

    def change(e: Expr) -> Expr | None:
        if not isinstance(e, Add):
            return None
        reads = [fraction(t) for t in e.args]
        below = {tidy.form(times(*r.denominator)): r.denominator for r in reads if r.denominator}
        if all(all(d.is_Symbol for d in r.denominator) for r in reads):
            return None  # a mean stays a mean
        if len(below) != 1 or None in below:
            return None
        (denominator,) = below.values()
        whole = times(*denominator)
        terms = []
        for read in reads:
            sign = -read.coefficient if read.negative else read.coefficient
            own = times(sign, *read.numerator)
            terms.append(own if read.denominator else times(own, whole))
        return times(written.add(*terms), *(written.reciprocal(d) for d in denominator))

    return everywhere(change, expr)


def collected_above(expr: Expr) -> Expr:
    """terms collected"""

    def change(e: Expr) -> Expr | None:
        if not isinstance(e, Add):
            return None
        kept: list[tuple[Expr, Expr]] = []
        changed = False
        for term in e.args:
            read = fraction(term)
            sign = -read.coefficient if read.negative else read.coefficient
            rest = times(*read.numerator, *(written.reciprocal(d) for d in read.denominator))
            form = tidy.form(rest)
            at = next((n for n, (_, r) in enumerate(kept) if form is not None
                       and tidy.form(r) == form), None)  # fmt: skip
            if at is None:
                kept.append((sign, rest))
            else:
                kept[at] = (kept[at][0] + sign, rest)
                changed = True
        if not changed:
            return None
        return plus(*(times(c, r) for c, r in kept if c != 0))

    return everywhere(change, expr)


def flat(expr: Expr) -> Expr:
    """-(u - v) = v - u"""

    def change(e: Expr) -> Expr | None:
        if isinstance(e, Mul) and len(e.args) == 2 and e.args[0] == -1 and e.args[1].is_Add:
            return written.add(*(written.neg(t) for t in e.args[1].args))
        return None

    return everywhere(change, expr)


def multiplied_out(expr: Expr) -> Expr:
    """distributive law"""

    def change(e: Expr) -> Expr | None:
        if isinstance(e, Pow) and e.exp == 2 and isinstance(e.base, Add):
            parts = e.base.args
            squares = [Pow(a, 2, evaluate=False) for a in parts]
            mixed = [times(Integer(2), a, b) for a, b in combinations(parts, 2)]
            return minus(plus(*map(_squared, squares), *mixed))
        if not isinstance(e, Mul):
            return None
        for n, f in enumerate(e.args):
            if isinstance(f, Add):
                rest = [g for m, g in enumerate(e.args) if m != n]
                return plus(*(times(*rest, t) for t in f.args))
        return None

    return everywhere(change, expr)


def _squared(e: Pow) -> Expr:
    """(c u)^2 = c^2 u^2 for a number c"""
    if not isinstance(e.base, Mul):
        return e
    numbers = [f for f in e.base.args if f.is_Number]
    rest = [f for f in e.base.args if not f.is_Number]
    return times(Mul(*numbers) ** 2, *(Pow(f, 2, evaluate=False) for f in rest))


def hyperbolic(expr: Expr) -> Expr:
    """definition of the hyperbolic function"""

    def change(e: Expr) -> Expr | None:
        if not isinstance(e, tanh | sinh | cosh):
            return None
        up, down = exp(e.args[0], evaluate=False), exp(written.neg(e.args[0]), evaluate=False)
        above, below = written.sub(up, down), written.add(up, down)
        if isinstance(e, tanh):
            return times(above, written.reciprocal(below))
        return times(Rational(1, 2), above if isinstance(e, sinh) else below)

    return everywhere(change, expr)


def softplus_of_minus(expr: Expr) -> Expr:
    """log(1 + exp(-u)) = log(1 + exp(u)) - u"""

    def change(e: Expr) -> Expr | None:
        if not isinstance(e, log) or not isinstance(e.args[0], Add) or len(e.args[0].args) != 2:
            return None
        one, other = sorted(e.args[0].args, key=lambda a: not a.is_Number)
        if one != 1 or not isinstance(other, exp) or not other.args[0].could_extract_minus_sign():
            return None
        u = minus(written.neg(other.args[0]))
        return written.sub(written.logarithm(written.add(one, exp(u, evaluate=False))), u)

    return everywhere(change, expr)


LAWS: tuple[Law, ...] = (
    minus, flat, written_out, exp_of_log, log_of_exp, exp_of_sum, log_of_product, sum_of_sums,
    factor_out, cancelled, common_denominator, collected_above,
)  # fmt: skip
"""In the order in which they are tried."""
MORE: tuple[Law, ...] = (
    minus, flat, written_out, exp_of_log, log_of_exp, hyperbolic, softplus_of_minus, exp_of_sum,
    log_of_product, multiplied_out, sum_of_sums, factor_out, cancelled, collected_above,
)  # fmt: skip
"""Those that are tried where the first lead nowhere."""

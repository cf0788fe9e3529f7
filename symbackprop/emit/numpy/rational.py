"""Expressions as rational functions of what stands in their sums and products."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Add, Dummy, Expr, Integer, Mul, Pow, S, cancel, exp, factor

from symbackprop.emit.numpy.algebra import canonical


def skeleton(expr: Expr) -> list[Expr]:
    """The atoms of an expression as a rational function."""
    if isinstance(expr, Add | Mul) or (isinstance(expr, Pow) and expr.args[1].is_Integer):
        return [atom for a in expr.args for atom in skeleton(a)]
    return [expr]


def _rational(expr: Expr, dummies: dict[Expr, Dummy]) -> Expr:
    """The expression with a symbol for each atom; exp(n u) is a power of exp(u)."""
    if isinstance(expr, Add | Mul) or (isinstance(expr, Pow) and expr.args[1].is_Integer):
        return expr.func(*(_rational(a, dummies) for a in expr.args))
    if expr.is_Rational:
        return expr
    atom, power = canonical(expr), S.One
    if isinstance(atom, exp):
        coefficient, term = atom.args[0].as_coeff_Mul()
        if term.could_extract_minus_sign():
            coefficient, term = -coefficient, -term
        power = coefficient if coefficient.is_Integer else S.One
        if not coefficient.is_Integer and coefficient.is_negative:
            power = S.NegativeOne
        atom = exp(coefficient / power * term)
    return dummies.setdefault(atom, Dummy(positive=True)) ** power


def as_quotient(expr: Expr) -> tuple[Expr, Expr]:
    """(f, g) with expr = f/g, in lowest terms of what stands in its sums and products."""
    top, bottom, back = in_lowest_terms(expr)
    return restored(factor(top), back), restored(factor(bottom), back)


def in_lowest_terms(expr: Expr) -> tuple[Expr, Expr, dict[Expr, Expr]]:
    """Numerator and denominator with a symbol for each atom, and the atoms of the symbols."""
    dummies: dict[Expr, Dummy] = {}
    top, bottom = cancel(_rational(expr, dummies)).as_numer_denom()
    return top, bottom, {dummy: atom for atom, dummy in dummies.items()}


def restored(expr: Expr, back: Mapping[Expr, Expr]) -> Expr:
    """The expression with the atoms in the places of their symbols."""
    if expr in back:
        return back[expr]
    if not expr.args:
        return expr
    return expr.func(*(restored(a, back) for a in expr.args), evaluate=False)


def inverse(expr: Expr) -> Expr:
    """1/f, and 1 for 1."""
    return expr if expr == 1 else Pow(expr, Integer(-1), evaluate=False)

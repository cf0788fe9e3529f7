"""A message in the form in which it is shown: of the equal ones that are at hand, the shortest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Abs, Expr, Pow

from symbackprop.algebra.expansion import expand_all
from symbackprop.algebra.factoring import factored_out
from symbackprop.algebra.functions import BY_CLASS
from symbackprop.algebra.nodes import Element, Index, Iverson, Reduction, Where
from symbackprop.algebra.normal import substitute
from symbackprop.algebra.poly import Atom, Node, Number, Poly, mono
from symbackprop.algebra.trees import walk
from symbackprop.calculus.differentiate import arrays_in
from symbackprop.calculus.fuse import inlining
from symbackprop.calculus.result import Fact
from symbackprop.calculus.simplify import Simplifier
from symbackprop.calculus.stages import FACTS, Stage, stages_of

ONE_FRACTION = "with one denominator"
_TERMS = 8  # of a sum that is worth one fraction


@dataclass(frozen=True)
class Form:
    """An expression over its free indices and its normal form.

    facts: the equations it rests on, besides those that it was made with. path: how it was found.
    """

    poly: Poly
    expr: Expr
    facts: tuple[Fact, ...] = ()
    path: tuple[Stage, ...] = ()


def form(
    simplifier: Simplifier, p: Poly, indices: tuple[Index, ...], written: Expr | None = None
) -> Form:
    """The form of a normal form. written: an expression of it, which is taken if none is shorter.

    What is cheapest to compute may take apart what is there already: -t/(S y) costs less than
    -t/exp(a). So the form with the definitions written in is looked at too, one name at a time.
    """
    found = [] if written is None else [Form(p, written)]
    simplified = simplifier.simplify(p, indices)
    found.append(Form(simplified.poly, simplified.expr, simplified.facts, simplified.path))
    arrange = simplifier.arranger(indices).arrange
    for start in (p, *unfolded(simplifier, p)):
        q, used = simplifier.facts.apply(start)
        found.append(Form(q, arrange(q), used, stages_of(start, (q, FACTS, used))))
    q = one_fraction(p)
    if q is not None:
        found.append(Form(q, arrange(q), (), stages_of(p, (q, ONE_FRACTION, ()))))
    return min(found, key=lambda f: length(f.expr))


def one_fraction(p: Poly) -> Poly | None:
    """p over one denominator, its numerator multiplied out; None where that is nothing new."""
    below: dict[Atom, Number] = {}
    for m in p.terms:
        for a, e in m:
            if e < 0 and e == int(e) and isinstance(a, Element | Node):
                below[a] = max(below.get(a, 0), -e)
    if not below or not 1 < len(p) < _TERMS:
        return None
    above = expand_all(p * mono(below.items()))
    return factored_out(above) * mono((a, -e) for a, e in below.items())


def unfolded(simplifier: Simplifier, p: Poly) -> Iterator[Poly]:
    """p with one name at a time replaced by its definition."""
    for array in sorted(arrays_in(p) & simplifier.definitions.keys(), key=str):
        put = inlining(array, *simplifier.definitions[array])
        yield substitute(p, put, only=(array,))


def length(expr: Expr) -> float:
    """How long an expression is for a reader: its names and numbers, functions by half."""
    total = 0.0
    for part in walk(expr):
        if isinstance(part, Element) or (not part.args and part != -1):
            total += 1
        elif type(part) in BY_CLASS or isinstance(part, Reduction | Abs | Iverson):
            total += 0.5
        elif isinstance(part, Where):
            total += 1
        elif isinstance(part, Pow) and part.exp != -1:
            total -= 0.5  # its exponent is counted as a number
    return total

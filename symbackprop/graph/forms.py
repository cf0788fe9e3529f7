"""A message in the form in which it is shown: of the equal ones that are at hand, the shortest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sympy import Abs, Expr, Mul, Pow, S, exp

from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.expansion import expand_all
from symbackprop.algebra.factoring import factored_out
from symbackprop.algebra.functions import BY_CLASS
from symbackprop.algebra.nodes import Array, Element, Index, Iverson, Reduction, Where
from symbackprop.algebra.normal import normal, substitute
from symbackprop.algebra.poly import Atom, Node, Number, Poly, mono
from symbackprop.algebra.trees import walk
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.calculus.differentiate import arrays_in
from symbackprop.calculus.fuse import inlining
from symbackprop.calculus.match import match
from symbackprop.calculus.result import Fact
from symbackprop.calculus.simplify import Simplifier
from symbackprop.calculus.stages import FACTS, Stage, stages_of
from symbackprop.graph.model import Graph

ONE_FRACTION = "with one denominator"
_TERMS = 8  # of a sum that is worth one fraction


@dataclass(frozen=True)
class Form:
    """An expression over its free indices and its normal form.

    facts: the equations it rests on, besides those that it was made with. path: how it was found.
    opened: the array that gave way to its definition.
    """

    poly: Poly
    expr: Expr
    facts: tuple[Fact, ...] = ()
    path: tuple[Stage, ...] = ()
    opened: Array | None = None


class Writer(Arranger):
    """Arranges messages: the names that the graph made come last, as in -t S, and exp(-a) is
    1/exp(a) where exp(a) is a value of the graph."""

    def __init__(self, graph: Graph, rank: Callable[[Array], int], free: tuple[Index, ...]) -> None:
        super().__init__(rank, free)
        self._graph = graph

    def write(self, p: Poly) -> Expr:
        return _over(self._graph, self.arrange(p))

    def _factor_order(self, a: Atom | Expr, e: Number) -> tuple[int, int, int, int, str]:
        order = super()._factor_order(a, e)
        if isinstance(a, Element) and a.array in self._graph.made:
            return order[0], 99, *order[2:]
        return order


def writer(graph: Graph, simplifier: Simplifier, indices: tuple[Index, ...]) -> Writer:
    """A writer of messages with these free indices."""
    return Writer(graph, simplifier.rank, indices)


def form(
    graph: Graph,
    simplifier: Simplifier,
    p: Poly,
    indices: tuple[Index, ...],
    written: Expr | None = None,
) -> Form:
    """The form of a normal form. written: an expression of it, which is taken if none is shorter.

    What is cheapest to compute may take apart what is there already: -t/(S y) costs less than
    -t/exp(a). So the form with the definitions written in is looked at too, one name at a time.
    """
    found = [] if written is None else [Form(p, written)]
    simplified = simplifier.simplify(p, indices)
    arrange = writer(graph, simplifier, indices).write
    expr = arrange(simplified.poly)
    expr = expr if length(expr) <= length(simplified.expr) else simplified.expr
    found.append(Form(simplified.poly, expr, simplified.facts, simplified.path))
    for start, opened in ((p, None), *unfolded(simplifier, p)):
        q, used = simplifier.facts.apply(start)
        found.append(Form(q, arrange(q), used, stages_of(start, (q, FACTS, used)), opened))
    fraction = one_fraction(p)
    if fraction is not None:
        stages = stages_of(p, (fraction, ONE_FRACTION, ()))
        found.append(Form(fraction, arrange(fraction), (), stages))
    return min(found, key=lambda f: length(f.expr))


def _over(graph: Graph, expr: Expr) -> Expr:
    """1/exp(u) for exp(-u), where exp(u) is a value of the graph."""
    if isinstance(expr, Element) or not expr.has(exp):
        return expr
    if isinstance(expr, exp):
        opposite = normal(exp(Mul(S.NegativeOne, expr.args[0], evaluate=False), evaluate=False))
        (single, _), = opposite.terms.items()
        ((a, e),) = single if len(single) == 1 else ((None, 0),)
        if e == 1 and isinstance(a, Node) and any(match(p, a) is not None for p in graph.exps):
            inner = Arranger(lambda _: 0).arrange(a.args[0])
            return Pow(exp(inner, evaluate=False), S.NegativeOne, evaluate=False)
        return expr
    return rebuilt(expr, [_over(graph, a) if isinstance(a, Expr) else a for a in expr.args])


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


def unfolded(simplifier: Simplifier, p: Poly) -> Iterator[tuple[Poly, Array]]:
    """p with one name at a time replaced by its definition, and that name."""
    for array in sorted(arrays_in(p) & simplifier.definitions.keys(), key=str):
        put = inlining(array, *simplifier.definitions[array])
        yield substitute(p, put, only=(array,)), array


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

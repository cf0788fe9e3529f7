"""What the route says: gradients of values, reasons, verdicts, with readable indices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sympy import Add, Basic, Expr, Mul

from symbackprop.algebra.letters import MATRIX, free_indices, lettered, names_in, names_of
from symbackprop.algebra.nodes import Array, Element, Index
from symbackprop.calculus.cases import settled
from symbackprop.calculus.fold import Elimination
from symbackprop.calculus.result import Adjoint, Backward, Fact
from symbackprop.calculus.stages import FACTS
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.lettering import loss_of, spelled
from symbackprop.emit.naming import names_for
from symbackprop.emit.page import Block, Chain, Formula, Paragraph, Part, Row, Words
from symbackprop.emit.text_expr import ASCII, ATOM, UNICODE, TextPrinter
from symbackprop.graph.forms import Form
from symbackprop.graph.model import Graph, Node
from symbackprop.graph.places import at_sizes
from symbackprop.verify.exact import AGREES, Comparison

_WAYS = ("text", "ascii", "latex")


class Teller:
    """Prints what belongs to one derivation, with the index names that it is printed with."""

    def __init__(self, backward: Backward, graph: Graph) -> None:
        self.backward = backward
        self.graph = graph
        self.latex = LatexPrinter(names_for(replace(backward, program=graph.program)))
        self.texts = (TextPrinter(UNICODE), TextPrinter(ASCII))
        arrays = [*(s.array for s in backward.steps), *backward.upstream]
        self.names = {s.of.name: s.array.name for s in backward.steps} | {
            o.name: u.name for o, u in zip(backward.program.outputs, backward.upstream, strict=True)
            if u is not None
        }  # fmt: skip
        self.taken = names_in(backward.program) | {a.name for a in arrays if a is not None}

    def formula(self, expr: Basic, indices: tuple[Index, ...] = ()) -> Formula:
        """An expression with these free indices."""
        shown = lettered(expr, indices, self.taken)[1]
        return self._shown(shown)

    def same(self, one: Expr, two: Expr, indices: tuple[Index, ...]) -> bool:
        """Whether two expressions differ in the order of terms and factors only."""
        return bool(_sorted(lettered(one, indices, self.taken)[1]) == _sorted(
            lettered(two, indices, self.taken)[1]))  # fmt: skip

    def _shown(self, expr: Basic) -> Formula:
        text, plain = (p.show(expr) for p in self.texts)
        return Formula(text, plain, self.latex.show(expr))

    def several(self, exprs: Sequence[Expr], indices: tuple[Index, ...]) -> Formula:
        """Expressions with commas between."""
        parts = [self.formula(e, indices) for e in exprs]
        return Formula(*(", ".join(getattr(p, way) for p in parts) for way in _WAYS))

    def value(self, node: Node) -> Formula:
        """What a node computes: `y = …` where it has a name."""
        right = self.formula(self.graph.spelled(node), node.indices)
        if not node.named:
            return right
        return self.equation(self.formula(node.element, node.indices), right)

    @staticmethod
    def equation(left: Formula, right: Formula) -> Formula:
        return Formula(*(f"{getattr(left, w)} = {getattr(right, w)}" for w in _WAYS))

    def gradient(
        self,
        value: Expr,
        indices: tuple[Index, ...],
        way: tuple[Expr, tuple[Index, ...]] | None = None,
    ) -> Formula:
        """∂L/∂value, or its name; way: the node by which a part of it comes back."""
        loss = loss_of(self.backward)
        name = loss.name if loss else "L"
        shown = lettered(value, indices, self.taken)[1]
        below = self.latex.show(shown)
        if isinstance(shown, Element) and shown.array != loss:
            adjoint = self.names.get(shown.array.name, f"d{shown.array.name}")
            renamed = Element(Array(adjoint, shown.array.shape), *shown.indices)
            texts = [p.show(renamed) for p in self.texts]
        else:
            texts = [f"{p.signs.partial}{name}/{p.signs.partial}{p.show(shown, ATOM)}"
                     for p in self.texts]  # fmt: skip
            below = below if isinstance(shown, Element) else rf"\left({below}\right)"
        tex = rf"\frac{{\partial {self.latex.names.loss}}}{{\partial {below}}}"
        if way is not None:
            end = self.formula(*way)
            texts = [f"{texts[0]} by way of {end.text}", f"{texts[1]} by way of {end.ascii}"]
            tex = rf"\left.{tex}\right|_{{\to {end.latex}}}"
        return Formula(texts[0], texts[1], tex)

    def start(self, output: Element, seed: Expr, indices: tuple[Index, ...]) -> Block:
        """What the backward pass starts with."""
        given = self.formula(seed, indices)
        if not isinstance(seed, Element):
            left = self.gradient(output, indices)
            return Chain(left, (Row(given, (Words("the backward pass starts here"),)),))
        return Paragraph((Words("the upstream gradient is {gradient}", (("gradient", given),)),))

    def printed(self, step: Adjoint) -> tuple[Formula, Formula]:
        """The two sides of a step of the derivation, as `derive` prints them."""
        taken = names_of(step.expr) | self.taken
        subscripts, expr = spelled(step.indices, step.expr, taken)
        names = self.latex.names
        texts = [p.element(step.array, subscripts) for p in self.texts]
        left = Formula(texts[0], texts[1], names.partial(step.of, subscripts))
        return left, self._shown(expr)

    def reasons(self, form: Form, sizes: Mapping[Basic, int] | None) -> tuple[Part, ...]:
        """The definitions, laws and facts by which a form was found."""
        found: list[Part] = []
        opened = [] if form.opened is None else [form.opened]
        found += map(self._defined, opened)
        for stage in form.path:
            why = stage.why
            if isinstance(why, Elimination) and why.array is not None:
                found.append(self._defined(why.array))
            elif isinstance(why, str) and why != FACTS:
                found.append(Words(why))
        found += [self._fact(f, sizes) for f in form.facts]
        return tuple(dict.fromkeys(found))

    def _defined(self, array: Array) -> Words:
        d = self.graph.program.definition(array)
        assert d is not None
        equation = self._equation(d.element, d.expr)
        return Words("from the definition: {equation}", (("equation", equation),))

    def _fact(self, fact: Fact, sizes: Mapping[Basic, int] | None) -> Words:
        """An equation; written out where sizes are numbers and it holds for no index alone."""
        left, right = fact.left, fact.right
        if sizes is not None and not any(True for _ in free_indices(left)):
            left, right = (settled(at_sizes(e, sizes, sums=True)) for e in (left, right))
        source = Words("assumed") if fact.declared else Words("from the definitions")
        places = (("equation", self._equation(left, right)), ("source", source))
        return Words("{equation} ({source})", places)

    def _equation(self, left: Expr, right: Expr) -> Formula:
        free = tuple(dict.fromkeys(i for side in (left, right) for i in free_indices(side)))
        pool = MATRIX if len(free) > 1 else None
        sides = (self._shown(lettered(e, free, self.taken, pool)[1]) for e in (left, right))
        return self.equation(*sides)

    @staticmethod
    def verdict(comparison: Comparison) -> Words:
        if comparison.verdict == AGREES and comparison.points == 1:
            return Words("agrees at one point")
        if comparison.verdict == AGREES:
            return Words("agrees at {count} points", (("count", str(comparison.points)),))
        verdict = Words(comparison.verdict)
        if comparison.reason:
            places = (("verdict", verdict), ("reason", comparison.reason))
            return Words("{verdict}: {reason}", places)
        return verdict


def _sorted(expr: Basic) -> Any:
    """What is equal for expressions that differ in order only."""
    if not expr.args or isinstance(expr, Element | Array):
        return expr
    parts = [_sorted(a) for a in expr.args]
    if isinstance(expr, Add | Mul):
        parts.sort(key=str)
    return (expr.func, *parts)

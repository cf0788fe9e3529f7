"""The route of differentials on a page, in whole-array notation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from sympy import Expr, S

from symbackprop.algebra.nodes import Array, Delta, Element, Index
from symbackprop.algebra.trees import walk
from symbackprop.calculus.chains import INSERTED, Step
from symbackprop.calculus.matrix_route import Differential, MatrixRoute, Pulled
from symbackprop.calculus.result import Adjoint, Backward, Jacobian
from symbackprop.emit.arguments_page import heading_of, reason, with_all_gradients
from symbackprop.emit.formulas import Formulas, joined
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.latex_matrix import MatrixPrinter
from symbackprop.emit.lettering import lettered_backward
from symbackprop.emit.matrix import MatrixProduct, Node, Whole, multiply
from symbackprop.emit.naming import names_for
from symbackprop.emit.page import (
    Block,
    Chain,
    Display,
    Equation,
    Formula,
    Heading,
    Page,
    Paragraph,
    Part,
    Row,
    Words,
)
from symbackprop.emit.reasons import reasons
from symbackprop.emit.result_page import forward_blocks, given, gradients, loss_name
from symbackprop.emit.to_matrix import to_matrix
from symbackprop.errors import NotYet


def matrix_page(
    route: MatrixRoute, result: Backward, verdicts: Sequence[Sequence[Words | None]] | None = None
) -> Page:
    """Each differential, and the gradients as what stands before the differential of an input.

    Raises NotYet where something has no whole-array form.
    """
    result = lettered_backward(result)
    every = with_all_gradients(route.program, route.upstream, route.gradients, result)
    names = names_for(every, result.program)
    names = replace(names, changes={c: a for a, c in route.changes.items()})
    writer = _Writer(Formulas(names, "matrix"), loss_name(every))
    forward = forward_blocks(writer.formulas, every.program)
    blocks: list[Block] = [*forward, Heading(Words("differentials"))]
    blocks += [Display(tuple(writer.differential(d) for d in route.differentials))]
    blocks += [Heading(Words("gradients")), *given(writer.formulas, every)]
    blocks += [Paragraph((writer.inner_product(),))]
    told = verdicts or [[None] for _ in route.pulled]
    for pulled, words in zip(route.pulled, told, strict=True):
        draft = next(d for d in route.gradients if d.adjoint == _adjoint(pulled))
        blocks += [Heading(heading_of(writer.formulas, writer.loss, draft.of, draft.adjoint), 3)]
        blocks += writer.gradient(pulled, words)
    end = gradients(writer.formulas, result, blocks)
    lines, remarks = zip(*map(writer.shapes, result.steps), strict=True)
    blocks += [Heading(Words("result")), *end, Heading(Words("shapes")), Display(lines, remarks)]
    return Page(result.program.name, tuple(blocks))


class _Writer:
    """Writes whole arrays; a differential is δy in text and \\mathrm{d}y in LaTeX."""

    def __init__(self, formulas: Formulas, loss: str) -> None:
        self.formulas = formulas
        self.loss = loss
        self._shaped = MatrixPrinter(LatexPrinter(formulas.names), shapes=True)

    def differential(self, d: Differential) -> Equation:
        """δy = J δx, a Jacobian written out where it is one of a vector in a vector."""
        table = d.jacobians[0][1] if len(d.jacobians) == 1 else None
        moving = {e.array for e in _elements(d.expr) if e.array in self.formulas.names.changes}
        return Equation(
            self._name(d.change),
            self._moved(d.expr, d.indices, d.of, table if len(moving) == 1 else None),
        )

    def _moved(
        self, expr: Expr, indices: tuple[Index, ...], of: Array, table: Jacobian | None
    ) -> Formula:
        """How an array changes; J δx for a Jacobian that is not diagonal."""
        matrix = None
        if table is not None and _is_full(table.expr):
            matrix = to_matrix(table.expr, (*table.rows, *table.columns))
        if matrix is None or table is None:
            return self.array(expr, indices, of)
        changes = self.formulas.names.changes
        change = next(c for c, array in changes.items() if array == table.wrt)
        return self._whole(multiply(matrix, Whole((table.columns[0].size, S.One), change)))

    def gradient(
        self, pulled: Pulled, verdicts: Sequence[Words | None]
    ) -> Iterator[Block]:
        """δL = ⟨∂L/∂y, J δx⟩ = ⟨∂L/∂x, δx⟩, then ∂L/∂x = … .

        verdicts: of the steps, and of the equality of the two inner products.
        """
        argument = pulled.argument
        x = _element(argument.left).array
        moved = [
            self._pair(self.array(p.gradient, p.indices, x),
                       self._moved(p.moved, p.indices, x, p.jacobian))
            for p in pulled.pairs
        ]  # fmt: skip
        first = self.array(pulled.first, argument.indices, x)
        left = Formula(f"δ{self.loss}", f"D{self.loss}",
                       rf"\mathrm{{d}} {self.formulas.names.loss}")  # fmt: skip
        used = Row(_sum(moved), (Words("through what it is used in"),))
        other = (Words("moved to the other side"),)
        yield Chain(left, (used, Row(self._pair(first, self._name(pulled.change)), other,
                                     verdicts[-1])))  # fmt: skip
        rows = [Row(first, (Words("read off"),))]
        for step, verdict in zip_longest(argument.steps, verdicts[:-1]):
            node = to_matrix(step.after, argument.indices)
            if node is not None and (right := self._whole(node)) != rows[-1].right:
                rows.append(Row(right, self._reasons(step), verdict))
        yield Chain(self._name(x), tuple(rows))

    def _reasons(self, step: Step) -> tuple[Part, ...]:
        if step.law == INSERTED and step.equation is not None:
            adjoint, expr = _element(step.equation[0]), step.equation[1]
            indices = tuple(i for i in adjoint.indices if isinstance(i, Index))
            right = self.array(expr, indices, adjoint.array)
            equation = joined(Equation(self._name(adjoint.array), right))
            return (Words("{equation}, found above", (("equation", equation),)),)
        return reasons(self.formulas, reason(step, self.formulas.names.taken))

    def inner_product(self) -> Words:
        """What the brackets mean."""
        pair = self._pair(Formula("A", "A", "A"), Formula("B", "B", "B"))
        total = Formula("Σ_ij A[i,j]·B[i,j]", "sum_(i,j) A[i,j]*B[i,j]",
                        r"\sum_{i,j} A_{ij} B_{ij}")  # fmt: skip
        return Words("{pair} is {total}", (("pair", pair), ("total", total)))

    def shapes(self, step: Adjoint) -> tuple[Equation, tuple[Part, ...]]:
        """A gradient with the shape of each array: under it in LaTeX, beside it in text."""
        node = to_matrix(step.expr, step.indices)
        left = self._name(step.array)
        if node is None:
            return self.formulas.equation(step.array, step.indices, step.expr), ()
        right = self._whole(node)
        told = f"{_shape(node)} = {' '.join(map(_shape, _factors(node)))}"
        shaped = Formula(right.text, right.ascii, self._shaped.show(node))
        sizes = r" \times ".join(map(self.formulas.names.position, node.shape))
        under = left.latex if node.is_scalar else rf"\underset{{{sizes}}}{{{left.latex}}}"
        left = Formula(left.text, left.ascii, under)
        return Equation(left, shaped), (Formula(told, told, ""),)

    def array(self, expr: Expr, indices: tuple[Index, ...], of: Array) -> Formula:
        """An expression as a whole; raises NotYet where there is no such form."""
        node = to_matrix(expr, indices)
        if node is None:
            raise NotYet(
                f"the route 'matrix': {of.name} has no whole-array form here; "
                "--route index has it by its elements"
            )
        return self._whole(node)

    def _whole(self, node: Node) -> Formula:
        shown = self.formulas.whole(node)
        return Formula(shown.text, shown.ascii.replace("δ", "D"), shown.latex)

    def _name(self, array: Array) -> Formula:
        ascii_ = array.name.replace("δ", "D")
        return Formula(array.name, ascii_, self.formulas.names.whole(array))

    def _pair(self, left: Formula, right: Formula) -> Formula:
        return Formula(
            f"⟨{left.text}, {right.text}⟩",
            f"<{left.ascii}, {right.ascii}>",
            rf"\left\langle {left.latex}, {right.latex} \right\rangle",
        )


def _sum(terms: Sequence[Formula]) -> Formula:
    return Formula(*(" + ".join(kind) for kind in (
        [t.text for t in terms], [t.ascii for t in terms], [t.latex for t in terms])))  # fmt: skip


def _element(left: Expr) -> Element:
    assert isinstance(left, Element)
    return left


def _adjoint(pulled: Pulled) -> Array:
    return _element(pulled.argument.left).array


def _elements(expr: Expr) -> list[Element]:
    return [n for n in walk(expr) if isinstance(n, Element)]


def _is_full(expr: Expr) -> bool:
    """Whether a Jacobian is not diagonal: a sum of which a part has a delta."""
    return expr.has(Delta) and not (expr.is_Mul and any(isinstance(f, Delta) for f in expr.args))


def _shape(node: Node) -> str:
    return f"({', '.join(str(s) for s in node.shape)})"


def _factors(node: Node) -> tuple[Node, ...]:
    """The factors of a matrix product, else the whole."""
    return node.factors if isinstance(node, MatrixProduct) else (node,)

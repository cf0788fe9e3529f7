r"""LaTeX of a derivation: one `aligned` block, to be set between `\[ \]` or `$$ $$`."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Expr

from symbackprop.algebra.letters import free_indices, lettered, lettered_program, names_of
from symbackprop.algebra.nodes import Index
from symbackprop.algebra.program import Program
from symbackprop.calculus.result import Backward, Fact, Jacobian, Product
from symbackprop.emit.aligned import Style, display_lines, inline, sentence
from symbackprop.emit.formulas import Formulas, joined
from symbackprop.emit.jacobian_page import jacobian_lines
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.latex_names import Names
from symbackprop.emit.lettering import (
    lettered_backward,
    lettered_formula,
    lettered_jacobian,
    loss_of,
)
from symbackprop.emit.naming import names_for, names_for_jacobian, names_for_product
from symbackprop.emit.page import Display, Equation, Formula, Part, Words
from symbackprop.emit.page_latex import aligned
from symbackprop.emit.phrases import Translate, english, listed, pieces
from symbackprop.emit.sentences import conventions, note_words, origin, required
from symbackprop.messages import message


def latex(backward: Backward, *, notation: str = "index", words: Translate = english) -> str:
    r"""The definitions, each gradient as ∂L/∂array, the facts used and the notes.

    L is the name of a scalar output; if the output is an array, L stands for a scalar that
    depends on it, as a line of the block says. notation: "index", or "matrix" for whole-array
    notation in every line that has one. Raises InputError for any other notation. words:
    translates what stands between the formulas.
    """
    backward = lettered_backward(backward)
    formulas = Formulas(names_for(backward), notation)
    block = _Block(formulas, words)
    block.definitions(backward.program)
    block.equations(formulas.equation(s.array, s.indices, s.expr) for s in backward.steps)
    block.gap()
    if loss_of(backward) is None:
        outputs = listed(map(formulas.name, backward.program.outputs))
        loss = Formula("", "", formulas.names.loss)
        block.say(Words("where {loss} is a scalar computed from {outputs}",
                        (("loss", loss), ("outputs", outputs))))  # fmt: skip
    block.facts(backward.facts)
    return block.closed(backward.notes)


def latex_product(
    product: Product, *, notation: str = "index", words: Translate = english
) -> str:
    r"""The definitions and each rate of change, \dot{y} or \partial\dot{L}/\partial a."""
    product = lettered_formula(product)
    formulas = Formulas(names_for_product(product), notation)
    block = _Block(formulas, words)
    block.definitions(product.program)
    block.equations(formulas.equation(s.array, s.indices, s.expr) for s in product.steps)
    block.gap()
    places = {
        "arrays": listed(map(formulas.name, product.wrt)),
        "rates": listed(map(formulas.name, product.directions)),
        "loss": Formula("", "", formulas.names.loss),
        "dot": Formula("", "", rf"\dot{{{formulas.names.loss}}}"),
    }
    if product.loss is None:
        told = [message("where a dot is the rate of change in the direction {rates} of {arrays}")]
    else:
        told = [
            message(
                "where {dot} is the rate of change of {loss} in the direction {rates} of {arrays}"
            ),
            message("so that its gradient is the Hessian of {loss} times it"),
        ]
    for template in told:
        block.say(Words(template, tuple(places.items())))
    block.facts(product.facts)
    return block.closed(product.notes)


def latex_jacobian(
    jacobian: Jacobian, program: Program | None = None, *, words: Translate = english
) -> str:
    r"""∂of/∂wrt, or ∂²L/∂of∂wrt, in index notation, by cases (j = k, j ≠ k) and in matrix notation.

    The cases stand where the rows and columns pair up in one Kronecker delta; the matrix form
    where there is one. program: its definitions come first.
    """
    names = names_for_jacobian(jacobian, program)
    jacobian = lettered_jacobian(jacobian, names.taken)
    formulas = Formulas(names)
    block = _Block(formulas, words)
    if program:
        block.definitions(lettered_program(program))
    closed, *others = jacobian_lines(formulas, jacobian)
    block.equations([closed[0]])
    by_cases = [(line.right, where) for line, where in others if where]
    if by_cases:
        rows = " \\\\ ".join(f"{right.latex} & {inline(where, block.style)}"
                             for right, where in by_cases)  # fmt: skip
        block.lines.append(rf"&= \begin{{cases}} {rows} \end{{cases}}")
    block.equations(line for line, where in others if not where)
    block.facts(jacobian.facts)
    return block.closed(())


def latex_expr(expr: Expr, free: tuple[Index, ...] | None = None) -> str:
    """One expression by itself, with readable index names.

    free: its free indices in order; by default in order of appearance.
    """
    if free is None:
        free = tuple(dict.fromkeys(free_indices(expr)))
    taken = names_of(expr)
    return LatexPrinter(Names.of(taken)).show(lettered(expr, free, taken)[1])


class _Block:
    """Collects the lines of one block."""

    def __init__(self, formulas: Formulas, words: Translate) -> None:
        self.formulas = formulas
        self.style = Style(words)
        self.lines: list[str] = []
        self.shown: list[Display] = []

    def definitions(self, program: Program) -> None:
        """The definitions, and what labels and sizes have to be."""
        self.equations(
            self.formulas.equation(d.array, d.indices, d.expr) for d in program.definitions
        )
        for told in required(self.formulas, program):
            self.say(told)
        self.gap()

    def equations(self, lines: Iterable[Equation]) -> None:
        """Equations under one another."""
        self.shown.append(Display(tuple(lines)))
        self.lines += display_lines(self.shown[-1], self.style)

    def say(self, told: Part) -> None:
        """A sentence, over several lines if it is long."""
        shown = pieces((told,), self.style.words)
        self.lines += [f"& {line}" for line in sentence(shown, self.style.width)]

    def gap(self) -> None:
        """Some space before the next line."""
        self.lines.append("")

    def facts(self, facts: Iterable[Fact]) -> None:
        """`using Σ_k t_k = 1 (assumed)`, one line for each fact."""
        for fact in facts:
            equation = self.formulas.fact(fact)
            self.shown.append(Display((equation,)))
            places = (("fact", joined(equation)), ("origin", origin(fact)))
            self.say(Words("using {fact} ({origin})", places))

    def closed(self, notes: Iterable[str]) -> str:
        """The whole block, with these notes at its end."""
        for note in notes:
            self.say(note_words(self.formulas, note))
        meaning = conventions(self.formulas, self.shown)
        if meaning is not None:
            self.say(Words("where {conventions}", (("conventions", meaning),)))
        return aligned(self.lines)

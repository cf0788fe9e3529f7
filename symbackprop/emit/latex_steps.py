r"""The steps of a derivation in LaTeX: an `aligned` block for each gradient."""

from __future__ import annotations

from symbackprop.algebra.letters import names_of
from symbackprop.calculus.chains import INSERTED
from symbackprop.calculus.collapse import PICKS
from symbackprop.calculus.result import Fact
from symbackprop.calculus.slow import ELEMENT
from symbackprop.calculus.stages import DELTA, FACTS
from symbackprop.emit.latex import definition_lines, names_for
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.latex_lines import prose
from symbackprop.emit.latex_names import Names
from symbackprop.emit.lettering import spelled
from symbackprop.emit.steps import Part, Row, Shown, distinct

_LAWS = {
    PICKS: r"\sum_{j} \delta_{jk} f_{j} = f_{k}",
    ELEMENT: r"\frac{\partial x_{j}}{\partial x_{k}} = \delta_{jk}",
    DELTA: r"\delta_{jk} f_{k} = \delta_{jk} f_{j}",
}


def latex_steps(shown: Shown) -> str:
    """The forward pass and each gradient, one block after the other, ready to paste."""
    names = names_for(shown.backward)
    blocks = [definition_lines(names, shown.backward.program)]
    blocks += [_part(part, names) for part in shown.parts]
    return "\n\n".join(rf"\[{chr(10)}{block}{chr(10)}\]" for block in blocks)


def _part(part: Part, names: Names) -> str:
    printer = LatexPrinter(names)
    taken = frozenset().union(*(names_of(r.expr) for r in part.rows)) | names.taken
    subscripts, _ = spelled(part.indices, part.rows[-1].expr, taken)
    left = names.partial(part.of, subscripts)
    lines = []
    for row in distinct(
        part.rows, lambda e: printer.show(spelled(part.indices, e, taken)[1]), ""
    ):
        right = printer.show(spelled(part.indices, row.expr, taken)[1])
        lines.append(rf"{left} &= {right} && {_reason(row, printer)}")
        left = ""
    body = " \\\\\n".join(lines)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


def _reason(row: Row, printer: LatexPrinter) -> str:
    words = _LAWS.get(row.law) or prose(row.law)
    if row.equation is not None:
        left, right = map(printer.show, row.equation)
        words = f"{left} = {right}"
        if row.law == INSERTED:
            words += r" \text{ (above)}"
    if row.facts:
        told = r",\ ".join(_fact(f, printer) for f in row.facts)
        words = told if row.law == FACTS else rf"{words};\ {told}"
    return rf"{words} \quad \text{{[{row.verdict}]}}" if row.verdict else words


def _fact(fact: Fact, printer: LatexPrinter) -> str:
    return f"{printer.show(fact.left)} = {printer.show(fact.right)}"

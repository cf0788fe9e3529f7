"""The steps of a derivation as text for a terminal of 80 columns."""

from __future__ import annotations

from sympy import Expr

from symbackprop.algebra.letters import names_of
from symbackprop.calculus.chains import INSERTED
from symbackprop.calculus.result import Fact
from symbackprop.emit.lettering import loss_of, spelled
from symbackprop.emit.steps import Part, Row, Shown, distinct
from symbackprop.emit.text import broken as broken_line
from symbackprop.emit.text import forward_lines, wrapped
from symbackprop.emit.text_expr import ASCII, UNICODE, TextPrinter


def text_steps(shown: Shown, *, unicode: bool = True) -> str:
    """Each gradient as a chain of equalities, the law of each under its right side."""
    printer = TextPrinter(UNICODE if unicode else ASCII)
    program = shown.backward.program
    lines = [program.name, *forward_lines(program, printer)]
    loss = loss_of(shown.backward)
    name = loss.name if loss else "L"
    for part in shown.parts:
        d = printer.signs.partial
        lines += ["", f"{part.adjoint.name} = {d}{name}/{d}{part.of.name}"]
        lines += _part(part, printer)
    return "\n".join(lines) + "\n"


def _part(part: Part, printer: TextPrinter) -> list[str]:
    taken = frozenset().union(*(names_of(r.expr) for r in part.rows))
    subscripts, _ = spelled(part.indices, part.rows[-1].expr, taken)
    left = printer.element(part.adjoint, subscripts)

    def show(expr: Expr) -> str:
        return printer.show(spelled(part.indices, expr, taken)[1])

    lines: list[str] = []
    for n, row in enumerate(distinct(part.rows, show, "")):
        start = f"{left} = " if n == 0 else "    = "
        lines += [f"  {line}" for line in broken_line(start + show(row.expr), 8)]
        lines += wrapped(_reason(row, printer), 10)
    return lines


def _reason(row: Row, printer: TextPrinter) -> str:
    words = row.law
    if printer.signs.partial.isascii():
        words = words.replace("Σ", "sum").replace("δ", "delta").replace("∂", "d")
    if row.equation is not None:
        left, right = map(printer.show, row.equation)
        equation = f"{left} = {right}"
        words = f"{equation}, found above" if row.law == INSERTED else f"{row.law}: {equation}"
    if row.facts:
        told = ", ".join(_fact(f, printer) for f in row.facts)
        words = told if row.law == "facts" else f"{words}; {told}"
    return f"{words} [{row.verdict}]" if row.verdict else words


def _fact(fact: Fact, printer: TextPrinter) -> str:
    source = "assumed" if fact.declared else "from the definitions"
    return f"{printer.show(fact.left)} = {printer.show(fact.right)} ({source})"



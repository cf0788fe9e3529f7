"""A derivation as text for a terminal of 80 columns, in ASCII or Unicode."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sympy import Expr

from symbackprop.algebra.conditions import size_condition_texts
from symbackprop.algebra.letters import free_indices, lettered_program, names_in, names_of
from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.program import Program
from symbackprop.algebra.spelling import shape_text, size_text
from symbackprop.calculus.cases import cases
from symbackprop.calculus.result import Backward, Fact, Jacobian, Product
from symbackprop.emit.lettering import (
    lettered_backward,
    lettered_formula,
    lettered_jacobian,
    loss_of,
    spelled,
)
from symbackprop.emit.text_expr import ASCII, UNICODE, TextPrinter
from symbackprop.emit.text_matrix import TextMatrixPrinter
from symbackprop.emit.to_matrix import to_matrix, wants_matrix

WIDTH = 80


def text(
    backward: Backward,
    *,
    unicode: bool = True,
    notation: str = "index",
    worked: Iterable[str] = (),
) -> str:
    """The definitions with shapes, the gradients, the facts used and the notes, in sections.

    notation: "index", or "matrix" for whole-array notation in every line that has one; raises
    InputError for any other. worked: lines for a section of examples with numbers.

    The gradient in `a` is `da`, the upstream gradient of an output `y` is `dy`. No line is
    longer than 80 columns where it has an operator to break at.
    """
    backward = lettered_backward(backward)
    program = backward.program
    signs = UNICODE if unicode else ASCII
    printer = _Lines(TextPrinter(signs), wants_matrix(notation), program)
    loss = loss_of(backward)
    name = loss.name if loss else _unused(("L", "loss", "Loss"), names_in(program))
    upstream = [
        f"{dout.name} = {printer.partial(name, out)}"
        for out, dout in zip(program.outputs, backward.upstream, strict=True)
        if dout is not None
    ]
    lines = [program.name, *_forward(printer, program), "", "backward"]
    if upstream:
        lines += wrapped(f"given {', '.join(upstream)}, for a scalar {name} computed from it")
    lines += _equations(
        [
            printer.equation(s.array, s.indices, s.expr, printer.partial(name, s.of))
            for s in backward.steps
        ]
    )
    lines += _facts(printer, backward.facts)
    lines += _notes(backward.notes, unicode)
    for line in worked:
        lines += ["", "example", *wrapped(line)]
    return "\n".join(lines) + "\n"


def text_product(product: Product, *, unicode: bool = True, notation: str = "index") -> str:
    """The definitions with shapes, the rates of change in a direction, the facts and the notes."""
    product = lettered_formula(product)
    signs = UNICODE if unicode else ASCII
    printer = _Lines(TextPrinter(signs), wants_matrix(notation), product.program)
    remarks = {r: _product_of(printer, product, of) for r, of in zip(
        product.results, product.wrt if product.loss else product.of, strict=True)}  # fmt: skip
    program = replace(product.program, inputs=product.program.inputs[: -len(product.wrt)])
    lines = [program.name, *_forward(printer, program), "", product.title]
    given = ", ".join(f"{d.name} {_shape(d)}".replace(" ", "\0") for d in product.directions)
    changes = " and ".join(a.name for a in product.wrt)
    told = wrapped(f"given {given}, the rate of change of {changes}")
    lines += [line.replace("\0", " ") for line in told]
    lines += _equations(
        [printer.equation(s.array, s.indices, s.expr, remarks.get(s.array, ""))
         for s in product.steps]
    )  # fmt: skip
    lines += _facts(printer, product.facts) + _notes(product.notes, unicode)
    return "\n".join(lines) + "\n"


def _product_of(printer: _Lines, product: Product, of: Array) -> str:
    """∂y/∂a·a_dot, or ∂²L/∂x∂a·a_dot: the product that a result is, summed over the inputs."""
    signs = printer.printer.signs
    terms = []
    for array, given in zip(product.wrt, product.directions, strict=True):
        below = f"{signs.partial}{array.name}"
        if product.loss is None:
            slope = f"{signs.partial}{of.name}/{below}"
        else:
            square = f"{signs.partial}{'^2' if signs.partial.isascii() else '²'}"
            slope = f"{square}{product.loss.name}/{signs.partial}{of.name}{below}"
        terms.append(f"{slope}{signs.times}{given.name}")
    return " + ".join(terms)


def text_jacobian(
    jacobian: Jacobian, program: Program | None = None, *, unicode: bool = True
) -> str:
    """∂of/∂wrt, and by cases where one Kronecker delta decides; after the definitions, if given."""
    text_printer = TextPrinter(UNICODE if unicode else ASCII)
    printer = _Lines(text_printer, False, program)
    jacobian = lettered_jacobian(jacobian, names_in(program) if program else frozenset())
    lines = [program.name, *_forward(printer, lettered_program(program)), ""] if program else []
    rows = text_printer.element(jacobian.of, jacobian.rows)
    columns = text_printer.element(jacobian.wrt, jacobian.columns)
    left = _slope(text_printer, jacobian, rows, columns)
    rows_shown = [(left, text_printer.show(jacobian.expr), "")]
    by_cases = cases(jacobian)
    if by_cases is not None:
        j, k, on, off = by_cases
        unequal = text_printer.signs.relations["!="]
        rows_shown += [(left, text_printer.show(on), f"{j.name} = {k.name}")]
        rows_shown += [(left, text_printer.show(off), f"{j.name} {unequal} {k.name}")]
    if len(jacobian.rows) == len(jacobian.columns) == 1 and jacobian.expr != 0:
        whole = to_matrix(jacobian.expr, (*jacobian.rows, *jacobian.columns))
        if whole is not None:
            left = _slope(text_printer, jacobian, jacobian.of.name, jacobian.wrt.name)
            rows_shown += [(left, TextMatrixPrinter(text_printer).show(whole), "")]
    lines += ["Hessian" if jacobian.loss else "Jacobian", *_equations(rows_shown)]
    lines += _facts(printer, jacobian.facts)
    return "\n".join(lines) + "\n"


def _slope(printer: TextPrinter, jacobian: Jacobian, of: str, wrt: str) -> str:
    """∂of/∂wrt, or ∂²L/∂of∂wrt for a Hessian."""
    d = printer.signs.partial
    if jacobian.loss is None:
        return f"{d}{of}/{d}{wrt}"
    return f"{d}{'^2' if d.isascii() else '²'}{jacobian.loss.name}/{d}{of}{d}{wrt}"


class _Lines:
    """The lines of the sections, in index or in matrix notation.

    taken: the names that no index may have.
    """

    def __init__(self, printer: TextPrinter, matrix: bool, program: Program | None) -> None:
        self.printer = printer
        self.taken = names_in(program) if program else frozenset()
        self.matrices = TextMatrixPrinter(printer) if matrix else None

    def equation(
        self, array: Array, indices: tuple[Index, ...], expr: Expr, remark: str
    ) -> tuple[str, str, str]:
        """`array = expr` with whole arrays where that is asked for and exists, else by elements."""
        whole = to_matrix(expr, indices) if self.matrices else None
        if self.matrices is None or whole is None:
            subscripts, expr = spelled(indices, expr, self.taken | names_of(expr))
            return self.printer.element(array, subscripts), self.printer.show(expr), remark
        return array.name, self.matrices.show(whole), remark

    def fact(self, fact: Fact) -> tuple[str, str, str]:
        """`left = right` and where it comes from."""
        source = "assumed" if fact.declared else "from the definitions"
        free = tuple(dict.fromkeys((*free_indices(fact.left), *free_indices(fact.right))))
        if self.matrices and len(free) < 2:
            left, right = to_matrix(fact.left, free), to_matrix(fact.right, free)
            if left is not None and right is not None:
                return self.matrices.show(left), self.matrices.show(right), source
        return self.printer.show(fact.left), self.printer.show(fact.right), source

    def partial(self, loss: str, array: Array) -> str:
        """∂L/∂array."""
        d = self.printer.signs.partial
        return f"{d}{loss}/{d}{array.name}"


def forward_lines(program: Program, printer: TextPrinter) -> list[str]:
    """The sections of the inputs and of the forward pass."""
    return _forward(_Lines(printer, False, program), program)


def _forward(lines: _Lines, program: Program) -> list[str]:
    inputs = ", ".join(f"{a.name} {_shape(a)}".replace(" ", "\0") for a in program.inputs)
    rows = [
        lines.equation(d.array, d.indices, d.expr, _shape(d.array)) for d in program.definitions
    ]
    listed = [line.replace("\0", " ") for line in wrapped(inputs)]
    listed += _required(lines, program)
    return ["", "inputs", *listed, "", "forward", *_equations(rows)]


def _required(lines: _Lines, program: Program) -> list[str]:
    """What labels and sizes have to be."""
    told = []
    for array, sizes in program.labels.items():
        ends = " and ".join(f"0 to {size_text(s - 1)}" for s in sizes)
        told += wrapped(f"{array.name}: integers from {ends}, counted from 1 as subscripts")
    relations = lines.printer.signs.relations
    conditions = size_condition_texts(program, relations[">="], relations["<="])
    return told + (wrapped(f"requires {', '.join(conditions)}") if conditions else [])


def _facts(lines: _Lines, facts: Iterable[Fact]) -> list[str]:
    rows = [lines.fact(f) for f in facts]
    return ["", "using", *_equations(rows)] if rows else []


def _notes(notes: Sequence[str], unicode: bool) -> list[str]:
    lines = ["", "notes"] if notes else []
    for note in notes:
        lines += wrapped(note if unicode else note.encode("ascii", "replace").decode())
    return lines


def _shape(array: Array) -> str:
    return f"({shape_text(array.shape)})" if array.shape else "scalar"


def _unused(names: Iterable[str], taken: frozenset[str]) -> str:
    return next((n for n in names if n not in taken), "the_loss")


def _equations(rows: list[tuple[str, str, str]]) -> list[str]:
    """`left = right    remark`, the remarks in one column where the lines leave room for it."""
    equations = [broken(f"{left} = {right}", len(left) + 3) for left, right, _ in rows]
    remarks = [remark for _, _, remark in rows]
    room = WIDTH - 4 - max((len(r) for r in remarks), default=0)
    lengths = [len(e[-1]) for e in equations if len(e[-1]) <= room]
    column = max(lengths, default=0) + 2
    lines: list[str] = []
    for equation, remark in zip(equations, remarks, strict=True):
        lines += [f"  {line}" for line in equation[:-1]]
        last = f"  {equation[-1].ljust(column)}  {remark}".rstrip()
        lines += [last] if len(last) <= WIDTH else [f"  {equation[-1]}", f"      {remark}"]
    return lines


def broken(line: str, indent: int) -> list[str]:
    """The line in pieces of at most 78 columns, broken before the outermost operators."""
    indent = min(indent, 24)
    pieces: list[str] = []
    while len(line) > WIDTH - 2:
        at = _break(line, WIDTH - 2, indent if pieces else 0)
        if at is None:
            break
        pieces.append(line[:at].rstrip())
        line = " " * indent + line[at:].lstrip()
    return [*pieces, line]


def _break(line: str, width: int, start: int) -> int | None:
    """Where to break: at the least nested place, before + and - rather than within a product."""
    depth = 0
    places: list[tuple[int, bool, int]] = []
    for at, character in enumerate(line[: width + 1]):
        depth += (character in "([") - (character in ")]")
        operator = re.match(r" [-+/&|∧∨] |, |[*·]", line[at:])
        if operator and at > start + 20:
            after = at + 1 if operator[0] == ", " else at
            places.append((depth, operator[0] in ("*", "·"), after))
    if not places:
        return None
    nesting, within = min(place[:2] for place in places)
    return max(at for *rank, at in places if rank == [nesting, within])


def wrapped(sentence: str, indent: int = 2) -> list[str]:
    """A sentence in lines of at most 80 columns."""
    margin = " " * indent
    return textwrap.wrap(
        sentence, WIDTH, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False
    )

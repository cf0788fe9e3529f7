r"""LaTeX of a derivation: one `aligned` block, ASCII only, to be set between `\[ \]` or `$$ $$`."""

from __future__ import annotations

from sympy import Expr

from symbackprop.algebra.conditions import size_conditions
from symbackprop.algebra.letters import (
    free_indices,
    lettered,
    lettered_program,
    names_in,
    names_of,
)
from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.program import Program
from symbackprop.calculus.cases import cases
from symbackprop.calculus.result import Adjoint, Backward, Jacobian, Product, Tangent
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.latex_lines import Lines
from symbackprop.emit.latex_names import Names
from symbackprop.emit.lettering import (
    lettered_backward,
    lettered_formula,
    lettered_jacobian,
    loss_of,
    spelled,
)


def latex(backward: Backward, *, notation: str = "index") -> str:
    r"""The definitions, each gradient as ∂L/∂array, the facts used and the notes.

    L is the name of a scalar output; if the output is an array, L stands for a scalar that
    depends on it, as a line of the block says. notation: "index", or "matrix" for whole-array
    notation in every line that has one. Raises InputError for any other notation.
    """
    backward = lettered_backward(backward)
    names = names_for(backward)
    lines = Lines(names, notation)
    _definitions(lines, backward.program)
    for step in backward.steps:
        subscripts, expr = spelled(step.indices, step.expr, names.taken)
        element, whole = names.partial(step.of, subscripts), names.whole_partial(step.of)
        lines.equation(element, whole, expr, step.indices)
    lines.gap()
    if loss_of(backward) is None:
        outputs = ", ".join(names.whole(a) if notation == "matrix" else names.name(a.name).show()
                            for a in backward.program.outputs)  # fmt: skip
        lines.lines.append(
            rf"& \text{{where }} {names.loss} \text{{ is a scalar computed from }} {outputs}"
        )
    lines.facts(backward.facts)
    for note in backward.notes:
        lines.remark(note)
    return lines.block()


def latex_product(product: Product, *, notation: str = "index") -> str:
    r"""The definitions and each rate of change, \dot{y} or \partial\dot{L}/\partial a."""
    product = lettered_formula(product)
    names = names_for_product(product)
    lines = Lines(names, notation)
    _definitions(lines, product.program)
    for step in product.steps:
        subscripts, expr = spelled(step.indices, step.expr, names.taken)
        element, whole = names.element(step.array[subscripts]), names.whole(step.array)
        lines.equation(element, whole, expr, step.indices)
    lines.gap()
    bold = notation == "matrix"
    inputs = ", ".join(names.mention(a, bold) for a in product.wrt)
    given = ", ".join(names.mention(d, bold) for d in product.directions)
    change = rf"{inputs} \text{{ {'change' if len(product.wrt) > 1 else 'changes'} at }} {given}"
    if product.loss is None:
        lines.lines.append(rf"& \text{{where a dot is the rate of change as }} {change}")
    else:
        dot = rf"\dot{{{names.loss}}}"
        told = rf"\text{{where }} {dot} \text{{ is the rate of change of }} {names.loss}"
        lines.lines.append(rf"& {told} \text{{ as }} {change}")
        told = rf"\text{{so that its gradient is the Hessian of }} {names.loss} \text{{ times it}}"
        lines.lines.append(f"& {told}")
    lines.facts(product.facts)
    for note in product.notes:
        lines.remark(note)
    return lines.block()


def latex_jacobian(jacobian: Jacobian, program: Program | None = None) -> str:
    r"""∂of/∂wrt, or ∂²L/∂of∂wrt, in index notation, by cases (j = k, j ≠ k) and in matrix notation.

    The cases stand where the rows and columns pair up in one Kronecker delta; the matrix form
    where there is one. program: its definitions come first.
    """
    taken = names_in(program) if program else frozenset()
    taken |= names_of(jacobian.of) | names_of(jacobian.wrt) | names_of(jacobian.expr)
    taken |= names_of(jacobian.loss) if jacobian.loss else frozenset()
    jacobian = lettered_jacobian(jacobian, taken)
    names = Names.of(taken)
    lines = Lines(names, "index")
    if program:
        _definitions(lines, lettered_program(program))
    rows, columns = jacobian.rows, jacobian.columns
    show = lines.printer.show
    left = _slope(
        names, jacobian, names.element(jacobian.of[rows]), names.element(jacobian.wrt[columns])
    )
    lines.lines.append(f"{left} &= {show(jacobian.expr)}")
    by_cases = cases(jacobian)
    if by_cases is not None:
        j, k, on, off = by_cases
        lines.lines.append(
            rf"&= \begin{{cases}} {show(on)} & {show(j)} = {show(k)} \\ "
            rf"{show(off)} & {show(j)} \ne {show(k)} \end{{cases}}"
        )
    whole = Lines(names, "matrix")
    text, is_whole = whole.right(jacobian.expr, (*rows, *columns))
    if is_whole and len(rows) <= 1 and len(columns) <= 1 and whole.uses_matrix:
        transposed = names.whole(jacobian.wrt) + (r"^{\top}" if jacobian.loss else "")
        left = _slope(names, jacobian, names.whole(jacobian.of), transposed)
        lines.lines.append(f"{left} &= {text}")
        lines.uses_matrix = True
    lines.facts(jacobian.facts)
    return lines.block()


def _slope(names: Names, jacobian: Jacobian, of: str, wrt: str) -> str:
    if jacobian.loss is None:
        return rf"\frac{{\partial {of}}}{{\partial {wrt}}}"
    loss = names.name(jacobian.loss.name).show()
    return rf"\frac{{\partial^{{2}} {loss}}}{{\partial {of} \, \partial {wrt}}}"


def latex_expr(expr: Expr, free: tuple[Index, ...] | None = None) -> str:
    """One expression by itself, with readable index names.

    free: its free indices in order; by default in order of appearance.
    """
    if free is None:
        free = tuple(dict.fromkeys(free_indices(expr)))
    taken = names_of(expr)
    return LatexPrinter(Names.of(taken)).show(lettered(expr, free, taken)[1])


def names_for(backward: Backward) -> Names:
    """The LaTeX names of one backward program, adjoints shown as ∂L/∂array."""
    program = backward.program
    adjoints: dict[Array, Array] = {s.array: s.of for s in backward.steps}
    for output, upstream in zip(program.outputs, backward.upstream, strict=True):
        if upstream is not None:
            adjoints[upstream] = output
    loss = loss_of(backward)
    return Names.of(names_in(program), adjoints, loss.name if loss else "")


def names_for_product(product: Product) -> Names:
    """The LaTeX names of a product: rates of change with a dot, adjoints as ∂L/∂array."""
    adjoints = {s.array: s.of for s in product.steps if isinstance(s, Adjoint)}
    adjoints |= dict(zip(product.of, product.wrt, strict=False)) if product.loss else {}
    dots = dict(zip(product.directions, product.wrt, strict=True))
    dots |= {s.array: s.of for s in product.steps if isinstance(s, Tangent)}
    loss = product.loss.name if product.loss else ""
    return Names.of(names_in(product.program), adjoints, loss, dots)


def definition_lines(names: Names, program: Program) -> str:
    """The block of the definitions alone."""
    lines = Lines(names, "index")
    _definitions(lines, program)
    return lines.block()


def _definitions(lines: Lines, program: Program) -> None:
    for d in program.definitions:
        subscripts, expr = spelled(d.indices, d.expr, lines.names.taken)
        element = lines.names.element(d.array[subscripts])
        lines.equation(element, lines.names.whole(d.array), expr, d.indices)
    _required(lines, program)
    lines.gap()


def _required(lines: Lines, program: Program) -> None:
    r"""What labels and sizes have to be: `t holds integers 0, \ldots, K-1`, `requires L \ge 3`."""
    names, bold = lines.names, lines.prefers_matrix
    for array, sizes in program.labels.items():
        ends = r" \text{ and } ".join(rf"0, \ldots, {names.position(s - 1)}" for s in sizes)
        lines.lines.append(
            rf"& \text{{where }} {names.mention(array, bold)} \text{{ holds integers }} {ends}"
            r" \text{, counted from 1 as subscripts}"
        )
    conditions = [
        rf"{names.position(smaller)} \le {names.position(larger)}" if larger.is_Integer
        else rf"{names.position(larger)} \ge {names.position(smaller)}"
        for larger, smaller in size_conditions(program)
    ]
    if conditions:
        lines.lines.append(rf"& \text{{requires }} {', '.join(conditions)}")

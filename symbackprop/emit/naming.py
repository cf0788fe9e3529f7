"""The LaTeX names of one derivation: adjoints as ∂L/∂array, rates of change with a dot."""

from __future__ import annotations

from symbackprop.algebra.letters import names_in, names_of
from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Program
from symbackprop.calculus.result import Adjoint, Backward, Jacobian, Product, Tangent
from symbackprop.emit.latex_names import Names
from symbackprop.emit.lettering import loss_of


def names_for(backward: Backward, *also: Program) -> Names:
    """The names of one backward program. also: programs whose names are shown beside it."""
    program = backward.program
    adjoints: dict[Array, Array] = {s.array: s.of for s in backward.steps}
    for output, upstream in zip(program.outputs, backward.upstream, strict=True):
        if upstream is not None:
            adjoints[upstream] = output
    loss = loss_of(backward)
    names = names_in(program).union(*map(names_in, also))
    return Names.of(names, adjoints, loss.name if loss else "")


def names_for_product(product: Product) -> Names:
    """The names of a product with a direction."""
    adjoints = {s.array: s.of for s in product.steps if isinstance(s, Adjoint)}
    adjoints |= dict(zip(product.of, product.wrt, strict=False)) if product.loss else {}
    dots = dict(zip(product.directions, product.wrt, strict=True))
    dots |= {s.array: s.of for s in product.steps if isinstance(s, Tangent)}
    loss = product.loss.name if product.loss else ""
    return Names.of(names_in(product.program), adjoints, loss, dots)


def names_for_jacobian(jacobian: Jacobian, program: Program | None) -> Names:
    """The names of a Jacobian or a Hessian, and of the program that is shown with it."""
    names = names_in(program) if program else frozenset()
    names |= names_of(jacobian.of) | names_of(jacobian.wrt) | names_of(jacobian.expr)
    names |= names_of(jacobian.loss) if jacobian.loss else frozenset()
    return Names.of(names)

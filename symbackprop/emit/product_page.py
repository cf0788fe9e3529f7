"""A Jacobian or Hessian times a direction as a page."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.algebra.nodes import Array
from symbackprop.calculus.result import Product
from symbackprop.emit.formulas import Formulas
from symbackprop.emit.lettering import lettered_formula
from symbackprop.emit.naming import names_for_product
from symbackprop.emit.page import Block, Display, Formula, Heading, Page, Paragraph, Words
from symbackprop.emit.phrases import enumeration
from symbackprop.emit.result_page import facts, forward_blocks, notes
from symbackprop.emit.sentences import with_shape


def product_page(product: Product, *, notation: str = "index") -> Page:
    """The forward pass, the rates of change in a direction, the facts and the notes."""
    product = lettered_formula(product)
    formulas = Formulas(names_for_product(product), notation)
    program = replace(product.program, inputs=product.program.inputs[: -len(product.wrt)])
    title = Words("Hessian-vector product") if product.loss else Words("Jacobian-vector product")
    told = Words(
        "given {directions}, the rate of change of {arrays}",
        (
            ("directions", enumeration(with_shape(formulas, d) for d in product.directions)),
            ("arrays", enumeration(map(formulas.name, product.wrt))),
        ),
    )
    of = dict(zip(
        product.results, product.wrt if product.loss else product.of, strict=True))  # fmt: skip
    lines = tuple(formulas.equation(s.array, s.indices, s.expr) for s in product.steps)
    remarks = tuple(
        (_in_text(product, of[s.array]),) if s.array in of else () for s in product.steps
    )
    blocks: list[Block] = [
        *forward_blocks(formulas, program),
        Heading(title),
        Paragraph((told,)),
        Display(lines, remarks),
        *facts(formulas, product.facts),
    ]
    return Page(program.name, (*blocks, *notes(formulas, product.notes, blocks)))


def _in_text(product: Product, of: Array) -> Formula:
    """∂y/∂a·a_dot, or ∂²L/∂x∂a·a_dot: the product that a result is, summed over the inputs.

    LaTeX says it by a dot on the left.
    """
    forms = []
    for d, square, times in (("∂", "∂²", "·"), ("d", "d^2", "*")):
        terms = []
        for array, given in zip(product.wrt, product.directions, strict=True):
            below = f"{d}{array.name}"
            slope = (
                f"{d}{of.name}/{below}" if product.loss is None
                else f"{square}{product.loss.name}/{d}{of.name}{below}"
            )  # fmt: skip
            terms.append(f"{slope}{times}{given.name}")
        forms.append(" + ".join(terms))
    text, ascii_ = forms
    return Formula(text, ascii_, "")

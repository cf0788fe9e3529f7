"""A derivation as text for a terminal of 80 columns, in ASCII or Unicode."""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.algebra.program import Program
from symbackprop.calculus.result import Backward, Jacobian, Product
from symbackprop.emit.jacobian_page import jacobian_page
from symbackprop.emit.page_text import page_text
from symbackprop.emit.phrases import Translate, english
from symbackprop.emit.product_page import product_page
from symbackprop.emit.result_page import Example, result_page


def text(
    backward: Backward,
    *,
    unicode: bool = True,
    notation: str = "index",
    examples: Iterable[Example] = (),
    words: Translate = english,
) -> str:
    """The definitions with shapes, the gradients, the facts used and the notes, in sections.

    notation: "index", or "matrix" for whole-array notation in every line that has one; raises
    InputError for any other. words: translates what stands between the formulas.

    The gradient in `a` is `da`, the upstream gradient of an output `y` is `dy`. No line is
    longer than 80 columns where it has an operator to break at.
    """
    page = result_page(backward, notation=notation, examples=examples)
    return page_text(page, unicode, words=words)


def text_product(
    product: Product, *, unicode: bool = True, notation: str = "index", words: Translate = english
) -> str:
    """The definitions with shapes, the rates of change in a direction, the facts and the notes."""
    return page_text(product_page(product, notation=notation), unicode, words=words)


def text_jacobian(
    jacobian: Jacobian,
    program: Program | None = None,
    *,
    unicode: bool = True,
    words: Translate = english,
) -> str:
    """∂of/∂wrt, and by cases where one Kronecker delta decides; after the definitions, if given."""
    return page_text(jacobian_page(jacobian, program), unicode, words=words)

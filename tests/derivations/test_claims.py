"""What is printed for a layer is a claim: read back it is true, its wrong versions are false."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from sympy import Expr

import symbackprop as sb
from symbackprop.algebra.letters import names_in
from symbackprop.calculus.result import Adjoint
from symbackprop.catalogue import names
from symbackprop.claims.case import TRUE, Case
from symbackprop.claims.check import Session, session
from symbackprop.claims.claim import INDEX, LATEX
from symbackprop.claims.read import Asked, read_claim
from symbackprop.emit.formulas import Formulas
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.lettering import spelled
from symbackprop.emit.naming import names_for
from symbackprop.emit.text_expr import ASCII, UNICODE, TextPrinter
from symbackprop.emit.to_matrix import to_matrix
from symbackprop.errors import InputError, Refused
from symbackprop.verify.exact import FALSE, INCONCLUSIVE, Value, equal
from tests.claims.mutations import mutations
from tests.derived import derived as layer

TWO_MEANINGS = {"lstm-cell": "m", "lstm-gates": "c", "lstm-stacked": "m"}
"""∂L/∂ of these arrays is the upstream gradient in one place of the LaTeX and the whole one in
another: the claim is refused."""


@cache
def derived(name: str) -> tuple[sb.Derivation, Session]:
    found = layer(name)
    return found, session(found.source, [a.name for a in found.backward.wrt], {})


def verdict(found: Session, text: str, notation: str) -> str:
    claim = read_claim(text, found.truth, found.vocabulary, Asked(notation=notation))
    (right,) = claim.rights
    case = Case(right, claim.target, found.truth, found.comparer)
    return case.compared(case.claimed, case.true).verdict


def as_text(layer: sb.Derivation, step: Adjoint, expr: Expr, printer: TextPrinter) -> str:
    taken = names_in(layer.shown.program) | {s.array.name for s in layer.shown.steps}
    subscripts, shown = spelled(step.indices, expr, taken)
    return f"{printer.element(step.array, subscripts)} = {printer.show(shown)}"


def as_latex(layer: sb.Derivation, step: Adjoint) -> Iterator[str]:
    """By elements, and whole where there is such a form."""
    table = names_for(layer.shown)
    subscripts, shown = spelled(step.indices, step.expr, table.taken)
    yield f"{table.partial(step.of, subscripts)} = {LatexPrinter(table).show(shown)}"
    whole = to_matrix(step.expr, step.indices)
    if whole is not None:
        yield f"{table.partial_in(step.of, True)} = {Formulas(table).whole(whole).latex}"


@pytest.mark.parametrize("name", names())
def test_every_line_of_text_is_a_true_claim(name: str) -> None:
    layer, found = derived(name)
    for step in layer.shown.steps:
        for signs in (UNICODE, ASCII):
            text = as_text(layer, step, step.expr, TextPrinter(signs))
            assert verdict(found, text, INDEX) in TRUE, text


@pytest.mark.parametrize("name", names())
def test_every_line_of_latex_is_a_true_claim(name: str) -> None:
    layer, found = derived(name)
    for step in layer.shown.steps:
        for text in as_latex(layer, step):
            double = TWO_MEANINGS.get(name)
            if double is not None and rf"}}{{\partial {double}_" in text.replace(
                rf"\boldsymbol{{{double}}}", f"{double}_"
            ):
                with pytest.raises(InputError, match="may be the upstream gradient"):
                    verdict(found, text, LATEX)
            else:
                assert verdict(found, text, LATEX) in TRUE, text


@pytest.mark.parametrize("name", names())
def test_wrong_lines_are_false_claims(name: str) -> None:
    """Unless the exact comparison, which knows nothing of claims, finds no difference either."""
    layer, found = derived(name)
    for step in layer.shown.steps:
        if step.expr == 0:
            continue
        for kind, wrong in mutations(step.expr):
            text = as_text(layer, step, wrong, TextPrinter(UNICODE))
            try:
                said = verdict(found, text, INDEX)
            except Refused:  # the factor that is gone was all that told the range of an index
                assert kind == "factor", text
                continue
            assert said != INCONCLUSIVE, text
            if said == FALSE:
                continue
            assert kind not in ("sign", "twice"), text
            whole = found.setting.with_gradients
            one = Value(whole, wrong, step.indices)
            two = Value(whole, step.element, step.indices)
            assert equal(one, two).verdict != FALSE, text

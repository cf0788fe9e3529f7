"""The steps of a derivation as a page: each gradient as a chain of equalities."""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.algebra.letters import names_of
from symbackprop.calculus.result import Backward
from symbackprop.emit.formulas import Formulas
from symbackprop.emit.lettering import lettered_backward, spelled
from symbackprop.emit.naming import names_for
from symbackprop.emit.page import Block, Chain, Formula, Heading, Page, Words
from symbackprop.emit.page import Row as PageRow
from symbackprop.emit.reasons import reasons
from symbackprop.emit.result_page import forward_blocks, given, gradients, loss_name
from symbackprop.emit.steps import Part, Shown


def steps_page(shown: Shown, result: Backward) -> Page:
    """The forward pass, the way to each gradient and then the result, as it is shown alone."""
    result = lettered_backward(result)
    formulas = Formulas(names_for(shown.backward, result.program))
    name = loss_name(shown.backward)
    blocks = forward_blocks(formulas, shown.backward.program)
    blocks += [Heading(Words("backward")), *given(formulas, shown.backward)]
    for part in shown.parts:
        slope = formulas.slope(name, part.of)
        heading = Formula(
            f"{part.adjoint.name} = {slope.text}",
            f"{part.adjoint.name} = {slope.ascii}",
            rf"\partial {formulas.names.loss} / \partial {formulas.name(part.of).latex}",
        )
        blocks += [Heading(heading, 3), _chain(formulas, part)]
    blocks += [Heading(Words("result")), *gradients(formulas, result, ())]
    return Page(result.program.name, tuple(blocks))


def _chain(formulas: Formulas, part: Part) -> Block:
    taken = frozenset().union(*(names_of(r.expr) for r in part.rows)) | formulas.names.taken
    subscripts, _ = spelled(part.indices, part.rows[-1].expr, taken)
    rows = (
        PageRow(
            formulas.show(spelled(part.indices, row.expr, taken)[1]),
            reasons(formulas, row),
            row.verdict,
        )
        for row in part.rows
    )
    return Chain(formulas.element(part.adjoint, subscripts), tuple(_distinct(rows)))


def _distinct(rows: Iterable[PageRow]) -> Iterable[PageRow]:
    """The rows that look other than the one above."""
    above = None
    for row in rows:
        if row.right != above:
            yield row
        above = row.right


def verdict_words(verdict: str, points: int, reason: str) -> Words:
    """What became of the check of a step."""
    told = {
        "proved": Words("proved"),
        "agrees": Words("agrees at {points} points", (("points", str(points)),)),
        "false": Words("false"),
        "inconclusive": Words("inconclusive"),
    }[verdict]
    if not reason or verdict == "agrees":
        return told
    return Words("{verdict}: {reason}", (("verdict", told), ("reason", reason)))

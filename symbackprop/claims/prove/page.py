"""The verdict on an equation as a page."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr

from symbackprop.algebra.letters import names_in
from symbackprop.algebra.program import Assumption
from symbackprop.calculus.stages import FACTS
from symbackprop.claims.counterexample import Counterexample
from symbackprop.claims.laws_told import equation_of, facts_of
from symbackprop.claims.numbers import array_formula, number
from symbackprop.claims.page import ASSUMED, verdict
from symbackprop.claims.prove.called import Called, CalledLatex, CalledText
from symbackprop.claims.prove.chain import DEFINITION, Link
from symbackprop.claims.prove.read import Statement
from symbackprop.claims.prove.stated import stated
from symbackprop.claims.reasons.idea import Reason
from symbackprop.claims.show import Shower, equation, named
from symbackprop.claims.told import words_of
from symbackprop.emit.latex_names import Names
from symbackprop.emit.page import (
    Block,
    Chain,
    Display,
    Formula,
    Heading,
    Page,
    Paragraph,
    Part,
    Row,
    Words,
)
from symbackprop.emit.text_expr import ASCII, UNICODE
from symbackprop.verify.exact import FALSE, INCONCLUSIVE, Comparison

Links = Sequence[tuple[Link, Comparison]]


class CalledShower(Shower):
    """Prints composite functions too."""

    def plain(self, shown: Expr) -> Formula:
        return Formula(
            CalledText(UNICODE).show(shown), CalledText(ASCII).show(shown),
            CalledLatex(self.names).show(shown),
        )  # fmt: skip


def shower(statement: Statement) -> CalledShower:
    """A printer for one equation."""
    arrays = frozenset(a.name for a in statement.program.inputs)
    taken = arrays | {str(size) for size in statement.program.sizes}
    letters = named(statement.indices, {}, taken)
    return CalledShower(Names.of(names_in(statement.program)), letters, taken)


def printed(statement: Statement, links: Links) -> tuple[Formula, list[Formula]]:
    """The left side and all right sides."""
    show = shower(statement)
    return show.formula(statement.left), [show.formula(link.after) for link, _ in links]


def prove_page(
    statement: Statement, comparison: Comparison, links: Links, needs: Sequence[Assumption],
    example: Counterexample | None, why: Sequence[Reason], gap: Expr | None, partial: bool,
    checks: bool,
) -> Page:  # fmt: skip
    """The verdict; then the steps, or the counterexample."""
    show = shower(statement)
    left, right = show.formula(statement.left), show.formula(statement.right)
    blocks: list[Block] = [Paragraph((verdict(comparison),)), Display((equation(left, right),))]
    if partial:
        blocks.append(Paragraph((Words("It holds where both sides have a value."),)))
    if links:
        blocks += [Heading(Words("steps")), _chain(left, links, show, checks)]
    elif comparison.verdict not in (FALSE, INCONCLUSIVE):
        blocks.append(Paragraph((Words("No chain of laws was found; both sides were compared at "
                                       "points."),)))  # fmt: skip
    if needs:
        lines = tuple(equation(show.formula(e.left), show.formula(e.right)) for e in needs)
        blocks += [Heading(Words("it needs")), Display(lines, ((ASSUMED,),) * len(lines))]
    if example is not None:
        blocks += _example(statement, example, show, left, right)
    if why or gap is not None:
        blocks.append(Heading(Words("why")))
        blocks += [Paragraph((words_of(r, show),)) for r in why]
        if gap is not None:
            blocks.append(Paragraph((Words("The right side less the left one is {gap}.",
                                           (("gap", show.formula(gap)),)),)))  # fmt: skip
    if comparison.verdict == INCONCLUSIVE:
        blocks.append(Paragraph((Words("no verdict: {reason}", (("reason", comparison.reason),)),)))
    return Page(statement.text, tuple(blocks))


def _chain(left: Formula, links: Links, show: CalledShower, checks: bool) -> Chain:
    rows = []
    for link, check in links:
        checked = Words(check.told) if checks else None
        rows.append(Row(show.formula(link.after), _reasons(link, show), checked))
    return Chain(left, tuple(rows))


def _reasons(link: Link, show: CalledShower) -> tuple[Part, ...]:
    facts = facts_of(link.facts, show)
    if link.equation is None:
        return facts if facts and link.law == FACTS else (stated(link.law), *facts)
    if link.law == DEFINITION:
        assert isinstance(link.equation[0], Called)
        name = link.equation[0].name.partition(" ")[0]
        return (Words("definition of {function}", (("function", name),)), *facts)
    places = (("law", stated(link.law)), ("equation", equation_of(link.equation, show)))
    told = Words("{law}, {equation}", places)
    return (told, *facts)


def _example(
    statement: Statement, example: Counterexample, show: CalledShower, left: Formula,
    right: Formula,
) -> list[Block]:  # fmt: skip
    sizes = tuple(Formula(t, t, t) for t in (f"{s} = {n}" for s, n in example.sizes.items()))
    given = tuple(array_formula(a, v, show, example.trial) for a, v in example.inputs.items())
    one, two = number(example.claimed, example.true)
    values = (("left", left), ("right", right), ("one", one), ("two", two))
    blocks: list[Block] = [Heading(Words("counterexample"))]
    if sizes or given:
        blocks.append(Display((*sizes, *given)))
    if not statement.indices:
        return [*blocks, Paragraph((Words("{left} is {one}, and {right} is {two}.", values),))]
    places = ", ".join(f"{show.letters[i]} = {p + 1}" for i, p in
                       zip(statement.indices, example.place, strict=True))  # fmt: skip
    told = Formula(places, places, places)
    return [*blocks, Paragraph((Words("At {place} {left} is {one}, and {right} is {two}.",
                                      (*values, ("place", told))),))]  # fmt: skip



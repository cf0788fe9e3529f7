"""The route of paths on a page: each path's product, then their sum."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.algebra.unevaluated import times
from symbackprop.calculus.fuse import Draft
from symbackprop.calculus.path_route import Path, PathRoute
from symbackprop.calculus.result import Backward
from symbackprop.emit.arguments_page import at_place, chain_block, with_all_gradients
from symbackprop.emit.formulas import Formulas
from symbackprop.emit.lettering import lettered_backward
from symbackprop.emit.naming import names_for
from symbackprop.emit.page import Block, Display, Equation, Formula, Heading, Page, Paragraph, Words
from symbackprop.emit.result_page import forward_blocks, given, gradients


def paths_page(
    route: PathRoute,
    drafts: Sequence[Draft],
    result: Backward,
    verdicts: Sequence[Words | None] | None = None,
) -> Page:
    """The components on the way, every path to one component with its product, and the sum."""
    result = lettered_backward(result)
    every = with_all_gradients(route.program, route.upstream, drafts, result)
    formulas = Formulas(names_for(every, result.program))
    nodes = [Equation(formulas.show(n), formulas.show(at_place(e))) for n, e in route.definitions]
    blocks: list[Block] = [
        *forward_blocks(formulas, every.program),
        Heading(Words("components on the way, counted from 1")),
        Display(tuple(nodes)),
        Heading(Words("paths")),
        *given(formulas, every),
    ]
    for path in route.paths:
        blocks += [Paragraph((_nodes(formulas, path),)), Display((_product(formulas, path),))]
    left = formulas.show(route.left)
    blocks += [Heading(Words("sum over the paths"))]
    blocks += [chain_block(formulas, left, route.steps, (), None, verdicts)]
    blocks += [Heading(Words("result")), *gradients(formulas, result, [])]
    return Page(result.program.name, tuple(blocks))


def _nodes(formulas: Formulas, path: Path) -> Formula:
    shown = [formulas.show(n) for n in path.nodes]
    return Formula(
        " → ".join(s.text for s in shown),
        " -> ".join(s.ascii for s in shown),
        r" \to ".join(s.latex for s in shown),
    )


def _product(formulas: Formulas, path: Path) -> Equation:
    left, right = times(*path.slopes), times(*path.values)
    return Equation(formulas.show(left), formulas.show(at_place(right)))

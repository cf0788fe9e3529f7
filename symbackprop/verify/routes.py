"""Every equality of a route on its own, as the steps of a derivation are checked."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.algebra.nodes import IndexSum
from symbackprop.algebra.program import Definition
from symbackprop.algebra.trees import rename
from symbackprop.algebra.unevaluated import plus, times
from symbackprop.calculus.fuse import Draft
from symbackprop.calculus.index_route import Argument, Route
from symbackprop.calculus.matrix_route import MatrixRoute
from symbackprop.calculus.path_route import PathRoute
from symbackprop.verify.exact import Comparison
from symbackprop.verify.steps import Checker


def checked_index(route: Route) -> list[list[Comparison]]:
    """Every step of every argument, and after these its cases."""
    checker = Checker(route.program, route.upstream, _definitions(route.gradients))
    return [_argument(checker, a) for a in route.arguments]


def checked_matrix(route: MatrixRoute) -> list[list[Comparison]]:
    """Every step of every argument; after these its inner products, and last the differentials."""
    moving = tuple(route.changes.values())
    program = replace(route.program, inputs=(*route.program.inputs, *moving))
    checker = Checker(program, route.upstream, _definitions(route.gradients))
    found = []
    for pulled in route.pulled:
        indices = pulled.argument.indices
        pairs = (IndexSum(times(p.gradient, p.moved), *p.indices) for p in pulled.pairs)
        moved = plus(*pairs)
        last = IndexSum(times(pulled.first, pulled.change[indices]), *indices)
        found.append([*_argument(checker, pulled.argument), checker.compare(moved, last, ())])
    laws = [checker.compare(d.raw, d.expr, d.indices) for d in route.differentials]
    return [*found, laws]


def checked_paths(route: PathRoute, gradients: tuple[Draft, ...]) -> list[Comparison]:
    """Every step of the sum over the paths, and after these the derivative along each edge."""
    checker = Checker(route.program, route.upstream, _definitions(gradients))
    found = [checker.compare(s.before, s.after, ()) for s in route.steps]
    edges = {slope: value for p in route.paths for slope, value in zip(p.slopes, p.values,
                                                                       strict=True)}  # fmt: skip
    found += [checker.compare(slope, value, ()) for slope, value in edges.items()]
    own = {d.array: d for d in route.program.definitions}
    for node, written in route.definitions:
        d = own[node.array]
        place = dict(zip(d.indices, node.indices, strict=True))
        found.append(checker.compare(rename(d.expr, place), written, ()))
    return found


def _argument(checker: Checker, argument: Argument) -> list[Comparison]:
    found = [checker.compare(s.before, s.after, argument.indices) for s in argument.steps]
    for case in argument.cases:
        if case.equal:
            rest = tuple(i for i in argument.indices if i != case.k)
            left = rename(argument.left, {case.k: case.j})
            found.append(checker.compare(left, case.expr, rest))
        else:
            apart = case.j, case.k
            found.append(checker.compare(argument.left, case.expr, argument.indices, apart))
    return found


def _definitions(drafts: tuple[Draft, ...]) -> list[Definition]:
    return [Definition(d.adjoint, d.indices, d.state.expr) for d in drafts]

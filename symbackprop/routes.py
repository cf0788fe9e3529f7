"""The routes that a derivation can be told by, as pages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symbackprop.algebra.program import Program
from symbackprop.calculus.result import Backward
from symbackprop.calculus.reverse import worked
from symbackprop.emit.page import Page, Words
from symbackprop.errors import InputError
from symbackprop.verify.exact import Comparison

ROUTES = ("index", "matrix", "paths")
_COMPONENT = re.compile(r"(\w+)\[(\d+(?:\s*,\s*\d+)*)\]|(\w+)")


def route_page(
    route: str, source: Program, result: Backward, component: str | None, checks: bool
) -> Page:
    """A derivation by a route.

    index: the chain rule with subscripts, Jacobians by cases. matrix: differentials of whole
    arrays. paths: the sum over all paths to one component, such as "W[2,1]", of a network whose
    sizes are numbers. checks: say of every step how it was checked.

    Raises InputError for another route or a component that does not exist, NotYet where there is
    no whole-array form.
    """
    wanted = [a.name for a in result.wrt]
    if route == "index":
        return _index(source, result, wanted, checks)
    if route == "matrix":
        return _matrix(source, result, wanted, checks)
    if route == "paths":
        return _paths(source, result, component, checks)
    raise InputError(f"the route {route!r} is not known; the routes are {', '.join(ROUTES)}")


def split_component(text: str) -> tuple[str, tuple[int, ...]]:
    """`W[2,1]` as W and (2, 1); a scalar by its name alone. Raises InputError."""
    match = _COMPONENT.fullmatch(text.strip())
    if match is None:
        raise InputError(
            f"{text!r} names no component; write an input with subscripts counted from 1, as W[2,1]"
        )
    places = tuple(map(int, match[2].split(","))) if match[2] else ()
    return match[1] or match[3], places


def _index(source: Program, result: Backward, wanted: Sequence[str], checks: bool) -> Page:
    from symbackprop.calculus.index_route import index_route
    from symbackprop.emit.arguments_page import index_page
    from symbackprop.verify.routes import checked_index

    route = index_route(worked(source, wanted))
    told = checked_index(route) if checks else []
    pairs = zip(route.arguments, told, strict=False)
    return index_page(route, result, [_told(c, len(a.steps)) for a, c in pairs])


def _matrix(source: Program, result: Backward, wanted: Sequence[str], checks: bool) -> Page:
    from symbackprop.calculus.matrix_route import matrix_route
    from symbackprop.emit.matrix_page import matrix_page
    from symbackprop.verify.routes import checked_matrix

    route = matrix_route(worked(source, wanted))
    told = checked_matrix(route) if checks else []
    pairs = zip(route.pulled, told, strict=False)
    return matrix_page(route, result, [_told(c, len(p.argument.steps) + 1) for p, c in pairs])


def _paths(source: Program, result: Backward, component: str | None, checks: bool) -> Page:
    from symbackprop.calculus.path_route import component as element_at
    from symbackprop.calculus.path_route import path_route
    from symbackprop.emit.paths_page import paths_page
    from symbackprop.verify.routes import checked_paths

    if component is None:
        raise InputError("paths lead to one component; name it, as in --wrt 'W[2,1]'")
    name, place = split_component(component)
    found = worked(source, [name])
    array = next(a for a in found.backward.wrt if a.name == name)
    route = path_route(found, element_at(array, place))
    told = _told(checked_paths(route, found.drafts), len(route.steps)) if checks else None
    return paths_page(route, found.drafts, found.backward, told)


def _told(comparisons: Sequence[Comparison], steps: int) -> list[Words]:
    """What is said of the steps, which stand before what else was compared."""
    from symbackprop.emit.steps_page import verdict_words

    return [verdict_words(c.verdict, c.points, c.reason) for c in comparisons[:steps]]

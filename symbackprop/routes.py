"""The routes that a derivation can be told by."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from symbackprop.algebra.program import Program
from symbackprop.calculus.reverse import asked, worked
from symbackprop.emit.page import Page, Words
from symbackprop.errors import InputError
from symbackprop.printing import Printed
from symbackprop.verify.exact import Comparison

if TYPE_CHECKING:
    from symbackprop.derivation import Derivation

Sizes = int | Mapping[str, int]
_COMPONENT = re.compile(r"(\w+)(?:\[\s*(\d+(?:\s*,\s*\d+)*)\s*\])?")


def told(
    derivation: Derivation, route: str, n: Sizes | None, component: str | None, checks: bool
) -> Printed:
    """A derivation by a route; the parameters are those of `Derivation.route`."""
    if route not in ROUTES:
        raise InputError(f"the route {route!r} is not known; the routes are {', '.join(ROUTES)}")
    if component is not None and route != "paths":
        raise InputError(f"a component such as {component} is for the route paths")
    if n is not None and route not in ("graph", "paths"):
        raise InputError(f"the route {route} is for all sizes; n is for graph and paths")
    return Printed(ROUTES[route](derivation, n, component, checks))


def split_component(text: str) -> tuple[str, tuple[int, ...]]:
    """`W[2,1]` as W and (2, 1); a scalar by its name alone. Raises InputError."""
    match = _COMPONENT.fullmatch(text.strip())
    if match is None:
        raise InputError(
            f"{text!r} names no component; write an input with subscripts counted from 1, as W[2,1]"
        )
    return match[1], tuple(map(int, match[2].split(","))) if match[2] else ()


def _index(derivation: Derivation, n: Sizes | None, component: str | None, checks: bool) -> Page:
    from symbackprop.calculus.index_route import index_route
    from symbackprop.emit.arguments_page import index_page
    from symbackprop.verify.routes import checked_index

    route = index_route(derivation.worked)
    told = checked_index(route) if checks else []
    pairs = zip(route.arguments, told, strict=False)
    verdicts = [_words(c, len(a.steps)) for a, c in pairs]
    return index_page(route, derivation.backward, verdicts)


def _matrix(derivation: Derivation, n: Sizes | None, component: str | None, checks: bool) -> Page:
    from symbackprop.calculus.matrix_route import matrix_route
    from symbackprop.emit.matrix_page import matrix_page
    from symbackprop.verify.routes import checked_matrix

    route = matrix_route(derivation.worked)
    told = checked_matrix(route) if checks else []
    pairs = zip(route.pulled, told, strict=False)
    verdicts = [_words(c, len(p.argument.steps) + 1) for p, c in pairs]
    return matrix_page(route, derivation.backward, verdicts)


def _paths(derivation: Derivation, n: Sizes | None, component: str | None, checks: bool) -> Page:
    from symbackprop.calculus.path_route import component as element_at
    from symbackprop.calculus.path_route import path_route
    from symbackprop.emit.paths_page import paths_page
    from symbackprop.verify.routes import checked_paths

    if component is None:
        raise InputError("paths lead to one component; name it, as in --wrt 'W[2,1]'")
    name, place = split_component(component)
    program = derivation.source if n is None else _at(derivation, n)
    (array,) = asked(program, [name])
    found = worked(program, [name])
    route = path_route(found, element_at(array, place))
    verdicts = None
    if checks:
        verdicts = _words(checked_paths(route, found.drafts), len(route.steps))
    return paths_page(route, found.drafts, found.backward, verdicts)


def _graph(derivation: Derivation, n: Sizes | None, component: str | None, checks: bool) -> Page:
    from symbackprop.graph.page import route

    return route(derivation, n, checks=checks)


ROUTES: Mapping[str, Callable[[Derivation, Sizes | None, str | None, bool], Page]] = {
    "index": _index, "graph": _graph, "matrix": _matrix, "paths": _paths,
}  # fmt: skip


def _at(derivation: Derivation, n: Sizes) -> Program:
    """The forward pass with numbers for its sizes."""
    if derivation.read is None:
        raise InputError("this derivation does not know how it was asked for; derive it anew")
    if isinstance(n, int):
        names = [str(s) for s in derivation.source.sizes]
        if len(names) != 1:
            raise InputError(f"the sizes are {', '.join(names) or 'numbers'}; give each by name")
        n = {names[0]: n}
    return derivation.read(sizes=n).program


def _words(comparisons: Sequence[Comparison], steps: int) -> list[Words]:
    """What is said of the steps, which stand before what else was compared."""
    from symbackprop.emit.steps_page import verdict_words

    return [verdict_words(c.verdict, c.points, c.reason) for c in comparisons[:steps]]

"""The route of paths: one component of a gradient as a sum over all paths from the output to it.

All sizes are numbers here; subscripts are counted from 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise, product
from typing import Any

from sympy import Expr, Integer

from symbackprop.algebra.nodes import Array, Delta, Element, Index, IndexSum
from symbackprop.algebra.normal import normal, substitute
from symbackprop.algebra.partial import Slope
from symbackprop.algebra.poly import Poly
from symbackprop.algebra.program import Program
from symbackprop.algebra.sums import rename as rename_poly
from symbackprop.algebra.trees import rename
from symbackprop.algebra.unevaluated import plus, substituted, times
from symbackprop.calculus.bridge import FACTORED
from symbackprop.calculus.chains import COLLECTED, Chain, Step
from symbackprop.calculus.differentiate import arrays_in, differentiate
from symbackprop.calculus.fuse import Draft, inlining
from symbackprop.calculus.result import Fact
from symbackprop.calculus.reverse import Worked, standing_indices
from symbackprop.calculus.simplify import Simplifier
from symbackprop.calculus.stages import FACTS
from symbackprop.errors import InputError
from symbackprop.messages import message

MOST = 40  # paths
OVER_PATHS = message("chain rule: the sum over all paths")
EACH_EDGE = message("the derivative along each edge")
ABOVE = message("the gradients in between by their names")


@dataclass(frozen=True)
class Path:
    """nodes: from the output to the input. slopes: ∂L/∂y of an upstream gradient, then ∂y/∂x of
    each edge; values: what each is.
    """

    nodes: tuple[Element, ...]
    slopes: tuple[Expr, ...]
    values: tuple[Expr, ...]


@dataclass(frozen=True)
class PathRoute:
    """`left` = the sum over the paths = … = the derived gradient at this place.

    definitions: of the components that the paths run through, written out.
    """

    program: Program
    upstream: tuple[Array | None, ...]
    target: Element
    left: Element
    paths: tuple[Path, ...]
    definitions: tuple[tuple[Element, Expr], ...]
    steps: tuple[Step, ...]


def path_route(worked: Worked, target: Element) -> PathRoute:
    """All paths to one component of an input.

    Raises InputError where a size is not a number, the component does not exist, or more than
    MOST paths lead to it.
    """
    program = worked.simplifier.unlimited().program
    _require(program, target)
    paths = list(islice(_from_outputs(worked, target), MOST + 1))
    if len(paths) > MOST:
        raise InputError(
            f"more than {MOST} paths lead to this component of {target.array.name}; "
            "give smaller sizes, as in --n n=2"
        )
    chain = _chain(worked, target, paths)
    left = chain.steps[0].before
    assert isinstance(left, Element)
    nodes = dict.fromkeys(n for p in paths for n in p.nodes[:-1])
    order = [d.array for d in program.definitions]
    definitions = tuple(
        (n, _definition(worked, n)) for n in sorted(nodes, key=lambda n: order.index(n.array))
    )
    upstream, steps = worked.backward.upstream, tuple(chain.steps)
    return PathRoute(program, upstream, target, left, tuple(paths), definitions, steps)


def _chain(worked: Worked, target: Element, paths: Sequence[Path]) -> Chain:
    """From the sum over the paths to the derived gradient at this place."""
    draft = next(d for d in worked.drafts if d.of == target.array)
    arrange = worked.simplifier.arranger(()).arrange
    chain = Chain(draft.adjoint[target.indices], worked.simplifier.rank, lambda p: p)
    chain.to(plus(*(times(*p.slopes) for p in paths)), OVER_PATHS)
    chain.to(plus(*(times(*p.values) for p in paths)), EACH_EDGE)
    chain.to(plus(*(arrange(normal(times(*p.values))) for p in paths)), COLLECTED)
    chain.to(arrange(normal(chain.expr)), FACTORED)
    place = dict(zip(draft.indices, target.indices, strict=True))
    whole, facts = _unfolded(worked, draft)
    result = rename(draft.state.expr, place)
    named = bool(draft.uses & {d.adjoint for d in worked.drafts})
    told = tuple(_written_fact(f) for f in facts)
    if named or result.has(IndexSum):
        written = arrange(normal(written_out(arrange(rename_poly(whole, place)))))
        chain.to(written, FACTS if told else COLLECTED, None, told)
        chain.to(result, ABOVE if named else FACTORED)
    else:
        chain.to(result, FACTS if told else FACTORED, None, told)
    return chain


def _unfolded(worked: Worked, draft: Draft) -> tuple[Poly, tuple[Fact, ...]]:
    """A gradient with all others written in, and all the facts that these rest on."""
    p, facts = draft.state.poly, dict.fromkeys(draft.state.facts)
    for source in reversed(worked.drafts):
        if source.adjoint in arrays_in(p):
            put = inlining(source.adjoint, source.indices, source.state.poly)
            p = substitute(p, put, only=(source.adjoint,))
            facts.update(dict.fromkeys(source.state.facts))
    return p, tuple(facts)


def written_out(expr: Expr) -> Expr:
    """The expression with every sum over an axis as the sum of its terms."""

    def put(part: Expr) -> Expr | None:
        if isinstance(part, IndexSum):
            return plus(*(written_out(rename(part.body, p)) for p in _places(part.bound)))
        if isinstance(part, Delta) and all(isinstance(i, Integer) for i in part.indices):
            return Integer(int(part.indices[0] == part.indices[1]))
        return None

    return substituted(expr, put)


def _places(indices: tuple[Index, ...]) -> Iterator[dict[Index, Expr]]:
    """Every value of these indices."""
    for place in product(*(range(1, int(i.size) + 1) for i in indices)):
        yield dict(zip(indices, map(Integer, place), strict=True))


def _require(program: Program, target: Element) -> None:
    open_sizes = sorted(str(s) for s in program.sizes)
    if open_sizes:
        given = ",".join(f"{s}=2" for s in open_sizes)
        raise InputError(
            f"paths are those of a network with numbers for its sizes; give --n {given}, say"
        )
    array = target.array
    if not all(1 <= i <= s for i, s in zip(target.indices, array.axes, strict=True)):
        raise nowhere(array, target.indices)


def component(array: Array, place: Sequence[int]) -> Element:
    """The element at a place of the whole shape, axes of size 1 included; or without these.

    Raises InputError where the number of subscripts is wrong.
    """
    if len(place) == len(array.shape) != len(array.axes):
        pairs = list(zip(place, array.shape, strict=True))
        if any(i != 1 for i, size in pairs if size == 1):
            raise nowhere(array, place)
        place = [i for i, size in pairs if size != 1]
    if len(place) != len(array.axes):
        raise nowhere(array, place)
    return array[tuple(map(Integer, place))]


def nowhere(array: Array, place: Sequence[Any]) -> InputError:
    """What is said of a place that the array does not have."""
    shape = ", ".join(str(s) for s in array.shape)
    return InputError(
        f"there is no {array.name}[{','.join(map(str, place))}]: subscripts of {array.name}, "
        f"of shape ({shape}), are counted from 1"
    )


def _from_outputs(worked: Worked, target: Element) -> Iterator[Path]:
    """The paths to the target, those from an array output with its upstream gradient in front."""
    edges = _Edges(worked.simplifier, target.array)
    arrange = worked.simplifier.arranger(()).arrange
    for output, upstream in zip(
        worked.backward.program.outputs, worked.backward.upstream, strict=True
    ):
        for place in _places(standing_indices(output)):
            start = output[tuple(place.values())]
            given = () if upstream is None else (upstream[start.indices],)
            for found in edges.paths(start, target):
                nodes = (start, *(n for n, _ in found))
                slopes = tuple(Slope(y, x) for y, x in pairwise(nodes))
                values = tuple(arrange(p) for _, p in found)
                yield Path(nodes, (*given, *slopes), (*given, *values))


class _Edges:
    """The derivatives between components, where they are not 0, on the way to one array."""

    def __init__(self, simplifier: Simplifier, to: Array) -> None:
        self._simplifier = simplifier
        self._reaching = {to}
        for array, (_, f) in simplifier.definitions.items():
            if self._reaching & arrays_in(f):
                self._reaching.add(array)
        self._jacobian = cache(self._derived)

    def paths(self, y: Element, target: Element) -> Iterator[list[tuple[Element, Poly]]]:
        """The nodes after y on each path, with the derivative of the one before."""
        if y == target:
            yield []
        if y.array not in self._simplifier.definitions:
            return
        _, f = self._simplifier.definitions[y.array]
        for x in sorted(arrays_in(f) & self._reaching, key=self._simplifier.rank):
            at = standing_indices(x)
            nodes = [target] if x == target.array else [x[tuple(p.values())] for p in _places(at)]
            for node in nodes:
                slope = self._slope(y, node)
                if slope:
                    for rest in self.paths(node, target):
                        yield [(node, slope), *rest]

    def _slope(self, y: Element, x: Element) -> Poly:
        """∂y/∂x of two components, from the Jacobian of y's definition."""
        free, jacobian = self._jacobian(y.array, x.array)
        place = dict(zip(free, (*y.indices, *x.indices), strict=True))
        return normal(written_out(rename(jacobian, place)))

    def _derived(self, y: Array, x: Array) -> tuple[tuple[Index, ...], Expr]:
        rows, f = self._simplifier.definitions[y]
        columns = standing_indices(x)
        free = (*rows, *columns)
        return free, self._simplifier.simplify(differentiate(f, x, columns), free).expr


def _definition(worked: Worked, node: Element) -> Expr:
    d = next(d for d in worked.simplifier.program.definitions if d.array == node.array)
    return written_out(rename(d.expr, dict(zip(d.indices, node.indices, strict=True))))


def _written_fact(fact: Fact) -> Fact:
    return Fact(written_out(fact.left), written_out(fact.right), fact.text, fact.declared)

"""The routes of every layer: each equality is true, and they end in the derived result."""

from __future__ import annotations

from typing import Any

import pytest

import symbackprop as sb
from symbackprop.algebra import registry
from symbackprop.algebra.nodes import Element
from symbackprop.algebra.partial import Slope
from symbackprop.algebra.trees import rename
from symbackprop.calculus.index_route import index_route
from symbackprop.calculus.matrix_route import matrix_route
from symbackprop.calculus.path_route import component, path_route
from symbackprop.calculus.reverse import Worked
from symbackprop.catalogue import names
from symbackprop.verify.exact import Comparison
from symbackprop.verify.routes import checked_index, checked_matrix, checked_paths
from tests.corruptions import wrong
from tests.derived import derived as layer

MATRIX = """
affine affine-batch softmax-ce softmax sigmoid sigmoid-bce two-layer tanh mse linear-regression
logistic-regression softmax-regression softmax-ce-batch residual-block matrix-factorization
quadratic-form
""".split()


def work(name: str, **options: Any) -> tuple[sb.Derivation, Worked]:
    derived = sb.derive(name, **options) if options else layer(name)
    return derived, derived.worked


def bad(found: list[Comparison]) -> list[str]:
    return [c.told for c in found if c.verdict not in ("proved", "agrees")]


@pytest.mark.parametrize("name", names())
def test_the_route_of_subscripts(name: str) -> None:
    derived, work_ = work(name)
    route = index_route(work_)
    assert [bad(found) for found in checked_index(route)] == [[] for _ in route.arguments]
    results = {a.left.array: a.result for a in route.arguments if a.kept
               and isinstance(a.left, Element)}  # fmt: skip
    assert results == {s.array: s.expr for s in derived.backward.steps}
    for argument in route.arguments:
        assert argument.steps[0].before == argument.left
        assert all(x.after == y.before for x, y in zip(argument.steps, argument.steps[1:],
                                                       strict=False))  # fmt: skip


@pytest.mark.parametrize("name", MATRIX)
def test_the_route_of_differentials(name: str) -> None:
    derived, work_ = work(name)
    route = matrix_route(work_)
    assert [found for part in checked_matrix(route) for found in bad(part)] == []
    ends = {p.argument.left: [p.first, *(s.after for s in p.argument.steps)][-1]
            for p in route.pulled}  # fmt: skip
    for step in derived.backward.steps:
        (end,) = (e for left, e in ends.items() if left.array == step.array)
        assert end == step.expr


PATHS: list[tuple[str, dict[str, Any], str, tuple[int, ...], int]] = [
    ("softmax-ce", {"a": (3,), "t": (3,)}, "a", (2,), 3),
    ("sigmoid-bce", {"x": (2,), "t": (2,)}, "x", (1,), 1),
    ("affine-batch", {"x": (2, 2), "W": (2, 3), "b": (3,)}, "W", (2, 1), 2),
    ("affine-batch", {"x": (2, 2), "W": (2, 1), "b": (1,)}, "W", (2, 1), 2),
    ("two-layer", {"x": (1, 2), "W1": (2, 2), "b1": (2,), "W2": (2, 2), "b2": (2,), "t": (1, 2)},
     "W1", (2, 1), 4),
    ("y = h @ W; o = exp(y)/sum(exp(y)); L = -sum(t*log(o))", {"h": (3,), "W": (3, 2), "t": (2,)},
     "W", (2, 1), 2),
]  # fmt: skip


@pytest.mark.parametrize(("name", "shapes", "array", "place", "count"), PATHS)
def test_the_route_of_paths(
    name: str, shapes: dict[str, Any], array: str, place: tuple[int, ...], count: int
) -> None:
    derived, work_ = work(name, shapes=shapes)
    source = derived.source.array(array)
    assert source is not None
    route = path_route(work_, component(source, place))
    assert bad(checked_paths(route, work_.drafts)) == []
    assert len(route.paths) == count
    assert all(isinstance(s, Slope | Element) for p in route.paths for s in p.slopes)
    step = derived.backward.step(source)
    at = dict(zip(step.indices, route.target.indices, strict=True))
    assert route.steps[-1].after == rename(step.expr, at)


@pytest.mark.parametrize(
    ("shapes", "array", "place", "words"),
    [
        ({}, "a", (1,), "give --n n=2, say"),
        ({"a": (3,), "t": (3,)}, "a", (4,), "there is no a[4]: subscripts of a, of shape (3)"),
        ({"a": (3,), "t": (3,)}, "a", (0,), "are counted from 1"),
        ({"a": (3,), "t": (3,)}, "a", (1, 1), "there is no a[1,1]"),
    ],
)
def test_a_component_that_does_not_exist(
    shapes: dict[str, Any], array: str, place: tuple[int, ...], words: str
) -> None:
    derived, work_ = work("softmax-ce", shapes=shapes)
    source = derived.source.array(array)
    assert source is not None
    with pytest.raises(sb.InputError) as caught:
        path_route(work_, component(source, place))
    assert words in str(caught.value)


def test_too_many_paths_are_refused() -> None:
    deep = {"x": (4,), "A": (4, 4)}
    _, work_ = work("y = x @ A; z = y @ A; u = z @ A; L = sum(u @ A)", shapes=deep)
    with pytest.raises(sb.InputError, match=r"more than 40 paths lead .* smaller sizes"):
        path_route(work_, component(work_.backward.program.inputs[0], (1,)))


def test_a_corrupted_law_of_forward_mode_makes_a_differential_false() -> None:
    right = registry.LAWS["push_forward"]
    try:
        registry.LAWS["push_forward"] = lambda *args: wrong("push_forward", right(*args))
        _, work_ = work("softmax-ce")
        *_, differentials = checked_matrix(matrix_route(work_))
    finally:
        registry.LAWS["push_forward"] = right
        registry.clear_caches()
    assert all(c.verdict == "false" for c in differentials)

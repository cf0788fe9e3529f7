"""The scope in which the user's function is traced: however SciPy is imported, it works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import scipy
import scipy.special
import scipy.special as sp
from scipy import special
from scipy.special import softmax

from symbackprop.frontend.trace import trace


def helper(x: Any) -> Any:
    return softmax(x, axis=-1)


def by_name(x: Any) -> Any:
    return softmax(x, axis=-1)


def by_module(x: Any) -> Any:
    return special.softmax(x, axis=-1) * special.expit(x)


def by_alias(x: Any) -> Any:
    return sp.softmax(x, -1)


def by_package(x: Any) -> Any:
    return scipy.special.softmax(x, axis=-1)


def inside(x: Any) -> Any:
    from scipy.special import softmax as local

    return local(x, axis=-1)


def inside_by_package(x: Any) -> Any:
    import scipy.special

    return scipy.special.softmax(x, axis=-1)


def in_helper(x: Any) -> Any:
    return helper(x)


def enclosed() -> Callable[..., Any]:
    from scipy.special import softmax as cell

    return lambda x: cell(x, axis=-1)


WAYS = (by_name, by_module, by_alias, by_package, inside, inside_by_package, in_helper, enclosed())


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_softmax_is_traced_however_it_is_reached(way: Callable[..., Any]) -> None:
    program = trace(way, {"x": ("N", "D")})
    (definition,) = program.definitions
    assert str(definition.expr).count("exp(") >= 2
    assert not [d for d in program.definitions if d.array.name == "e"]  # no name of SciPy's


def test_nothing_of_the_users_is_changed() -> None:
    before = (softmax, special.softmax, scipy.special, dict(by_name.__globals__))
    trace(by_name, {"x": ("N", "D")})
    assert (softmax, special.softmax, scipy.special, dict(by_name.__globals__)) == before

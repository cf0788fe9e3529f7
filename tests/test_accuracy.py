"""What generated code is measured by is true, and no error is let go that is the largest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import symbackprop as sb
from benchmarks import errors
from benchmarks.balls import Balls, Truth, Undecided
from benchmarks.errors import Error, Largest, points
from symbackprop.verify.reference import shown
from symbackprop.verify.scalars import OutOfDomain
from tests.derived import derived

LAYERS = ["softmax-ce", "lstm-gates", "gelu", "gaussian-process", "max-pool", "gaussian-kl",
          "softmax-ce-labels", "huber", "causal-attention", "log-det"]  # fmt: skip
STEP = Fraction(1, 2**100)


@pytest.mark.parametrize("layer", LAYERS)
def test_the_truth_is_that_of_another_arithmetic(layer: str) -> None:
    backward = derived(layer).backward
    for point in points(derived(layer), np.float64, 2):
        found = Truth(backward, point).values
        known = shown(backward, replace(point, digits=480)).values
        assert found.keys() == known.keys()
        for target, values in known.items():
            for place, want in values.items():
                with mp.workdps(60):
                    got = mpf(found[target][place].str(60, radius=False))
                    assert abs(got - want) <= abs(want) * mpf(10) ** -48 + mpf(10) ** -400


def value_of(text: str, x: float) -> Any:
    found = sb.derive(text, shapes={"x": ()})
    (point,) = points(found, np.float64, 1)
    (array,) = found.backward.program.inputs
    truth = Truth(found.backward, replace(point, values={array: {(): Fraction(x)}}))
    return next(v[()] for t, v in truth.values.items() if not t.gradient)


def test_as_many_digits_as_it_takes() -> None:
    """1 - y is exp(-2000), of which 256 bits know nothing."""
    value = value_of("y = 1/(1 + exp(-x)); L = log(1 - y)", 2000.0)
    assert float(value) == -2000 and value.rel_accuracy_bits() > 170


def test_a_kink_is_decided_by_as_many() -> None:
    """256 bits of 1 + exp(-1000) are those of 1."""
    value = value_of("y = 1 + exp(-x); L = where(y > 1, x, -x)", 1000.0)
    assert float(value) == 1000


@pytest.mark.parametrize(
    ("text", "x"), [("L = log(x)", -1.0), ("L = 1/x", 0.0), ("L = sqrt(x)", -2.0)]
)
def test_what_has_no_value(text: str, x: float) -> None:
    with pytest.raises(OutOfDomain):
        value_of(text, x)


def test_a_comparison_that_too_few_bits_do_not_decide() -> None:
    few, last = Balls(256, False), Balls(256, True)
    third = few.number(Fraction(1, 3))
    assert few.compare(third, few.number(Fraction(1, 2))) == -1
    assert few.compare(few.number(Fraction(1, 2)), third) == 1
    assert few.compare(third, third) == 0
    large = few.number(Fraction(2**20))
    near = third + large - large
    with pytest.raises(Undecided):
        few.compare(third, near)
    assert last.compare(third, near) == 0


def test_one_element_moved() -> None:
    """By what it changes alone, and with everything computed again."""
    backward = derived("lstm-gates").backward
    (point,) = points(derived("lstm-gates"), np.float64, 1)
    truth = Truth(backward, point)
    for array in truth.inputs:
        place = next(iter(truth.inputs[array]))
        one, all_ = truth.beside(array, place, STEP), truth.moved({(array, place): STEP})
        for target, values in all_.items():
            for at, value in values.items():
                assert one[target][at].overlaps(value)
                changed = not one[target][at].overlaps(truth.values[target][at])
                assert truth.depends(target, at, array, place) or not changed


@pytest.mark.parametrize("layer", ["softmax-ce", "glu", "log-softmax"])
def test_no_error_is_let_go(layer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest errors are those that all conditions of all errors give."""
    derivation = derived(layer)
    modules = [derivation.compile(exact=e) for e in (False, True)]
    drawn = list(points(derivation, np.float64, 6))
    monkeypatch.setattr(errors, "_DIRECTIONS", 40)
    found = Largest(derivation, modules, np.float64)
    for point in drawn:
        found.meet(point)

    def all_of(_: Largest, __: dict[Any, float], of: Iterable[Error]) -> list[Error]:
        return list(of)

    monkeypatch.setattr(errors, "_DIRECTIONS", 0)
    monkeypatch.setattr(Largest, "_above", all_of)
    every = Largest(derivation, modules, np.float64)
    for point in drawn:
        every.meet(point)
    assert found.errors == every.errors
    assert all(e[True] > 0 for e in every.errors)


def test_points_lie_where_the_first_ones_did() -> None:
    """Of log x that is where x is positive: points behind those that are looked at, too."""
    found = sb.derive("L = sum(log(x))", shapes={"x": ("n",)})
    drawn = [x for p in points(found, np.float64, 40) for v in p.values.values()
             for x in v.values()]  # fmt: skip
    assert len(drawn) >= 80 and min(drawn) > 0

"""The derived backward pass of each layer against the published one: equal, and no dearer."""

from __future__ import annotations

import pytest

from symbackprop import catalogue
from symbackprop.calculus.costs import program_cost
from tests.calculus.closed_forms import published, sameness
from tests.derivations.published import PUBLISHED
from tests.derived import derived

BOUND = 1.10
# A bracket beside `where` and a comparison turned round are not one normal form.
IN_NUMBERS = {"elu", "leaky-relu", "huber", "smooth-l1", "hinge", "selu", "prelu"}
# So are L and what it stands for, where the gradient is written with L.
IN_NUMBERS |= {"dice", "cosine-embedding"}
# A range of an axis is a bracket or the branch of a `where`, and blocks are places in it.
IN_NUMBERS |= {"nll-labels", "multiclass-svm-labels", "rope", "conv1d", "conv2d", "glu-split"}
IN_NUMBERS |= {"causal-attention", "lstm-stacked", "cox", "total-variation", "smoothness"}
# The error function has no exact arithmetic: these agree to 30 digits.
TO_30_DIGITS = {"gelu", "geglu"}


def test_the_published_forms_are_those_of_layers() -> None:
    assert len(PUBLISHED) >= 110
    assert PUBLISHED.keys() <= set(catalogue.names())


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_derived_form_is_the_published_one(name: str) -> None:
    backward = derived(name).backward
    other = published(backward, PUBLISHED[name])
    expected = {"all sizes", "proved"} if name in IN_NUMBERS else {"all sizes"}
    expected |= {"agrees"} if name in TO_30_DIGITS else set()
    for wrt in backward.wrt:
        assert sameness(backward, other, wrt.name) in expected, wrt.name
    assert program_cost(backward).total <= BOUND * program_cost(other).total + 0.1


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("softmax", "da = y*(dy + sum(dy*y))"),
        ("label-smoothing", "da = y - t"),
        ("elu", "dx = dy*where(x > 0, 1, y - alpha)"),
        ("attention", PUBLISHED["attention"].replace("dp*p", "dp")),
    ],
)
def test_a_wrong_form_is_not_equal(name: str, wrong: str) -> None:
    backward = derived(name).backward
    other = published(backward, wrong)
    assert "false" in {sameness(backward, other, wrt.name) for wrt in backward.wrt}


def test_the_cost_of_a_program_counts_the_arrays_that_it_keeps() -> None:
    backward = derived("affine-batch").backward
    plain = published(backward, "dx = dz @ W.T; dW = x.T @ dz; db = sum(dz, axis=0)")
    kept = published(backward, "g = 2*dz; dx = dz @ W.T; dW = x.T @ dz; db = sum(dz, axis=0)")
    assert program_cost(plain).total == pytest.approx(program_cost(backward).total)
    assert program_cost(kept).total > program_cost(plain).total + 10_000

"""Mistakes with indices, labels, shapes and sizes: one line that says what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from symbackprop.errors import InputError, NotYet, ShapeError, SymbackpropError
from symbackprop.frontend.trace import trace

SHAPES: dict[str, Any] = {
    "x": "n", "y": "k", "three": 3, "m": "N,D", "w": "K,D", "q": "N,3", "t": "N", "s": "N,D",
    "c": (), "wide": "2*P", "v": "N",
}  # fmt: skip


def assigns_at_labels(m: Any, t: Any) -> Any:
    m[np.arange(m.shape[0]), t] = 0
    return m


CASES: list[tuple[Callable[..., Any], type[SymbackpropError], list[str]]] = [
    # integers and slices
    (lambda three: three[5], ShapeError, ["the index 5 is outside axis 0, of size 3"]),
    (lambda three: three[-4], ShapeError, ["the index -4 is outside axis 0, of size 3"]),
    (lambda q: q[:, 3], ShapeError, ["the index 3 is outside axis 1, of size 3"]),
    (lambda x: x[x.shape[0]], ShapeError, ["the index n is outside axis 0, of size n"]),
    (lambda wide: wide[wide.shape[0]], ShapeError, ["the index 2*P is outside axis 0"]),
    (lambda x: x[0, 0], InputError, ["too many indices", "shape (n,)"]),
    (lambda m: m[..., 0, ...], InputError, ["more than one ...", "(N, D)"]),
    (lambda x: x[2:2], ShapeError, ["the slice 2:2 of an axis of size n is empty"]),
    (lambda three: three[4:], ShapeError, ["the slice 4: of an axis of size 3 is empty"]),
    (lambda three: three[2:1], ShapeError, ["the slice 2:1 of an axis of size 3 is empty"]),
    (lambda x: x[::2], NotYet, ["every 2 of n elements", "a size such as 2*m"]),
    (lambda x: x[:: x.shape[0]], NotYet, ["the step n of a slice", "an integer"]),
    (lambda x: x[::0], NotYet, ["the step 0 of a slice"]),
    (lambda x: x[:1.5], NotYet, ["1.5 as an end of a slice"]),
    (lambda x: x[4:1:-1], NotYet, ["runs backwards between two ends", "[::-1]"]),
    (lambda x: x[1.0], InputError, ["1.0 is not an index; use integers, slices"]),
    (lambda x: x["a"], InputError, ["'a' is not an index"]),
    (lambda x: x[x > 0], NotYet, ["a condition as an index", "np.where(condition, x, 0)"]),
    (lambda x: x[[0, 3, 1]], NotYet, ["a list or an array of numbers", "make it an argument"]),
    # positions and labels
    (lambda m, t: m[np.arange(m.shape[0]), t + 1], NotYet, ["computed from an input", "as it is"]),
    (lambda m, t: m[np.exp(t)], NotYet, ["computed from an input"]),
    (lambda m, s: m[np.arange(m.shape[0]), s], ShapeError, ["(N,) and (N, D)", "N against D"]),
    (lambda m, y: m[np.arange(m.shape[0]), y], ShapeError, ["(N,) and (k,)", "N against k"]),
    (lambda three: three[np.arange(5)], ShapeError, ["positions 0 to 4 in an axis of size 3"]),
    (lambda m, t: np.take_along_axis(m, t, 1), ShapeError, ["(N, D) and (N,)", "the same rank"]),
    (lambda m, t: np.take(m, t), NotYet, ["several axes without axis; name one"]),
    (lambda x: np.take(x, [0, 3, 1]), NotYet, ["a list of positions; make it an argument"]),
    (lambda x: x[np.argmax(x)], NotYet, ["np.argmax", "an integer argument"]),
    (lambda q, t: q * np.eye(3)[t], NotYet, ["the index of an array of numbers", "an argument"]),
    (assigns_at_labels, NotYet, ["item assignment", "np.where(condition, new, old)"]),
    # shapes
    (lambda x: x.reshape(3, -1), ShapeError, ["(n,) does not become (3, -1)", "the size G*P"]),
    (lambda three: three.reshape(4), ShapeError, ["(3,) does not become (4,)"]),
    (lambda m: m.reshape(-1, -1), InputError, ["only one size of a shape may be -1"]),
    (lambda x: x.reshape(0), InputError, ["0 is not a shape"]),
    (lambda x: x.reshape("n"), InputError, ["'n' is not a shape", "(x.shape[0], -1)"]),
    (lambda m: m.reshape(-1, order="F"), NotYet, ["order='F'", "the order of C only"]),
    (lambda x: x.reshape(2, x.shape[0] // 2), NotYet, ["n // 2 may leave", "a size such as 2*m"]),
    (lambda x: x % 2, NotYet, ["%", "for sizes only"]),
    (lambda three: np.broadcast_to(three, (3, 4)), ShapeError, ["(3,) and (3, 4)"]),
    (lambda x: np.split(x, 3), ShapeError, ["n does not split into 3", "such as 3*m"]),
    (lambda m, w: np.concatenate([m, w], 1), ShapeError, ["(N, D) and (K, D)", "along axis 1"]),
    (lambda m, x: np.concatenate([m, x]), ShapeError, ["(N, D) and (n,)"]),
    (lambda c: np.concatenate([c, c]), NotYet, ["needs an axis", "np.stack"]),
    (lambda x, y: np.concatenate(x, y), NotYet, ["a loop over an array"]),
    (lambda x, y: np.stack([x, y]), ShapeError, ["(1, n) and (1, k)"]),
    (lambda x, y: np.append(x, y) + x, ShapeError, ["(k+n,) and (n,)", "k+n against n"]),
    # windows, margins, shifts
    (lambda three: sliding_window_view(three, 5), ShapeError, ["a window of 5", "of size 3"]),
    (lambda x: sliding_window_view(x, (2, 2)), InputError, ["2 window sizes for 1 axes"]),
    (lambda x: sliding_window_view(x, 0), InputError, ["the window size 0"]),
    (lambda x: np.pad(x, -1), InputError, ["the pad width (-1, -1)", ">= 0"]),
    (lambda x: np.pad(x, 1, mode="reflect"), NotYet, ["mode='reflect'", "np.concatenate"]),
    (lambda x: np.pad(x, ((1, 1), (1, 1))), InputError, ["2 pairs of pad widths for 1 axes"]),
    (lambda x: np.roll(x, 1.5), NotYet, ["a shift that is not an integer"]),
    (lambda m: np.roll(m, (1, 2), (0, 1)), NotYet, ["one after the other"]),
    (lambda three: np.repeat(three, [1, 2, 3]), NotYet, ["a number of times"]),
    (lambda m: np.diagonal(m), NotYet, ["sizes N and D, of which either may be shorter"]),
    (lambda three: np.diag(three, 0.5), NotYet, ["0.5 is not an integer"]),
    (lambda q: np.diagonal(q[:3], 4), ShapeError, ["the diagonal is empty"]),
    # numbers, loops
    (lambda x: np.where(x > 0, x, -np.inf), NotYet, ["the constant -inf", "-1e+30 for a mask"]),
    (lambda x: x * np.arange(0, x.shape[0], 0.5), NotYet, ["np.arange", "step * np.arange(n)"]),
    (lambda x: x * np.linspace(0, 1, x.shape[0], False), NotYet, ["np.linspace", "np.arange(n)"]),
    (lambda x: sum(x[i] for i in range(x.shape[0])), NotYet, ["range", "--shape x=3"]),
    (lambda x: x[1:] if x.shape[0] > 1 else x, NotYet, ["a branch on a symbolic size"]),
    (lambda x: np.convolve(x, x), NotYet, ["np.convolve", "sliding_window_view"]),
    (lambda x: np.meshgrid(x, x), NotYet, ["np.meshgrid", "x[:, None]"]),
    (lambda x: np.insert(x, 0, 1), NotYet, ["np.insert", "np.concatenate"]),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_a_mistake(case: int) -> None:
    function, kind, words = CASES[case]
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    with pytest.raises(SymbackpropError) as error:
        trace(function, {m: SHAPES[m] for m in names})
    message = str(error.value)
    assert type(error.value) is kind, message
    for word in words:
        assert word in message
    assert "(line " in message
    assert "\n" not in message

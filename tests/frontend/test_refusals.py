"""What a forward pass may not do: one clear line each, with the place and what to write."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

from symbackprop.errors import InputError, NotYet, ShapeError, SymbackpropError
from symbackprop.frontend.trace import trace

SHAPES: dict[str, Any] = {"x": "n", "m": "N,D", "v": "N", "w": "M,D", "c": ()}


def assigns_an_item(x: Any) -> Any:
    y = x * 2
    y[0] = 1  # here
    return y


def deletes_an_item(x: Any) -> Any:
    del x[0]  # here
    return x


def loops(x: Any) -> Any:
    for _ in x:  # here
        pass
    return x


def branches(x: Any) -> Any:
    if x > 0:  # here
        return x
    return -x


def branches_in_helper(x: Any) -> Any:
    def relu(u: Any) -> Any:
        return u if u > 0 else 0  # here

    return relu(x)


def changes_a_view(m: Any) -> Any:
    y = m.T
    y += 1  # here
    return m


def changes_what_is_viewed(m: Any) -> Any:
    y = m * 1
    z = y[:, None]
    y *= 2  # here
    return z


def grows_in_place(x: Any, m: Any) -> Any:
    y = x * 1
    y += m.T[:, :, None]  # here
    return y


def adds_to_a_condition(x: Any) -> Any:
    y = x > 0
    y += 1.5  # here
    return y


OUT_OF_REACH = {
    name: getattr(special, name) for name in ("softmax", "log_softmax", "logsumexp")
}


CASES: list[tuple[Callable[..., Any], type[SymbackpropError], list[str]]] = [
    (assigns_an_item, NotYet, ["item assignment", "use np.where", "`y[0] = 1 # here`"]),
    (deletes_an_item, NotYet, ["deleting items", "# here"]),
    (loops, NotYet, ["a loop over an array", "np.sum", "# here"]),
    (branches, NotYet, ["a branch on the values", "np.where", "# here"]),
    (branches_in_helper, NotYet, ["a branch on the values", "# here"]),
    (changes_a_view, NotYet, ["+= on an array that shares memory", "use x = x + y", "# here"]),
    (changes_what_is_viewed, NotYet, ["*= on an array that shares memory", "# here"]),
    (grows_in_place, InputError, ["+= would change the shape (n,)", "# here"]),
    (adds_to_a_condition, InputError, ["+= would change", "# here"]),
    (lambda x: 1 if x and x else 2, NotYet, ["a branch on the values"]),
    (lambda x: x.shape[0] if x.shape[0] > 2 else x, NotYet, ["a branch on a symbolic size"]),
    (lambda x: sum(x), NotYet, ["a loop over an array", "Python's sum"]),
    (lambda x: max(x), NotYet, ["a loop over an array"]),
    (lambda x: 1 in x, NotYet, ["`in` on an array"]),
    (lambda x: float(np.sum(x)), NotYet, ["float() of an array"]),
    (lambda x: int(np.sum(x)), NotYet, ["int() of an array"]),
    (lambda x: complex(np.sum(x)), NotYet, ["complex() of an array"]),
    (lambda x: math.exp(x), NotYet, ["a function of the math module", "np.exp"]),
    (lambda x: sum(x * k for k in range(len(x))), NotYet, ["a symbolic size as an integer"]),
    (lambda x: np.sum([x, x]), NotYet, ["a list of arrays"]),
    (lambda x: np.exp(x, out=x), InputError, ["np.exp: write y = np.exp(...)"]),
    (lambda x: np.add(x, 1, x), InputError, ["np.add: write y = np.add(...)"]),
    (lambda x: np.sum(x, out=x), InputError, ["np.sum: write y = np.sum(...)"]),
    (lambda x: np.gradient(x), NotYet, ["np.gradient is not supported", "supported: abs"]),
    (lambda m: np.cumsum(m), NotYet, ["np.cumsum: of an array of several axes without axis"]),
    (lambda x: special.gamma(x), NotYet, ["`", "gamma is not supported"]),
    (lambda x: special.logsumexp(x, return_sign=True), NotYet, ["return_sign", "leave it out"]),
    (lambda x: special.polygamma(2, x), NotYet, ["polygamma: of an order", "polygamma(1, x)"]),
    (lambda x: OUT_OF_REACH["softmax"](x), NotYet, ["special.softmax, which", "use np.exp(x) /"]),
    (lambda x: OUT_OF_REACH["log_softmax"](x), NotYet, ["log_softmax, which", "use x - np.log"]),
    (lambda x: OUT_OF_REACH["logsumexp"](x), NotYet, ["logsumexp, which", "use np.log(np.sum"]),
    (lambda x: x * np.arcsin(2 * np.array(1)), InputError, ["arcsin"]),
    (lambda m: np.linalg.norm(m, 2), NotYet, ["np.linalg.norm: ord=2 over 2 axes"]),
    (lambda m: np.linalg.norm(m, "nuc"), NotYet, ["ord='nuc'"]),
    (lambda m: np.linalg.norm(m[None], 2), InputError, ["a norm of 3 axes"]),
    (lambda m: np.trace(m), NotYet, ["axes of sizes N and D"]),
    (lambda m: np.diagonal(m, 1), NotYet, ["axes of sizes N and D-1"]),
    (lambda x: np.diagonal(x), InputError, ["shape (n,) has no two axes"]),
    (lambda m, v: np.average(m, weights=v), ShapeError, ["weights of shape (N,) for (N, D)"]),
    (lambda m, v: np.average(m, 1, v), ShapeError, ["N weights for an axis of D"]),
    (lambda m, x: np.vdot(m, x), ShapeError, ["(N, D) and (n,) are not the same"]),
    (lambda m, w: np.tensordot(m, w, 1), ShapeError, ["axes [1] of (N, D) and [0] of (M, D)"]),
    (lambda m, w: np.einsum("ij,ji", m, w), ShapeError, ["(N, D), (M, D)", "D against M"]),
    (lambda m: np.einsum("i", m), InputError, ["'i' is for an array of another rank than 2"]),
    (lambda m: np.einsum("ij,j", m), InputError, ["is for 2 arrays; there are 1"]),
    (lambda m: np.einsum("ij->k", m), InputError, ["'k' of the result is not once"]),
    (lambda m: np.einsum("ij->ii", m), InputError, ["'i' of the result is not once"]),
    (lambda m: np.einsum("...j->j", m), InputError, ["the result has no ..."]),
    (lambda m: np.einsum("i1", m), InputError, ["'i1' is not letters"]),
    (lambda m: np.einsum(m, [0, 1]), NotYet, ["subscripts as text"]),
    (lambda x: np.linalg.outer(x, x), NotYet, ["np.linalg.outer is not supported"]),
    (lambda x: np.add.reduce(x), NotYet, ["np.add.reduce is not supported", "np.sum"]),
    (lambda x: np.sum(x, dtype=np.float32), NotYet, ["np.sum: got an unexpected", "'dtype'"]),
    (lambda x: np.exp(x, where=x > 0), NotYet, ["np.exp: got an unexpected", "'where'"]),
    (lambda x: x.max(initial=0), NotYet, [".max: got an unexpected", "'initial'"]),
    (lambda x: x // 2, NotYet, ["//: of values", "for sizes only"]),
    (lambda x: x % 2, NotYet, ["%: of values", "for sizes only"]),
    (lambda x: x.foo, NotYet, ["the array attribute .foo", "supported: T, astype, clip"]),
    (lambda x: x[:, :], InputError, ["too many indices", "for shape (n,)"]),
    (lambda m: np.cumsum(m), NotYet, ["np.cumsum: of an array of several axes without axis"]),
    (lambda m: np.roll(m, 1), NotYet, ["np.roll: of an array of several axes without axis"]),
    (lambda x, v: np.roll(x, v), NotYet, ["np.roll: by a shift that is not an integer"]),
    (lambda m: np.repeat(m, 2), NotYet, ["np.repeat: of an array of several axes without axis"]),
    (lambda x: np.repeat(x, 0), NotYet, ["np.repeat: a number of times that is not a positive"]),
    (lambda x, v: np.concatenate((x[None], v)), ShapeError, ["(1, n) and (N,)", "along axis 0"]),
    (lambda m, w: np.vstack((m, w.T)), ShapeError, ["(N, D) and (D, M)", "along axis 0"]),
    (lambda x: np.split(x, 2), ShapeError, ["size n does not split into 2 equal parts"]),
    (lambda x: np.pad(x, (1, 2, 3)), InputError, ["np.pad: "]),
    (lambda x: np.pad(x, -1), InputError, ["the pad width (-1, -1) is not a pair of sizes"]),
    (lambda x: x[::0], NotYet, ["the step 0 of a slice"]),
    (lambda x: np.arange(x), NotYet, ["np.arange: of anything but integers and sizes"]),
    (lambda m: m.reshape(-1, -1), InputError, ["only one size of a shape may be -1"]),
    (lambda m: m.reshape(-1, order="F"), NotYet, ["order='F'; the order of C only"]),
    (lambda x: x[np.arange(x.shape[0]) + 1], ShapeError, ["positions 1 to n in an axis of size n"]),
    (lambda x: x[np.arange(x.shape[0]) - 1], ShapeError, ["positions -1 to n-2 in an axis"]),
    (lambda x: x * np.array([1.0, 2.0]), NotYet, ["an array of constants, of shape (2,)"]),
    (lambda x: np.where(x > 0, x, -np.inf), NotYet, ["np.where: the constant -inf"]),
    (lambda x: np.where(x > 0), NotYet, ["where(condition, x, y)"]),
    (lambda x: x + 1j, InputError, ["+: 1j is not a real number"]),
    (lambda x: x + "a", InputError, ["+: 'a' is not a real number"]),
    (lambda x: x * None, InputError, ["*: None is not a real number"]),
    (lambda x: x & 3, NotYet, ["&: works on conditions only"]),
    (lambda x: ~x, NotYet, ["~: works on conditions only"]),
    (lambda x: -(x > 0), InputError, ["-: NumPy does not negate a condition"]),
    (lambda x: (x > 0) - (x < 0), InputError, ["-: NumPy does not subtract conditions"]),
    (lambda x: x.astype(int), NotYet, [".astype: a conversion to int"]),
    (lambda x: np.sum(x, axis=3), InputError, ["np.sum: axis 3 is out of range", "rank 1"]),
    (lambda x: np.sum(x, axis="n"), InputError, ["np.sum: axis must be an integer"]),
    (lambda m: m.sum(axis=(0, 0)), InputError, ["names an axis twice"]),
    (lambda m: m.sum(axis=(0, -2)), InputError, ["names an axis twice"]),
    (lambda x: x.var(ddof=0.5), InputError, [".var: ddof=0.5 is not an integer"]),
    (lambda m: m.transpose(0), InputError, ["transpose"]),
    (lambda m: np.squeeze(m, 0), ShapeError, ["axis 0 of shape (N, D) is not of size 1"]),
    (lambda c: len(c), InputError, ["len() of an array of rank 0"]),
    (lambda m, v: m + v, ShapeError, ["+: shapes (N, D) and (N,)", "D against N"]),
    (lambda m, v: np.maximum(m, v), ShapeError, ["np.maximum: shapes (N, D) and (N,)"]),
    (lambda m, v: np.where(m > 0, m, v), ShapeError, ["np.where: shapes (N, D), (N, D) and (N,)"]),
    (lambda m, w: m @ w, ShapeError, ["@: shapes (N, D) and (M, D)", "D against M", "with .T?"]),
    (lambda m, v: np.dot(m, v), ShapeError, ["np.dot: shapes (N, D) and (N,)", "D against N"]),
    (lambda m, c: m @ c, InputError, ["@: shapes (N, D) and (): use * with a scalar"]),
    (lambda m: np.dot(m[None], m), ShapeError, ["np.dot: axes [2] of (1, N, D) and [0]"]),
    (lambda x: x + undefined, InputError, ["NameError", "undefined"]),  # type: ignore  # noqa
    (lambda x: x * (1 / 0), InputError, ["ZeroDivisionError: division by zero"]),
    (lambda x: x / 0, InputError, ["division by zero (in the definition of 'y', line "]),
    (lambda x: None, InputError, ["returns nothing"]),
    (lambda x: 3.0, InputError, ["returns something of type float"]),
    (lambda x: (x, 3), InputError, ["returns something of type int"]),
    (lambda x: (), InputError, ["returns nothing"]),
    (lambda x: np.zeros_like(x), InputError, ["the result does not depend on any input"]),
    (lambda x: (x, x.shape[0]), InputError, ["output 2 does not depend on any input"]),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_refusal(case: int) -> None:
    function, kind, words = CASES[case]
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    with pytest.raises(SymbackpropError) as error:
        trace(function, {m: SHAPES[m] for m in names})
    message = str(error.value)
    assert type(error.value) is kind, message
    for word in words:
        assert word in message
    assert "\n" not in message


def test_the_line_is_the_users() -> None:
    first = assigns_an_item.__code__.co_firstlineno
    with pytest.raises(NotYet, match=rf"\(line {first + 2} of test_refusals.py: `y\[0\] = 1"):
        trace(assigns_an_item, {"x": "n"})
    first = branches_in_helper.__code__.co_firstlineno
    with pytest.raises(NotYet, match=rf"line {first + 2} of"):
        trace(branches_in_helper, {"x": "n"})


def test_an_error_of_the_users_own_keeps_its_cause() -> None:
    def broken(x: Any) -> Any:
        raise ValueError("first line\nsecond line")

    with pytest.raises(InputError, match=r"ValueError: first line second line \(line") as error:
        trace(broken, {"x": "n"})
    assert isinstance(error.value.__cause__, ValueError)


def test_star_arguments() -> None:
    with pytest.raises(NotYet, match=r"the argument \*rest"):
        trace(lambda x, *rest: x, {"x": "n"})
    with pytest.raises(NotYet, match=r"the argument \*options"):
        trace(lambda x, **options: x, {"x": "n"})


def test_what_is_no_function() -> None:
    for thing in (3, "y = a", None):
        with pytest.raises(InputError, match="not a Python function"):
            trace(thing, {})  # type: ignore[arg-type]


def test_an_input_with_letters_that_latex_does_not_take() -> None:
    with pytest.raises(InputError, match="needs a name in ASCII letters"):
        trace(lambda μ: μ * 2, {"μ": "n"})

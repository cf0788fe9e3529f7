"""Which definitions a function has, under which names, written how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbackprop.frontend.trace import trace
from tests.frontend.spell import spelled

SHAPES: dict[str, Any] = {
    "a": "n",
    "t": "n",
    "x": "N,D",
    "w": "D,M",
    "c": (),
    "eps": (),
}


def traced(function: Callable[..., Any], **options: Any) -> list[str]:
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return spelled(trace(function, {m: SHAPES[m] for m in names if m in SHAPES}, **options))


def softmax_of(z: Any) -> Any:
    e = np.exp(z)
    s = e.sum()
    return e / s


def softmax_ce(a: Any, t: Any) -> Any:
    y = np.exp(a) / np.sum(np.exp(a))
    L = -np.sum(t * np.log(y))
    return L


def rebinding(a: Any) -> Any:
    y = a * 2
    y = y + 1
    y = y * y
    return y


def one_line(a: Any) -> Any:
    # fmt: off
    y = a * 2; y = y + 1; z = y  # noqa: E702
    # fmt: on
    return z * y


def in_place(a: Any) -> Any:
    y = a * 2
    y += 1
    return y


def aliases(a: Any) -> Any:
    u = b = a + 1
    v = u
    return v * b


def unused(a: Any) -> Any:
    y = a + 1
    y = a + 2
    z = np.exp(y)
    w = z * 3
    print(w)
    return y


def by_helper(a: Any, t: Any) -> Any:
    y = softmax_of(a - 1)
    return -np.sum(t * np.log(y))


def unnamed_helper(a: Any) -> Any:
    return softmax_of(a) * 2


def with_tuple(a: Any) -> Any:
    u, v = a + 1, a * 2
    return u, v, u * v


def returned_input(a: Any) -> Any:
    return a


def returned_twice(a: Any) -> Any:
    y = a * 2
    return y, y, a


def alias_of_input(a: Any) -> Any:
    out = a
    return out


def name_like_input(a: Any) -> Any:
    a = a / 2
    a = a + 1
    return a


def with_condition(a: Any) -> Any:
    mask = a > 0
    weight = mask * 1.0
    return np.where(mask, a, weight)


def with_sizes(x: Any) -> Any:
    N, d = x.shape
    scale = 1 / np.sqrt(d)
    return x * scale / N


def with_greek(x: Any) -> Any:
    μ = x.mean(axis=0)
    σ_2 = x - μ
    __hidden = σ_2 * 2
    return __hidden


def with_default(a: Any, eps: Any = 1e-5, *, power: Any = 2) -> Any:
    return (a + eps) ** power


def with_loop(a: Any) -> Any:
    for _ in range(3):
        a = np.tanh(a)
    return a


def with_comprehension(a: Any) -> Any:
    parts = [a * k for k in (2, 3)]
    return parts[0] - parts[1]


def with_closure(a: Any) -> Any:
    def scaled(k: Any) -> Any:
        s = a * k
        return s

    return scaled(2) + scaled(3) * len(a)


def used_before_named(a: Any) -> Any:
    L, e = (lambda u: (u.sum(), u))(np.exp(a))
    return L * e


def matrix(x: Any, w: Any) -> Any:
    z = x @ w
    return z


CASES: dict[str, tuple[Callable[..., Any], list[str]]] = {
    "softmax-ce": (
        softmax_ce,
        [
            "y[i] = (exp(a[i]) * (sum_j(exp(a[j]))^-1))",
            "L = (-1 * sum_i((t[i] * log(y[i]))))",
        ],
    ),
    "rebinding": (
        rebinding,
        ["y[i] = (a[i] * 2)", "y_2[i] = (y[i] + 1)", "y_3[i] = (y_2[i] * y_2[i])"],
    ),
    "one line": (
        one_line,
        ["y[i] = (a[i] * 2)", "y_2[i] = (y[i] + 1)", "y_3[i] = (y_2[i] * y_2[i])"],
    ),
    "in place": (in_place, ["y[i] = (a[i] * 2)", "y_2[i] = (y[i] + 1)"]),
    "aliases": (aliases, ["u[i] = (a[i] + 1)", "y[i] = (u[i] * u[i])"]),
    "unused": (unused, ["y[i] = (a[i] + 2)"]),
    "helper: the caller's name wins": (
        by_helper,
        [
            "z[i] = (a[i] + -1)",
            "e[i] = exp(z[i])",
            "s = sum_i(e[i])",
            "y[i] = (e[i] * (s^-1))",
            "L = (-1 * sum_i((t[i] * log(y[i]))))",
        ],
    ),
    "helper without a name": (
        unnamed_helper,
        ["e[i] = exp(a[i])", "s = sum_i(e[i])", "y[i] = (e[i] * (s^-1) * 2)"],
    ),
    "tuple": (
        with_tuple,
        ["u[i] = (a[i] + 1)", "v[i] = (a[i] * 2)", "y[i] = (u[i] * v[i])"],
    ),
    "returned input": (returned_input, ["y[i] = a[i]"]),
    "returned twice": (returned_twice, ["y[i] = (a[i] * 2)", "y_2[i] = y[i]", "y_3[i] = a[i]"]),
    "alias of an input": (alias_of_input, ["out[i] = a[i]"]),
    "name of an input": (name_like_input, ["a_2[i] = (a[i] * 1/2)", "a_3[i] = (a_2[i] + 1)"]),
    "conditions are written out": (
        with_condition,
        [
            "weight[i] = Iverson(StrictGreaterThan(a[i], 0))",
            "y[i] = Where(StrictGreaterThan(a[i], 0), a[i], weight[i])",
        ],
    ),
    "sizes are written out": (with_sizes, ["y[i,j] = (x[i,j] * (D^-1/2) * (N^-1))"]),
    "greek": (
        with_greek,
        [
            "mu[i] = ((N^-1) * sum_j(x[j,i]))",
            "sigma_2[i,j] = (x[i,j] + (-1 * mu[j]))",
            "hidden[i,j] = (sigma_2[i,j] * 2)",
        ],
    ),
    "loop": (
        with_loop,
        ["a_2[i] = tanh(a[i])", "a_3[i] = tanh(a_2[i])", "a_4[i] = tanh(a_3[i])"],
    ),
    "comprehension": (with_comprehension, ["y[i] = ((a[i] * 2) + (-1 * a[i] * 3))"]),
    "closure": (
        with_closure,
        ["s[i] = (a[i] * 2)", "s_2[i] = (a[i] * 3)", "y[i] = (s[i] + (s_2[i] * n))"],
    ),
    "used before it has a name": (
        used_before_named,
        ["e[i] = exp(a[i])", "L = sum_i(e[i])", "y[i] = (L * e[i])"],
    ),
    "matrix product": (matrix, ["z[i,j] = sum_k((x[i,k] * w[k,j]))"]),
}


@pytest.mark.parametrize("name", CASES)
def test_definitions(name: str) -> None:
    function, expected = CASES[name]
    assert traced(function) == expected


def test_a_default_is_a_constant_unless_it_has_a_shape() -> None:
    assert trace(with_default, {"a": "n"}).inputs[0].name == "a"
    constant = spelled(trace(with_default, {"a": "n"}))
    assert constant == ["y[i] = ((a[i] + 1/100000)^2)"]
    program = trace(with_default, {"a": "n", "eps": ()})
    assert [a.name for a in program.inputs] == ["a", "eps"]
    assert spelled(program) == ["y[i] = ((a[i] + eps)^2)"]


def test_keyword_only_input() -> None:
    program = trace(with_default, {"a": "n", "power": ()})
    assert spelled(program) == ["y[i] = ((a[i] + 1/100000)^power)"]


def test_lines_and_name() -> None:
    program = trace(softmax_ce, {"a": "n", "t": "n"})
    first = softmax_ce.__code__.co_firstlineno
    assert [d.line for d in program.definitions] == [first + 1, first + 2]
    assert program.name == "softmax_ce"
    assert trace(softmax_ce, {"a": "n", "t": "n"}, name="softmax-ce").name == "softmax-ce"


def test_shapes_of_definitions() -> None:
    def kept(x: Any) -> Any:
        s = x.sum(axis=0, keepdims=True)
        return s

    (definition,) = trace(kept, {"x": "N,D"}).definitions
    assert [str(s) for s in definition.array.shape] == ["1", "D"]
    assert [str(i.size) for i in definition.indices] == ["D"]


class Layer:
    scale = 3

    def forward(self, a: Any) -> Any:
        y = self.scale * a / len(a)
        return y


def test_a_method() -> None:
    assert spelled(trace(Layer().forward, {"a": "n"})) == ["y[i] = (3 * a[i] * (n^-1))"]


def test_a_ufunc() -> None:
    assert spelled(trace(np.tanh, {"x": "n"})) == ["y[i] = tanh(x[i])"]

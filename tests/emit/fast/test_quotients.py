"""x/d is x (1/d) where 1/d loses nothing, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import S, Symbol

import symbackprop as sb
from symbackprop.emit.fast.graph import FLOAT, GIVEN, MAP, REDUCE, Graph, Node
from symbackprop.emit.fast.quotients import by_reciprocal
from symbackprop.emit.fast.splits import DIVIDED, join_quotients
from symbackprop.emit.numpy.code import Code, atom, call, operate
from symbackprop.emit.numpy.statements import Assignment
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler

SOFTMAX = "e = exp(x - max(x, axis=1, keepdims=True)); s = sum(e, axis=1, keepdims=True); y = e/s"
TARGETS = ["numpy-fast", pytest.param("c", marks=needs_compiler)]


def test_sizes_and_sums_from_one_on_are_turned() -> None:
    source = derived("softmax-ce-batch").numpy_source(fast=True)
    assert "if N > 1:\n                np.multiply(da_, 1 / N, out=da_)" in source
    assert "_divided(y_, b0, y_)" in source and "_divided(da_, b0, da_)" in source


def test_what_is_made_of_sizes_is_turned() -> None:
    source = derived("attention").numpy_source(fast=True)
    assert source.count("(1 / K**0.5 if K**0.5 else np.inf)") == 3
    assert source.count("np.divide(") == 1  # of few elements
    module = derived("attention").compile("numpy-fast")
    q, k, v = np.ones((2, 0)), np.ones((3, 0)), np.ones((3, 4))
    with np.errstate(all="ignore"):
        want = derived("attention").compile().forward(q, k, v)[0]
        assert np.array_equal(module.forward(q, k, v)[0], want, equal_nan=True)


def test_a_number_is_not_asked_whether_it_is_0() -> None:
    source = derived("gelu").numpy_source(fast=True)
    assert "/ np.pi**0.5" in source and " if np.pi" not in source


def test_a_mean_is_rounded_once() -> None:
    source = derived("layer-norm").numpy_source(fast=True)
    assert "np.divide(b0, D, out=b0)" in source and "1 / (D" not in source


@pytest.mark.parametrize(
    ("divisor", "by"),
    [("3", "np.divide({}, 3, "), ("x.size", "np.multiply({}, 1 / max(N * n, 1), "),
     ("x.shape[1]", "np.multiply({}, 1 / max(n, 1), "),
     ("(x.shape[1] + 2)", "np.multiply({}, (1 / (2 + n) if 2 + n else np.inf), ")],
)  # fmt: skip
def test_which_divisors_are_turned(divisor: str, by: str) -> None:
    derivation = sb.derive(f"y = x/{divisor}", shapes={"x": ("N", "n")})
    source = derivation.numpy_source(fast=True)
    assert by.format("x_") in source
    empty = np.zeros((0, 3))
    assert derivation.compile("numpy-fast").forward(empty)[0].shape == (0, 3)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("factor", ["1", "-3", "x.shape[1]", "(x.shape[1] - 3)", "sqrt(3)"])
def test_what_is_divided_by_no_size_is_infinite(factor: str, target: str) -> None:
    text = f"y = x*({factor}/(x.shape[0] - 1))"
    module = sb.derive(text, shapes={"x": ("N", "n")}).compile(target)
    x = np.array([[2.0, 0.0, -1.0]])
    c = {"1": 1, "-3": -3, "x.shape[1]": 3, "(x.shape[1] - 3)": 0}.get(factor, 3**0.5)
    with np.errstate(all="ignore"):
        got, want = module.forward(x)[0], x * np.divide(c, 0.0)
    np.testing.assert_array_equal(got, want)
    np.testing.assert_allclose(module.forward(np.vstack((x, x, x)))[0][1:2], x * c / 2)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("text", ["y = x/(2*m)", "y = x/(n - 1)", "y = x/3", "y = x/sqrt(m)"])
def test_a_divisor_of_sizes_is_what_it_says(text: str, target: str) -> None:
    text = text.replace("m", "w.shape[0]").replace("n -", "x.shape[0] -")
    module = sb.derive(text + " + sum(w)", shapes={"x": ("n",), "w": ("m",)}).compile(target)
    x, w = np.arange(1.0, 6.0), np.zeros(7)
    d = {"2*": 14, "- ": 4, "/3": 3, "sq": 7**0.5}
    by = next(v for k, v in d.items() if k in text)
    y, saved = module.forward(x, w)
    np.testing.assert_allclose(y, x / by, rtol=1e-15)
    np.testing.assert_allclose(module.backward(saved, x).x, x / by, rtol=1e-15)


def test_exact_forms_are_rounded_once() -> None:
    source = derived("softmax-ce-batch").numpy_source(fast=True, exact=True)
    assert "1 / " not in source and "reciprocal" not in source


N, K = Symbol("N"), Symbol("n")


def summed(over: int, above: int, same: bool) -> Node:
    """sum(exp(x - max(z, axis=above)), axis=over), where z is x if it is the same."""
    x, z = (Node(GIVEN, atom(name, (N, K)), (), (N, K)) for name in "xz")

    def reduced(kind: str, node: Node, axis: int) -> Node:
        code = Code("reduce", (node.code,), f"np.{kind}", (axis,), True, (N, S.One))
        return Node(REDUCE, code, (node,), (N, S.One), ufunc=kind)

    shifted = Node(MAP, operate("-", x.code, z.code), (x, reduced("max", x if same else z, above)),
                   (N, K), ufunc="subtract")  # fmt: skip
    return reduced("sum", Node(MAP, atom("e", (N, K)), (shifted,), (N, K), ufunc="exp"), over)


@pytest.mark.parametrize(("over", "above", "same"), [(1, 1, True), (1, 0, True), (1, 1, False)])
def test_a_sum_is_one_at_least_where_the_largest_of_its_exponents_is_zero(
    over: int, above: int, same: bool
) -> None:
    y, total = Node(GIVEN, atom("y", (N, K)), (), (N, K)), summed(over, above, same)
    found = by_reciprocal(operate("/", y.code, total.code), y, total, str)
    assert (found is not None) == (same and over == above)


# In each the quotient is a number, and 1/d is none.
KEPT = {
    "length": ("y = x/sum(abs(x))", {"x": ("n",)}, [[1e-310, -3e-310]], [0.25, -0.75]),
    "input": ("y = x/s[:, None]", {"x": ("N", "n"), "s": ("N",)}, [[[3e-310, 0.0]], [6e-310]],
              [[0.5, 0.0]]),
    "no maximum": ("e = exp(a); y = e/(sum(e*e, axis=1, keepdims=True))", {"a": ("N", "n")},
                   [[[-358.0, -800.0]]], [[np.exp(358.0), np.exp(-84.0)]]),
}  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", KEPT)
def test_where_a_reciprocal_overflows_the_quotient_stays(name: str, target: str) -> None:
    text, shapes, values, right = KEPT[name]
    module = sb.derive(text, shapes=shapes).compile(target)
    out, _ = module.forward(*map(np.array, values))
    np.testing.assert_allclose(out, right, rtol=1e-9)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (5, 3)])
def test_results_agree_for_all_sizes(shape: tuple[int, int], target: str) -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=shape)
    derivation = sb.derive("y = softmax(a, axis=1); m = y/a.shape[0]", shapes={"a": ("N", "n")})
    dm = rng.normal(size=shape)
    results = []
    for module in (derivation.compile(), derivation.compile(target)):
        m, saved = module.forward(a)
        results.append((m, *module.backward(saved, dm)))
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-13)


def test_one_is_divided_by_a_column_as_its_reciprocal_and_by_more_as_it_is() -> None:
    """NumPy's divide takes half as long as its reciprocal, and longer to begin with."""
    source = sb.derive("y = 1/(1 + x**2)", shapes={"x": ("N", "n")}).numpy_source(fast=True)
    assert "np.divide(1, y_, out=y_)" in source and "reciprocal" not in source
    both = sb.derive(f"{SOFTMAX}; z = sin(w/s) + sin(y)", shapes={"x": ("N", "n"), "w": ("N", "n")})
    source = both.numpy_source(fast=True)
    assert "np.reciprocal(u_, out=u_)" in source and "_divided" not in source  # two are made of it


X, D = atom("x", (N, K)), atom("d", (N, S.One))
OVER = Code("/", (atom("1"), D), shape=(N, S.One))
VECTOR = Code("/", (atom("1"), atom("v", (K,))), shape=(K,))
WIDE = Code("*", (atom("v", (K,)), OVER), shape=(N, K))


@pytest.mark.parametrize(
    ("results", "turned"),
    [
        ([operate("*", X, OVER)], True),
        ([operate("*", X, OVER), OVER], False),  # 1/d is handed on
        ([operate("*", X, OVER), call("np.sin", OVER, shape=OVER.shape)], False),  # needed besides
        ([operate("*", X, VECTOR)], False),  # of rows that are all the same
        ([WIDE], False),  # of a vector, which has not many elements
        ([operate("*", X, Code("/", (atom("2"), D), shape=D.shape))], False),
    ],
)
def test_which_products_are_quotients(results: list[Code], turned: bool) -> None:
    made = [Assignment(f"r{n}", code, ()) for n, code in enumerate(results)]
    given = {"x": ((N, K), FLOAT), "d": ((N, S.One), FLOAT), "v": ((K,), FLOAT)}
    graph = Graph(made, given, "np", str, str)
    join_quotients(graph, {graph.roots[a.name] for a in made})
    assert (DIVIDED in {n.ufunc for n in graph.nodes}) == turned
    assert ("divide" in {n.ufunc for n in graph.nodes}) != turned


@pytest.mark.parametrize("to_divide", [0, 10**9])
def test_few_elements_are_divided(to_divide: int) -> None:
    """By one call in place of two; a product takes less time for many."""
    module = sb.derive(SOFTMAX, shapes={"x": ("N", "n")}).compile("numpy-fast")
    assert vars(module)["TO_DIVIDE"] == 2000
    vars(module)["TO_DIVIDE"] = to_divide
    y, _ = module.forward(np.log([[1.0, 3.0], [7.0, 1.0]]))
    np.testing.assert_allclose(y, [[0.25, 0.75], [0.875, 0.125]], rtol=1e-15)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_mean_of_one_is_the_number(n: int) -> None:
    """x (1/1) is not computed."""
    module = derived("softmax-ce-batch").compile("numpy-fast")
    a, t = (np.array([row] * n).reshape(n, 2) for row in ([0.0, np.log(3.0)], [1.0, 0.0]))
    with np.errstate(all="ignore"):
        _, (da,) = module.value_and_grad(a, t)
    np.testing.assert_allclose(da, [[-0.75 / max(n, 1), 0.75 / max(n, 1)]] * n or da, rtol=1e-15)

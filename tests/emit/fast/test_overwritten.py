"""A product of matrices has the memory of what is made of it, where nothing else needs it."""

from __future__ import annotations

import re
import tracemalloc

import numpy as np
import pytest
from sympy import Expr, S, Symbol

import symbackprop as sb
from symbackprop.emit.fast.graph import FLOAT, GIVEN, MAP, WHOLE, Node
from symbackprop.emit.fast.overwritten import Overwritten
from symbackprop.emit.fast.rewrites import BEYOND_CAP, UNWEIGHTED
from symbackprop.emit.fast.scatters import ADD_AT
from symbackprop.emit.fast.stages import Loop
from symbackprop.emit.numpy.code import Code, atom
from tests.emit.c.compiler import needs_compiler

SHAPES = {"x": ("N", "K"), "W": ("K", "M"), "V": ("K", "M"), "b": ("M",), "c": ("N", "M"),
          "Z": ("M", "M"), "P": ("K", 1),
          "r": (1, "K")}  # fmt: skip
SIZES = {"N": 9, "K": 3, "M": 4}
TAKEN = [  # and how many products the forward pass makes in memory of their own
    ("y = x @ W + b", 0),
    ("y = (x @ W)*c", 0),
    ("y = c - x @ W/3", 0),
    ("y = tanh(x @ W + b)*c", 0),
    ("u = x @ W; y = u - sum(u, axis=1, keepdims=True)", 0),  # the last reader writes there
    ("y = softmax(x @ W*0.1 + b, axis=1)", 0),
    ("y = tanh(x @ W)*(x @ V)", 1),  # one of two
    ("y = x @ W + x @ V", 1),
    ("u = x @ W; y = np.where(c > 1, u, c)", 1),  # not in place
    ("u = x @ W; y = exp(-u) + u", 1),  # the product is read behind the first step
    ("u = x @ W; y = u - mean(u, axis=0)", 0),  # two loops read it
    ("u = x @ W; y = tanh(u + b) @ Z + u", 1),
    ("u = x @ W; y = (u + b) @ Z", 1),
    ("y = x @ W", 0),
    ("y = r @ W + c", 1),  # one row
    ("y = x @ P + c", 0),  # one column, by rows
    ("y = xlogy(x @ W, c*c)", 0),
    ("y = xlogy(c*c, (x @ W)**2)", 0),
    ("l = log(c*c + 1) - 0.5; y = xlogy(x @ W, l*l) + l", 0),
]


@pytest.mark.parametrize("target", ["numpy-fast", pytest.param("c", marks=needs_compiler)])
@pytest.mark.parametrize("block", [1, 100, 10**6])
@pytest.mark.parametrize("text", [text for text, _ in TAKEN])
def test_results_are_those_of_the_readable_module(text: str, block: int, target: str) -> None:
    used = {n: s for n, s in SHAPES.items() if re.search(rf"\b{n}\b", text)}
    derived = sb.derive(text, shapes=used)
    fast, plain = derived.compile(target), derived.compile()
    fast.BLOCK_BYTES = block
    rng = np.random.default_rng(3)
    inputs = [rng.normal(size=[SIZES.get(s, 1) for s in SHAPES[a.name]])
              for a in derived.backward.program.inputs]  # fmt: skip
    dy, work = rng.normal(size=(9, 4)), fast.Workspace()
    want, kept = plain.forward(*inputs)
    out = np.full((9, 8), np.nan)[:, ::2]
    for _ in range(2):
        got, saved = fast.forward(*inputs, out=(out,), workspace=work)
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-14)
        gradients = fast.backward(saved, dy, workspace=work)
        for one, other in zip(gradients, plain.backward(kept, dy), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("text", "others"), TAKEN)
def test_the_memory_of_products(text: str, others: int) -> None:
    used = {n: s for n, s in SHAPES.items() if re.search(rf"\b{n}\b", text)}
    source = sb.derive(text, shapes=used).numpy_source(fast=True)
    forward = source[source.index("def forward") : source.index("def backward")]
    products = re.findall(r"np\.matmul\(.*, out=(\w+)\)", forward)
    assert products and sum(p.startswith("u") for p in products) == others


def test_an_affine_map_takes_no_memory_but_its_result() -> None:
    derived = sb.derive("y = x @ W + b", shapes={n: SHAPES[n] for n in "xWb"})
    fast = derived.compile("numpy-fast")
    x, w, b, y = np.ones((40000, 4)), np.ones((4, 50)), np.ones(50), np.empty((40000, 50))
    fast.forward(x, w, b, out=(y,))
    tracemalloc.start()
    fast.forward(x, w, b, out=(y,))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * fast.BLOCK_BYTES < y.nbytes / 2


IN_TURN = [  # with how many arrays besides the result
    ("u = x @ W; y = u.T @ exp(u*c) + Z", 2),  # a view of the product is read later
    ("u = x @ W; s = sum(u*c, axis=0); q = sum(exp(u), axis=0); y = u*c/s*q + b", 0),
    ("u = x @ W; s = sum(u*c, axis=0); y = exp(u*c/s)*sum(exp(u), axis=0) + b", 0),
    ("u = tanh(x @ W); y = (tanh(u)*sum(tanh(u), axis=0))*c + b", 0),
    ("u = exp(x @ W); v = exp(u/sum(u, axis=0)); y = v - sum(v, axis=0) + b", 0),
    ("u = exp(x @ W); v = exp(u/sum(u, axis=0)); y = v @ Z - sum(v, axis=0) + b", 1),
    ("u = exp(x @ W); v = exp(u/sum(u, axis=0)); y = v @ Z + sum(u, axis=0)*u + b", 2),
]


@pytest.mark.parametrize("block", [1, 100, 10**6])
@pytest.mark.parametrize(("text", "others"), IN_TURN)
def test_memory_that_several_have_in_turn(text: str, others: int, block: int) -> None:
    used = {n: s for n, s in SHAPES.items() if re.search(rf"\b{n}\b", text)}
    derived = sb.derive(text, shapes=used, wrt=["Z" if "Z" in used and "b" not in used else "b"])
    fast = derived.compile("numpy-fast")
    fast.BLOCK_BYTES = block
    rng = np.random.default_rng(3)
    inputs = [rng.normal(size=[SIZES.get(s, 1) for s in SHAPES[a.name]])
              for a in derived.backward.program.inputs]  # fmt: skip
    want = derived.compile().forward(*inputs)[0]
    np.testing.assert_allclose(fast.forward(*inputs)[0], want, rtol=1e-12)
    source = derived.numpy_source(fast=True)
    forward = source[source.index("def forward") : source.index("def backward")]
    made = re.findall(r"^    (\w+) = _work\(\S+ \((?:N|M), M\)", forward, re.MULTILINE)
    assert len(made) == others


N, M = Symbol("N"), Symbol("M")


def added(x: Node, values: Node | None, *shape: Expr) -> Node:
    """Values added at positions to an array."""
    given = [Node(GIVEN, atom(name, (N,)), (), (N,), name=name) for name in "tv"]
    args = (x, given[0], values or given[1])
    made = Node(WHOLE, atom("s"), args, shape, FLOAT, ADD_AT)
    for a in dict.fromkeys(args):
        a.users.append(made)
    return made


def product(*shape: Expr) -> Node:
    return Node(WHOLE, Code("@", shape=shape), (), shape)


def test_values_are_added_to_what_nothing_reads_later() -> None:
    one, two = product(N, M), product(N, M)
    first, other = added(one, None, N, M), added(two, None, N, M)
    second = added(first, None, N, M)
    later = Node(WHOLE, Code("@"), (two,), ())
    two.users.append(later)
    found = Overwritten([one, two, first, other, second, later], (), ()).by_values()
    assert found == {one: first, first: second}
    assert Overwritten([one, first, second], (), (first,)).by_values() == {one: first}


@pytest.mark.parametrize("same", [True, False])
def test_no_values_are_added_to_themselves_or_to_less(same: bool) -> None:
    x = product(N, M) if same else product(S.One, M)
    node = added(x, x if same else None, N, M)
    assert not Overwritten([x, node], (), ()).by_values()


def test_an_array_stays_that_another_shows() -> None:
    x = product(N, M)
    shown = Node(WHOLE, Code("suffix", (x.code,), ".reshape(M * N)"), (x,), (M * N,))
    node = added(x, None, N, M)
    x.users.append(shown)
    assert not Overwritten([x, shown, node], (), ()).by_values()


@pytest.mark.parametrize(
    ("ufunc", "taken"), [("add", True), (UNWEIGHTED, False), (BEYOND_CAP, False)]
)
def test_what_is_looked_at_while_another_operand_is_changed(ufunc: str, taken: bool) -> None:
    x = product(N, M)
    node = Node(MAP, atom("y", (N, M)), (x, Node(GIVEN, atom("u", (N, M)), (), (N, M))), (N, M),
                FLOAT, ufunc)  # fmt: skip
    x.users.append(node)
    found = Overwritten([x, Loop(N, 0, [node])], {node}, (node,)).by_rows(())
    assert found == ({x: node} if taken else {})


@pytest.mark.parametrize("block", [1, 20, 10**6])
@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("L = prod(tanh(x))", ("n",)),  # each row of the gradient needs all of tanh(x)
        ("L = sum(prod(tanh(x), axis=1)**2)", ("m", "n")),
        ("u = x/norm(x); p = prod(tanh(u), axis=0); L = p*sign(p)", ("n",)),
        ("p = ravel(1/(1 + exp(-logaddexp(x, x)))); L = sum(exp(sinh(p))**2)", ("k", "m", "n")),
    ],
)
def test_what_is_read_whole_or_in_another_shape(
    text: str, shape: tuple[str, ...], block: int
) -> None:
    derived = sb.derive(text, shapes={"x": shape})
    x = np.random.default_rng(5).uniform(0.3, 2, [{"k": 2, "m": 4, "n": 5}[s] for s in shape])
    fast = derived.compile("numpy-fast")
    fast.BLOCK_BYTES = block
    value, (dx,) = fast.value_and_grad(x)
    want, (right,) = derived.compile().value_and_grad(x)
    np.testing.assert_allclose(value, want, rtol=1e-13)
    np.testing.assert_allclose(dx, right, rtol=1e-12)

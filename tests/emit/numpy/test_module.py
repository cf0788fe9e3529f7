"""The generated module as its user sees it: interface, dtypes, shapes, names."""

from __future__ import annotations

import ast
import keyword
import traceback
from dataclasses import replace

import numpy as np
import pytest

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Program
from symbackprop.calculus.reverse import backward
from symbackprop.emit.numpy import compile_source, numpy_source
from symbackprop.frontend.text import parse_program
from symbackprop.frontend.trace import trace
from tests.emit.numpy.loops import relative_error, run
from tests.emit.numpy.modules import (
    LENGTHS,
    MODULES,
    N,
    built,
    inputs_of,
    two_outputs,
)
from tests.emit.numpy.programs import STABLE, cross_entropy, derived


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("name", MODULES)
def test_module_computes_definitions_and_steps(name, lengths):
    derivation, module = built(name)
    inputs = inputs_of(derivation, lengths)
    out, saved = module.forward(*inputs.values())
    dout = np.random.default_rng(5).normal(size=np.shape(out))
    grads = module.backward(saved, dout)
    (expected,), gradients = run(derivation, inputs, lengths, dout)
    assert relative_error(out, expected) < 1e-13
    assert grads._fields == tuple(gradients)
    for key, value in gradients.items():
        assert getattr(grads, key).shape == inputs[key].shape
        assert relative_error(getattr(grads, key), value, 1.0) < 1e-13


@pytest.mark.parametrize("name", MODULES)
def test_float32_stays(name):
    derivation, module = built(name)
    inputs = {k: v.astype(np.float32) for k, v in inputs_of(derivation, LENGTHS[0]).items()}
    out, saved = module.forward(**inputs)
    assert np.asarray(out).dtype == np.float32
    grads = module.backward(saved, np.ones(np.shape(out)))
    assert {g.dtype for g in grads} == {np.dtype(np.float32)}


@pytest.mark.parametrize("name", [k for k in STABLE if k != "temperature"])
def test_float32_stays_in_stable_forms(name):
    function, shapes = STABLE[name]
    module = compile_source(numpy_source(derived(function, shapes), version="0"))
    inputs = [np.full([3] * len(s), 0.5, np.float32) for s in shapes.values()]
    out, saved = module.forward(*inputs)
    assert np.asarray(out).dtype == np.float32
    assert {g.dtype for g in module.backward(saved, np.ones(np.shape(out)))} == {out.dtype}


@pytest.mark.parametrize("name", MODULES)
def test_integers_lists_views_and_constants(name):
    derivation, module = built(name)
    drawn = inputs_of(derivation, LENGTHS[0])
    whole = {
        k: np.asarray(np.round(3 * v).astype(int) + (k in ("eps", "T"))) for k, v in drawn.items()
    }
    exact = {k: v.astype(float) for k, v in whole.items()}
    expected, saved = module.forward(**exact)
    gradients = module.backward(saved, np.ones(np.shape(expected)))
    striped = {k: np.repeat(v, 2, axis=-1)[..., ::2] if v.ndim else v for k, v in exact.items()}
    for value in striped.values():
        value.flags.writeable = False
    for given in (whole, {k: v.tolist() for k, v in whole.items()}, striped):
        out, saved = module.forward(**given)
        assert np.allclose(out, expected, rtol=1e-13)
        for one, two in zip(module.backward(saved, np.ones(np.shape(out))), gradients, strict=True):
            assert one.dtype == np.float64
            assert np.allclose(one, two, rtol=1e-13)


@pytest.mark.parametrize("name", ["affine", "leaky", "add to rows", "transposed", "total"])
def test_batches_without_rows(name):
    derivation, module = built(name)
    inputs = inputs_of(derivation, {**LENGTHS[0], N: 0})
    out, saved = module.forward(**inputs)
    grads = module.backward(saved, np.ones(np.shape(out)))
    assert {k: getattr(grads, k).shape for k in inputs} == {k: v.shape for k, v in inputs.items()}
    assert all(not np.any(g) for g in grads if g.size and name != "total")


@pytest.mark.parametrize("name", MODULES)
def test_gradients_and_outputs_share_no_memory(name):
    derivation, module = built(name)
    inputs = inputs_of(derivation, LENGTHS[0])
    out, saved = module.forward(**inputs)
    dout = np.ones(np.shape(out))
    grads = module.backward(saved, dout)
    owned = [*grads, np.asarray(out)]
    for place, one in enumerate(owned):
        others = [*owned[:place], dout, *inputs.values()]
        assert one.flags.writeable or one.ndim == 0
        assert not any(np.may_share_memory(one, other) for other in others)


def test_scalar_output_has_value_and_grad_and_a_default_upstream():
    module = compile_source(numpy_source(
        derived(cross_entropy, {"a": ("n",), "t": ("n",)}, ("a",), ("sum(t) == 1",)), version="0"
    ))  # fmt: skip
    a, t = np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.0])
    loss, grads = module.value_and_grad(a, t)
    y = np.exp(a) / np.exp(a).sum()
    assert np.isclose(loss, -np.log(y[1]))
    assert np.allclose(grads.a, y - t)
    _, saved = module.forward(a=a, t=t)
    assert saved._fields == ("t", "y")
    assert np.allclose(module.backward(saved, 2.0).a, 2 * (y - t))


def test_array_output_has_no_value_and_grad():
    assert not hasattr(built("affine")[1], "value_and_grad")


def test_several_outputs_take_an_upstream_gradient_each():
    derivation = derived(two_outputs, {"x": ("n",), "y": ("n",)})
    module = compile_source(numpy_source(derivation, version="0"))
    x, y, dp, ds = np.array([1.0, 2.0]), np.array([3.0, 5.0]), np.array([0.5, -1.0]), 4.0
    (p, s), saved = module.forward(x, y)
    assert p.tolist() == [3.0, 10.0]
    assert s == 5.0
    grads = module.backward(saved, dp, ds)
    assert np.allclose(grads.x, dp * y + ds * 2 * x)
    assert np.allclose(grads.y, dp * x)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"x": np.ones(3), "W": np.ones((3, 2)), "b": np.ones(2)},
         "x has shape (3,), not (N, D)"),
        ({"x": np.ones((4, 3)), "W": np.ones((5, 2)), "b": np.ones(2)},
         "W has shape (5, 2), not (D, M), D = 3"),
        ({"x": np.ones((4, 3)), "W": np.ones((3, 2)), "b": np.ones(1)},
         "b has shape (1,), not (M,), M = 2"),
    ],
)  # fmt: skip
def test_wrong_shapes_are_refused(inputs, message):
    with pytest.raises(ValueError) as raised:
        built("affine")[1].forward(**inputs)
    assert str(raised.value).startswith(message)


def test_an_upstream_gradient_of_another_shape_is_refused():
    _, module = built("affine")
    _, saved = module.forward(np.ones((4, 3)), np.ones((3, 2)), np.ones(2))
    with pytest.raises(ValueError, match=r"\(2,\).*\(4, 2\)"):
        module.backward(saved, np.ones(2))


HOSTILE = [
    "lambda",
    "x̂",
    "np",
    "NamedTuple",
    "Saved",
    "Grads",
    "forward",
    "backward",
    "value_and_grad",
    "saved",
    "dout",
    "sum",
    "e",
    "u",
    "m",
    "s",
    "n",
    "float",
    "zip",
    "array",
    "_prepare",
    "dL",
    "_upstream",
    "_SHAPES",
    "count",
    "index",
    "self",
    "dtype",
    "_x",
    "__class__",
]


def with_name(program: Program, old: str, new: str) -> Program:
    found = program.array(old)
    swap = {found: Array(new, found.shape, found.sign)}
    return replace(
        program,
        inputs=tuple(swap.get(a, a) for a in program.inputs),
        outputs=tuple(swap.get(a, a) for a in program.outputs),
        definitions=tuple(
            replace(d, array=swap.get(d.array, d.array), expr=d.expr.xreplace(swap))
            for d in program.definitions
        ),
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(name):
    program = trace(cross_entropy, {"a": ("k",), "t": ("k",)})
    for old in ("a", "y", "L"):
        renamed = backward(with_name(program, old, name), None)
        module = compile_source(numpy_source(renamed, version="0"))
        a, t = np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.0])
        loss, grads = module.value_and_grad(a, t)
        y = np.exp(a) / np.exp(a).sum()
        assert np.isclose(loss, -np.log(y[1]))
        assert np.allclose(grads[0], y - t)
        if name.isidentifier() and not keyword.iskeyword(name):
            first = name if old == "a" else "a"
            assert module.forward(**{first: a, "t": t})[0] == loss
            assert grads._fields == (first.lstrip("_"), "t")


@pytest.mark.parametrize("name", MODULES)
def test_source_reads_well(name):
    source = numpy_source(built(name)[0], version="1.2.3")
    assert max(map(len, source.splitlines())) <= 100
    assert "Generated by symbackprop 1.2.3." in source
    tree = ast.parse(source)
    imported = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import)
                for a in node.names}  # fmt: skip
    assert imported == {"numpy"}
    for function in (f for f in tree.body if isinstance(f, ast.FunctionDef)):
        assert ast.get_docstring(function)
    assert source == numpy_source(built(name)[0], version="1.2.3")


def weighted(a, s, e):
    y = np.exp(a) / np.sum(np.exp(a))
    L = np.sum(s * np.log(y) * e) + np.sum(y)
    return L


def test_temporaries_do_not_take_the_names_of_inputs():
    shapes = dict.fromkeys(("a", "s", "e"), ("n",))
    module = compile_source(numpy_source(derived(weighted, shapes), version="0"))
    a, s, e = np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 7.0]), np.array([2.0, -1.0, 0.5])
    value, grads = module.value_and_grad(a, s, e)
    log_y = a - np.log(np.exp(a).sum())
    assert np.isclose(value, np.sum(s * log_y * e) + 1)
    assert np.allclose(grads.s, log_y * e)
    assert np.allclose(grads.e, log_y * s)


def test_docstring_lines_break_between_elements():
    source = numpy_source(built("two-layer")[0], version="0")
    for line in source.splitlines():
        assert line.count("[") == line.count("]") or line.startswith(("from", '    "'))
    assert "for dout = 1, the upstream gradient of L" in source


def test_tracebacks_show_the_generated_lines():
    _, module = built("affine")
    try:
        module.forward(np.ones(1), np.ones(1), np.ones(1))
    except ValueError:
        assert "x, W, b = _prepare(x=x, W=W, b=b)" in traceback.format_exc()
    else:
        pytest.fail("wrong shapes went through")


def test_a_guard_around_a_maximum_of_numbers() -> None:
    """exp in a branch whose argument, guarded, is a maximum of two numbers."""
    text = "p = abs(a); q = where(p > 0, p, exp(p) - 1); L = sum(maximum(sum(q*q), a)**2)"
    derivation = backward(parse_program(text, {"a": ("n",)}))
    assert compile_source(numpy_source(derivation, version="0"))

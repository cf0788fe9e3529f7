"""The catalogue: what it holds, how it is found, and that every file is complete."""

from __future__ import annotations

import inspect
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
import symbackprop_derivations

from symbackprop import InputError, Layer, UnknownNameError, catalogue, derive
from symbackprop.verify.sizes import possible
from tests.derived import derived

NAMES = [
    "add", "mul", "apple", "apple-orange", "relu", "sigmoid", "affine", "affine-batch", "softmax",
    "log-softmax", "cross-entropy", "softmax-ce", "softmax-ce-batch", "sigmoid-bce", "mse",
    "batch-norm", "two-layer",
]  # fmt: skip


def test_the_catalogue_holds_the_textbook_layers() -> None:
    assert set(NAMES) <= set(catalogue.names())


def test_every_file_has_an_entry_point() -> None:
    folder = Path(symbackprop_derivations.__file__).parent
    files = {path.stem.replace("_", "-") for path in folder.glob("[!_]*.py")}
    own = {n for n in catalogue.names() if n in files}
    assert files == own


@pytest.mark.parametrize("name", catalogue.names())
def test_a_layer_is_complete(name: str) -> None:
    layer = catalogue.load(name)
    assert layer.name == name
    assert layer.source
    assert layer.summary
    assert inspect.getmodule(layer.forward).__doc__
    assert list(inspect.signature(layer.forward).parameters) == list(layer.shapes)
    assert layer.wrt


@pytest.mark.parametrize("name", catalogue.names())
def test_the_forward_pass_is_plain_numpy(name: str) -> None:
    layer = catalogue.load(name)
    program = derived(name).backward.program
    sizes = possible(program.sizes, program.conditions)[0]
    rng = np.random.default_rng(5)
    arrays = []
    for array in program.inputs:
        lengths = [int(size.xreplace(sizes)) for size in array.shape]
        labels = rng.integers(0, 2, lengths)
        arrays.append(labels if array in program.labels else rng.uniform(0.5, 1.5, lengths))
    assert np.all(np.isfinite(layer.forward(*arrays)))


@pytest.mark.parametrize("name", [n for n in NAMES if catalogue.load(n).examples])
def test_published_numbers_come_out(name: str) -> None:
    layer = catalogue.load(name)
    module = derive(name).compile()
    for example in layer.examples:
        value, grads = module.value_and_grad(**example.inputs)
        assert float(value) == pytest.approx(example.output, rel=1e-14)
        assert set(example.gradients) == set(layer.wrt)
        for wrt, expected in example.gradients.items():
            assert float(getattr(grads, wrt)) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("softmaxce", "softmax-ce"), ("batchnorm", "batch-norm"), ("Softmax", "softmax"), ("", None)],
)
def test_an_unknown_name_suggests_the_nearest(wrong: str, right: str | None) -> None:
    with pytest.raises(UnknownNameError) as caught:
        catalogue.load(wrong)
    assert repr(wrong) in str(caught.value)
    if right:
        assert f"'{right}'" in str(caught.value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("no_such_module:LAYER", "cannot be loaded"),
        ("symbackprop.layer:NOTHING", "cannot be loaded"),
        ("symbackprop.layer:Shape", "is not a symbackprop.layer.Layer"),
    ],
)
def test_a_broken_entry_point_is_named(
    monkeypatch: pytest.MonkeyPatch, value: str, says: str
) -> None:
    entry = EntryPoint("mine", value, catalogue.GROUP)
    monkeypatch.setattr(catalogue, "_entries", lambda: {"mine": entry})
    with pytest.raises(InputError, match=says) as caught:
        catalogue.load("mine")
    assert value in str(caught.value)


def test_a_layer_checks_its_own_names() -> None:
    with pytest.raises(ValueError, match="'z'"):
        Layer(
            name="odd", summary="s", forward=np.exp, shapes={"x": ()}, wrt=("z",), source="none"
        )

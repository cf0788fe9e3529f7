"""`symbackprop derive`: every form, every option, and a user's own layer that trains."""

from __future__ import annotations

import importlib.util
import json
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tests.cli.command import run

MYLAYER = '''
"""Softmax with a temperature, cross-entropy and an L2 penalty."""
import numpy as np


def loss(x, W, t, c, decay):
    a = x @ W
    z = a / c
    y = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    return -np.sum(t * np.log(y)) / x.shape[0] + decay * np.sum(W**2) / 2
'''
MYSHAPES = ("x=N,D", "W=D,K", "t=N,K", "c=", "decay=")


def imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_latex_reads_y_minus_t_and_says_why() -> None:
    shown = run("derive", "softmax-ce", "--latex").result()
    assert "y_{k} - t_{k}" in shown
    assert r"\sum_{k} t_{k} = 1" in shown
    assert shown.isascii()
    dropped = run("derive", "softmax-ce", "--latex", "--no-assume").result()
    assert "y_{k} - t_{k}" not in dropped
    assert r"\sum_{j} t_{j}" in dropped


def test_text_is_the_default() -> None:
    assert run("derive", "softmax-ce").result() == run("derive", "softmax-ce", "--text").result()
    assert "Σ_k t[k] = 1" in run("derive", "softmax-ce").result()


def test_steps_end_in_the_result() -> None:
    shown = run("derive", "softmax-ce", "--steps").result()
    assert "chain rule" in shown
    alone = run("derive", "softmax-ce").result()
    assert shown.endswith("\nresult\n" + alone.partition("\nbackward\n")[2])
    latex = run("derive", "softmax-ce", "--steps", "--latex", "--show-checks").result()
    told = r"&= y_{k} - t_{k} && \textstyle \sum_{k} t_{k} = 1 \text{ (assumed) [proved]}"
    assert told in latex
    assert latex.isascii()


def test_matrix_notation() -> None:
    shown = run("derive", "affine-batch", "--latex", "--notation", "matrix").result()
    assert r"^{\top}" in shown
    assert "_{ij}" not in shown


def test_json_is_for_other_programs() -> None:
    record = json.loads(run("derive", "softmax-ce", "--json").result())
    assert record["name"] == "softmax-ce"
    assert record["facts"] == [{"text": "sum(t) == 1", "declared": True}]
    assert "y_{k} - t_{k}" in record["gradients"]["a"]["latex"]
    assert "def value_and_grad(a, t)" in record["numpy"]


@pytest.mark.parametrize("form", ["--numpy", "--c"])
def test_exact_code_is_asked_for(form: str) -> None:
    plain = run("derive", "tanh", form).result()
    exact = run("derive", "tanh", form, "--exact").result()
    assert "one_minus_y_squared" not in plain
    assert "one_minus_y_squared" in exact


def test_extended_code_is_asked_for() -> None:
    shown = run("derive", "tanh", "--numpy", "--extended").result()
    assert "one_minus_y_squared" in shown and "np.longdouble" in shown
    assert shown == run("derive", "tanh", "--numpy", "--extended", "--exact").result()


@pytest.mark.parametrize("options", [["--numpy"], ["--numpy", "--fast"]])
def test_numpy_trains_a_classifier(tmp_path: Path, options: list[str]) -> None:
    path = tmp_path / "softmax_ce.py"
    run("derive", "softmax-ce-batch", *options, "-o", str(path)).result()
    module = imported(path)
    a, t = np.zeros((3, 4)), np.eye(4)[[0, 2, 3]]
    losses = []
    for _ in range(50):
        loss, grads = module.value_and_grad(a, t)
        losses.append(float(loss))
        a -= 3.0 * grads.a
    assert losses[0] == pytest.approx(np.log(4))
    assert losses[-1] < 0.05


def test_a_users_own_layer_trains(tmp_path: Path) -> None:
    (tmp_path / "mylayer.py").write_text(MYLAYER, encoding="utf-8")
    shapes = [word for shape in MYSHAPES for word in ("--shape", shape)]
    options = ["--wrt", "W", "--assume", "sum(t, axis=1) == 1", "--numpy", "-o", "loss_grad.py"]
    run("derive", "mylayer.py:loss", *shapes, *options, cwd=tmp_path).result()
    generated, written = imported(tmp_path / "loss_grad.py"), imported(tmp_path / "mylayer.py")
    rng = np.random.default_rng(3)
    x, labels = rng.normal(size=(40, 3)), rng.integers(0, 4, 40)
    x[np.arange(40), labels % 3] += 2.0
    t, W, c, decay = np.eye(4)[labels], 0.1 * rng.normal(size=(3, 4)), 1.5, 0.01
    losses = []
    for _ in range(60):
        loss, grads = generated.value_and_grad(x, W, t, c, decay)
        assert float(loss) == pytest.approx(written.loss(x, W, t, c, decay), rel=1e-13)
        losses.append(float(loss))
        W -= 0.5 * grads.W
    assert all(after < before for before, after in pairwise(losses))
    assert losses[-1] < 0.8 * losses[0]


def test_an_expression_is_as_good_as_a_function() -> None:
    text = "y = softmax(a); L = -sum(t*log(y))"
    shapes = ["--shape", "a=n", "--shape", "t=n"]
    shown = run("derive", text, *shapes, "--assume", "sum(t) == 1", "--latex").result()
    assert "y_{k} - t_{k}" in shown


def test_renaming_and_batching() -> None:
    renamed = run("derive", "softmax-ce", "--rename", "a=z,y=o,L=E", "--latex").result()
    assert "o_{k} - t_{k}" in renamed
    assert r"\partial E" in renamed
    batched = json.loads(run("derive", "softmax-ce", "--batch", "N", "--json").result())
    assert batched["gradients"]["a"]["shape"] == ["N", "n"]
    named = json.loads(run("derive", "softmax-ce", "--batch", "N=a,t", "--json").result())
    assert named == batched


@pytest.mark.parametrize(
    ("listed", "repeated"),
    [("--wrt=a,t", ["--wrt", "a", "--wrt", "t"]),
     ("--rename=a=z,y=o", ["--rename", "a=z", "--rename", "y=o"]),
     ("--hessian=a,t", ["--hessian", "a", "--hessian", "t"]),
     ("--jvp=a,t", ["--jvp", "a", "--jvp", "t"])],
)  # fmt: skip
def test_an_option_given_twice_is_a_list(listed: str, repeated: list[str]) -> None:
    once = run("derive", "softmax-ce", listed).result()
    assert run("derive", "softmax-ce", *repeated).result() == once
    assert run("derive", "softmax-ce", *repeated[2:]).result() != once


@pytest.mark.parametrize("form", ["--text", "--latex", "--json"])
def test_jacobians(form: str) -> None:
    shown = run("derive", "softmax", "--jacobian", "y,a", form).result()
    assert {"--text": "y", "--latex": r"\begin{cases}", "--json": '"rows"'}[form] in shown


@pytest.mark.parametrize(
    ("request_", "name"),
    [("--jacobian=L,a", "jacobian"), ("--hessian=a", "hessian"), ("--jvp=a", "jvp"),
     ("--hvp=a", "hvp")],
)  # fmt: skip
def test_every_request_has_every_form(request_: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "generated.py"
    run("derive", "softmax-ce", request_, "--numpy", "-o", str(path)).result()
    assert callable(getattr(imported(path), name))
    assert "y[k]" in run("derive", "softmax-ce", request_).result()
    assert "y_{k}" in run("derive", "softmax-ce", request_, "--latex").result()
    record = json.loads(run("derive", "softmax-ce", request_, "--json").result())
    assert f"def {name}(" in record["numpy"]


def test_products_in_matrix_notation() -> None:
    shown = run("derive", "affine-batch", "--jvp", "x", "--latex", "--notation", "matrix").result()
    assert r"\dot{\boldsymbol{z}} &= \dot{\boldsymbol{x}} \boldsymbol{W}" in shown


def test_a_kink_is_named_with_its_subgradient() -> None:
    assert "x" in run("derive", "relu").result()
    notes = json.loads(run("derive", "relu", "--json").result())["notes"]
    assert len(notes) == 1
    assert "0" in notes[0]

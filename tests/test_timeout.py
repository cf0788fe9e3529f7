"""A limit of time: what would run away is stopped, with a line that says where it was."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.algebra.deadline import check_time, limited, working_on
from tests.cli.command import run

# Multiplied out, it has more terms than could be worked through in an hour.
LONG = "y = " + "*".join(f"(a + {k}*x + exp({k}*w))" for k in range(1, 30)) + "; L = sum(y**2)"
SHAPES = {"a": ("n",), "x": ("n",), "w": ("n",)}
AT_ONCE = 1e-9


# Hypothesis watches the garbage collector by a callback: the time may be over in there.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def forever(x: Any) -> Any:
    while True:
        x = x * 1


def test_a_long_derivation_is_stopped() -> None:
    with pytest.raises(sb.TimedOut, match=r"stopped after 0\.3 s at .*'[yaxw]'.*give the parts"):
        sb.derive(LONG, shapes=SHAPES, timeout=0.3)


def test_a_forward_pass_that_never_ends_is_stopped() -> None:
    first = forever.__code__.co_firstlineno
    lines = "|".join(str(first + k) for k in range(3))
    with pytest.raises(sb.TimedOut, match=rf"at the forward pass \(line ({lines})\)"):
        sb.derive(forever, shapes={"x": ("n",)}, timeout=0.1)


def test_what_a_callback_swallows_does_not_let_it_run_on() -> None:
    def pause(phase: str, info: Any) -> None:
        """Over its time in a frame of its own, in which Python ignores exceptions."""
        time.sleep(0.06)

    def collecting(x: Any) -> Any:
        while True:
            gc.collect()
            x = x * 1

    gc.callbacks.append(pause)
    try:
        with pytest.raises(sb.TimedOut, match=r"at the forward pass \(line \d+\)"):
            sb.derive(collecting, shapes={"x": ("n",)}, timeout=0.1)
    finally:
        gc.callbacks.remove(pause)


FORMS: dict[str, Callable[[sb.Derivation], object]] = {
    "text": lambda d: d.text(),
    "latex": lambda d: d.latex(),
    "matrix": lambda d: d.latex(notation="matrix"),
    "numpy": lambda d: d.numpy_source(),
    "jacobian": lambda d: d.jacobian("y", "a"),
    "hessian": lambda d: d.hessian("a"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_asks_for_the_time(form: str) -> None:
    derivation = sb.derive("softmax-ce")
    with limited(AT_ONCE), pytest.raises(sb.TimedOut, match="stopped after 1e-09 s at the "):
        FORMS[form](derivation)
    FORMS[form](derivation)  # and nothing stays broken


def test_the_line_of_the_definition() -> None:
    def layer(x: Any) -> Any:
        h = x * 2
        return h

    line = layer.__code__.co_firstlineno + 1
    with limited(60), working_on("nothing"):
        program = sb.derive(layer, shapes={"x": ("n",)}).backward.program
    assert program.place(program.outputs[0]) == f"'h' (line {line})"
    assert program.place(program.inputs[0]) == "'x'"


def test_the_limit_that_ends_first_holds() -> None:
    with limited(AT_ONCE), limited(60), pytest.raises(sb.TimedOut, match="after 1e-09 s;"):
        check_time()
    with limited(60), limited(AT_ONCE), pytest.raises(sb.TimedOut, match="after 1e-09 s;"):
        check_time()
    with limited(60), limited(None):
        check_time()
    check_time()


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_limit_is_above_0(seconds: float) -> None:
    with pytest.raises(sb.InputError, match="give a number above 0"):
        sb.derive("softmax", timeout=seconds)


def test_the_command_writes_nothing_and_fails(tmp_path: Path) -> None:
    shapes = [word for name in SHAPES for word in ("--shape", f"{name}=n")]
    path = tmp_path / "out.py"
    done = run("derive", LONG, *shapes, "--timeout", "0.3", "--numpy", "-o", str(path))
    done.failed(1, "stopped after 0.3 s at the", "--timeout")
    assert not list(tmp_path.iterdir())
    run("verify", LONG, *shapes, "--timeout", "0.3").failed(1, "stopped after 0.3 s")
    run("derive", "softmax", "--timeout", "0").failed(2, "--timeout")


def test_what_would_be_too_long_is_not_multiplied_out() -> None:
    """A random program: with p4 put in, the denominators have some millions of terms."""

    def layer(c: Any, z: Any) -> Any:
        p1 = np.var(np.log(c**2 + 2) * (c**2 + 1), axis=0)
        p2 = p1 * (z >= p1) - 0.1 * z
        p4 = np.exp(-np.tile(p2, 2) ** 2)
        p7 = np.log1p(np.hypot(np.roll(p4, -1, axis=0) * p4, p4) ** 2)
        return np.sum(np.log10((np.sqrt(np.sum(p7**2, axis=-2) + 1)) ** 2 + 2) ** 2)

    derivation = sb.derive(layer, shapes={"c": ("n",), "z": ("n", "2*d")}, timeout=30)
    assert derivation.verify().ok

"""`symbackprop verify`: its table, its exit code, its progress bar."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from symbackprop_cli import verify

from symbackprop import Derivation, catalogue
from symbackprop.algebra import registry
from symbackprop.deriving import unchecked
from tests.cli.command import run
from tests.corruptions import wrong
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler


def test_the_whole_catalogue_is_green(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = {name: derived(name) for name in catalogue.names()}

    def once(what: str, **options: Any) -> Derivation:
        return layers[what] if what in layers else unchecked(what, **options)

    monkeypatch.setattr("symbackprop.deriving.unchecked", once)
    done = run("verify", "--all")
    shown = done.result()
    for name in catalogue.names():
        assert name in shown


def test_some_layers_only() -> None:
    shown = run("verify", "softmax", "mse").result()
    assert "softmax" in shown
    assert "mse" in shown
    assert "relu" not in shown


@pytest.mark.parametrize("target", ["numpy-fast", pytest.param("c", marks=needs_compiler)])
def test_the_fast_code_is_verified_too(target: str) -> None:
    shown = run("verify", "softmax-ce", "batch-norm", "--target", target).result()
    assert "agrees" in shown
    assert "false" not in shown


@pytest.mark.parametrize("rule", ["weight_less", "log_of_largest_one"])
def test_exact_code_is_verified_too(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    for option in ("--exact", "--extended"):
        assert "agrees" in run("verify", "softmax-ce", option).result()
    right = registry.LOWERINGS[rule]
    monkeypatch.setitem(registry.LOWERINGS, rule, lambda *args: wrong(rule, right(*args)))
    assert run("verify", "softmax-ce").code == 0
    assert run("verify", "softmax-ce", "--exact").code == 1
    assert run("verify", "softmax-ce", "--extended").code == 1


@pytest.mark.parametrize("target", ["numpy-fast", pytest.param("c", marks=needs_compiler)])
def test_a_corrupted_rule_of_the_lowering_turns_the_fast_code_red(
    monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    right = registry.LOWERINGS["reduced"]
    monkeypatch.setitem(registry.LOWERINGS, "reduced", lambda self, *args: wrong(
        "reduced", right(self, *args)
    ))  # fmt: skip
    done = run("verify", "softmax-ce", "--target", target)
    assert done.code == 1
    assert "false" in done.stdout


def test_a_corrupted_law_turns_it_red(monkeypatch: pytest.MonkeyPatch) -> None:
    right = registry.LAWS["d_exp"]
    monkeypatch.setitem(registry.LAWS, "d_exp", lambda u, du: right(u, du).scale(2))
    registry.clear_caches()
    try:
        done = run("verify", "sigmoid")
    finally:
        monkeypatch.undo()
        registry.clear_caches()
    assert done.code == 1
    assert "sigmoid" in done.stdout
    assert "false" in done.stdout
    assert run("verify", "sigmoid").code == 0


def test_what_cannot_be_derived_does_not_hide_the_others(tmp_path: Path) -> None:
    source = "import numpy as np\ndef jumps(x: 'n'):\n    return np.sum(np.sign(x))\n"
    (tmp_path / "mine.py").write_text(source, encoding="utf-8")
    done = run("verify", "mine.py:jumps", "mse", cwd=tmp_path)
    assert done.code == 1
    assert "mse" in done.stdout
    assert done.stderr.startswith("symbackprop: mine.py:jumps: ")
    assert done.stderr.count("\n") == 1


def test_a_users_function_is_verified_like_a_layer(tmp_path: Path) -> None:
    source = "import numpy as np\ndef energy(x: 'n'):\n    return np.sum(np.tanh(x)**2)\n"
    (tmp_path / "mine.py").write_text(source, encoding="utf-8")
    assert "energy" in run("verify", "mine.py:energy", cwd=tmp_path).result()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def progress(monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO, seconds: float) -> str:
    now = iter([0.0, *(seconds * n for n in range(5))])
    monkeypatch.setattr(verify.time, "monotonic", lambda: next(now))
    monkeypatch.setattr("sys.stderr", stderr)
    with verify.Progress(4) as bar:
        for name in ("add", "mul", "relu", "mse"):
            bar.show(name)
    return stderr.getvalue()


def test_a_bar_on_a_terminal_once_a_second_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = progress(monkeypatch, Terminal(), 0.6)
    assert "add" not in shown
    assert "mul" not in shown
    assert "[############------------] 2/4 relu" in shown
    assert shown.endswith("\r\033[K")


@pytest.mark.parametrize(("stderr", "seconds"), [(io.StringIO(), 0.6), (Terminal(), 0.1)])
def test_no_bar_elsewhere_or_when_it_is_quick(
    monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO, seconds: float
) -> None:
    assert progress(monkeypatch, stderr, seconds) == ""

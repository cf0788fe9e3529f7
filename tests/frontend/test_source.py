"""Loading a function from the user's own file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from symbackprop.errors import InputError, UnknownNameError
from symbackprop.frontend.source import load_function
from symbackprop.frontend.trace import trace
from tests.frontend.spell import spelled

LAYER = """
import numpy as np
from dataclasses import dataclass
import neighbour

RATE = 3

@dataclass
class Settings:
    rate: float = 0.5

def helper(u):
    return u * len(u)

def loss(a, t):
    z = helper(a) * neighbour.FACTOR
    return np.sum(z * t)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mylayer.py").write_text(LAYER, encoding="utf-8")
    (tmp_path / "neighbour.py").write_text("FACTOR = 2\n", encoding="utf-8")
    return tmp_path


def test_load_and_trace(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    before = list(sys.path)
    function = load_function(f"{folder}/mylayer.py:loss")
    assert sys.path == before
    assert not list(folder.glob("__pycache__")) and not sys.dont_write_bytecode
    program = trace(function, {"a": "n", "t": "n"})
    assert spelled(program) == ["z[i] = (a[i] * n * 2)", "L = sum_i((z[i] * t[i]))"]
    assert program.definitions[0].line == 16
    assert program.name == "loss"


def test_a_changed_file_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = folder / "quick.py"
    path.write_text("def f(a): return a * 2\n", encoding="utf-8")
    assert spelled(trace(load_function(f"{path}:f"), {"a": "n"})) == ["y[i] = (a[i] * 2)"]
    path.write_text("def f(a): return a * 3\n", encoding="utf-8")
    assert spelled(trace(load_function(f"{path}:f"), {"a": "n"})) == ["y[i] = (a[i] * 3)"]


def test_an_error_in_the_function_names_its_line(folder: Path) -> None:
    path = folder / "bad_shapes.py"
    path.write_text("def f(a, b):\n    c = a + b\n    return c\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 2 of bad_shapes.py: `c = a \+ b`"):
        trace(load_function(f"{path}:f"), {"a": "n", "b": "m"})


@pytest.mark.parametrize(
    ("spec", "kind", "words"),
    [
        ("mylayer.py", InputError, "is not of the form file.py:function; write mylayer.py:loss"),
        ("missing.py", InputError, "there is no file 'missing.py'"),
        ("broken.py", InputError, "is not of the form file.py:function; write broken.py:function"),
        ("empty.py:", InputError, "write empty.py:function"),
        (":loss", InputError, "is not of the form file.py:function; write file.py:function"),
        ("mylayer.py:", InputError, "is not of the form"),
        ("mylayer.py:a.b", InputError, "is not of the form"),
        ("missing.py:loss", InputError, "there is no file 'missing.py'"),
        (".:loss", InputError, "there is no file '.'"),
        ("mylayer.py:lost", UnknownNameError, "has no function 'lost'; did you mean 'loss'?"),
        ("mylayer.py:zzz", UnknownNameError, "has no function 'zzz'; there are helper, loss"),
        ("mylayer.py:RATE", InputError, "'RATE' in mylayer.py is of type int, not a function"),
        ("mylayer.py:Settings", InputError, "is of type type, not a function"),
        ("empty.py:f", UnknownNameError, "it defines no function"),
        ("broken.py:f", InputError, "broken.py cannot be imported: SyntaxError: "),
        ("raises.py:f", InputError, "cannot be imported: ValueError: one two (line 2)"),
        ("lacks.py:f", InputError, "ModuleNotFoundError: No module named 'not_there' (line 1)"),
        ("leaves.py:f", InputError, "cannot be imported: SystemExit: 3 (line 2)"),
        ("binary.py:f", InputError, "binary.py cannot be imported: "),
        ("notes.txt:f", InputError, "is not a Python file"),
    ],
)
def test_errors(
    spec: str, kind: type[Exception], words: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    texts = {
        "empty.py": "",
        "broken.py": "def f(:\n",
        "raises.py": "x = 1\nraise ValueError('one\\ntwo')\n",
        "lacks.py": "import not_there\n",
        "leaves.py": "import sys\nsys.exit(3)\n",
        "notes.txt": "def f(a): return a\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "binary.py").write_bytes(b"\xff\xfe\x00\x01")
    modules = set(sys.modules)
    with pytest.raises(InputError) as error:
        load_function(spec)
    assert type(error.value) is kind
    assert words in str(error.value) and "\n" not in str(error.value)
    if "cannot be imported" in words:
        assert not {m for m in set(sys.modules) - modules if m.startswith("_symbackprop_user")}

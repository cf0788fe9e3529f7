"""C is built once, kept whole, and told of in one line where it cannot be built."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import symbackprop as sb
from symbackprop import building, targets
from symbackprop.emit.c import c_source
from tests.derived import derived
from tests.emit.c.compiler import needs_compiler


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder."""
    monkeypatch.setenv("SYMBACKPROP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(targets, "_told", set())
    return tmp_path / "cache"


@needs_compiler
def test_a_library_is_built_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    derived("sigmoid").compile("c")
    (library,) = cache.iterdir()
    before = library.stat().st_mtime_ns
    monkeypatch.setattr(building, "_build", lambda *args: pytest.fail("built again"))
    derived("sigmoid").compile("c")
    assert [library] == list(cache.iterdir())
    assert library.stat().st_mtime_ns == before


@needs_compiler
def test_another_source_is_another_library(cache: Path) -> None:
    derived("sigmoid").compile("c")
    derived("tanh").compile("c")
    assert len(list(cache.iterdir())) == 2


@needs_compiler
@pytest.mark.parametrize("name", ["", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"])
def test_threads_sleep_between_loops_unless_told_otherwise(
    name: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"):
        monkeypatch.delenv(other, raising=False)
    if name:
        monkeypatch.setenv(name, "active")
    seen, library = [], ctypes.CDLL

    def loads(path: str) -> ctypes.CDLL:
        seen.append(os.environ.get("OMP_WAIT_POLICY"))
        return library(path)

    before = dict(os.environ)
    monkeypatch.setattr(ctypes, "CDLL", loads)
    derived("mse").compile("c")
    wanted = {"": "passive", "OMP_WAIT_POLICY": "active"}.get(name)
    assert seen == [wanted] and dict(os.environ) == before


@needs_compiler
def test_without_openmp_it_has_one_thread(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = building._build
    refused = []

    def picky(text: str, compiler: str, flags: tuple[str, ...], path: Path) -> str:
        if "-fopenmp" in flags:
            refused.append(flags)
            return "error: no OpenMP"
        return build(text, compiler, flags, path)

    monkeypatch.setattr(building, "_build", picky)
    value = derived("mse").compile("c").value_and_grad(np.ones(3), np.zeros(3))[0]
    assert refused and value == derived("mse").compile().value_and_grad(np.ones(3), np.zeros(3))[0]


PROCESS = """
import numpy as np, symbackprop as sb
m = sb.derive("softmax-ce").compile("c")
print(m.value_and_grad(np.zeros(2), np.array([1.0, 0.0]))[0])
"""


@needs_compiler
def test_two_processes_may_build_at_once(cache: Path) -> None:
    command = [sys.executable, "-c", PROCESS]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    shown = [process.communicate()[0] for process in running]
    assert [float(text) for text in shown] == [pytest.approx(np.log(2))] * 3
    assert [path.suffix for path in cache.iterdir()] == [".so"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"PATH": ""}, "there is no C compiler; install gcc or clang"),
        ({"CC": "nonesuch-cc"}, "CC=nonesuch-cc is not a command; install gcc or clang"),
        ({"CC": "false"}, "the C compiler .*false failed: it gave no reason"),
    ],
)
def test_one_error_names_what_is_missing(
    cache: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], says: str
) -> None:
    monkeypatch.delenv("CC", raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(sb.errors.MissingCompiler, match=says):
        derived("sigmoid").compile("c")
    assert not [path for path in cache.glob("*") if path.is_file()]


def test_auto_falls_back_and_says_so_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    with pytest.warns(RuntimeWarning, match="fast NumPy in place of C: there is no C compiler"):
        module = derived("sigmoid").compile("auto")
    assert hasattr(module, "BLOCK_BYTES")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        derived("tanh").compile("auto")


@needs_compiler
def test_auto_is_c_where_that_can_be(cache: Path) -> None:
    assert "_loops" in vars(derived("sigmoid").compile("auto"))


def test_the_cache_folder_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYMBACKPROP_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", os.path.join(os.sep, "somewhere"))
    assert building.cache_folder().name == "symbackprop"
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    with pytest.raises(sb.errors.MissingExtra, match=r"symbackprop\[c\]"):
        building.cache_folder()


@needs_compiler
@pytest.mark.parametrize(("layout", "wrong"), [("lanes", [2]), ("long", [3]), ("rows", [0, 1])])
def test_each_module_for_checks_takes_another_layout(
    layout: str, wrong: list[int], cache: Path
) -> None:
    """What is wrong in one layout is seen by the modules that are to check it, and by no other.

    The first is the second with shortcuts.
    """
    source = c_source(derived("softmax-ce-batch").backward, version="0")
    functions = source.text.split("\nstatic int ")
    broken = [f.replace("exp(", "cos(") if f"_{layout}(" in f.partition("\n")[0] else f
              for f in functions]  # fmt: skip
    modules = building.loaded_for_checks(replace(source, text="\nstatic int ".join(broken)))
    a, t = np.arange(6.0).reshape(2, 3), np.eye(3)[:2]
    want = derived("softmax-ce-batch").compile().value_and_grad(a, t)[0]
    values = [module.value_and_grad(a, t)[0] for module in modules]
    assert [n for n, value in enumerate(values) if not np.isclose(value, want)] == wrong

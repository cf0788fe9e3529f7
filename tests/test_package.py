"""What is shipped: three packages, a small face, and imports that run downwards only."""

from __future__ import annotations

import ast
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import symbackprop
from symbackprop import errors

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_wheel_holds_exactly_the_three_packages(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        files = archive.namelist()
    tops = {name.split("/")[0] for name in files}
    info = f"symbackprop-{symbackprop.__version__}.dist-info"
    assert tops == {"symbackprop", "symbackprop_cli", "symbackprop_derivations", info}
    shipped = {name for name in files if not name.startswith(info)}
    sources = {
        str(path.relative_to(folder))
        for folder in (ROOT, ROOT / "cli", ROOT / "derivations")
        for package in folder.glob("symbackprop*")
        for path in package.rglob("*.py")
    }
    catalogues = {f"symbackprop/locale/{lang}/LC_MESSAGES/symbackprop.po" for lang in ("zh", "es")}
    assert shipped == sources | {"symbackprop/py.typed"} | catalogues
    assert f"{info}/licenses/LICENSE" in files


def test_the_sdist_can_run_the_tests(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "tests/conftest.py"} <= names
    assert not any(name.startswith((".venv", ".git/")) for name in names)


@pytest.mark.parametrize("name", symbackprop.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(symbackprop, name)
    assert value.__doc__
    assert name in dir(symbackprop)


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'derrive'"):
        symbackprop.derrive  # type: ignore[attr-defined]  # noqa: B018


def test_every_error_is_in_one_tree() -> None:
    found = [e for e in vars(errors).values() if isinstance(e, type)]
    assert len(found) >= 8
    assert all(issubclass(error, symbackprop.SymbackpropError) for error in found)


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import symbackprop", ["sympy", "numpy", "click"]),
        ("import symbackprop.layer", ["sympy", "numpy", "click"]),
        ("import symbackprop_derivations.softmax_ce", ["sympy", "click"]),
        ("import symbackprop_cli.main, symbackprop_cli.derive", ["sympy", "numpy"]),
        ("from symbackprop import catalogue as c; [c.load(n) for n in c.names()]", ["sympy"]),
        ("import symbackprop.derivation", ["scipy", "hypothesis", "click", "symbackprop.verify"]),
    ],
)
def test_an_import_brings_no_more_than_it_needs(statement: str, absent: list[str]) -> None:
    code = f"{statement}\nimport sys\nprint([m for m in {absent!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Each room may import from itself and from the rooms before its own line.
ROOMS = [
    {"errors", "layer", "messages"},
    {"algebra"},
    {"frontend", "calculus"},
    {"emit", "verify"},
    {"printing", "pages", "binding", "building", "targets"},
    {
        "catalogue", "request", "derived", "products", "record", "derivation", "deriving", "graph",
        "claims", "routes",
    },
]


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "symbackprop":
            found.update(f"symbackprop.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name for name in found if name.split(".")[0] == "symbackprop"}


def test_imports_run_downwards_only() -> None:
    level = {room: number for number, rooms in enumerate(ROOMS) for room in rooms}
    wrong = []
    for path in sorted((ROOT / "symbackprop").rglob("*.py")):
        own = path.relative_to(ROOT / "symbackprop").parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        for module in _imports(path):
            other = _room(module)
            beside = other != own and level.get(other) == level[own] and level[own] < 4
            if not other.startswith("__") and (level[other] > level[own] or beside):
                wrong.append(f"{path.name} imports {module}")
    assert wrong == []

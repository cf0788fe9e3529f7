"""Golden files, renewed on demand, and how Hypothesis draws its examples.

The emitted LaTeX and NumPy of every layer are kept under `tests/golden/`. Properties are tested on
the same examples in every run; `HYPOTHESIS_PROFILE=explore` draws new ones and reports the seed.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path

import pytest
from hypothesis import settings

# Thousands of expressions stay alive: to look at them again and again took a tenth of the time.
gc.set_threshold(100_000, 20, 20)

settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

GOLDEN = Path(__file__).parent / "golden"
# What is compiled is kept between runs, with what pytest keeps.
os.environ.setdefault(
    "SYMBACKPROP_CACHE", str(Path(__file__).parents[1] / ".pytest_cache" / "symbackprop")
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew-golden",
        action="store_true",
        help="write what is emitted now to tests/golden/ and show the differences",
    )


@pytest.fixture
def golden(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> Callable[[str, str], None]:
    """Compares a text with the golden file of that name, or renews the file."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if old == text:
            return
        diff = "".join(
            unified_diff(
                old.splitlines(keepends=True),
                text.splitlines(keepends=True),
                f"golden/{name}",
                "emitted now",
            )
        )
        if not request.config.getoption("--renew-golden"):
            pytest.fail(f"golden/{name} differs; --renew-golden accepts this:\n{diff}")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        with capsys.disabled():
            print(f"\n{diff}")

    return compare

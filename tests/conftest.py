"""Golden files: the emitted LaTeX and NumPy, kept under `tests/golden/` and renewed on demand."""

from __future__ import annotations

from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


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

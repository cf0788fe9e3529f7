"""`derivations/README.md` is what `list --markdown` prints; `--renew-golden` renews it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from symbackprop import catalogue
from tests.cli.command import run
from tests.derived import derived

README = Path(__file__).parents[2] / "derivations" / "README.md"


def test_the_page_of_the_catalogue_is_current(
    golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("symbackprop.deriving.derive", lambda layer: derived(layer.name))
    shown = run("list", "--markdown").result()
    golden("../../derivations/README.md", shown)
    for name in catalogue.names():
        assert shown.count(f"\n## {name}\n") == 1


def test_github_can_show_it() -> None:
    text = README.read_text(encoding="utf-8")
    assert "$" not in text.replace("```", "")
    assert len(text.encode()) < 512_000

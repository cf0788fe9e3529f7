"""KaTeX with errors on, inside Python: the JavaScript of sphinxcontrib-katex run by quickjs."""

from __future__ import annotations

from functools import cache
from importlib.metadata import files
from pathlib import Path
from typing import Any

_CHECK = """
const options = {displayMode: true, throwOnError: true, strict: "error", output: "mathml"};
function check(tex) {
  try {
    katex.renderToString(tex, options);
    return "";
  } catch (error) {
    return String(error.message);
  }
}
"""


@cache
def _checker() -> Any:
    import quickjs

    source = next(f for f in files("sphinxcontrib-katex") or () if f.name == "katex.min.js")
    context = quickjs.Context()
    context.eval(Path(str(source.locate())).read_text(encoding="utf-8"))
    context.eval(_CHECK)
    return context.get("check")


def katex_error(tex: str) -> str:
    """What KaTeX objects to in display mathematics, or ""."""
    return str(_checker()(tex))


def assert_katex(tex: str) -> None:
    """Fail unless KaTeX accepts the LaTeX and it is ASCII (pdflatex takes no more)."""
    assert tex.isascii(), f"not ASCII: {tex}"
    error = katex_error(tex)
    assert not error, f"{error}\n{tex}"

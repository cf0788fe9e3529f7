"""Numbers between loops: what Python computes of them, and what C does."""

from __future__ import annotations

import ast

import pytest

from symbackprop.emit.c.expressions import Unsupported
from symbackprop.emit.c.scalars import Scalars

SCALARS = Scalars({"N": "size0", "n": "size1"}, {"u": "number0"})
WRITTEN = {
    "-u / N": "((-number0) / (real)size0)",
    "1 / max(N, 1)": "(real)((double)1 / (double)(size0 > 1 ? size0 : 1))",
    "u * (1 / n)": "(number0 * (real)((double)1 / (double)size1))",
    "u - 0.5": "(number0 - (real)0.5)",
    "N * n": "(real)(size0 * size1)",
    "N + 0.5": "(real)(size0 + 0.5)",
    "2 ** 0.5": "(real)1.4142135623730951",
    "np.log(u)": "(real)log(number0)",
    "np.sqrt(u + u)": "(real)sqrt((number0 + number0))",
}


@pytest.mark.parametrize(("python", "c"), WRITTEN.items(), ids=WRITTEN)
def test_what_is_written(python: str, c: str) -> None:
    assert SCALARS.real(ast.parse(python, mode="eval").body) == c


def test_sizes_alone() -> None:
    assert SCALARS.integer(ast.parse("N * 2 - n", mode="eval").body) == "((size0 * 2) - size1)"


@pytest.mark.parametrize(
    "python",
    ["v", "u ** 2", "n ** 0.5", "2 ** n", "N // n", "np.log(n)", "np.sin(u)", "max(n, 2)",
     "min(n, 1)", "u @ u", "x.T", "True", "1e400", "u if n else u", "'u'", "max(u, 1)"],
)  # fmt: skip
def test_what_is_not(python: str) -> None:
    with pytest.raises(Unsupported):
        SCALARS.real(ast.parse(python, mode="eval").body)


@pytest.mark.parametrize("python", ["u", "0.5", "1 / n", "N * 0.5"])
def test_what_is_no_size(python: str) -> None:
    with pytest.raises(Unsupported):
        SCALARS.integer(ast.parse(python, mode="eval").body)

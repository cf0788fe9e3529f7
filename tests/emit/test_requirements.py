"""What labels and sizes must be stands in the text, LaTeX, JSON and generated code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import Integer, S

from symbackprop import Derivation, derive
from symbackprop.algebra.nodes import Index, size_symbol
from symbackprop.algebra.spelling import size_text
from symbackprop.algebra.subscripts import Gather, Quotient, Remainder
from symbackprop.emit.latex_names import Names
from symbackprop.emit.text_expr import ASCII, TextPrinter

K, L, N, P = (size_symbol(name) for name in "KLNP")
k = Index("k", N)


def look_up(x: Any, t: Any) -> Any:
    return np.sum(x[np.arange(x.shape[0]), t] ** 2)


def late(x: Any, w: Any) -> Any:
    y = np.lib.stride_tricks.sliding_window_view(x, w.shape[0]) @ w
    return y[2:]


def two_tables(x: Any, z: Any, t: Any) -> Any:
    return x[t] * z[t]


def labels() -> Derivation:
    return derive(look_up, shapes={"x": "N,K", "t": "N"})


def windows() -> Derivation:
    return derive(late, shapes={"x": "L", "w": "K"})


def test_text() -> None:
    assert "\n  t: integers from 0 to K-1, counted from 1 as subscripts\n" in labels().text()
    assert "\n  requires L ≥ K+2\n" in windows().text()
    assert "\n  requires L >= K+2\n" in windows().text(unicode=False)
    assert "(L-K-1)" in windows().text()
    assert "requires" not in labels().text()


def test_latex() -> None:
    held = r"& t \text{: integers from 0 to } K-1 \text{, counted from 1 as subscripts}"
    assert held in labels().latex()
    assert r"& \text{requires } L \ge K+2" in windows().latex()


def test_json() -> None:
    record = labels().to_dict()
    assert record["inputs"][1] == {"name": "t", "shape": ["N"], "below": ["K"]}
    assert "below" not in record["inputs"][0]
    assert record["requires"] == []
    assert windows().to_dict()["requires"] == ["L >= K+2"]
    assert windows().to_dict()["outputs"][0]["shape"] == ["L-K-1"]


def test_generated_code() -> None:
    assert "    t: (N,), integers from 0 to K-1, counted from 1 as subscripts\n" in (
        labels().numpy_source()
    )
    assert "    requires L >= K+2\n" in windows().numpy_source()
    with pytest.raises(ValueError, match="the shapes must satisfy L >="):
        windows().compile().forward(np.ones(4), np.ones(3))
    with pytest.raises(ValueError, match="t must hold integers from 0 to 2"):
        labels().compile().forward(np.ones((2, 3)), [0, 3])


def test_labels_of_two_tables_fit_both() -> None:
    d = derive(two_tables, shapes={"x": "n", "z": "m", "t": "p"})
    assert "t: integers from 0 to n-1 and 0 to m-1" in d.text()
    forward = d.compile().forward
    forward(np.ones(3), np.ones(2), [0, 1])
    with pytest.raises(ValueError, match="t must hold integers from 0 to 1"):
        forward(np.ones(3), np.ones(2), [0, 2])
    assert d.verify().ok


@pytest.mark.parametrize(
    ("size", "text"),
    [(L - K + 1, "L-K+1"), (2 * P, "2*P"), (N * P, "N*P"), (Integer(3), "3"), (N - 1, "N-1")],
)
def test_a_size(size: Any, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("u", "text", "latex"),
    [
        (Quotient(k + 1, P), "ceil((k+1)/P)", r"\lceil (k+1)/P \rceil"),
        (Quotient(k, 2 * P), "ceil(k/(2*P))", r"\lceil k/(2 P) \rceil"),
        (Remainder(k, P), "(k-1)%P+1", r"(k-1) \bmod P + 1"),
        (Remainder(k + 1, P), "k%P+1", r"k \bmod P + 1"),
        (2 * Remainder(k, P), "2*((k-1)%P+1)", r"2 ((k-1) \bmod P + 1)"),
        (N - Remainder(k, P), "N-((k-1)%P+1)", r"N-((k-1) \bmod P + 1)"),
        (P * (k - 1) + Remainder(k, P), "(k-1)*P+(k-1)%P+1", r"(k-1) P+(k-1) \bmod P + 1"),
        (P - P * k + 1, "P-P*k+1", "P-P k+1"),
    ],
)
def test_a_subscript(u: Any, text: str, latex: str) -> None:
    u = u.expand()
    assert TextPrinter(ASCII).position(u) == text
    assert Names.of(["N", "P"]).position(u) == latex


def test_blocks_around_the_first_position() -> None:
    assert Quotient(S.Zero, P) == 0 and Remainder(S.Zero, P) == P
    assert Quotient(1 - P, P) == 0 and Remainder(1 - P, P) == 1
    assert Quotient(N * P, P) == N and Remainder(N * P, P) == P
    assert isinstance(Remainder(k, P), Remainder)
    assert not isinstance(Remainder(Index("p", P), P), Gather | Remainder)

"""Whole-array notation as text: signs, and parentheses wherever a joint needs them."""

from __future__ import annotations

import re

import pytest

import symbackprop as sb

SHAPES = {
    "X": ("N", "D"), "W": ("D", "M"), "T": ("N", "M"), "b": ("M",), "u": ("N",), "v": ("N",),
    "s": (),
}  # fmt: skip

LINES = [
    # forward pass, its definition in Unicode, in ASCII
    ("Z = X @ W + b", "Z = X W + ones bᵀ", "Z = X W + ones b^T"),
    ("Z = (X @ W)*T", "Z = X W ⊙ T", "Z = X W .* T"),
    ("Z = (X @ W - T)*T", "Z = (X W - T) ⊙ T", "Z = (X W - T) .* T"),
    ("Z = X.T @ T", "Z = Xᵀ T", "Z = X^T T"),
    ("z = u*v", "z = u ⊙ v", "z = u .* v"),
    ("z = s*(u - v)", "z = s (u - v)", "z = s (u - v)"),
    ("z = (u - v)/s", "z = (u - v)/s", "z = (u - v)/s"),
    ("z = exp(u)/sum(exp(u))", "z = exp(u)/(onesᵀ exp(u))", "z = exp(u)/(ones^T exp(u))"),
    ("z = u/v", "z = u ⊘ v", "z = u ./ v"),
    ("z = u/(u + v)", "z = u ⊘ (u + v)", "z = u ./ (u + v)"),
    ("L = u @ v", "L = uᵀ v", "L = u^T v"),
    ("L = -sum(u*log(v))", "L = -uᵀ log(v)", "L = -u^T log(v)"),
    ("z = (u + v)**2", "z = (u + v).^2", "z = (u + v).^2"),
    ("z = sqrt(u*u + 1)", "z = sqrt(u ⊙ u + ones)", "z = sqrt(u .* u + ones)"),
    ("z = maximum(u, 0)", "z = max(u, 0)", "z = max(u, 0)"),
    ("z = u - 2*v", "z = u - 2 v", "z = u - 2 v"),
    ("z = where(u > 0, u, v)", "z[k] = where(u[k] > 0, u[k], v[k])",
     "z[k] = where(u[k] > 0, u[k], v[k])"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "unicode", "ascii_"), LINES)
def test_a_definition(source: str, unicode: str, ascii_: str) -> None:
    used = set(re.findall(r"\w+", source.partition("=")[2]))
    shapes = {name: shape for name, shape in SHAPES.items() if name in used}
    derived = sb.derive(source, shapes=shapes)
    for text, expected in (
        (derived.text(notation="matrix"), unicode),
        (derived.text(notation="matrix", unicode=False), ascii_),
    ):
        line = text.split("forward\n")[1].split("\n")[0]
        assert line.split("    ")[0].strip() == expected


def test_gradients_and_facts() -> None:
    shown = sb.derive("affine-batch").text(notation="matrix")
    assert "dx = dz Wᵀ " in shown
    assert "dW = xᵀ dz " in shown
    assert "db = dzᵀ ones " in shown
    assert "onesᵀ t = 1" in sb.derive("softmax-ce").text(notation="matrix")


def test_the_jacobian_of_softmax() -> None:
    assert "∂y/∂a = diag(y) - y yᵀ\n" in sb.derive("softmax").jacobian("y", "a").text()


def test_another_notation_is_refused() -> None:
    with pytest.raises(sb.InputError, match="write 'index' or 'matrix'"):
        sb.derive("softmax").text(notation="Matrix")

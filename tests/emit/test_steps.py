"""Steps as text and as LaTeX: the last line is the result, nothing is longer than the terminal."""

from __future__ import annotations

import re

import pytest
from sympy import Integer

import symbackprop as sb
from symbackprop.algebra.nodes import fresh_index
from symbackprop.algebra.registry import clear_caches
from symbackprop.deriving import unchecked
from tests.katex import assert_katex

LAYERS = ["softmax-ce", "sigmoid-bce", "two-layer", "affine-batch", "attention", "layer-norm",
          "gaussian-process", "max-pool", "softmax-ce-labels"]  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_each_chain_ends_in_its_result(name: str) -> None:
    derived = sb.derive(name)
    text = derived.steps_text()
    assert max(map(len, text.splitlines())) <= 80
    steps = _joined(text.partition("\nresult\n")[0])
    backward = derived.text().partition("\nbackward")[2].partition("\nusing")[0]
    gradients = [re.sub(r"∂\w+/∂\S+$", "", line) for line in _joined(backward).splitlines()
                 if re.match(r"d\w+(\[|=)", line)]  # fmt: skip
    assert len(gradients) >= len(derived.gradients)
    for line in gradients:
        assert line.partition("=")[1] + line.partition("=")[2] in steps


@pytest.mark.parametrize("name", LAYERS)
def test_the_text_ends_to_the_letter_as_without_steps(name: str) -> None:
    derived = sb.derive(name)
    alone = derived.text().partition("\nbackward\n")[2]
    result = re.sub(r"^  given .*computed from \w+\n", "", alone, flags=re.DOTALL)
    assert result.count("=") >= len(derived.gradients)
    assert derived.steps_text().endswith(f"\nresult\n{result}")


def _joined(text: str) -> str:
    """The text without its spaces, broken lines put together."""
    return re.sub(r"[ ]+", "", re.sub(r"\n {4,}(?=[-+·*/&∧∨),])", "", text))


@pytest.mark.parametrize("name", LAYERS)
def test_every_block_of_the_latex_compiles(name: str) -> None:
    blocks = re.findall(r"\\\[\n(.*?)\n\\\]", sb.derive(name).steps_latex(), re.DOTALL)
    assert len(blocks) > 1
    for block in blocks:
        assert_katex(block)


def test_the_reasons_of_softmax_and_cross_entropy() -> None:
    text = sb.derive("softmax-ce").steps_text()
    for reason in ("chain rule", "quotient rule", "∂x_j/∂x_k = δ_jk", "Σ_j δ_jk f_j = f_k",
                   "exp(a[k]) = y[k]·Σ_j exp(a[j])", "dy[k] = -t[k]/y[k], found above",
                   "Σ_k t[k] = 1 (assumed)"):  # fmt: skip
        assert reason in text
    assert "\n      = y[k] - t[k]\n          Σ_k t[k] = 1 (assumed)\n\nresult\n" in text
    latex = sb.derive("softmax-ce").steps_latex()
    assert r"&= y_{k} - t_{k} && \textstyle \sum_{k} t_{k} = 1 \text{ (assumed)}" in latex


def test_the_checks_are_told() -> None:
    text = sb.derive("softmax-ce").steps_text(checks=True)
    assert "quotient rule [agrees at" in text
    assert "Σ_k t[k] = 1 (assumed) [proved]" in text


def test_ascii() -> None:
    assert sb.derive("softmax-ce").steps_text(unicode=False).isascii()


def test_a_definition_is_put_where_it_stands() -> None:
    steps = sb.derive("rmse").steps_text()
    assert "(n·L)\n          definition: L = sqrt((1/n)·Σ_k (y[k] - t[k])^2)\n" in steps


def test_the_steps_do_not_depend_on_what_was_derived_before() -> None:
    """Numbers of fresh indices are names: _99 stands behind _100."""
    for _ in range(8):
        assert "terms collected" not in unchecked("rope").steps_text()
        clear_caches()
        for _ in range(60):
            fresh_index(Integer(2))


def test_an_inverse_that_no_output_uses_has_no_gradient() -> None:
    """A_inv is there for the derivative of log |det A| alone."""
    sections = sb.derive("log-det").steps.sections
    assert [s.of.name for s in sections] == ["A"]
    assert len(sections[0].steps) == 2
    both = sb.derive("L = slogdet(A)[1] + sum(inv(A))", shapes={"A": ("n", "n")}).steps.sections
    assert [s.of.name for s in both] == ["A_inv", "A_logdet", "A"]


def test_the_factors_of_a_derivative_do_not_depend_on_what_was_derived_before() -> None:
    found = set()
    for _ in range(3):
        clear_caches()
        found.add(unchecked("linear-solve").steps_text())
        while int(fresh_index(Integer(2)).name[1:]) % 100 != 90:
            pass
    assert len(found) == 1

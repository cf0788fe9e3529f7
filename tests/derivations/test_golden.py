"""The emitted LaTeX and NumPy of every layer, as files to read; `--renew-golden` renews them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from symbackprop import catalogue, derive
from tests.conftest import GOLDEN
from tests.derived import derived
from tests.katex import assert_katex


@pytest.mark.parametrize("name", catalogue.names())
def test_latex(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.tex", derived(name).latex().rstrip("\n") + "\n")


@pytest.mark.parametrize("name", catalogue.names())
def test_every_form_of_the_latex_compiles(name: str) -> None:
    layer = catalogue.load(name)
    every = [a.name for a in derived(name).backward.program.differentiable]
    forms = [derived(name)]
    if any(a.kind == "==" for a in derived(name).source.assumptions):
        forms.append(derive(name, no_assume=True))
    if every != list(layer.wrt):
        forms.append(derive(name, wrt=every))
    if layer.data:
        forms.append(derive(name, batch="B"))
    for d in forms:
        for notation in ("index", "matrix"):
            assert_katex(d.latex(notation=notation))
        for gradient in d.gradients.values():
            assert_katex(gradient.latex())


@pytest.mark.parametrize("name", catalogue.names())
def test_numpy(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.py", derived(name).numpy_source().rstrip("\n") + "\n")


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(catalogue.names())

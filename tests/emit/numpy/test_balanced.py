"""Determinants and inverses of matrices, rows and columns of which differ much in size."""

from __future__ import annotations

from fractions import Fraction
from types import ModuleType

import numpy as np
import pytest

import symbackprop as sb
from tests.derived import derived

TARGETS = ["numpy", "numpy-fast"]
A = np.array([[4.0, 7.0, 1.0], [2.0, 6.0, 3.0], [1.0, 1.0, 5.0]])  # det A = 55
INVERSE = np.array([[27, -34, 15], [-7, 19, -10], [-4, 3, 10]]) / 55


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("rows", "columns"),
    [([0, 0, 0], [0, 0, 0]), ([60, -60, 0], [0, 3, -40]), ([400, 400, 400], [-400, -390, -410])],
)
def test_scaled_by_powers_of_two(rows: list[int], columns: list[int], target: str) -> None:
    scaled = np.ldexp(A, np.add.outer(rows, columns))
    value, grads = derived("determinant").compile(target, exact=True).value_and_grad(scaled)
    total = sum(rows) + sum(columns)
    np.testing.assert_allclose(value, np.ldexp(55.0, total), rtol=4e-15)
    exponents = total - np.add.outer(rows, columns)
    np.testing.assert_allclose(grads.A, np.ldexp(55 * INVERSE.T, exponents), rtol=4e-15)


def units(module: ModuleType, a: np.ndarray) -> float:
    """The error of a determinant in units of the last place, over 1 + its condition number."""
    rows = [[Fraction(v) for v in row] for row in a]
    turned = [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1], [1, 0, 2], [2, 1, 0]]
    terms = [rows[0][i] * rows[1][j] * rows[2][k] * (1 - 2 * (n > 2))
             for n, (i, j, k) in enumerate(turned)]  # fmt: skip
    det = sum(terms)
    condition = 3 * sum(map(abs, terms)) / abs(det)
    got = Fraction(float(module.forward(a)[0]))
    return float(abs(got - det) / Fraction(float(np.spacing(abs(float(det))))) / (1 + condition))


def test_digits_that_the_wrong_pivots_lose() -> None:
    random = np.random.default_rng(3)
    matrices = [
        random.normal(size=(3, 3)) * 10.0 ** random.uniform(-4, 4, (3, 1)) for _ in range(400)
    ]
    plain, exact = (derived("determinant").compile(exact=e) for e in (False, True))
    worst, best = (max(units(m, a) for a in matrices) for m in (plain, exact))
    assert best < 1 < worst


@pytest.mark.parametrize("target", TARGETS)
def test_stacks_and_zeros(target: str) -> None:
    found = sb.derive("d = det(x); y = inv(x); z = y*d[:, None, None]", shapes={"x": ("m", 2, 2)})
    module = found.compile(target, exact=True)
    x = np.array([[[1.0, 2.0], [3.0, 5.0]], [[2.0**90, 0.0], [0.0, 2.0**-90]]])
    z, _ = module.forward(x)
    np.testing.assert_allclose(z[0], [[5, -2], [-3, 1]], rtol=1e-14)
    np.testing.assert_array_equal(z[1], [[2.0**-90, 0], [0, 2.0**90]])
    single = derived("determinant").compile(target, exact=True)
    with pytest.raises(np.linalg.LinAlgError):  # as of any singular matrix
        single.forward(np.zeros((2, 2)))

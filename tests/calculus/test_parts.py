"""A named contraction is found inside a longer one, and nowhere else."""

from __future__ import annotations

from sympy import Expr, Integer

from symbackprop.algebra.nodes import Array, Index, IndexSum, size_symbol
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import Atom, only
from symbackprop.algebra.subscripts import canonical
from symbackprop.calculus.parts import part_of

n = size_symbol("n")
i, j, p = Index("i", 2 * n), Index("j", 2 * n), Index("p", n)
g = Index("g", Integer(2))
M, y = Array("M", (2 * n, 2 * n)), Array("y", (2 * n,))
r, x = Array("r", (n,)), Array("x", (2 * n,))


def atom_of(expr: Expr) -> Atom:
    found = only(normal(expr))
    assert found is not None
    return found


def test_a_product_with_a_matrix_inside_a_bilinear_form() -> None:
    kernel = atom_of(IndexSum(M[i, j] * x[j,], j))
    found = part_of(kernel, atom_of(IndexSum(y[i,] * M[i, j] * x[j,], i, j)))
    assert found is not None
    renaming, taken, gone = found
    assert {a.array for a in taken} == {M, x}  # type: ignore[union-attr]
    assert len(gone) == 1 and list(renaming) == [i]


def test_what_is_summed_over_must_not_be_used_outside() -> None:
    kernel = atom_of(IndexSum(M[i, j] * x[j,], j))
    assert part_of(kernel, atom_of(IndexSum(y[j,] * M[i, j] * x[j,], i, j))) is None


def test_a_kernel_over_blocks_is_no_part() -> None:
    """Σ_pg M_i,p+(g-1)n r_p: the subscript holds both bound indices, and neither stands alone."""
    block = canonical(p + g * n - n)
    kernel = atom_of(IndexSum(M[i, block] * r[p,], p, g))
    assert part_of(kernel, atom_of(IndexSum(M[block, j] * y[j,] * r[p,], p, g, j))) is None

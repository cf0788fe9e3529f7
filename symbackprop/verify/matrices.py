"""Functions of matrices by Gaussian elimination, in any arithmetic: the meaning of the nodes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from symbackprop.algebra.matrices import Cholesky, Determinant, DetSign, Inverse, LogAbsDet
from symbackprop.algebra.nodes import Array, MatrixFunction
from symbackprop.algebra.program import Program
from symbackprop.errors import NotYet
from symbackprop.verify.scalars import OutOfDomain, Scalars

Matrix = list[list[Any]]


def whole(f: MatrixFunction, rows: Matrix, scalars: Scalars) -> Any:
    """The function of one matrix: a matrix for an inverse and a factor, else a number.

    Raises OutOfDomain for a singular matrix, and for one that is not positive definite.
    """
    if isinstance(f, Cholesky):
        return _factor(rows, scalars)
    inverse, determinant = _eliminated(rows, scalars)
    if isinstance(f, Inverse):
        return inverse
    if isinstance(f, Determinant):
        return determinant
    sign = scalars.number(Fraction(1 if scalars.real(determinant) > 0 else -1))
    if isinstance(f, DetSign):
        return sign
    if isinstance(f, LogAbsDet):
        return scalars.function("log", scalars.mul([sign, determinant]))
    raise NotYet(f"verification cannot evaluate {type(f).__name__}")


def _near(scalars: Scalars, pivot: Any, largest: Any) -> None:
    """Remember how near the matrix is to a singular one, which is no better than a kink."""
    ratio = float(pivot / largest)
    scalars.gap = (min(scalars.gap[0], ratio / 5), min(scalars.gap[1], ratio))


def _factor(rows: Matrix, scalars: Scalars) -> Matrix:
    """The Cholesky factor of (A + Aᵀ)/2, row by row."""
    size = len(rows)
    half, minus = scalars.number(Fraction(1, 2)), scalars.number(Fraction(-1))
    factor = [[scalars.number(Fraction(0))] * size for _ in rows]
    for i in range(size):
        for j in range(i + 1):
            mean = scalars.mul([half, scalars.add([rows[i][j], rows[j][i]])])
            inner = [scalars.mul([minus, factor[i][k], factor[j][k]]) for k in range(j)]
            rest = scalars.add([mean, *inner])
            if i != j:
                factor[i][j] = scalars.mul([rest, scalars.integer_power(factor[j][j], -1)])
                continue
            if scalars.real(rest) <= 0:
                raise OutOfDomain("a matrix that is not positive definite")
            _near(scalars, scalars.real(rest), scalars.real(mean))
            factor[i][i] = scalars.root_power(rest, half)
    return factor


def definite(program: Program) -> frozenset[Array]:
    """The inputs that a Cholesky factor is taken of."""
    functions = [d.expr for d in program.definitions if isinstance(d.expr, Cholesky)]
    return frozenset(f.argument.array for f in functions) & frozenset(program.inputs)


def arguments(program: Program) -> frozenset[Array]:
    """The inputs that a function of matrices is taken of."""
    functions = [d.expr for d in program.definitions if isinstance(d.expr, MatrixFunction)]
    return frozenset(f.argument.array for f in functions) & frozenset(program.inputs)


def dominated(values: dict[tuple[int, ...], Fraction], positive: bool) -> None:
    """Give stacks of matrices diagonals above the rest of their rows and columns.

    positive: the diagonals are positive; so are then the eigenvalues of a symmetric matrix.
    Random matrices are now and then nearly singular, and float64 then says little of a formula.
    """
    for place, x in values.items():
        if place[-1] == place[-2]:
            *lead, k, _ = place
            rest = [abs(y) for p, y in values.items()
                    if p[:-2] == tuple(lead) and (p[-1] == k) != (p[-2] == k)]  # fmt: skip
            total = abs(x) + sum(rest)
            values[place] = total if positive or x > 0 else -total


def _eliminated(rows: Matrix, scalars: Scalars) -> tuple[Matrix, Any]:
    """The inverse and the determinant, with the largest pivot of each column.

    Which pivot is taken decides nothing but the rounding: it is no kink.
    """
    size = len(rows)
    one, zero, minus = (scalars.number(Fraction(n)) for n in (1, 0, -1))
    work = [[*row, *(one if i == j else zero for j in range(size))] for i, row in enumerate(rows)]
    determinant = one
    largest = max(abs(scalars.real(x)) for row in rows for x in row)
    for k in range(size):
        best = max(range(k, size), key=lambda i: abs(scalars.real(work[i][k])))
        if scalars.real(work[best][k]) == 0:
            raise OutOfDomain("a singular matrix")
        if best != k:
            work[k], work[best] = work[best], work[k]
            determinant = scalars.mul([minus, determinant])
        pivot = work[k][k]
        determinant = scalars.mul([determinant, pivot])
        share = scalars.integer_power(pivot, -1)
        _near(scalars, abs(scalars.real(pivot)), largest)
        work[k] = [scalars.mul([share, x]) for x in work[k]]
        for i in range(size):
            factor = work[i][k]
            if i != k and factor != zero:
                away = scalars.mul([minus, factor])
                work[i] = [
                    scalars.add([x, scalars.mul([away, y])])
                    for x, y in zip(work[i], work[k], strict=True)
                ]
    return [row[size:] for row in work], determinant

"""Sums of products of two arrays as products of matrices, which BLAS computes.

The subscripts of einsum("nik,nkj->nij", x, y) are of four sorts: of a stack (n, in both operands
and in the result), summed (k, in both), and those that the result has of one operand alone. With
the axes of each operand in the order of these sorts, and one axis for those of a sort, x @ y is
that sum.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Mul

from symbackprop.emit.numpy.code import Code, Number


def by_blas(code: Code, np: str, number: Number) -> Code | None:
    """A call of np.einsum as a product of matrices, or of stacks of them.

    None for any other code, and for the product of a matrix and a vector, which is no faster.
    number: code for a size.
    """
    spec = _Subscripts.of(code, np)
    if spec is None or not (spec.left and spec.summed and spec.right):
        return None
    sizes = {c: n for letters, x in ((spec.one, code.args[0]), (spec.two, code.args[1]))
             for c, n in zip(letters, x.shape, strict=True)}  # fmt: skip
    axes = _Axes(sizes, number)
    x = axes.joined(code.args[0], spec.one, spec.stack, spec.left, spec.summed)
    y = axes.joined(code.args[1], spec.two, spec.stack, spec.summed, spec.right)
    product = Code("@", (x, y), shape=(*x.shape[:-1], y.shape[-1]))
    made = spec.stack + spec.left + spec.right
    return arranged(axes.reshaped(product, *made), made, spec.result)


@dataclass(frozen=True)
class _Subscripts:
    """Those of einsum for two operands, by their sorts."""

    one: str
    two: str
    result: str

    @staticmethod
    def of(code: Code, np: str) -> _Subscripts | None:
        """Those of a call of np.einsum, None for any other code."""
        name, _, rest = code.text.partition("(")
        if code.op != "call" or name != f"{np}.einsum" or len(code.args) != 2:
            return None
        operands, _, result = rest.partition("|")[0].strip('"').partition("->")
        one, _, two = operands.partition(",")
        once = all(len(set(letters)) == len(letters) for letters in (one, two))
        known = set(one) & set(two) | set(result) == set(one + two)
        return _Subscripts(one, two, result) if once and known else None

    @property
    def stack(self) -> str:
        return "".join(c for c in self.one if c in self.two and c in self.result)

    @property
    def summed(self) -> str:
        return "".join(c for c in self.one if c not in self.result)

    @property
    def left(self) -> str:
        return "".join(c for c in self.one if c not in self.two)

    @property
    def right(self) -> str:
        return "".join(c for c in self.two if c not in self.one)


class _Axes:
    """Axes of the sizes that belong to subscripts. number: code for a size."""

    def __init__(self, sizes: dict[str, Expr], number: Number) -> None:
        self._sizes, self._number = sizes, number

    def joined(self, x: Code, letters: str, stack: str, rows: str, columns: str) -> Code:
        """The stack of matrices of an array that has the axes of these letters."""
        x = arranged(x, letters, stack + rows + columns)
        return self.reshaped(x, *stack, rows, columns)

    def reshaped(self, x: Code, *parts: str) -> Code:
        """The array with one axis for the subscripts of each part."""
        shape = tuple(Mul(*map(self._sizes.__getitem__, part)) for part in parts)
        if len(shape) == len(x.shape):
            return x
        return Code("suffix", (x,), f".reshape({', '.join(map(self._number, shape))})",
                    shape=shape)  # fmt: skip


def arranged(x: Code, letters: str, order: str) -> Code:
    """An array with its axes in another order."""
    if letters == order:
        return x
    places = [letters.index(c) for c in order]
    shape = tuple(x.shape[place] for place in places)
    if places == [1, 0]:
        return Code("suffix", (x,), ".T", shape=shape)
    return Code("suffix", (x,), f".transpose({', '.join(map(str, places))})", shape=shape)

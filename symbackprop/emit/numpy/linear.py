"""Functions of matrices and linear systems, as calls of np.linalg."""

from __future__ import annotations

from symbackprop.algebra.matrices import Cholesky, Determinant, DetSign, Inverse, LogAbsDet
from symbackprop.algebra.nodes import Array, Element, Index, MatrixFunction
from symbackprop.emit.numpy.code import Code, call
from symbackprop.emit.numpy.layout import Layout, Value
from symbackprop.emit.numpy.scatter import Scatters
from symbackprop.emit.numpy.solves import Solve
from symbackprop.emit.numpy.special import BalancedDeterminant, BalancedInverse
from symbackprop.errors import NotYet

_CALLS: dict[type, tuple[str, str]] = {
    Inverse: ("inv", ""), Determinant: ("det", ""), DetSign: ("slogdet", "0"),
    LogAbsDet: ("slogdet", "1"), Cholesky: ("cholesky", ""),
}  # fmt: skip
_BALANCED = {BalancedInverse: "inverse", BalancedDeterminant: "determinant"}


class MatrixFunctions(Scatters):
    """Adds functions of matrices to the lowering."""

    def matrix_function(self, expr: MatrixFunction) -> Value:
        """np.linalg's function of the last two axes."""
        if type(expr) in _BALANCED:
            name, item = self.helper(_BALANCED[type(expr)]), ""
            self._linalg()
        elif type(expr) in _CALLS:
            name, item = f"{self._linalg()}.{_CALLS[type(expr)][0]}", _CALLS[type(expr)][1]
        else:
            raise NotYet(f"{type(expr).__name__} has no NumPy form")
        matrix = self._whole(expr.argument)
        shape = matrix.shape if expr.indices else matrix.shape[:-2]
        code = call(name, matrix, shape=shape)
        if item:
            code = Code("index", (code,), item, shape=shape)
        free = iter(expr.free)
        layout: Layout = tuple(None if s == 1 else next(free) for s in shape)
        return Value(code, layout)

    def solve(self, expr: Solve) -> Value:
        """np.linalg.solve(A, b), or that of Aᵀ."""
        inverse, k, right = expr.args
        i, j = inverse.indices
        matrix = self._whole(inverse.argument)
        if k == i:
            matrix = Code("suffix", (matrix,), ".T", shape=matrix.shape[::-1])
        given = self.squeezed(self.value(right))
        columns = [label for label in given.labels if label != k]
        code = self.transposed(given, (k, *columns)).code
        layout: tuple[Index, ...] = (i if k == j else j, *columns)
        shape = tuple(label.size for label in layout)
        return Value(call(f"{self._linalg()}.solve", matrix, code, shape=shape), layout)

    def _linalg(self) -> str:
        """What has the functions of matrices: np.linalg, which has none for np.longdouble."""
        return self.helper("linalg") if self.extended else f"{self.np}.linalg"

    def _whole(self, argument: Element) -> Code:
        array: Array = argument.array
        return Code("atom", text=self.array(array), shape=array.shape)

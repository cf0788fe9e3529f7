"""Products with an inverse as linear systems: A⁻¹ b is np.linalg.solve(A, b), A⁻¹ is not formed.

An inverse that is needed as a whole, or that is an output, is formed, and its products use it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Basic, Expr, Mul

from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.matrices import Inverse
from symbackprop.algebra.nodes import Array, Delta, Element, Index, IndexSum
from symbackprop.algebra.program import Definition
from symbackprop.algebra.trees import elements
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.emit.numpy.algebra import times
from symbackprop.emit.numpy.product import flat


class Solve(Expr):
    """Σ_k (A⁻¹)_ik b_k with args (A⁻¹)_ik, k, b; the other free index of b, if any, is a column's.

    Where k is the first index of A⁻¹, the system is that of Aᵀ.
    """

    __slots__ = ()
    is_commutative = True
    is_real = True

    def __new__(cls, inverse: Inverse, k: Index, right: Expr) -> Solve:
        return Expr.__new__(cls, inverse, k, right)  # type: ignore[no-any-return]

    @property
    def free_symbols(self) -> set[Basic]:
        free: set[Basic] = super().free_symbols
        return free - {self.args[1]}


def with_solves(exprs: Sequence[Expr], inverse: Definition) -> list[Expr]:
    """The expressions with linear systems for products with an inverse, if that makes it needless.

    inverse: a definition; if it is needed as a whole somewhere, nothing is changed.
    """
    f = inverse.expr
    if not isinstance(f, Inverse) or f.lead:
        return list(exprs)
    changed = [_solved(expr, inverse.array, f) for expr in exprs]
    needed = any(e.array == inverse.array for expr in changed for e in elements(expr))
    return list(exprs) if needed else changed


def _solved(expr: Basic, array: Array, f: Inverse) -> Expr:
    if not expr.args or isinstance(expr, Element | Array | Index):
        return expr
    expr = rebuilt(expr, tuple(_solved(a, array, f) for a in expr.args))
    return _system(expr, array, f) if isinstance(expr, IndexSum) else expr


def _system(expr: IndexSum, array: Array, f: Inverse) -> Expr:
    """Σ_k Z_ik b_k as a linear system, where b is a vector or has one more free index."""
    factors = flat((expr.body,))
    own = [x for x in factors if isinstance(x, Element) and x.array == array]
    if len(own) != 1 or not all(isinstance(i, Index) for i in own[0].indices):
        return expr
    (z,) = own
    for k, other in (z.indices[::-1], z.indices):
        right = [x for x in factors if x is not z and k in set(free_indices(x))]
        columns = {i for x in right for i in free_indices(x)} - {k}
        usual = right and len(columns) < 2 and not any(isinstance(x, Delta) for x in right)
        if k not in expr.bound or k == other or other in columns or not usual:
            continue
        rest = [x for x in factors if x is not z and x not in right]
        joined = right[0] if len(right) == 1 else Mul(*right, evaluate=False)
        system = Solve(Inverse(f.argument, *z.indices), k, joined)
        return IndexSum(times(*rest, system), *(b for b in expr.bound if b != k))
    return expr

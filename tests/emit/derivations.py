"""Backward programs put together by hand, with index names that no reader should see."""

from __future__ import annotations

from sympy import Add, Expr, Integer, Mul, Pow, exp, log

from symbackprop.algebra.nodes import Array, Delta, Index, IndexSum, size_symbol
from symbackprop.algebra.program import Definition, Program
from symbackprop.calculus.result import Adjoint, Backward, Fact, Jacobian

n, N, D, M = (size_symbol(name) for name in ("n", "N", "D", "M"))
p, q = Index("_p", n), Index("_q", n)
row, inner, column = Index("_1", N), Index("_2", D), Index("_3", M)
a, t, y = (Array(name, (n,)) for name in "aty")
da, dy, L = Array("da", (n,)), Array("dy", (n,)), Array("L")
X, W, b, Z = Array("X", (N, D)), Array("W", (D, M)), Array("b", (M,)), Array("Z", (N, M))
dX, dW, db, dZ = (Array(f"d{x.name}", x.shape) for x in (X, W, b, Z))


def add(*terms: Expr) -> Expr:
    return Add(*terms, evaluate=False)


def mul(*factors: Expr) -> Expr:
    return Mul(*factors, evaluate=False)


_softmax = Definition(y, (q,), mul(exp(a[q,]), Pow(IndexSum(exp(a[p,]), p), -1, evaluate=False)))
_ce = Definition(L, (), mul(Integer(-1), IndexSum(mul(t[q,], log(y[q,])), q)))

CE = Backward(
    Program("softmax-ce", (a, t), (_softmax, _ce), (L,)),
    (None,),
    (Adjoint(da, a, (p,), add(y[p,], mul(Integer(-1), t[p,]))),),
    (a,),
    (Fact(IndexSum(t[q,], q), Integer(1), "sum(t) == 1", declared=True),),
)

SOFTMAX_PROGRAM = Program("softmax", (a,), (_softmax,), (y,))
_inner = IndexSum(mul(dy[q,], y[q,]), q)
SOFTMAX = Backward(
    SOFTMAX_PROGRAM,
    (dy,),
    (Adjoint(da, a, (p,), mul(y[p,], add(dy[p,], mul(Integer(-1), _inner)))),),
    (a,),
    notes=("at a = 0 the slope is that of a > 0, 50% of them",),
)
SOFTMAX_JACOBIAN = Jacobian(
    y, a, (q,), (p,), mul(y[q,], add(Delta(p, q), mul(Integer(-1), y[p,])))
)

AFFINE = Backward(
    Program(
        "affine-batch",
        (X, W, b),
        (
            Definition(
                Z,
                (row, column),
                add(IndexSum(mul(X[row, inner], W[inner, column]), inner), b[column,]),
            ),
        ),
        (Z,),
    ),
    (dZ,),
    (
        Adjoint(dX, X, (row, inner), IndexSum(mul(dZ[row, column], W[inner, column]), column)),
        Adjoint(dW, W, (inner, column), IndexSum(mul(X[row, inner], dZ[row, column]), row)),
        Adjoint(db, b, (column,), IndexSum(dZ[row, column], row)),
    ),
    (X, W, b),
)

"""The route of differentials: δy = J δx for each definition, then δL as ⟨∂L/∂x, δx⟩."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from sympy import Expr

from symbackprop.algebra.nodes import Array, Index, IndexSum
from symbackprop.algebra.partial import Slope
from symbackprop.algebra.poly import add
from symbackprop.algebra.program import Program
from symbackprop.algebra.sums import rename, sum_over
from symbackprop.algebra.unevaluated import plus, times
from symbackprop.calculus.chains import Chain
from symbackprop.calculus.companions import by_name
from symbackprop.calculus.differentiate import differentiate, mentions
from symbackprop.calculus.forward import push_forward
from symbackprop.calculus.fuse import Draft
from symbackprop.calculus.index_route import Argument, finish
from symbackprop.calculus.linear import Linear
from symbackprop.calculus.result import Jacobian
from symbackprop.calculus.reverse import Worked, active, standing_indices


@dataclass(frozen=True)
class Differential:
    """`change[indices] = expr`: how an array changes with those that it is computed from.

    raw: the same as Σ ∂y_j/∂x_k δx_k. jacobians: of a vector that is computed from vectors, the
    array that changes, its δ and the Jacobian.
    """

    of: Array
    change: Array
    indices: tuple[Index, ...]
    raw: Expr
    expr: Expr
    jacobians: tuple[tuple[Array, Jacobian], ...]


@dataclass(frozen=True)
class Pair:
    """⟨gradient, moved⟩: the gradient in y, and how y changes with x, over the same indices.

    jacobian: of a vector in a vector.
    """

    gradient: Expr
    moved: Expr
    indices: tuple[Index, ...]
    jacobian: Jacobian | None = None


@dataclass(frozen=True)
class Pulled:
    """`δL = Σ ⟨∂L/∂y, ∂y/∂x δx⟩ = ⟨∂L/∂x, δx⟩` for one x, and what ∂L/∂x then is."""

    change: Array
    pairs: tuple[Pair, ...]
    first: Expr
    argument: Argument


@dataclass(frozen=True)
class MatrixRoute:
    """program: with the changes of its arrays as inputs. gradients: what they are called."""

    program: Program
    changes: Mapping[Array, Array]
    upstream: tuple[Array | None, ...]
    differentials: tuple[Differential, ...]
    pulled: tuple[Pulled, ...]
    gradients: tuple[Draft, ...]


def matrix_route(worked: Worked) -> MatrixRoute:
    """The differential of every definition on the way, and every gradient read off from them."""
    simplifier = worked.simplifier.unlimited()
    program, inputs = simplifier.program, worked.backward.wrt
    order = active(simplifier, inputs)
    changes = {a: Array(f"δ{a.name}", a.shape) for a in order}
    linear = Linear(program)
    linear.tangents += changes.values()
    computed = [a for a in order[::-1] if a not in inputs]
    differentials = tuple(_differential(worked, linear, a, changes) for a in computed)
    pulled = tuple(_pulled(worked, linear, d, changes) for d in worked.drafts)
    return MatrixRoute(
        program, changes, worked.backward.upstream, differentials, pulled, worked.drafts
    )


def _differential(
    worked: Worked, linear: Linear, array: Array, changes: Mapping[Array, Array]
) -> Differential:
    standing = standing_indices(array)
    _, f = worked.simplifier.definitions[array]
    sources = [x for x in changes if mentions(f, x)]
    polys = [push_forward(worked.simplifier, array, x, changes[x]) for x in sources]
    total = linear.simplify(add(polys), standing)
    raw = []
    for x in sources:
        at = standing_indices(x)
        raw.append(IndexSum(times(Slope(array[standing], x[at]), changes[x][at]), *at))
    jacobians = tuple((x, _jacobian(worked, array, x)) for x in sources
                      if len(x.axes) == len(array.axes) == 1)  # fmt: skip
    return Differential(array, changes[array], standing, plus(*raw), total.expr, jacobians)


def _jacobian(worked: Worked, array: Array, x: Array) -> Jacobian:
    indices, f = worked.simplifier.definitions[array]
    columns = standing_indices(x)
    rows = standing_indices(array)
    rows = tuple(Index(f"{r.name}'", r.size) for r in rows) if rows == columns else rows
    slope = rename(differentiate(f, x, columns), dict(zip(indices, rows, strict=True)))
    state = worked.simplifier.simplify(slope, (*rows, *columns))
    return Jacobian(array, x, rows, columns, state.expr)


def _pulled(
    worked: Worked, linear: Linear, draft: Draft, changes: Mapping[Array, Array]
) -> Pulled:
    """⟨dy, J δx⟩ = ⟨Jᵀ dy, δx⟩, with Jᵀ dy on its way to the gradient in x."""
    arrange = worked.simplifier.arranger(()).arrange
    pairs, terms = [], []
    x = draft.of
    for user in worked.users.get(x, ()):
        if user.array not in worked.known:
            continue
        standing = standing_indices(user.array)
        indices, f = worked.simplifier.definitions[user.array]
        put = dict(zip(indices, standing, strict=True))
        change = push_forward(worked.simplifier, user.array, x, changes[x])
        moved = linear.simplify(change, standing)
        adjoint = worked.known[user.array]
        flat = len(x.axes) == len(user.array.axes) == 1
        jacobian = _jacobian(worked, user.array, x) if flat else None
        pairs.append(Pair(arrange(adjoint), moved.expr, standing, jacobian))
        slope = rename(differentiate(f, x, draft.indices), put)
        terms.append(sum_over(adjoint * slope, standing))
    seed = worked.seeds.get(x)
    if seed is not None:
        at = standing_indices(x)
        pairs.append(Pair(arrange(seed), changes[x][at], at))
        terms.append(seed)
    first = worked.simplifier.simplify(add(terms), draft.indices).expr
    chain = Chain(first, worked.simplifier.rank, partial(by_name, worked.simplifier.program))
    finish(worked, draft, chain)
    kept = draft.of in {s.of for s in worked.backward.steps}
    left = draft.adjoint[draft.indices]
    argument = Argument(left, draft.indices, tuple(chain.steps), kept)
    return Pulled(changes[x], tuple(pairs), first, argument)

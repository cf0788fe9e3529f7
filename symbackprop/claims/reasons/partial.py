"""The claim is what comes out if a part of the chain rule is left out.

The gradient is put together again with one mistake at one definition: only the terms in which the
subscripts are equal, one of several paths left out, a derivative taken as 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from sympy import Expr, Ne

from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.nodes import Array, Delta, Index, IndexSum, MatrixFunction
from symbackprop.algebra.partial import Slope
from symbackprop.algebra.poly import ONE, Poly, add, atom, weight
from symbackprop.algebra.program import Definition
from symbackprop.algebra.sums import rename, sum_over
from symbackprop.algebra.trees import rename as rename_tree
from symbackprop.algebra.unevaluated import times
from symbackprop.calculus.companions import by_name
from symbackprop.calculus.differentiate import differentiate
from symbackprop.calculus.reverse import standing_indices
from symbackprop.claims.case import Case
from symbackprop.claims.reasons.idea import Idea, Reason
from symbackprop.claims.show import Shower, named
from symbackprop.claims.target import GRADIENT
from symbackprop.emit.page import Formula
from symbackprop.messages import message

_LONG = 500  # atoms of a gradient that is too long to be put together again
Change = Callable[[Poly, tuple[Index, ...], tuple[Index, ...]], Poly]


@dataclass(frozen=True)
class Chain:
    """The gradients of a setting as the chain rule gives them, one array at a time."""

    case: Case

    def users(self, array: Array) -> list[Definition]:
        """The definitions that an array is used in and that a gradient goes through."""
        worked = self.case.setting.worked
        return [u for u in worked.users.get(array, ()) if u.array in worked.known]

    def known(self, array: Array) -> Poly:
        """The gradient in an array by its name."""
        return self.case.setting.worked.known[array]

    def slope(self, array: Array, user: Definition) -> tuple[tuple[Index, ...], Poly]:
        """∂user/∂array and the indices of the user."""
        simplifier = self.case.setting.worked.simplifier
        indices, f = simplifier.definitions[user.array]
        found = differentiate(f, array, standing_indices(array))
        if any(isinstance(a, MatrixFunction) for a in f.atoms()):
            found = by_name(simplifier.program, found)
        return indices, found

    def term(self, array: Array, user: Definition, adjoint: Poly, change: Change | None) -> Poly:
        """Σ_j dy_j ∂y_j/∂x_k, with a change of the derivative."""
        indices, slope = self.slope(array, user)
        if change is not None:
            slope = change(slope, indices, standing_indices(array))
        mapping = dict(zip(standing_indices(user.array), indices, strict=True))
        return sum_over(rename(adjoint, mapping) * slope, indices)

    def total(
        self, array: Array, without: Sequence[Array] = (),
        change: tuple[Array, Change] | None = None,
    ) -> Poly:  # fmt: skip
        """The gradient in an array; without the paths through some, with a change in one."""
        terms = [
            self.term(array, u, self.known(u.array),
                      change[1] if change and change[0] == u.array else None)
            for u in self.users(array) if u.array not in without
        ]  # fmt: skip
        seed = self.case.setting.worked.seeds.get(array)
        return add([*terms, *([seed] if seed is not None else [])])

    def down_to(self, start: Array, value: Poly) -> Poly | None:
        """The gradient of the claim if that in `start` is this; None where it is too long."""
        goal = self.case.target.array
        given = {start: value}
        for array in self._between(start):
            if array == start:
                continue
            terms = []
            for u in self.users(array):
                adjoint = given.get(u.array) or self.known(u.array)
                if u.array in given and not given[u.array]:
                    continue
                terms.append(self.term(array, u, adjoint, None))
            seed = self.case.setting.worked.seeds.get(array)
            if any(u.array in given for u in self.users(array)):
                given[array] = add([*terms, *([seed] if seed is not None else [])])
                if weight(given[array]) > _LONG:
                    return None
        return given.get(goal)

    def _between(self, start: Array) -> list[Array]:
        order = [d.of for d in self.case.setting.drafts]
        return order[order.index(start) :] if start in order else order

    def arrays(self) -> list[Array]:
        """The arrays that the claim's gradient comes through, the claim's own first."""
        goal = self.case.target.array
        found, queue = [goal], [goal]
        while queue:
            for u in self.users(queue.pop(0)):
                if u.array not in found:
                    found.append(u.array)
                    queue.append(u.array)
        return found

    def adjoint(self, user: Definition) -> Expr:
        """The gradient in a definition at its standing indices."""
        return Arranger(lambda _: 0, quick=True).arrange(self.known(user.array))

    def places(self, array: Array, columns: tuple[Index, ...]) -> dict[Index, Expr]:
        """The indices of the claim for those of its array; none for another array."""
        if array != self.case.target.array:
            return {}
        return dict(zip(columns, self.case.right.places, strict=True))

    def expr(self, p: Poly) -> Expr:
        """A gradient of the claim's array in the claim's indices."""
        goal = self.case.target.array
        swap = dict(zip(standing_indices(goal), self.case.right.places, strict=True))
        return Arranger(lambda _: 0, quick=True).arrange(rename(p, swap))


def left_out(case: Case) -> Iterator[Idea]:
    """All mistakes of the chain rule."""
    if case.target.kind != GRADIENT or case.setting.draft(case.target.array) is None:
        return
    chain = Chain(case)
    for array in chain.arrays():
        if array != case.target.array and case.setting.draft(array) is None:
            continue
        for reason, value in (*_diagonals(chain, array), *_paths(chain, array),
                              *_ones(chain, array)):  # fmt: skip
            found = chain.down_to(array, value)
            if found is not None:
                yield Idea(reason, case.claimed, chain.expr(found))


def _diagonals(chain: Chain, array: Array) -> Iterator[tuple[Reason, Poly]]:
    """Only the terms of Σ_j dy_j ∂y_j/∂x_k in which j = k."""
    for user in chain.users(array):
        indices, slope = chain.slope(array, user)
        columns = standing_indices(array)
        for row, column in _pairs(indices, columns):
            if _is_diagonal(slope, row, column):
                continue

            def on(p: Poly, _: object, __: object, pair: tuple[Index, Index] = (row, column),
                   ) -> Poly:  # fmt: skip
                return p * atom(Delta(*pair))

            value = chain.total(array, change=(user.array, on))
            if value != chain.total(array):
                reason = _diagonal_reason(chain, array, user, (row, column), indices, columns)
                yield reason, value


def _diagonal_reason(
    chain: Chain, array: Array, user: Definition, pair: tuple[Index, Index],
    rows: tuple[Index, ...], columns: tuple[Index, ...],
) -> Reason:  # fmt: skip
    adjoint = chain.adjoint(user)

    def terms(shower: Shower, unequal: bool) -> Formula:
        given = chain.places(array, columns)
        letters = named((*columns, *rows), {i: shower.letters[j] for i, j in given.items()
                                            if j in shower.letters}, shower.taken)  # fmt: skip
        shown = {i: Index(letters[i], i.size) for i in (*columns, *rows)}
        if unequal:
            return shower.plain(Ne(*(shown[i] for i in pair), evaluate=False))
        y, x = user.array[tuple(shown[i] for i in rows)], array[tuple(shown[i] for i in columns)]
        up = rename_tree(adjoint, {standing: shown[i] for standing, i in zip(
            standing_indices(user.array), rows, strict=True)})  # fmt: skip
        return shower.plain(IndexSum(times(up, Slope(y, x)), *(shown[i] for i in rows)))

    return Reason(
        "diagonal", "The terms with {unequal} of the chain rule {terms} are missing.",
        {"unequal": lambda shower: terms(shower, True),
         "terms": lambda shower: terms(shower, False)},
    )  # fmt: skip


def _pairs(rows: tuple[Index, ...], columns: tuple[Index, ...]) -> list[tuple[Index, Index]]:
    """Axes of equal sizes of the two arrays, those at the same place if there are any."""
    same = [(r, c) for r, c in zip(rows, columns, strict=False) if r.size == c.size]
    return same or [(r, c) for r in rows for c in columns if r.size == c.size]


def _is_diagonal(slope: Poly, row: Index, column: Index) -> bool:
    """Whether every term has δ of the two."""
    return all(
        any(isinstance(a, Delta) and set(a.indices) == {row, column} for a, _ in m)
        for m in slope.terms
    )


def _paths(chain: Chain, array: Array) -> Iterator[tuple[Reason, Poly]]:
    """Some of the definitions that use an array are left out: held constant."""
    users = [u.array for u in chain.users(array)]
    seed = chain.case.setting.worked.seeds.get(array)
    if len(users) + (seed is not None) < 2 or len(users) > 5:
        return
    for count in range(1, len(users) + (seed is not None)):
        for gone in combinations(users, count):
            words = message(
                "The paths through {arrays} are missing: they depend on {array} too."
            ) if count > 1 else message(
                "The path through {arrays} is missing: {arrays} depends on {array} too."
            )  # fmt: skip
            names = ", ".join(a.name for a in gone)
            yield (Reason("path", words, {"arrays": names, "array": array}),
                   chain.total(array, without=gone))  # fmt: skip


def _ones(chain: Chain, array: Array) -> Iterator[tuple[Reason, Poly]]:
    """The derivative of a definition that works element by element is left out."""
    for user in chain.users(array):
        indices, slope = chain.slope(array, user)
        columns = standing_indices(array)
        if [i.size for i in indices] != [i.size for i in columns]:
            continue
        delta = ONE
        for row, column in zip(indices, columns, strict=True):
            delta = delta * atom(Delta(row, column))
        if slope == delta or not columns or not _is_elementwise(slope, indices, columns):
            continue

        def one(_: Poly, __: object, ___: object, value: Poly = delta) -> Poly:
            return value

        value = chain.total(array, change=(user.array, one))
        swap = dict(zip(columns, indices, strict=True))
        local = Arranger(lambda _: 0).arrange(
            chain.case.engine.simplifier.simplify(_without_deltas(slope, swap), indices).poly
        )
        yield (
            Reason(
                "local derivative",
                "The derivative of {y} in {x} is missing: the factor {local}.",
                {"y": user.array, "x": array, "local": local},
            ),
            value,
        )


def _is_elementwise(slope: Poly, rows: tuple[Index, ...], columns: tuple[Index, ...]) -> bool:
    return all(_is_diagonal(slope, r, c) for r, c in zip(rows, columns, strict=True))


def _without_deltas(slope: Poly, swap: dict[Index, Index]) -> Poly:
    return rename(slope, dict(swap))


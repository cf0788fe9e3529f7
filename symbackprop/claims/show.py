"""Formulas of a claim in every notation, with the letters that the user wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sympy import Basic, Expr

from symbackprop.algebra.letters import MATRIX, PAIR, VECTOR, free_indices, lettered, names_in
from symbackprop.algebra.nodes import Array, Delta, Element, Index
from symbackprop.algebra.subscripts import is_position
from symbackprop.algebra.trees import rename
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.claims.setting import Setting
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.latex_names import Names
from symbackprop.emit.page import Formula
from symbackprop.emit.text_expr import ASCII, UNICODE, TextPrinter


@dataclass(frozen=True)
class Shower:
    """Prints expressions in the arrays of a setting. letters: the names of indices."""

    names: Names
    letters: Mapping[Index, str]
    taken: frozenset[str]

    def formula(self, expr: Expr) -> Formula:
        """An expression."""
        return self.plain(self.lettered(expr))

    def plain(self, shown: Expr) -> Formula:
        """An expression whose indices have their letters."""
        return Formula(
            TextPrinter(UNICODE).show(shown), TextPrinter(ASCII).show(shown),
            LatexPrinter(self.names).show(shown),
        )  # fmt: skip

    def lettered(self, expr: Expr) -> Expr:
        """The expression with readable names for all indices."""
        free = tuple(dict.fromkeys(free_indices(expr)))
        letters = named(free, {i: self.letters[i] for i in free if i in self.letters}, self.taken)
        known = renamed(expr, {i: Index(letters[i], i.size) for i in free})
        pool = VECTOR if len(free) < 2 else MATRIX
        return lettered(known, (), self.taken | set(letters.values()), pool)[1]


def renamed(expr: Basic, mapping: Mapping[Index, Index]) -> Expr:
    """Other names for free indices; nothing is reordered."""
    if isinstance(expr, Index | Element | Delta) or is_position(expr):
        found: Expr = rename(expr, mapping)
        return found
    if not expr.args or isinstance(expr, Array):
        return expr
    return rebuilt(expr, [renamed(a, mapping) for a in expr.args])


def equation(left: Formula, right: Formula) -> Formula:
    """`left = right`."""
    return Formula(
        f"{left.text} = {right.text}", f"{left.ascii} = {right.ascii}",
        f"{left.latex} = {right.latex}",
    )  # fmt: skip


def shower(setting: Setting, indices: Sequence[Index], letters: Mapping[Index, str]) -> Shower:
    """A printer for one claim; indices that the user did not name get the usual letters."""
    adjoints: dict[Array, Array] = {d.adjoint: d.of for d in setting.drafts}
    pairs = zip(setting.forward.outputs, setting.worked.backward.upstream, strict=True)
    adjoints |= {u: o for o, u in pairs if u is not None}
    arrays = names_in(setting.forward)
    taken = arrays | {a.name for a in adjoints}
    names = Names.of(arrays, adjoints, setting.loss.name if setting.loss else "")
    return Shower(names, named(indices, letters, taken), frozenset(taken))


def named(
    indices: Sequence[Index], letters: Mapping[Index, str], taken: Iterable[str]
) -> dict[Index, str]:
    """A letter for each index: the user's, or one that nothing else has."""
    used = {*taken, *letters.values()}
    usual = VECTOR if len(indices) < 2 else PAIR if len(indices) == 2 and letters else MATRIX
    pool = iter([x for x in usual if x not in used])
    found = dict(letters)
    for count, i in enumerate(indices):
        if i not in found:
            found[i] = next(pool, None) or f"k{count + 1}"
    return found

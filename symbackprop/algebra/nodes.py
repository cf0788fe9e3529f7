"""The nodes of index notation: what SymPy's own classes do wrong or too slowly.

An array expression is a SymPy expression in these nodes plus an ordered tuple of free indices.
All quantities are real. An index ranges over 1..size and carries that size; a subscript is an
index or an integer expression in indices (`subscripts.py`).
"""

from __future__ import annotations

from typing import Any, ClassVar

from sympy import (
    Basic,
    Dummy,
    Expr,
    Integer,
    S,
    Symbol,
)
from sympy.logic.boolalg import Boolean

from symbackprop.algebra.subscripts import (
    Gather,
    Index,
    Position,
    Quotient,
    Remainder,
    at_least,
    canonical,
    fresh_index,
    indices_of,
    solved,
)


def size_symbol(name: str) -> Symbol:
    """The symbol of an axis size: a positive integer."""
    return Symbol(name, integer=True, positive=True)


class Array(Symbol):
    """The name of an array: an input, a definition or an adjoint.

    shape: one size for each axis (a SymPy expression; 1 for an axis kept by `keepdims`).
    sign: what is known of every element: "" nothing, ">=0", ">0".
    """

    __slots__ = ("shape", "sign")
    _iterable = False  # `[…]` makes elements; without this SymPy takes an array for a sequence
    shape: tuple[Expr, ...]
    sign: str
    _table: ClassVar[dict[tuple[str, tuple[Expr, ...], str], Array]] = {}

    def __new__(cls, name: str, shape: tuple[Expr, ...] = (), sign: str = "") -> Array:
        key = (name, shape, sign)
        found = cls._table.get(key)
        if found is None:
            found = Symbol.__xnew__(cls, name, real=True)
            found.shape, found.sign = shape, sign
            cls._table[key] = found
        return found

    def __getnewargs_ex__(self) -> Any:
        return (self.name, self.shape, self.sign), {}

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self.shape, self.sign)

    @property
    def axes(self) -> tuple[Expr, ...]:
        """The sizes of the axes that carry an index: all but those of size 1."""
        return tuple(s for s in self.shape if s != 1)

    def __getitem__(self, indices: tuple[Expr, ...]) -> Element:
        return Element(self, *indices)


class Real(Expr):
    """A real, commutative node whose assumptions SymPy need not search for."""

    is_commutative = True
    is_real = True
    is_finite = True


class Element(Real):
    """One element of an array: y[j, k], a subscript for each axis that is not of size 1."""

    __slots__ = ()

    def __new__(cls, array: Array, *indices: Expr) -> Element:
        return Expr.__new__(cls, array, *map(canonical, indices))  # type: ignore[no-any-return]

    @property
    def array(self) -> Array:
        return self.args[0]  # type: ignore[no-any-return]

    @property
    def indices(self) -> tuple[Expr, ...]:
        """The subscripts."""
        return self.args[1:]  # type: ignore[no-any-return]

    @property
    def free(self) -> frozenset[Index]:
        """The indices in the subscripts."""
        return indices_of(self)

    def _eval_is_positive(self) -> bool | None:
        return True if self.array.sign == ">0" else None

    def _eval_is_nonnegative(self) -> bool | None:
        return True if self.array.sign else None

    def _sympystr(self, printer: Any) -> str:
        if not self.indices:
            return str(self.array.name)
        return f"{self.array.name}[{', '.join(map(str, self.indices))}]"


class Delta(Real):
    """The Kronecker delta: 1 where the two subscripts are equal, else 0."""

    __slots__ = ()
    is_nonnegative = True

    def __new__(cls, i: Expr, j: Expr) -> Expr:
        if i == j:
            return S.One
        if not (isinstance(i, Index) and isinstance(j, Index)):
            gap = canonical(i - j)
            if gap == 0:
                return S.One
            if at_least(gap, S.One) or at_least(S.NegativeOne, gap):
                return S.Zero
            i, j = _equation(gap)
        if isinstance(i, Index) and isinstance(j, Index) and (j.name, i.name) < (i.name, j.name):
            i, j = j, i
        return Expr.__new__(cls, i, j)

    @property
    def indices(self) -> tuple[Expr, Expr]:
        """The two subscripts."""
        return self.args  # type: ignore[no-any-return]

    @property
    def free(self) -> frozenset[Index]:
        """The indices in the subscripts."""
        return indices_of(self)


def _equation(gap: Expr) -> tuple[Expr, Expr]:
    """`gap = 0` as the two sides of an equation, solved for an index where that can be done."""
    options = []
    for b in indices_of(gap):
        found = solved(gap, b)
        if found is not None and abs(found[0]) == 1:
            rest = canonical(-found[1] / found[0])
            inside = at_least(rest, S.One) is True and at_least(b.size, rest) is True
            options.append((not inside, len(rest.args), b.name, b, rest))
    if options:
        *_, b, rest = min(options, key=lambda o: o[:3])
        return b, rest
    terms = [t for t in gap.as_ordered_terms()]
    left = [t for t in terms if not t.could_extract_minus_sign()]
    right = [-t for t in terms if t.could_extract_minus_sign()]
    return sum(left, S.Zero), sum(right, S.Zero)


class Reduction(Real):
    """A reduction of `body` over bound indices, each over its whole axis."""

    __slots__ = ()

    def __new__(cls, body: Expr, *bound: Index) -> Expr:
        return Expr.__new__(cls, body, *bound) if bound else body

    @property
    def body(self) -> Expr:
        return self.args[0]

    @property
    def bound(self) -> tuple[Index, ...]:
        return self.args[1:]  # type: ignore[no-any-return]

    @property
    def free_symbols(self) -> set[Basic]:
        free: set[Basic] = self.body.free_symbols
        return free - set(self.bound)


class IndexSum(Reduction):
    """Σ over the bound indices of the body."""

    def _eval_is_positive(self) -> bool | None:
        return True if self.body.is_positive else None

    def _eval_is_nonnegative(self) -> bool | None:
        return True if self.body.is_nonnegative else None


class IndexMax(Reduction):
    """The largest value of the body over the bound indices (NumPy's `max` over axes)."""

    def _eval_is_positive(self) -> bool | None:
        return True if self.body.is_positive else None


class IndexProduct(Reduction):
    """Π over the bound indices of the body (NumPy's `prod` over axes)."""

    def _eval_is_positive(self) -> bool | None:
        return True if self.body.is_positive else None

    def _eval_is_nonnegative(self) -> bool | None:
        return True if self.body.is_nonnegative else None


class IndexMin(Reduction):
    """The smallest value: how emitters write -max(-x). It stands in no program or derivation."""


class Iverson(Real):
    """[condition]: 1 where a comparison (or `&`, `|`, `~` of comparisons) holds, else 0."""

    __slots__ = ()
    is_nonnegative = True

    def __new__(cls, condition: Boolean) -> Expr:
        if condition is S.true:
            return S.One
        if condition is S.false:
            return S.Zero
        return Expr.__new__(cls, condition)

    @property
    def condition(self) -> Boolean:
        return self.args[0]


class Where(Real):
    """`where(condition, u, v)`: u where the condition holds, v elsewhere."""

    __slots__ = ()

    def __new__(cls, condition: Boolean, u: Expr, v: Expr) -> Expr:
        if condition in (S.true, S.false):
            return u if condition is S.true else v
        return Expr.__new__(cls, condition, u, v)


class Maximum(Real):
    """The larger of two values, in the user's order of arguments."""

    __slots__ = ()

    def __new__(cls, u: Expr, v: Expr) -> Expr:
        return Expr.__new__(cls, u, v)

    def _eval_is_nonnegative(self) -> bool | None:
        return True if any(a.is_nonnegative for a in self.args) else None

    def _eval_is_positive(self) -> bool | None:
        return True if any(a.is_positive for a in self.args) else None


class Minimum(Real):
    """The smaller of two values, in the user's order of arguments."""

    __slots__ = ()

    def __new__(cls, u: Expr, v: Expr) -> Expr:
        return Expr.__new__(cls, u, v)


class MatrixFunction(Real):
    """A function of whole matrices, such as an inverse: nothing is known of it but its law.

    It is kept as a definition of its own. `argument` is an element of a named array, whose last
    two indices run over the matrix (and have names that no others have) and whose other indices
    are free, as are `indices`, those of the result's last axes.
    """

    __slots__ = ()

    def __new__(cls, argument: Element, *indices: Expr) -> MatrixFunction:
        return Expr.__new__(cls, argument, *indices)  # type: ignore[no-any-return]

    @property
    def argument(self) -> Element:
        return self.args[0]  # type: ignore[no-any-return]

    @property
    def indices(self) -> tuple[Expr, ...]:
        return self.args[1:]  # type: ignore[no-any-return]

    @property
    def lead(self) -> tuple[Expr, ...]:
        """The indices of the axes before those of the matrix."""
        return self.argument.indices[:-2]

    @property
    def free(self) -> tuple[Expr, ...]:
        return (*self.lead, *self.indices)

    @property
    def free_symbols(self) -> set[Basic]:
        free: set[Basic] = super().free_symbols
        return free - set(self.argument.indices[-2:])

    def _sympystr(self, printer: Any) -> str:
        inner = Array(self.argument.array.name)[self.lead]
        subscripts = f"[{', '.join(map(str, self.indices))}]" if self.indices else ""
        return f"{type(self).__name__.lower()}({inner}){subscripts}"


__all__ = [
    "Array", "Delta", "Dummy", "Element", "Gather", "Index", "IndexMax", "IndexMin", "IndexProduct",
    "IndexSum", "Integer", "Iverson", "MatrixFunction", "Maximum", "Minimum", "Position",
    "Quotient", "Reduction", "Remainder", "Where", "fresh_index", "size_symbol",
]

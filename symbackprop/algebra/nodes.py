"""The nodes of index notation: what SymPy's own classes do wrong or too slowly.

An array expression is a SymPy expression in these nodes plus an ordered tuple of free indices.
All quantities are real. An index ranges over 1..size and carries that size, so a Kronecker delta
under a sum collapses without any range condition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, ClassVar

from sympy import Basic, Dummy, Expr, Integer, KroneckerDelta, Max, Min, Piecewise, S, Sum, Symbol
from sympy.logic.boolalg import Boolean
from sympy.tensor.indexed import IndexedBase

_fresh = count(1)


def size_symbol(name: str) -> Symbol:
    """The symbol of an axis size: a positive integer."""
    return Symbol(name, integer=True, positive=True)


class Index(Symbol):
    """An index (subscript) with the size of the axis it runs over."""

    __slots__ = ("size",)
    size: Expr
    _table: ClassVar[dict[tuple[str, Expr], Index]] = {}

    def __new__(cls, name: str, size: Expr) -> Index:
        found = cls._table.get((name, size))
        if found is None:
            found = Symbol.__xnew__(cls, name, integer=True, positive=True)
            found.size = size
            cls._table[name, size] = found
        return found

    def __getnewargs_ex__(self) -> Any:
        return (self.name, self.size), {}

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self.size)


def fresh_index(size: Expr) -> Index:
    """A new index over an axis of this size, whose name nothing else has."""
    index = Symbol.__xnew__(Index, f"_{next(_fresh)}", integer=True, positive=True)
    index.size = size
    return index  # type: ignore[no-any-return]


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

    def __getitem__(self, indices: tuple[Index, ...]) -> Element:
        return Element(self, *indices)


class _Real(Expr):
    """A real, commutative node whose assumptions SymPy need not search for."""

    is_commutative = True
    is_real = True
    is_finite = True


class Element(_Real):
    """One element of an array: y[j, k], an index for each axis that is not of size 1."""

    __slots__ = ()

    def __new__(cls, array: Array, *indices: Index) -> Element:
        return Expr.__new__(cls, array, *indices)  # type: ignore[no-any-return]

    @property
    def array(self) -> Array:
        return self.args[0]  # type: ignore[no-any-return]

    @property
    def indices(self) -> tuple[Index, ...]:
        return self.args[1:]  # type: ignore[no-any-return]

    def _eval_is_positive(self) -> bool | None:
        return True if self.array.sign == ">0" else None

    def _eval_is_nonnegative(self) -> bool | None:
        return True if self.array.sign else None

    def _sympystr(self, printer: Any) -> str:
        if not self.indices:
            return str(self.array.name)
        return f"{self.array.name}[{', '.join(i.name for i in self.indices)}]"


class Delta(_Real):
    """The Kronecker delta: 1 where the two indices are equal, else 0."""

    __slots__ = ()
    is_nonnegative = True

    def __new__(cls, i: Index, j: Index) -> Expr:
        if i == j:
            return S.One
        if (j.name, i.name) < (i.name, j.name):
            i, j = j, i
        return Expr.__new__(cls, i, j)

    @property
    def indices(self) -> tuple[Index, Index]:
        return self.args  # type: ignore[no-any-return]


class _Binder(_Real):
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


class IndexSum(_Binder):
    """Σ over the bound indices of the body."""

    def _eval_is_positive(self) -> bool | None:
        return True if self.body.is_positive else None

    def _eval_is_nonnegative(self) -> bool | None:
        return True if self.body.is_nonnegative else None


class IndexMax(_Binder):
    """The largest value of the body over the bound indices (NumPy's `max` over axes)."""

    def _eval_is_positive(self) -> bool | None:
        return True if self.body.is_positive else None


class IndexMin(_Binder):
    """The smallest value: how emitters write -max(-x). It stands in no program or derivation."""


class Iverson(_Real):
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


class Where(_Real):
    """`where(condition, u, v)`: u where the condition holds, v elsewhere."""

    __slots__ = ()

    def __new__(cls, condition: Boolean, u: Expr, v: Expr) -> Expr:
        if condition in (S.true, S.false):
            return u if condition is S.true else v
        return Expr.__new__(cls, condition, u, v)


class Maximum(_Real):
    """The larger of two values, in the user's order of arguments."""

    __slots__ = ()

    def __new__(cls, u: Expr, v: Expr) -> Expr:
        return Expr.__new__(cls, u, v)

    def _eval_is_nonnegative(self) -> bool | None:
        return True if any(a.is_nonnegative for a in self.args) else None

    def _eval_is_positive(self) -> bool | None:
        return True if any(a.is_positive for a in self.args) else None


class Minimum(_Real):
    """The smaller of two values, in the user's order of arguments."""

    __slots__ = ()

    def __new__(cls, u: Expr, v: Expr) -> Expr:
        return Expr.__new__(cls, u, v)


class MatrixFunction(_Real):
    """A function of whole matrices, such as an inverse: nothing is known of it but its law.

    It is kept as a definition of its own. `argument` is an element of a named array, whose last
    two indices run over the matrix (and have names that no others have) and whose other indices
    are free, as are `indices`, those of the result's last axes.
    """

    __slots__ = ()

    def __new__(cls, argument: Element, *indices: Index) -> MatrixFunction:
        return Expr.__new__(cls, argument, *indices)  # type: ignore[no-any-return]

    @property
    def argument(self) -> Element:
        return self.args[0]  # type: ignore[no-any-return]

    @property
    def indices(self) -> tuple[Index, ...]:
        return self.args[1:]  # type: ignore[no-any-return]

    @property
    def lead(self) -> tuple[Index, ...]:
        """The indices of the axes before those of the matrix."""
        return self.argument.indices[:-2]

    @property
    def free(self) -> tuple[Index, ...]:
        return (*self.lead, *self.indices)

    @property
    def free_symbols(self) -> set[Basic]:
        free: set[Basic] = super().free_symbols
        return free - set(self.argument.indices[-2:])

    def _sympystr(self, printer: Any) -> str:
        inner = Array(self.argument.array.name)[self.lead]
        subscripts = f"[{', '.join(i.name for i in self.indices)}]" if self.indices else ""
        return f"{type(self).__name__.lower()}({inner}){subscripts}"


def rename(expr: Basic, mapping: Mapping[Index, Index]) -> Any:
    """Replace free indices; a bound index is renamed apart first, so nothing is captured."""
    if not mapping or not (expr.free_symbols & mapping.keys()):
        return expr
    if isinstance(expr, Index):
        return mapping.get(expr, expr)
    if isinstance(expr, _Binder):
        inner = {i: j for i, j in mapping.items() if i not in expr.bound}
        targets = set(inner.values())
        bound = tuple(fresh_index(b.size) if b in targets else b for b in expr.bound)
        inner.update((b, c) for b, c in zip(expr.bound, bound, strict=True) if b is not c)
        return expr.func(rename(expr.body, inner), *bound)
    if not expr.args or isinstance(expr, Array):
        return expr
    return expr.func(*(rename(a, mapping) for a in expr.args))


def walk(expr: Basic) -> Iterator[Basic]:
    """The expression and all its parts, outermost first; array names and indices are not parts."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, Element | Delta):
            args = node.args[:1] if isinstance(node, _Binder | MatrixFunction) else node.args
            stack.extend(reversed(args))


def elements(expr: Basic) -> set[Element]:
    """The array elements that occur in an expression, bound ones included."""
    return {node for node in walk(expr) if isinstance(node, Element)}


def to_sympy(expr: Basic) -> Any:
    """The same expression in SymPy's own classes (Indexed, Sum, KroneckerDelta, Max, Piecewise).

    An array of rank 0 becomes a Symbol; indices become integer symbols that run from 1. A maximum
    over an axis has no SymPy class: it becomes an undefined function `max` of its body's Sum.
    """
    if isinstance(expr, Element):
        base = Symbol(expr.array.name, real=True)
        if not expr.indices:
            return base
        return IndexedBase(base)[tuple(to_sympy(i) for i in expr.indices)]
    if isinstance(expr, Index):
        return Symbol(expr.name, integer=True)
    if isinstance(expr, Delta):
        return KroneckerDelta(*(to_sympy(i) for i in expr.indices))
    if isinstance(expr, _Binder):
        total = Sum(to_sympy(expr.body), *((to_sympy(i), 1, i.size) for i in expr.bound))
        if isinstance(expr, IndexSum):
            return total
        from sympy import Function

        return Function("max")(*total.args)
    if isinstance(expr, MatrixFunction):
        from sympy import Function

        name = Function(type(expr).__name__.lower())
        return name(Symbol(expr.argument.array.name), *(to_sympy(i) for i in expr.free))
    if isinstance(expr, Iverson):
        return Piecewise((1, to_sympy(expr.condition)), (0, True))
    if isinstance(expr, Where):
        condition, u, v = (to_sympy(a) for a in expr.args)
        return Piecewise((u, condition), (v, True))
    if isinstance(expr, Maximum):
        return Max(*(to_sympy(a) for a in expr.args))
    if isinstance(expr, Minimum):
        return Min(*(to_sympy(a) for a in expr.args))
    if not expr.args:
        return expr
    return expr.func(*(to_sympy(a) for a in expr.args))


__all__ = [
    "Array", "Delta", "Dummy", "Element", "Index", "IndexMax", "IndexMin", "IndexSum",
    "Integer", "Iverson", "MatrixFunction", "Maximum", "Minimum", "Where", "elements",
    "fresh_index", "rename", "size_symbol", "to_sympy", "walk",
]

"""The nodes of index notation: what SymPy's own classes do wrong or too slowly.

An array expression is a SymPy expression in these nodes plus an ordered tuple of free indices.
All quantities are real. An index ranges over 1..size and carries that size; a subscript is an
index or an integer expression in indices (`subscripts.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from sympy import (
    Basic,
    Dummy,
    Expr,
    Integer,
    KroneckerDelta,
    Max,
    Min,
    Piecewise,
    S,
    Sum,
    Symbol,
    ceiling,
)
from sympy.logic.boolalg import Boolean
from sympy.tensor.indexed import IndexedBase

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
    put,
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


class _Real(Expr):
    """A real, commutative node whose assumptions SymPy need not search for."""

    is_commutative = True
    is_real = True
    is_finite = True


class Element(_Real):
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


class Delta(_Real):
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


def rename(expr: Basic, mapping: Mapping[Index, Expr]) -> Any:
    """Subscripts for free indices; a bound index is renamed apart first: nothing is captured."""
    if not mapping or not (expr.free_symbols & mapping.keys()):
        return expr
    if isinstance(expr, Index | Position | Element | Delta):
        return _in_subscripts(expr, mapping)
    if isinstance(expr, _Binder):
        inner = {i: j for i, j in mapping.items() if i not in expr.bound}
        targets = frozenset().union(*(indices_of(u) for u in inner.values()))
        bound = tuple(fresh_index(b.size) if b in targets else b for b in expr.bound)
        inner.update((b, c) for b, c in zip(expr.bound, bound, strict=True) if b is not c)
        return expr.func(rename(expr.body, inner), *bound)
    if not expr.args or isinstance(expr, Array):
        return expr
    return expr.func(*(rename(a, mapping) for a in expr.args))


def _in_subscripts(expr: Any, mapping: Mapping[Index, Expr]) -> Any:
    if isinstance(expr, Element):
        return Element(expr.array, *(put(i, mapping) for i in expr.indices))
    if isinstance(expr, Delta):
        return Delta(*(put(i, mapping) for i in expr.indices))
    return put(expr, mapping)


def walk(expr: Basic) -> Iterator[Basic]:
    """The expression and all its parts, outermost first; array names and indices are not parts.

    Of a subscript only the element that it gathers is a part.
    """
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Element | Delta):
            stack.extend(g.element for i in node.indices for g in i.atoms(Gather))
        elif not isinstance(node, Position):
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
    if isinstance(expr, Gather):
        return to_sympy(expr.element) + 1
    if isinstance(expr, Quotient | Remainder):
        u, size = (to_sympy(a) for a in expr.args)
        block = ceiling(u / size)
        return block if isinstance(expr, Quotient) else u - size * (block - 1)
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
    "Array", "Delta", "Dummy", "Element", "Gather", "Index", "IndexMax", "IndexMin", "IndexSum",
    "Integer", "Iverson", "MatrixFunction", "Maximum", "Minimum", "Position", "Quotient",
    "Remainder", "Where", "elements", "fresh_index", "rename", "size_symbol", "to_sympy", "walk",
]

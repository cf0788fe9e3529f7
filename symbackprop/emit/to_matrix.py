"""From an index expression to whole-array notation, where there is one."""

from __future__ import annotations

from dataclasses import replace

from sympy import Add, Expr, Mul, Number, NumberSymbol, Pow, S, Symbol
from sympy.core.relational import Relational

from symbackprop.algebra.deadline import check_time
from symbackprop.algebra.functions import CLASSES
from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import (
    Delta,
    Element,
    Index,
    IndexSum,
    Iverson,
    MatrixFunction,
    Maximum,
    Minimum,
    Position,
)
from symbackprop.algebra.reading import Product, decimal, product, terms
from symbackprop.algebra.trees import rename, walk
from symbackprop.emit.matrix import (
    ONE,
    Diagonal,
    Extreme,
    Identity,
    Indicator,
    Literal,
    Mapped,
    Node,
    OfMatrix,
    Plus,
    Power,
    Quotient,
    Whole,
    hadamard,
    multiply,
    ones,
    scale,
    transpose,
    transposes,
)
from symbackprop.errors import InputError


class _NoNotation(Exception):
    """There is no whole-array form (or none that reads better than indices)."""


NOTATIONS = ("index", "matrix")


def wants_matrix(notation: str) -> bool:
    """Whether the notation is "matrix"; raises InputError for one that is not known."""
    if notation not in NOTATIONS:
        raise InputError(f"the notation {notation!r} is not known: write 'index' or 'matrix'")
    return notation == "matrix"


def to_matrix(expr: Expr, free: tuple[Index, ...]) -> Node | None:
    """The expression as a whole: a scalar, a column or a matrix; None where there is no notation.

    free: the free indices: none, one (rows) or two (rows, columns).
    """
    if len(free) > 2 or not set(free_indices(expr)) <= set(free) or _has_positions(expr):
        return None
    row, column = (*free, None, None)[:2]
    try:
        return _convert(expr, row, column)
    except _NoNotation:
        return None


def _has_positions(expr: Expr) -> bool:
    """Whether the expression takes parts of arrays, or has indices for values."""
    for node in walk(expr):
        if isinstance(node, Index | Position):
            return True
        if isinstance(node, Element | Delta):
            indices = [i for i in node.indices if isinstance(i, Index)]
            if len(indices) < len(node.indices):
                return True
            if isinstance(node, Element) and tuple(i.size for i in indices) != node.array.axes:
                return True
    return False


def _shape(row: Index | None, column: Index | None) -> tuple[Expr, Expr]:
    return (row.size if row else S.One, column.size if column else S.One)


def _convert(expr: Expr, row: Index | None, column: Index | None) -> Node:
    """The expression over (row, column); a missing axis has size 1, what does not vary repeats."""
    check_time()
    free = set(free_indices(expr))
    if all(isinstance(n, Add | Mul | Pow | Symbol | Number | NumberSymbol) for n in walk(expr)):
        if row is None and column is None:
            return Literal((S.One, S.One), expr)
        return _product(product(expr), row, column)
    if (row and row not in free) or (column and column not in free):
        return _product(product(expr), row, column)
    if isinstance(expr, Element):
        return _element(expr, row, column)
    if isinstance(expr, MatrixFunction):
        return _of_matrix(expr, row, column)
    if isinstance(expr, Delta) and row and column:
        return Identity(_shape(row, column))
    if isinstance(expr, Add):
        read = terms(expr)
        nodes = tuple(_product(replace(t, negative=False), row, column) for t in read)
        return Plus(_shape(row, column), nodes, tuple(t.negative for t in read))
    if isinstance(expr, IndexSum):
        return _contract(expr, row, column)
    if isinstance(expr, Mul | Pow):
        read_product = product(expr)
        if not read_product.is_plain:
            return _product(read_product, row, column)
    return _elementwise(expr, row, column)


def _element(expr: Element, row: Index | None, column: Index | None) -> Node:
    array = expr.array
    if len(expr.indices) > 2 or len(set(expr.indices)) < len(expr.indices):
        raise _NoNotation
    own = (*array.axes, S.One, S.One)
    whole = Whole((own[0], own[1]), array)
    return transpose(whole) if expr.indices == (column, row) else whole


def _of_matrix(expr: MatrixFunction, row: Index | None, column: Index | None) -> Node:
    array = expr.argument.array
    if expr.lead or len(set(expr.indices)) < len(expr.indices):
        raise _NoNotation
    matrix = Whole((array.axes[0], array.axes[1]), array)
    whole = OfMatrix(_shape(row, column), type(expr), matrix)
    return transpose(whole) if expr.indices and expr.indices == (column, row) else whole


def _elementwise(expr: Expr, row: Index | None, column: Index | None) -> Node:
    """A function of arguments over the same (row, column)."""
    shape = _shape(row, column)

    def side(argument: Expr) -> Node:
        varies = any(True for _ in free_indices(argument))
        return _convert(argument, row, column) if varies else _convert(argument, None, None)

    if isinstance(expr, CLASSES):
        return Mapped(shape, expr.func, _convert(expr.args[0], row, column))
    if isinstance(expr, Pow) and not any(isinstance(n, Element) for n in walk(expr.args[1])):
        return Power(shape, _convert(expr.args[0], row, column), expr.args[1])
    if isinstance(expr, Iverson) and isinstance(expr.condition, Relational):
        x, y = (side(a) for a in expr.condition.args)
        return Indicator(shape, expr.condition.rel_op, x, y)
    if isinstance(expr, Maximum | Minimum):
        x, y = (side(a) for a in expr.args)
        return Extreme(shape, isinstance(expr, Maximum), x, y)
    raise _NoNotation


def _product(read: Product, row: Index | None, column: Index | None) -> Node:
    """A fraction: scalars, then diag(u) (A ∘ B) diag(w) or u wᵀ, over scalars."""
    factors = (*read.numerator, *(Pow(d, -1, evaluate=False) for d in read.denominator))
    if row and column:
        special = _with_delta(read, factors, row, column)
        if special is not None:
            return special
    groups: dict[tuple[bool, bool], list[Expr]] = {}
    for factor in factors:
        free = set(free_indices(factor))
        groups.setdefault((row in free, column in free), []).append(factor)
    scalars = groups.get((False, False), [])
    above = [_convert(f, None, None) for f in scalars if not _is_inverse(f)]
    below = [_convert(f.args[0], None, None) for f in scalars if _is_inverse(f)]
    u = _join(groups.get((True, False), []), row, None)
    w = _join(groups.get((False, True), []), column, None)
    both = _join(groups.get((True, True), []), row, column)
    body = ONE if row is None else u or ones(row.size)
    if row and column:
        if both is None:
            body = multiply(body, transpose(w or ones(column.size)))
        else:
            left = [_diagonal(u)] if u else []
            body = multiply(*left, both, *([_diagonal(w)] if w else []))
    return fraction(read, above, body, below)


def fraction(read: Product, above: list[Node], body: Node, below: list[Node]) -> Node:
    """± coefficient · above · body / below, the coefficient and sign those of the product."""
    p, q = read.coefficient, S.One
    if decimal(p) is None:
        p, q = p.p * S.One, p.q * S.One
    top = scale([_literal(p), *above], body)
    bottom = scale([_literal(q), *below], ONE)
    result = top if bottom == ONE else Quotient(top.shape, top, bottom)
    return scale([_literal(S.NegativeOne)], result) if read.negative else result


def _literal(number: Expr) -> Literal:
    return Literal((S.One, S.One), number)


def _diagonal(x: Node) -> Node:
    return Diagonal((x.shape[0], x.shape[0]), x)


def _with_delta(
    read: Product, factors: tuple[Expr, ...], row: Index, column: Index
) -> Node | None:
    """Products with δ_ij (a diagonal matrix) or with a sum that holds one (multiplied out)."""
    sign = S.NegativeOne if read.negative else S.One
    for at, factor in enumerate(factors):
        if isinstance(factor, Delta):
            rest = [rename(f, {column: row}) for f in (*factors[:at], *factors[at + 1 :])]
            if not rest and read.is_plain:
                return Identity(_shape(row, column))
            on_it = product(Mul(sign, read.coefficient, *rest, evaluate=False))
            return _diagonal(_product(on_it, row, None))
        if isinstance(factor, Add) and any(
            isinstance(n, Delta) and set(n.indices) == {row, column} for n in walk(factor)
        ):
            spread = [
                Mul(sign, read.coefficient, *factors[:at], t, *factors[at + 1 :], evaluate=False)
                for t in factor.args
            ]
            return _convert(Add(*spread, evaluate=False), row, column)
    return None


def _join(factors: list[Expr], row: Index | None, column: Index | None) -> Node | None:
    """Factors that vary alike, joined element by element; the inverses make one denominator."""
    if not factors:
        return None
    above = [_convert(f, row, column) for f in factors if not _is_inverse(f)]
    below = [_convert(f.args[0], row, column) for f in factors if _is_inverse(f)]
    if not below:
        return hadamard(above)
    bottom = hadamard(below)
    if not above and column is None and row is not None:
        return Quotient(bottom.shape, ones(row.size), bottom)
    if not above:
        return Power(bottom.shape, bottom, S.NegativeOne)
    return Quotient(bottom.shape, hadamard(above), bottom)


def _is_inverse(expr: Expr) -> bool:
    return isinstance(expr, Pow) and expr.args[1] == -1


def _contract(expr: IndexSum, row: Index | None, column: Index | None) -> Node:
    """Σ over one index at a time: A diag(v) C, A v or uᵀ v."""
    b, *others = expr.bound
    read = _opened(product(IndexSum(expr.body, *others)))
    inside = [f for f in read.numerator if b in set(free_indices(f))]
    below = [d for d in read.denominator if b in set(free_indices(d))]
    outside = tuple(f for f in read.numerator if f not in inside)
    under = tuple(d for d in read.denominator if d not in below)
    inside += [Pow(d, -1, evaluate=False) for d in below]
    if not inside:
        return _product(replace(read, numerator=(*outside, b.size)), row, column)
    if outside or under or read.negative or read.coefficient != 1:
        rest = IndexSum(Mul(*inside, evaluate=False) if inside[1:] else inside[0], b)
        numerator = (*outside, rest)
        return _product(replace(read, numerator=numerator, denominator=under), row, column)
    left: list[Expr] = []
    middle: list[Expr] = []
    right: list[Expr] = []
    for factor in inside:
        free = set(free_indices(factor))
        if row in free and column in free:
            raise _NoNotation
        (left if row in free else right if column in free else middle).append(factor)
    if row is None:
        return _inner(middle, b)
    a = _oriented(left, row, b)
    v = _join(middle, b, None)
    if column is None:
        return multiply(a, v or ones(b.size))
    c = _oriented(right, b, column)
    return multiply(a, _diagonal(v), c) if v else multiply(a, c)


def _oriented(factors: list[Expr], row: Index, column: Index) -> Node:
    """Factors over (row, column), joined as they stand or transposed as a whole."""
    straight, flipped = _join(factors, row, column), _join(factors, column, row)
    assert straight is not None and flipped is not None
    turned = transpose(flipped)
    return turned if transposes(turned) <= transposes(straight) else straight


def _opened(read: Product) -> Product:
    """The product, with what can stand before a sum in its numerator standing before it."""
    for factor in read.numerator:
        if not isinstance(factor, IndexSum):
            continue
        body = product(factor.body)
        bound = set(factor.bound)
        before = [f for f in body.numerator if not bound & set(free_indices(f))]
        under = [d for d in body.denominator if not bound & set(free_indices(d))]
        inside = [f for f in body.numerator if f not in before]
        inside += [Pow(d, -1, evaluate=False) for d in body.denominator if d not in under]
        if not inside:
            before += [b.size for b in factor.bound]
            rest = []
        else:
            rest = [IndexSum(Mul(*inside, evaluate=False), *factor.bound)]
        at = read.numerator.index(factor)
        read = Product(
            read.negative != body.negative,
            read.coefficient * body.coefficient,
            (*read.numerator[:at], *before, *rest, *read.numerator[at + 1 :]),
            (*read.denominator, *under),
        )
    return read


def _inner(factors: list[Expr], b: Index) -> Node:
    """Σ_b of factors that vary with b alone: 1ᵀv or uᵀv."""
    last = factors[-1]
    if len(factors) == 1 and isinstance(last, Pow) and last.args[1] == 2:
        factors = [last.args[0], last.args[0]]
    *first, last = factors
    v = _join([last], b, None)
    u = _join(first, b, None) or ones(b.size)
    assert v is not None
    return multiply(transpose(u), v)

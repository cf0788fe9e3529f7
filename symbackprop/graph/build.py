"""From the definitions of a program to nodes of one operation each."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, Integer, Mul, Pow, S, Symbol

from symbackprop.algebra.functions import BY_CLASS
from symbackprop.algebra.letters import free_indices
from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Element,
    Index,
    IndexMax,
    IndexProduct,
    IndexSum,
    Iverson,
    MatrixFunction,
    Maximum,
    Minimum,
    Position,
    Where,
    fresh_index,
)
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import Poly
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.sign_of import sign_of
from symbackprop.algebra.sums import rename as rename_normal
from symbackprop.algebra.within import is_within, over_own_axes
from symbackprop.calculus.reverse import standing_indices
from symbackprop.errors import NotYet
from symbackprop.graph.model import Graph, Node
from symbackprop.graph.naming import named
from symbackprop.graph.operations import (
    ADD,
    CHOICE,
    DIVIDE,
    DOT,
    LARGER,
    LARGEST,
    MATRIX,
    MULTIPLY,
    POWER,
    PRODUCT,
    SAME,
    SMALLER,
    SUBTRACT,
    SUM,
    Operation,
)
from symbackprop.graph.places import placed

_Found = tuple[Operation, list[Expr]]


def node_graph(program: Program) -> Graph:
    """The graph whose nodes are elementary operations: + × / exp log, sums over an axis, ….

    Raises NotYet for an expression that is none of them.
    """
    builder = _Builder(program)
    for d in program.definitions:
        builder.define(d)
    return named(program, builder.nodes)


def varies(expr: Expr) -> bool:
    """Whether a derivative may go through an expression: not through a number or a condition."""
    if isinstance(expr, Element):
        return True
    if isinstance(expr, Iverson | Delta | Position | Symbol):
        return False
    if isinstance(expr, MatrixFunction):
        return True
    args = expr.args[1:] if isinstance(expr, Where) else expr.args
    return any(varies(a) for a in args)


class _Builder:
    def __init__(self, program: Program) -> None:
        self.nodes: list[Node] = []
        self._facts = frozenset(program.conditions)
        self._known: dict[tuple[Poly, tuple[Expr, ...]], Array] = {}

    def define(self, d: Definition) -> None:
        """The node of a definition, after those of what it is made of."""
        operation, operands = self._operation(d.expr, d.indices)
        self.nodes.append(Node(d.array, d.indices, operation, tuple(operands), True))
        key, free = _key(d.expr, d.indices)
        if free == d.indices:
            self._known.setdefault(key, d.array)

    def _operand(self, expr: Expr, scope: tuple[Index, ...]) -> Expr:
        """An element of the array that holds the value, which gets a node where it is new."""
        if isinstance(expr, Element) or not varies(expr):
            return expr
        places: dict[Index, Expr] = {}
        if not is_within(expr, self._facts):  # a part of an axis: computed over that part only
            own = over_own_axes(expr, self._facts)
            if own is None:
                raise NotYet("a graph of parts of arrays beyond their axes")
            expr, places = own
            scope = (*places, *scope)
        key, free = _key(expr, scope)
        array = self._known.get(key)
        if array is None:
            standing = tuple(fresh_index(i.size) for i in free)
            expr = placed(expr, dict(zip(free, standing, strict=True)))
            operation, operands = self._operation(expr, standing)
            sizes = tuple(i.size for i in free)
            array = Array(f"\u00b7{len(self.nodes)}", sizes, sign_of(expr))
            self.nodes.append(Node(array, standing, operation, tuple(operands)))
            self._known[key] = array
        return array[tuple(places.get(i, i) for i in free)]

    def _operation(self, expr: Expr, scope: tuple[Index, ...]) -> _Found:
        """The outermost operation of an expression, and what it is applied to."""
        if isinstance(expr, Element):
            return Operation(SAME), [expr]
        if isinstance(expr, Add):
            return self._sum(expr, scope)
        if isinstance(expr, Mul):
            return self._product(expr, scope)
        if isinstance(expr, Pow):
            return self._power(expr.base, expr.exp, scope)
        if isinstance(expr, IndexSum):
            return self._over_axes(expr, scope)
        if isinstance(expr, IndexMax | IndexProduct):
            kind = LARGEST if isinstance(expr, IndexMax) else PRODUCT
            inner = self._operand(expr.body, (*scope, *expr.bound))
            return Operation(kind, expr.bound), [inner]
        if isinstance(expr, Where):
            branches = [self._operand(a, scope) for a in expr.args[1:]]
            return Operation(CHOICE, condition=expr.args[0]), branches
        if isinstance(expr, Maximum | Minimum):
            kind = LARGER if isinstance(expr, Maximum) else SMALLER
            return Operation(kind), [self._operand(a, scope) for a in expr.args]
        if isinstance(expr, MatrixFunction):
            return self._of_matrix(expr)
        if type(expr) in BY_CLASS:
            return Operation(BY_CLASS[type(expr)].head), [self._operand(expr.args[0], scope)]
        raise NotYet(f"a graph with {type(expr).__name__}")

    def _sum(self, expr: Add, scope: tuple[Index, ...]) -> _Found:
        """u + v + …, or u - v."""
        fixed, moving = _split(_flat(expr, Add))
        first = bool(fixed) and not varies(_flat(expr, Add)[0])
        parts = [(S.One, t) for t in moving]
        if fixed:
            parts.insert(0 if first else len(parts), (S.One, _joined(Add, fixed)))
        parts = [_signed(t) for _, t in parts]
        if len(parts) == 2 and parts[0][0] == 1 and parts[1][0] == -1:
            return Operation(SUBTRACT), [self._operand(t, scope) for _, t in parts]
        terms = [t if sign == 1 else _opposite(t) for sign, t in parts]
        if len(terms) == 1:
            return self._operation(terms[0], scope)
        return Operation(ADD), [self._operand(t, scope) for t in terms]

    def _product(self, expr: Mul, scope: tuple[Index, ...]) -> _Found:
        fixed, moving = _split(_flat(expr, Mul))
        constant = _joined(Mul, fixed) if fixed else S.One
        if constant == 1 and len(moving) == 1:
            return self._operation(moving[0], scope)
        factors = [self._operand(f, scope) for f in moving]
        return Operation(MULTIPLY), [*([constant] if constant != 1 else []), *factors]

    def _power(self, base: Expr, exponent: Expr, scope: tuple[Index, ...]) -> _Found:
        inner = self._operand(base, scope)
        if exponent == -1:
            return Operation(DIVIDE), [inner]
        if not varies(exponent) and not exponent.free_symbols:
            return Operation(POWER, exponent=exponent), [inner]
        return Operation(POWER), [inner, self._operand(exponent, scope)]

    def _over_axes(self, expr: IndexSum, scope: tuple[Index, ...]) -> _Found:
        """A sum over axes; a contraction where its products would have more axes than a factor."""
        scope = (*scope, *expr.bound)
        body = expr.body
        if isinstance(body, Mul):
            fixed, moving = _split(_flat(body, Mul))
            whole = set(free_indices(body))
            if len(moving) > 1 and all(set(free_indices(f)) < whole for f in moving):
                factors = [self._operand(f, scope) for f in moving]
                constant = [_joined(Mul, fixed)] if fixed else []
                return Operation(DOT, expr.bound), [*constant, *factors]
        if not varies(body):
            raise NotYet("a graph with a sum of what no input has a part in")
        return Operation(SUM, expr.bound), [self._operand(body, scope)]

    def _of_matrix(self, expr: MatrixFunction) -> _Found:
        """A function of a whole matrix, which is one node."""
        matrix = expr.argument.array
        return Operation(MATRIX, whole=expr), [matrix[standing_indices(matrix)]]


def _key(
    expr: Expr, scope: tuple[Index, ...]
) -> tuple[tuple[Poly, tuple[Expr, ...]], tuple[Index, ...]]:
    """What is equal for equal values, whatever their indices are called; and those indices."""
    own = set(free_indices(expr))
    free = tuple(i for i in scope if i in own)
    sizes = tuple(i.size for i in free)
    standing = {i: Index(f"\u00b7\u00b7{n}", i.size) for n, i in enumerate(free)}
    return (rename_normal(normal(expr), standing), sizes), free


def _flat(expr: Expr, kind: type[Expr]) -> list[Expr]:
    """The terms of a sum or the factors of a product, those of one within it too."""
    if not isinstance(expr, kind):
        return [expr]
    return [part for a in expr.args for part in _flat(a, kind)]


def _split(parts: Sequence[Expr]) -> tuple[list[Expr], list[Expr]]:
    fixed = [p for p in parts if not varies(p)]
    return fixed, [p for p in parts if varies(p)]


def _joined(kind: type[Expr], parts: Sequence[Expr]) -> Expr:
    """Constants as one; numbers among them as one number."""
    numbers = [p for p in parts if p.is_Rational]
    others = [p for p in parts if not p.is_Rational]
    unit = Integer(1 if kind is Mul else 0)
    number = kind(*numbers) if numbers else unit
    kept = [*([number] if number != unit else []), *others]
    if len(kept) < 2:
        return kept[0] if kept else unit
    return kind(*kept, evaluate=False)


def _signed(term: Expr) -> tuple[Expr, Expr]:
    """(-1, u) for a term -u, (1, u) for another."""
    if isinstance(term, Mul):
        factors = _flat(term, Mul)
        sign = S.One
        kept = []
        for f in factors:
            if f == -1:
                sign = -sign
            elif f.is_Rational and f < 0:
                sign, f = -sign, -f
                kept.append(f)
            else:
                kept.append(f)
        if sign == -1:
            return sign, kept[0] if len(kept) == 1 else Mul(*kept, evaluate=False)
    if term.is_Rational and term < 0:
        return S.NegativeOne, -term
    return S.One, term


def _opposite(term: Expr) -> Expr:
    if term.is_Rational:
        return -term
    return Mul(S.NegativeOne, *_flat(term, Mul), evaluate=False)




"""The value of an index expression at concrete sizes, element by element.

This is the meaning of the notation, written as plainly as possible: loops over indices, no
rewriting, no whole-array operation. Everything else in this room is measured against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from sympy import (
    Abs,
    Add,
    And,
    Basic,
    Eq,
    Expr,
    Float,
    Ge,
    Gt,
    Integer,
    Le,
    Lt,
    Mul,
    Ne,
    Not,
    Or,
    Pow,
    Rational,
    S,
    Symbol,
    sign,
)

from symbackprop.algebra.deadline import check_time
from symbackprop.algebra.functions import TABLE
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
    Reduction,
    Where,
)
from symbackprop.algebra.partial import Partial
from symbackprop.algebra.trees import compares_values
from symbackprop.errors import NotYet
from symbackprop.verify.elements import NoElement, element, matrix, position
from symbackprop.verify.scalars import Digits, OutOfDomain, Scalars
from symbackprop.verify.state import Env, Node, Rule, Sizes, State, Values

FUNCTIONS = {f.cls: f.cls.__name__ for f in TABLE if f.smooth}
_COMPARISONS: dict[type, Callable[[int], bool]] = {
    Gt: lambda c: c > 0, Ge: lambda c: c >= 0, Lt: lambda c: c < 0, Le: lambda c: c <= 0,
    Eq: lambda c: c == 0, Ne: lambda c: c != 0,
}  # fmt: skip


def fill(state: State, rules: Iterable[Rule]) -> None:
    """Compute the arrays of these rules, in order; raises OutOfDomain, NotYet."""
    for array, indices, expr in rules:
        node = compiled(expr)
        state.arrays[array] = {
            place: state.computed(array, place, node, dict(zip(indices, place, strict=True)))
            for place in state.places(i.size for i in indices)
        }


def evaluate(
    expr: Basic, scalars: Scalars, sizes: Sizes, arrays: Mapping[Array, Values], env: Env
) -> Any:
    """The value of one expression with its free indices at `env` (counted from 0)."""
    return compiled(expr)(State(scalars, sizes, arrays), dict(env))


@lru_cache(maxsize=8192)
def compiled(expr: Basic) -> Node:
    """A function that computes the expression; raises NotYet for a node without a meaning here."""
    for kind, build in _BUILDERS:
        if isinstance(expr, kind) and not isinstance(expr, Array):
            return build(expr)
    if type(expr) in FUNCTIONS:
        name, inner = FUNCTIONS[type(expr)], compiled(expr.args[0])
        return lambda s, env: s.scalars.function(name, inner(s, env))
    raise NotYet(f"verification cannot evaluate {type(expr).__name__} in {expr}")


def _number(expr: Any) -> Node:
    value = Rational(expr) if isinstance(expr, Float) else expr
    p, q = int(value.p), int(value.q)
    return lambda s, env: s.scalars.rational(p, q)


def _size(expr: Basic) -> Node:
    return lambda s, env: s.scalars.rational(s.size(expr))


def _position(expr: Expr) -> Node:
    place = position(expr)
    return lambda s, env: s.scalars.rational(place(s, env) + 1)


def _constant(expr: Basic) -> Node:
    name = "pi" if expr is S.Pi else "e"
    return lambda s, env: s.scalars.constant(name)


def _delta(expr: Delta) -> Node:
    i, j = (position(u) for u in expr.indices)
    return lambda s, env: s.scalars.rational(int(i(s, env) == j(s, env)))


def _add(expr: Basic) -> Node:
    parts = [compiled(a) for a in expr.args]
    return lambda s, env: s.scalars.add([part(s, env) for part in parts])


def _mul(expr: Basic) -> Node:
    parts = [compiled(a) for a in expr.args]
    masks = _masks(expr)
    # Where a range excludes a position, there may be no element.
    ranges = [_condition(m.args[0]) for m in masks if not compares_values(m)]
    others = [compiled(m) for m in masks if compares_values(m)]

    def node(s: State, env: Env) -> Any:
        if not all(inside(s, env) for inside in ranges):
            return s.scalars.rational(0)
        try:
            if s.masked and not all([s.scalars.real(mask(s, env)) for mask in others]):
                return s.scalars.rational(0)
            return s.scalars.mul([part(s, env) for part in parts])
        except NoElement:
            if s.masked and _vanishes(parts, s, env):
                return s.scalars.rational(0)
            raise

    return node


def _vanishes(parts: list[Node], s: State, env: Env) -> bool:
    """Whether a factor is 0: x[k+1] is to be multiplied by a sum that is empty at the last k."""
    for part in parts:
        try:
            if s.scalars.real(part(s, env)) == 0:
                return True
        except NoElement:
            pass
    return False


def _masks(expr: Basic) -> list[Basic]:
    """The factors [condition] of a product, those of products in it included."""
    inner = [a for a in expr.args if isinstance(a, Mul)]
    return [a for a in expr.args if isinstance(a, Iverson)] + [m for a in inner for m in _masks(a)]


def _pow(expr: Any) -> Node:
    base, exponent = (compiled(a) for a in expr.args)
    if isinstance(expr.exp, Integer):
        power = int(expr.exp)
        return lambda s, env: s.scalars.integer_power(base(s, env), power)
    if expr.exp.is_integer:
        return lambda s, env: s.scalars.integer_power(
            base(s, env), int(s.scalars.real(exponent(s, env)))
        )
    return lambda s, env: s.scalars.root_power(base(s, env), exponent(s, env))


def _loop(expr: Reduction) -> Node:
    close = _CLOSES[type(expr)]
    body, bound = compiled(expr.body), expr.bound
    axes = [b.size for b in bound]
    free = sorted((i for i in expr.free_symbols if isinstance(i, Index)), key=str)

    def closed(s: State, env: Env) -> Any:
        check_time()
        if node not in s.spans:
            s.spans[node] = list(s.places(axes))
        inner = dict(env)
        terms = []
        for place in s.spans[node]:
            inner.update(zip(bound, place, strict=True))
            terms.append(body(s, inner))
        return close(s, terms)

    def node(s: State, env: Env) -> Any:
        return s.remembered((expr, *[env[i] for i in free]), lambda: closed(s, env))

    return node


def _partial(expr: Partial) -> Node:
    """∂u/∂x_k by a complex step, whatever u is."""
    body, array = compiled(expr.expr), expr.element.array
    places = [position(i) for i in expr.element.indices]

    def node(s: State, env: Env) -> Any:
        if not isinstance(s.scalars, Digits):
            raise OutOfDomain("a derivative in an arithmetic without complex numbers")
        place = tuple(at(s, env) for at in places)
        arrays = {a: s.whole(a) for a in s.arrays}
        values = dict(arrays[array])
        mp = s.scalars.mp
        step = mp.mpf(10) ** -(mp.dps // 2)
        values[place] = mp.mpc(values[place], step)
        moved = State(s.scalars, s.sizes, {**arrays, array: values})
        return mp.mpc(body(moved, env)).imag / step

    return node


def _largest(s: State, terms: list[Any]) -> Any:
    best = terms[0]
    for term in terms[1:]:
        if s.scalars.compare(term, best) > 0:
            best = term
    return best


_CLOSES: dict[type, Callable[[State, list[Any]], Any]] = {
    IndexSum: lambda s, terms: s.scalars.add(terms),
    IndexProduct: lambda s, terms: s.scalars.mul(terms),
    IndexMax: _largest,
}


def _maximum(expr: Basic) -> Node:
    u, v = (compiled(a) for a in expr.args)
    return lambda s, env: _largest(s, [u(s, env), v(s, env)])


def _minimum(expr: Basic) -> Node:
    u, v = (compiled(a) for a in expr.args)

    def node(s: State, env: Env) -> Any:
        a, b = u(s, env), v(s, env)
        return b if s.scalars.compare(a, b) > 0 else a

    return node


def _abs(expr: Basic) -> Node:
    inner = compiled(expr.args[0])

    def node(s: State, env: Env) -> Any:
        value = inner(s, env)
        return -value if s.scalars.compare(value, s.scalars.rational(0)) < 0 else value

    return node


def _sign(expr: Basic) -> Node:
    inner = compiled(expr.args[0])
    return lambda s, env: s.scalars.rational(
        s.scalars.compare(inner(s, env), s.scalars.rational(0))
    )


def _iverson(expr: Iverson) -> Node:
    test = _condition(expr.condition)
    return lambda s, env: s.scalars.rational(int(test(s, env)))


def _where(expr: Basic) -> Node:
    condition, u, v = expr.args
    test, yes, no = _condition(condition), compiled(u), compiled(v)
    return lambda s, env: yes(s, env) if test(s, env) else no(s, env)


def _condition(expr: Basic) -> Node:
    """A function that decides a comparison, or `&`, `|`, `~` of comparisons."""
    if expr in (S.true, S.false):
        return lambda s, env: expr is S.true
    if isinstance(expr, Not):
        inner = _condition(expr.args[0])
        return lambda s, env: not inner(s, env)
    if isinstance(expr, And | Or):
        # What positions decide comes first: elsewhere an element of the others may be beyond its
        # axis. The others are all evaluated, so that the nearness of each is remembered.
        first = [_condition(a) for a in expr.args if not compares_values(a)]
        parts = [_condition(a) for a in expr.args if compares_values(a)]
        if isinstance(expr, And):
            return lambda s, env: (
                all(part(s, env) for part in first) and all([part(s, env) for part in parts])
            )
        return lambda s, env: (
            any(part(s, env) for part in first) or any([part(s, env) for part in parts])
        )
    decide = next((d for kind, d in _COMPARISONS.items() if isinstance(expr, kind)), None)
    if decide is None:
        raise NotYet(f"verification cannot decide the condition {expr}")
    u, v = (compiled(a) for a in expr.args)
    if compares_values(expr):
        return lambda s, env: decide(s.scalars.compare(u(s, env), v(s, env)))

    def counted(s: State, env: Env) -> bool:
        # Positions and sizes are no reals: equality of two of them is not a kink.
        a, b = s.scalars.real(u(s, env)), s.scalars.real(v(s, env))
        return decide(int(a > b) - int(a < b))

    return counted


_BUILDERS: tuple[tuple[Any, Callable[[Any], Node]], ...] = (
    (Rational, _number), (Float, _number), ((type(S.Pi), type(S.Exp1)), _constant),
    (Index | Position, _position), (Element, element), (Delta, _delta),
    (MatrixFunction, matrix), (Add, _add), (Mul, _mul), (Pow, _pow),
    (Partial, _partial), (Reduction, _loop), (Maximum, _maximum), (Minimum, _minimum),
    (Iverson, _iverson), (Where, _where), (Abs, _abs), (sign, _sign), (Symbol, _size),
)  # fmt: skip

"""Element by element: arithmetic, functions, comparisons, conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import S, digamma, trigamma
from sympy.core.relational import Eq, Ne

from symbackprop.algebra.nodes import Maximum, Where
from symbackprop.errors import InputError, NotYet
from symbackprop.frontend import written
from symbackprop.frontend.indexing import inputs_of, labels_as_positions
from symbackprop.frontend.value import Value, elementwise, numeric, value_of


def unary(build: Callable[[Any], Any]) -> Callable[[Any], Value]:
    """f(x), element by element."""
    return lambda x: elementwise(build, numeric(x))


def binary(build: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Value]:
    """f(x, y), broadcast."""
    return lambda x, y: elementwise(build, numeric(x), numeric(y))


def comparison(cls: Any) -> Callable[[Any, Any], Value]:
    """x < y and the like: a condition."""
    build = written.relation(cls)
    if cls in (Eq, Ne):
        return lambda x, y: _equality(build, numeric(x), numeric(y))
    return lambda x, y: elementwise(build, numeric(x), numeric(y), boolean=True)


def polygamma(n: Any, x: Any) -> Value:
    """The digamma function for n = 0, its derivative for n = 1."""
    if isinstance(n, bool) or n not in (0, 1):
        raise NotYet("of an order other than 0 and 1; use digamma(x) or polygamma(1, x)")
    return unary(written.function(trigamma if n else digamma))(x)


def _equality(build: Callable[[Any, Any], Any], x: Value, y: Value) -> Value:
    inputs = inputs_of(x) | inputs_of(y)
    return elementwise(
        lambda u, v: build(*labels_as_positions(u, v, inputs)), x, y, boolean=True
    )


def condition(x: Any) -> Value:
    """The condition itself, or `x != 0` of a number."""
    value = value_of(x)
    if value.boolean:
        return value
    nonzero = written.relation(Ne)
    return elementwise(lambda u: nonzero(u, S.Zero), value, boolean=True)


def logical(build: Callable[..., Any]) -> Callable[..., Value]:
    """and, or of two conditions."""
    return lambda x, y: elementwise(build, condition(x), condition(y), boolean=True)


def logical_not(x: Any) -> Value:
    """not x."""
    return elementwise(written.Not, condition(x), boolean=True)


def bitwise(rule: Callable[..., Value]) -> Callable[..., Value]:
    """`&`, `|`, `~` of conditions; on numbers they work on bits and have no derivative."""

    def of_conditions(*args: Any) -> Value:
        if not all(value_of(a).boolean for a in args):
            raise NotYet("works on conditions only, such as (x > 0) & (x < 1)")
        return rule(*args)

    return of_conditions


def add(x: Any, y: Any) -> Value:
    """x + y; of two conditions: x or y, as in NumPy."""
    if value_of(x).boolean and value_of(y).boolean:
        return logical(written.Or)(x, y)
    return binary(written.add)(x, y)


def subtract(x: Any, y: Any) -> Value:
    """x - y."""
    if value_of(x).boolean and value_of(y).boolean:
        raise InputError("NumPy does not subtract conditions; use & and ~, or .astype(float)")
    return binary(written.sub)(x, y)


def negative(x: Any) -> Value:
    """-x."""
    if value_of(x).boolean:
        raise InputError("NumPy does not negate a condition; use ~, or .astype(float)")
    return unary(written.neg)(x)


def where(condition_: Any, x: Any = None, y: Any = None) -> Value:
    """x where the condition holds, y elsewhere."""
    if x is None or y is None:
        raise NotYet("needs three arguments: where(condition, x, y)")
    return elementwise(Where, condition(condition_), numeric(x), numeric(y))


def clip(x: Any, min: Any = None, max: Any = None) -> Value:
    """x between two bounds, either of which may be None."""
    value = numeric(x)
    if min is not None:
        value = elementwise(Maximum, value, numeric(min))
    return value if max is None else elementwise(written.Minimum, value, numeric(max))


def like(number: int) -> Callable[[Any], Value]:
    """An array of the same shape, filled with a number."""
    return lambda x: Value(value_of(x).shape, (), lambda indices: S(number))


def astype(x: Any, dtype: Any) -> Value:
    """x.astype(float): conditions become 0 and 1."""
    kind = str(getattr(dtype, "name", None) or getattr(dtype, "__name__", dtype))
    if "float" in kind or (value_of(x).boolean and "int" in kind):
        return numeric(x)
    raise NotYet(f"a conversion to {kind} has no derivative; use float")

"""What a law or a lowering rule would return if it were wrong.

`wrong` makes a wrong result of the right one: twice the value, the other sign of a comparison.
`MISSING` has, for rules that place axes or keep numbers in range, the result without the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sympy import Add, Expr, Integer, Mul, Not, Pow, S
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanFunction

from symbackprop.algebra.poly import ONE, Poly
from symbackprop.emit.numpy.code import AND, Code, atom, operate
from symbackprop.emit.numpy.layout import Value

# name, right result -> wrong result, where twice the value is no error or has no end.
SPECIAL: Mapping[str, Callable[[Any], Any]] = {
    "full": lambda code: operate("+", code, atom("1")),
    "with_number": lambda parts: ([Integer(2), *parts[0]], parts[1]),
    "unsigned": lambda factor: Pow(factor, 2, evaluate=False),
    "negated": lambda found: (True, _twice(found[1])) if found[0] else found,
    "above_the_diagonal": lambda nothing: nothing + ONE,
    "antisymmetric_sum": lambda nothing: nothing + ONE,
    "together": lambda held: held + 1,
    "compared": lambda found: _decided_otherwise(found),
    "reshaped": lambda found: (_wrong(found[0]), found[1]),
    "window": lambda found: (_wrong(found[0]), found[1]),
    "tanh_of_exp": lambda found: Mul(S.NegativeOne, found, evaluate=False),
    "wrapped": lambda text: text[1:-1] if text.startswith("(") else text,
}


def _decided_otherwise(found: Any) -> Any:
    """The opposite decision on a comparison of positions; another rule has this name too."""
    if isinstance(found, Poly):
        return found if found.constant is None else ONE - found
    return _wrong(found)


def wrong(name: str, right: Any) -> Any:
    """A wrong result of the rule; where it found nothing to do, the same."""
    return SPECIAL[name](right) if name in SPECIAL else _wrong(right)


def _wrong(right: Any) -> Any:
    if right is None or right == () or isinstance(right, bool):
        return right
    if isinstance(right, Poly):
        return right.scale(2)
    if isinstance(right, Code):
        if right.level <= AND or right.op == "~":
            return Code("~", (right,), shape=right.shape)
        return operate("*", atom("2"), right)
    if isinstance(right, Value):
        return replace(right, code=_wrong(right.code))
    if isinstance(right, BooleanFunction | Relational):
        return Not(right)
    if isinstance(right, Expr):
        return _twice(right)
    if isinstance(right, list):  # the terms of a logarithm
        return [(2 * c, t) for c, t in right]
    if isinstance(right, tuple):
        if isinstance(right[0], tuple):  # conditions, and whether they hold
            return tuple((c, not holds) for c, holds in right)
        return right[0], _wrong(right[1])  # an exponent and a factor
    # A group of factors of a contraction.
    return right if right.done is None else replace(right, done=_wrong(right.done))


def _twice(expr: Expr) -> Expr:
    if isinstance(expr, Add):
        return Add(*(Mul(2, t, evaluate=False) for t in expr.args), evaluate=False)
    return Mul(2, expr, evaluate=False)


def _none(*args: Any) -> None:
    """The rule finds nothing to do."""


def _left(rule: Any, f: Expr) -> tuple[Expr, Expr]:
    """Nothing is taken out of a sum or product."""
    return S.Zero, rule.rebuilt(f)


MISSING: Mapping[str, Callable[..., Any]] = {
    "transposed": lambda lowering, value, order: Value(value.code, tuple(order)),
    "arranged": lambda lowering, value, target: value.code,
    "kept": lambda code, gaps: code,
    "hidden": lambda condition, holds, argument, tame: argument,
    "shifted_product": _left,
    "shifted_terms": _left,
    "shifted_sum": _left,
    "shifted_choice": _left,
    **dict.fromkeys(
        ("saturated", "compared", "log_of_exp", "log_of_cosh", "log_of_power", "log_of_product",
         "log_of_terms", "log_of_sum"),
        _none,
    ),
}  # fmt: skip

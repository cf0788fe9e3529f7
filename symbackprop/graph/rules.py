"""The rule by which each kind of node sends a message back, in words."""

from __future__ import annotations

from symbackprop.emit.page import Formula, Words
from symbackprop.graph import operations as op
from symbackprop.graph.operations import Operation

BRANCH = Words("the value goes several ways: the messages that come back are added")
_TIMES = (("sign", Formula("×", "x", r"\times")),)
_SIGMA = (("sign", Formula("Σ", "sum", r"\Sigma")),)
_PI = (("sign", Formula("Π", "prod", r"\Pi")),)
_SQUARE = Formula("-1/x^2", "-1/x^2", r"-\frac{1}{x^{2}}")

_RULES = {
    op.ADD: Words("+ node: passes the message on unchanged"),
    op.SUBTRACT: Words(
        "- node: passes the message on, with the opposite sign to what is taken away"
    ),
    op.MULTIPLY: Words(
        "{sign} node: the message times the other inputs (they change places)", _TIMES
    ),
    op.DIVIDE: Words("/ node: the message times {factor} of its input", (("factor", _SQUARE),)),
    op.POWER: Words("power node: the message times the derivative of the power"),
    op.SUM: Words("{sign} node: passes the message on to every term", _SIGMA),
    op.DOT: Words("dot node: the message times the other factors, of every product"),
    op.PRODUCT: Words("{sign} node: the message times the other factors", _PI),
    op.LARGEST: Words("max node: passes the message on to the largest; several share it"),
    op.LARGER: Words("max node: passes the message on to the larger input"),
    op.SMALLER: Words("min node: passes the message on to the smaller input"),
    op.CHOICE: Words("if node: passes the message on to the input that is chosen"),
    op.SAME: Words("= node: passes the message on to the elements that are taken"),
    op.MATRIX: Words("function of a matrix: the message times its derivative"),
    "exp": Words("exp node: the message times its own output"),
    "log": Words("log node: the message divided by its input"),
}


def rule(operation: Operation) -> Words:
    """What a node does with the message that comes to it."""
    found = _RULES.get(operation.kind)
    if found is not None:
        return found
    return Words(
        "{function} node: the message times the derivative of {function}",
        (("function", operation.kind),),
    )

"""Reads whitelisted syntax as operations on traced arrays. Nothing is ever evaluated."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

from symbackprop.errors import InputError, NotYet, Refused, UnknownNameError
from symbackprop.frontend.prelude import PRELUDE
from symbackprop.frontend.shapes import nearest
from symbackprop.frontend.tracer import Tracer, length, traced_call
from symbackprop.frontend.value import constant
from symbackprop.frontend.where import piece_of_text, where
from symbackprop.frontend.whitelist import (
    ATTRIBUTES,
    BINARY,
    COMPARE,
    CONSTANTS,
    METHOD_NAMES,
    UNARY,
    called,
    is_numpy,
    piece,
)
from symbackprop.frontend.written import number


class Reader:
    """Reads expressions, one method for each kind of syntax.

    names: the arrays that a text may mention.
    """

    def __init__(self, names: Mapping[str, Tracer]) -> None:
        self.names = names

    def read(self, node: ast.expr) -> Any:
        """The traced array (or number, axis, shape) that an expression stands for.

        Raises:
            Refused: what is not on the whitelist. UnknownNameError: an unknown name.
        """
        reader = getattr(self, f"_read_{type(node).__name__}", None)
        if reader is None:
            raise Refused(f"`{piece(node)}` is not allowed in an expression")
        with piece_of_text(ast.unparse(node)):
            return reader(node)

    def array(self, node: ast.expr) -> Tracer:
        """An expression that is an array or a number.

        Raises:
            Refused: an axis, a shape or the like.
        """
        result = self.read(node)
        if isinstance(result, int | float):
            return Tracer(constant(number(result)))
        if not isinstance(result, Tracer):
            raise Refused(f"`{piece(node)}` is not an array expression")
        return result

    def _read_Constant(self, node: ast.Constant) -> Any:
        return node.value

    def _read_Name(self, node: ast.Name) -> Any:
        if node.id in self.names:
            return self.names[node.id]
        if node.id == "pi":
            return math.pi
        raise UnknownNameError(f"{node.id!r} is not an array here{nearest(node.id, self.names)}")

    def _read_UnaryOp(self, node: ast.UnaryOp) -> Any:
        inner = self.read(node.operand)
        if isinstance(inner, int | float) and isinstance(node.op, ast.USub):
            return -inner
        return traced_call(*_with(UNARY[type(node.op)], inner))

    def _read_BinOp(self, node: ast.BinOp) -> Any:
        pair = self.array(node.left), self.array(node.right)
        return traced_call(*_with(BINARY[type(node.op)], *pair))

    def _read_Compare(self, node: ast.Compare) -> Any:
        pair = self.array(node.left), self.array(node.comparators[0])
        return traced_call(*_with(COMPARE[type(node.ops[0])], *pair))

    def _read_Tuple(self, node: ast.Tuple) -> tuple[Any, ...]:
        return tuple(self.read(item) for item in node.elts)

    def _read_Slice(self, node: ast.Slice) -> slice:
        ends = (node.lower, node.upper, node.step)
        return slice(*(None if end is None else self.read(end) for end in ends))

    def _read_Attribute(self, node: ast.Attribute) -> Any:
        if is_numpy(node.value):
            return CONSTANTS[node.attr]
        if node.attr not in ATTRIBUTES:
            raise Refused(f"`{piece(node)}` is not allowed in an expression")
        return getattr(self.array(node.value), node.attr)

    def _read_Subscript(self, node: ast.Subscript) -> Any:
        owner, index = self.read(node.value), self.read(node.slice)
        if isinstance(owner, tuple):
            if not isinstance(index, int) or not -len(owner) <= index < len(owner):
                raise InputError(f"`{piece(node)}`: there is no such axis")
            return owner[index]
        if not isinstance(owner, Tracer):
            raise Refused(f"`{piece(node)}`: only arrays and shapes have items")
        return owner[index]

    def _read_Call(self, node: ast.Call) -> Any:
        name, owner = called(node)
        args = [self.read(a) for a in node.args]
        options = {str(k.arg): self.read(k.value) for k in node.keywords}
        if owner is not None:
            if name not in METHOD_NAMES:
                raise Refused(f"`{piece(node)}`: .{name} is not a supported method")
            method = getattr(self.array(owner), name)
            return method(*args, **options)
        if name == "len" or name in PRELUDE:
            rule: Callable[..., Any] = PRELUDE.get(name, length)
            _fit(rule, name, args, options)
            return rule(*args, **options)
        return traced_call(name, args, options, name)


def _with(operation: tuple[str, str], *args: Any) -> tuple[str, tuple[Any, ...], Any, str]:
    name, symbol = operation
    return name, args, {}, symbol


def _fit(rule: Callable[..., Any], name: str, args: list[Any], options: Any) -> None:
    """Refuse arguments that a composite function does not have."""
    try:
        inspect.signature(rule).bind(*args, **options)
    except TypeError as error:
        raise NotYet(f"{name}: {error}{where()}") from None

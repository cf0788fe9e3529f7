"""Expressions of numbers in generated Python, as expressions in C."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from symbackprop.emit.c.expressions import Unsupported

_OPERATORS: dict[type[ast.AST], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_FUNCTIONS = frozenset({"log", "sqrt", "exp", "log1p", "expm1"})
_INT, _DOUBLE, _REAL = range(3)


class Scalars:
    """Writes them. sizes, reals: the names in C of integers and of numbers of the arrays' dtype.

    A quotient of integers is a double, as in Python, and a double beside a real takes its dtype.
    """

    def __init__(self, sizes: Mapping[str, str], reals: Mapping[str, str]) -> None:
        self._sizes, self._reals = sizes, reals

    def any(self, node: ast.expr) -> str:
        """An expression of either. Raises Unsupported."""
        return self._written(node)[0]

    def integer(self, node: ast.expr) -> str:
        """An expression of sizes. Raises Unsupported."""
        text, kind = self._written(node)
        if kind != _INT:
            raise Unsupported(ast.unparse(node))
        return text

    def real(self, node: ast.expr) -> str:
        """Any such expression, as a real. Raises Unsupported."""
        return _as_real(*self._written(node))

    def _written(self, node: ast.expr) -> tuple[str, int]:
        match node:
            case ast.Name(id=name) if name in self._sizes:
                return self._sizes[name], _INT
            case ast.Name(id=name) if name in self._reals:
                return self._reals[name], _REAL
            case ast.Constant(value=int(value)) if not isinstance(value, bool):
                return str(value), _INT
            case ast.Constant(value=float(value)) if abs(value) < float("inf"):
                return repr(value), _DOUBLE
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                text, kind = self._written(operand)
                return f"(-{text})", kind
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return self._joined(_OPERATORS[type(op)], self._written(left), self._written(right))
            case ast.BinOp(left=ast.Constant(value=int(base)), op=ast.Pow(), right=power):
                if isinstance(power, ast.Constant) and isinstance(power.value, float):
                    return repr(base**power.value), _DOUBLE
            case ast.Call(func=ast.Name(id="max"), args=[left, ast.Constant(value=1)]):
                size = self.integer(left)
                return f"({size} > 1 ? {size} : 1)", _INT
            case ast.Call(func=ast.Attribute(attr=name), args=[x]):
                return self._called(name, self._written(x))
        raise Unsupported(ast.unparse(node))

    def _joined(self, op: str, left: tuple[str, int], right: tuple[str, int]) -> tuple[str, int]:
        kind = max(left[1], right[1])
        if kind == _INT and op == "/":
            return f"((double){left[0]} / (double){right[0]})", _DOUBLE
        if kind == _REAL:
            return f"({_as_real(*left)} {op} {_as_real(*right)})", kind
        return f"({left[0]} {op} {right[0]})", kind

    def _called(self, name: str, inner: tuple[str, int]) -> tuple[str, int]:
        if name not in _FUNCTIONS or inner[1] != _REAL:
            raise Unsupported(name)
        return f"(real){name}({inner[0]})", _REAL


def _as_real(text: str, kind: int) -> str:
    return text if kind == _REAL else f"(real){text}"

"""Which pieces of Python syntax a text may have. What is not listed here is refused."""

from __future__ import annotations

import ast
import math

from symbackprop.errors import Refused
from symbackprop.frontend.prelude import PRELUDE
from symbackprop.frontend.shapes import nearest
from symbackprop.frontend.table import FUNCTIONS, METHODS
from symbackprop.frontend.where import shorten

MAX_LENGTH = 10_000
MAX_NESTING = 80

BINARY: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("add", "+"),
    ast.Sub: ("subtract", "-"),
    ast.Mult: ("multiply", "*"),
    ast.Div: ("divide", "/"),
    ast.FloorDiv: ("floor_divide", "//"),
    ast.Mod: ("remainder", "%"),
    ast.Pow: ("power", "**"),
    ast.MatMult: ("matmul", "@"),
    ast.BitAnd: ("bitwise_and", "&"),
    ast.BitOr: ("bitwise_or", "|"),
}
UNARY: dict[type[ast.unaryop], tuple[str, str]] = {
    ast.USub: ("negative", "-"),
    ast.UAdd: ("positive", "+"),
    ast.Invert: ("invert", "~"),
}
COMPARE: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("less", "<"),
    ast.LtE: ("less_equal", "<="),
    ast.Gt: ("greater", ">"),
    ast.GtE: ("greater_equal", ">="),
    ast.Eq: ("equal", "=="),
    ast.NotEq: ("not_equal", "!="),
}
NUMPY = {"np", "numpy"}
ATTRIBUTES = ("T", "shape", "ndim", "size")
CONSTANTS = {"pi": math.pi, "e": math.e, "newaxis": None}
METHOD_NAMES = sorted({"transpose", "reshape", "copy", *METHODS} - {"astype"})
FUNCTION_NAMES = sorted({"len", *FUNCTIONS, *PRELUDE})

_PLAIN = (ast.Name, ast.Tuple, ast.Subscript, ast.Slice, ast.expr_context)
_HINTS = {
    "IfExp": "write where(condition, x, y)",
    "BoolOp": "write & and | between comparisons in parentheses",
    "Not": "write ~",
}


def parse(text: str) -> list[ast.stmt]:
    """The statements of a text, every piece of which is on the whitelist.

    Raises:
        Refused: too long, nested too deeply, not Python syntax, or a piece that is not allowed.
    """
    if len(text) > MAX_LENGTH:
        raise Refused(f"the text has {len(text)} characters; at most {MAX_LENGTH} are read")
    lines = "\n".join(line.strip() for line in text.strip().splitlines())
    try:
        tree = ast.parse(lines)
    except SyntaxError as error:
        place = shorten((error.text or "").strip() or text)
        raise Refused(f"{place!r} is not an expression: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise _too_deep(text) from None
    level: list[ast.AST] = [tree]
    for _ in range(MAX_NESTING):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    if level:
        raise _too_deep(text)
    for statement in tree.body:
        _check(expression(statement))
        if NUMPY.intersection(targets(statement)):
            raise Refused(f"`{piece(statement)}` is not allowed: np and numpy are NumPy's names")
    return tree.body


def _too_deep(text: str) -> Refused:
    return Refused(
        f"{shorten(text)!r} is nested more than {MAX_NESTING} deep; "
        "give its parts names: u = ...; y = f(u)"
    )


def piece(node: ast.AST) -> str:
    """The text of a piece, as Python would write it."""
    return shorten(ast.unparse(node))


def expression(statement: ast.stmt) -> ast.expr:
    """What a statement computes.

    Raises:
        Refused: anything but `name = expression`, `name += expression` and an expression.
    """
    if isinstance(statement, ast.Expr):
        return statement.value
    if isinstance(statement, ast.Assign) and len(targets(statement)) == len(statement.targets):
        return statement.value
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        left = ast.Name(statement.target.id, ast.Load())
        return ast.BinOp(left, statement.op, statement.value)
    raise Refused(f"`{piece(statement)}` is not allowed; write name = expression")


def targets(statement: ast.stmt) -> list[str]:
    """The names that a statement assigns."""
    found: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        found = statement.targets
    elif isinstance(statement, ast.AugAssign):
        found = [statement.target]
    return [t.id for t in found if isinstance(t, ast.Name)]


def is_numpy(node: ast.AST) -> bool:
    """Whether a piece is the prefix `np` or `numpy`."""
    return isinstance(node, ast.Name) and node.id in NUMPY


def called(node: ast.Call) -> tuple[str, ast.expr | None]:
    """The function's name, and the array whose method it is or None."""
    function = node.func
    if isinstance(function, ast.Attribute):
        inner = function.value
        if isinstance(inner, ast.Attribute) and inner.attr == "linalg" and is_numpy(inner.value):
            return f"linalg.{function.attr}", None
        return function.attr, None if is_numpy(function.value) else function.value
    return (function.id if isinstance(function, ast.Name) else ""), None


def _check(node: ast.AST) -> None:
    if isinstance(node, ast.Call):
        _check_call(node)
        return
    if is_numpy(node) or not _allowed(node):
        kind = node.op if isinstance(node, ast.UnaryOp) else node
        hint = _HINTS.get(type(kind).__name__, "only array expressions are read")
        raise Refused(f"`{piece(node)}` is not allowed in an expression; {hint}")
    numpys = isinstance(node, ast.Attribute) and is_numpy(node.value)
    for child in () if numpys else ast.iter_child_nodes(node):
        if not isinstance(child, ast.operator | ast.unaryop | ast.cmpop):
            _check(child)


def _allowed(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return node.value in (None, Ellipsis) or isinstance(node.value, int | float)
    if isinstance(node, ast.BinOp):
        return type(node.op) in BINARY
    if isinstance(node, ast.UnaryOp):
        return type(node.op) in UNARY
    if isinstance(node, ast.Compare):
        return len(node.ops) == 1 and type(node.ops[0]) in COMPARE
    if isinstance(node, ast.Attribute):
        return node.attr in (CONSTANTS if is_numpy(node.value) else ATTRIBUTES)
    return isinstance(node, _PLAIN)


def _check_call(node: ast.Call) -> None:
    name, owner = called(node)
    known = METHOD_NAMES if owner is not None else FUNCTION_NAMES
    what = "method" if owner is not None else "function"
    if name not in known:
        raise Refused(f"`{piece(node)}`: {name!r} is not a supported {what}{nearest(name, known)}")
    if any(isinstance(a, ast.Starred) for a in node.args) or not all(k.arg for k in node.keywords):
        raise Refused(f"`{piece(node)}` is not allowed: arguments with * are not read")
    parts = [*node.args, *(k.value for k in node.keywords)]
    if name == "einsum" and parts and _is_text(parts[0]):
        parts = parts[1:]
    for part in parts if owner is None else [owner, *parts]:
        _check(part)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)

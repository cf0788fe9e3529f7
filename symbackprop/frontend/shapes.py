"""Shapes as users write them: tuples, texts, `--shape` options, annotations."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from sympy import Expr, Integer, Symbol

from symbackprop.algebra.nodes import size_symbol
from symbackprop.algebra.subscripts import never_negative
from symbackprop.errors import InputError, NotYet, UnknownNameError
from symbackprop.frontend.value import Shape
from symbackprop.frontend.where import shorten

ShapeSpec = str | int | Sequence[str | int | Expr]
_RESERVED = {"np", "numpy"}


def is_name(text: object) -> bool:
    """Whether a text can name an array or a size: an ASCII identifier that nothing else means."""
    return (
        isinstance(text, str)
        and text.isascii()
        and text.isidentifier()
        and not keyword.iskeyword(text)
        and text not in _RESERVED
    )


def size(item: object, owner: str) -> Expr:
    """One size: a positive integer, or a name such as "n".

    Raises:
        InputError: anything else.
    """
    if isinstance(item, Symbol) and is_name(item.name):
        return size_symbol(item.name)
    text = str(item).strip() if isinstance(item, str | int | Expr) else ""
    if re.fullmatch(r"[0-9]{1,9}", text) and int(text) > 0 and not isinstance(item, bool):
        return Integer(int(text))
    if is_name(text):
        return size_symbol(text)
    found = _computed(text)
    if found is None:
        raise InputError(
            f"{shorten(str(item))!r} in the shape of {owner} is not a size; "
            'write a name or a positive integer, such as "n" or 3, or 2*P, L-K+1'
        )
    return found


_OPERATIONS: dict[type[ast.operator], Callable[[Expr, Expr], Expr]] = {
    ast.Add: lambda u, v: u + v, ast.Sub: lambda u, v: u - v, ast.Mult: lambda u, v: u * v,
}  # fmt: skip


def _computed(text: str) -> Expr | None:
    """A size such as 2*P or L-K+1; None for anything but +, - and * of names and integers."""
    if len(text) > 200:
        return None
    try:
        found = _size_of(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return found if found is None or not never_negative(-found) else None


def _size_of(node: ast.expr) -> Expr | None:
    if isinstance(node, ast.Constant) and type(node.value) is int and node.value < 10**9:
        return Integer(node.value)
    if isinstance(node, ast.Name) and is_name(node.id):
        return size_symbol(node.id)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        u, v = _size_of(node.left), _size_of(node.right)
        return None if u is None or v is None else _OPERATIONS[type(node.op)](u, v).expand()
    return None


def shape(spec: Any, owner: str) -> Shape:
    """A shape: ("N", 3), "N, 3", "N 3", "n", 3; () and "" are of rank 0.

    Raises:
        InputError: a size that is neither a name nor a positive integer.
    """
    if isinstance(spec, str):
        text = spec.strip()
        if text.startswith("(") and text.endswith(")"):
            text = text[1:-1]
        text = text.strip().removesuffix(",")
        text = re.sub(r"\s*([*+-])\s*", r"\1", text)
        items: list[Any] = re.split(r"\s*,\s*|\s+", text) if text else []
    elif isinstance(spec, int | Expr):
        items = [spec]
    elif isinstance(spec, tuple | list):
        items = list(spec)
    else:
        raise InputError(f'the shape of {owner} is {spec!r}; write a tuple such as ("n",)')
    return tuple(size(item, owner) for item in items)


def parse_shape_option(text: str) -> tuple[str, tuple[str, ...]]:
    """`"a=n"` as ("a", ("n",)); `"W=D,M"`, `"x=3,n"`; `"c="` is of rank 0.

    Raises:
        InputError: not of that form.
    """
    name, equals, sizes = text.partition("=")
    name = name.strip()
    if not equals or not is_name(name):
        raise InputError(f"the shape {shorten(text)!r} is not of the form name=size,size (a=n)")
    return name, tuple(str(s) for s in shape(sizes, name))


def check_names(shapes: Mapping[str, Any], known: Iterable[str], what: str) -> None:
    """Refuse a shape for something that is not there.

    Raises:
        UnknownNameError: with the nearest name that is.
    """
    names = list(known)
    for name in shapes:
        if name not in names:
            raise UnknownNameError(
                f"a shape is given for {shorten(str(name))!r}, which is not an input of {what}"
                + nearest(str(name), names)
            )


def nearest(name: str, names: Iterable[str]) -> str:
    """`; did you mean 'a'?` or `; there are a, b`, to end a message with."""
    known = list(names)
    close = get_close_matches(name, known, 1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(known)}" if known else ""


def from_annotation(annotation: Any, owner: str, scope: Mapping[str, Any]) -> Shape | None:
    """The shape that an annotation gives, None where it gives none.

    `Float[ndarray, "N n"]` as jaxtyping has it, as an object or as text, or the text "N n" alone;
    a text that names a type in `scope` is not a shape.

    Raises:
        NotYet: a dimension such as "*batch" or "n-1".
    """
    dimensions = getattr(annotation, "dim_str", None)
    if isinstance(dimensions, str):
        return _dimensions(dimensions, owner)
    if not isinstance(annotation, str):
        return None
    try:
        node = ast.parse(annotation.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _dimensions(annotation, owner) if re.fullmatch(r"[\w\s]+", annotation) else None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return from_annotation(node.value, owner, scope)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        last = node.slice.elts[-1] if node.slice.elts else None
        if isinstance(last, ast.Constant) and isinstance(last.value, str):
            return _dimensions(last.value, owner)
    is_type = isinstance(node, ast.Name) and (node.id in scope or hasattr(builtins, node.id))
    if isinstance(node, ast.Name) and not is_type:
        return _dimensions(node.id, owner)
    if isinstance(node, ast.Tuple) and all(isinstance(e, ast.Name) for e in node.elts):
        return _dimensions(annotation.replace(",", " "), owner)
    return None


def _dimensions(text: str, owner: str) -> Shape:
    words = text.split()
    for word in words:
        if not (is_name(word) or word.isdigit()):
            raise NotYet(
                f"the dimension {word!r} in the annotation of {owner} is not supported; "
                'use names and numbers, as in "N n"'
            )
    return shape(words, owner)


def missing(name: str, what: str) -> InputError:
    """The error for an input without a shape."""
    return InputError(
        f'no shape for {name!r}, an input of {what}; give shapes={{"{name}": ("n",)}} '
        f"or --shape {name}=n (several sizes: {name}=N,n; a scalar: {name}=)"
    )

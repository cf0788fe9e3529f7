"""The stand-in for an array while the user's function runs once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from sympy import Expr, Integer

from symbackprop.algebra.deadline import check_time
from symbackprop.errors import InputError, NotYet
from symbackprop.frontend.constants import recognised
from symbackprop.frontend.indexing import getitem
from symbackprop.frontend.instead import instead_of
from symbackprop.frontend.linear import SlogdetResult
from symbackprop.frontend.sizes import as_size
from symbackprop.frontend.table import METHODS, VIEWS, apply, call
from symbackprop.frontend.value import Handle, Value, constant, shown
from symbackprop.frontend.where import library_call, user_line, where
from symbackprop.frontend.written import mul

SPELLINGS = {
    "softmax": "np.exp(x) / np.sum(np.exp(x), axis=..., keepdims=True)",
    "log_softmax": "x - np.log(np.sum(np.exp(x), axis=..., keepdims=True))",
    "logsumexp": "np.log(np.sum(np.exp(x), axis=...))",
}
"""What to write in NumPy instead of SciPy's functions that cannot be traced."""


def _wrap(result: Any) -> Any:
    if isinstance(result, SlogdetResult):
        return SlogdetResult(map(_wrap, result))
    if isinstance(result, list):
        return [_wrap(part) for part in result]
    if not isinstance(result, Value):
        return result
    size = None if result.rank or result.depends else as_size(result)
    return Tracer(result) if size is None else _size(size)


def traced_call(name: str, args: Any, kwargs: Any, symbol: str = "") -> Any:
    """The NumPy function of that name, on tracers."""
    # Python stops tracing lines where something else, such as a callback, swallows the exception.
    check_time(user_line)
    given = {key: recognised(value) for key, value in kwargs.items()}
    result = _wrap(call(name, recognised(tuple(args)), given, symbol))
    if name in VIEWS and isinstance(args[0], Tracer):
        _share(args[0], result)
    return result


def _share(owner: Tracer, views: Any) -> None:
    """The results share memory with the array that they are views of."""
    owner.viewed = True
    for view in views if isinstance(views, list) else [views]:
        if isinstance(view, Tracer):
            view.viewed = True


class Tracer(Handle):
    """An array of the forward pass while it is traced: NumPy functions on it are recorded.

    Raises:
        NotYet: from everything that would need its numbers, and from unsupported functions.
    """

    __slots__ = ()
    __hash__ = object.__hash__

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        if method != "__call__":
            instead = {"outer": "x[:, None] and y[None, :]", "at": "np.where or a matrix product"}
            _refuse(f"np.{ufunc.__name__}.{method}", instead.get(method, "np.sum, np.max, ..."))
        return traced_call(ufunc.__name__, args, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in _QUERIES:
            return _QUERIES[func](*args, **kwargs)
        inside = "linalg." if "linalg" in func.__module__ else ""
        return traced_call(inside + func.__name__, args, kwargs)

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse(
            "a conversion (np.array, a list of arrays, the index of an array of numbers)",
            "the array itself, or np.stack; make an array of numbers an argument",
        )

    @property
    def shape(self) -> tuple[Any, ...]:
        """The sizes: Python integers where they are numbers, else symbolic."""
        return tuple(_size(s) for s in self.value.shape)

    @property
    def ndim(self) -> int:
        return self.value.rank

    @property
    def size(self) -> Any:
        return _size(mul(Integer(1), *self.value.shape))

    @property
    def T(self) -> Tracer:
        return self.transpose()

    def transpose(self, *axes: Any) -> Tracer:
        """`x.transpose()`, `x.transpose(1, 0)` or `x.transpose((1, 0))`."""
        order = axes[0] if len(axes) == 1 and not hasattr(axes[0], "__index__") else axes or None
        return traced_call("transpose", (self, order), {}, ".transpose")  # type: ignore[no-any-return]

    def reshape(self, *shape: Any, order: str = "C") -> Tracer:
        """`x.reshape(N, -1)` or `x.reshape((N, -1))`."""
        wanted = shape[0] if len(shape) == 1 else shape
        return traced_call("reshape", (self, wanted), {"order": order}, ".reshape")  # type: ignore[no-any-return]

    def copy(self) -> Tracer:
        """A new array with the same elements."""
        return Tracer(self.value)

    def __getitem__(self, index: Any) -> Any:
        result = _wrap(apply("indexing", getitem, (self, recognised(index)), {}))
        _share(self, result)
        return result

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in METHODS:
            have = ["T", "shape", "ndim", "size", "transpose", "reshape", "copy", *METHODS]
            hint = instead_of(name, have)
            raise NotYet(f"the array attribute .{name} is not supported{where()}; {hint}")
        return _Method(self, name)

    def __repr__(self) -> str:
        return f"<traced array of shape {shown(self.value.shape)}>"

    def __len__(self) -> int:
        size = length(self)
        if isinstance(size, int):
            return size
        _refuse("len() of a symbolic size here", "x.shape[0]")

    def __setitem__(self, index: Any, new: Any) -> NoReturn:
        _refuse("item assignment", "np.where(condition, new, old)")

    def __delitem__(self, index: Any) -> NoReturn:
        _refuse("deleting items", "np.where")

    def __iter__(self) -> NoReturn:
        _refuse("a loop over an array (or Python's sum, max, in)", "np.sum, np.max, whole arrays")

    def __contains__(self, item: Any) -> NoReturn:
        _refuse("`in` on an array", "np.where with a comparison")

    def __bool__(self) -> NoReturn:
        if not self.value.depends:
            _refuse(
                "a branch on a symbolic size",
                "a number for that size (--shape x=3, shapes={'x': (3,)}), or code for every size",
            )
        _refuse(
            "a branch on the values of an array (if, while, assert, and, or, not, Python's min and "
            "max)", "np.where, np.minimum, np.maximum and &, |, ~",
        )

    def __float__(self) -> NoReturn:
        _refuse("float() of an array, or a function of the math module", "np.exp, np.sqrt, ...")

    def __int__(self) -> NoReturn:
        _refuse("int() of an array or a symbolic size", "the array or the size itself")

    def __complex__(self) -> NoReturn:
        _refuse("complex() of an array", "real arrays")

    def __index__(self) -> NoReturn:
        _refuse(
            "a symbolic size as an integer (range, a list of that length)",
            "whole-array operations, or a number for that size (--shape x=3, shapes={'x': (3,)})",
        )

    def __round__(self, digits: Any = None) -> NoReturn:
        _refuse("round() of an array", "the array itself: rounding has no derivative")

    def __format__(self, spec: str) -> str:
        """What a message of the user's shows; there are no digits to format."""
        return repr(self)


class Size(Tracer):
    """A symbolic size, such as `x.shape[0]`: a scalar in arithmetic, comparable with sizes."""

    __slots__ = ("expr",)
    __hash__ = object.__hash__

    def __init__(self, expr: Expr) -> None:
        super().__init__(constant(expr))
        self.expr = expr

    def __eq__(self, other: object) -> Any:
        """Two symbolic sizes are equal when they have the same name."""
        if isinstance(other, Size):
            return self.expr == other.expr
        return traced_call("equal", (self, other), {}, "==")

    def __ne__(self, other: object) -> Any:
        if isinstance(other, Size):
            return self.expr != other.expr
        return traced_call("not_equal", (self, other), {}, "!=")

    def __repr__(self) -> str:
        return str(self.expr)


class _Method:
    """`x.sum`, before it is called."""

    def __init__(self, owner: Tracer, name: str) -> None:
        self.owner, self.name = owner, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = {key: recognised(value) for key, value in kwargs.items()}
        operands = (self.owner, *recognised(tuple(args)))
        result = _wrap(apply(f".{self.name}", METHODS[self.name], operands, given))
        if self.name in VIEWS:
            _share(self.owner, result)
        return result


def _refuse(what: str, instead: str) -> NoReturn:
    library = library_call()
    if library.startswith("scipy."):
        what = f"{library}, which needs the numbers of an array,"
        instead = SPELLINGS.get(library.rpartition(".")[2], "NumPy functions")
    raise NotYet(f"{what} is not supported{where()}; use {instead}")


def _size(size: Expr) -> Any:
    return int(size) if size.is_Integer else Size(size)


def length(x: Any) -> Any:
    """`len(x)` that may be symbolic.

    Raises:
        InputError: an array of rank 0.
    """
    if not isinstance(x, Tracer):
        return len(x)
    if not x.value.rank:
        raise InputError(f"len() of an array of rank 0{where()}")
    return x.shape[0]


def _query_size(a: Tracer, axis: int | None = None) -> Any:
    return a.size if axis is None else a.shape[axis]


_QUERIES: dict[Any, Callable[..., Any]] = {
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: _query_size,
    np.copy: lambda a: a.copy(),
}

_OPERATORS = {
    "add": ("add", "+"),
    "sub": ("subtract", "-"),
    "mul": ("multiply", "*"),
    "truediv": ("divide", "/"),
    "matmul": ("matmul", "@"),
    "and": ("bitwise_and", "&"),
    "or": ("bitwise_or", "|"),
    "floordiv": ("floor_divide", "//"),
    "mod": ("remainder", "%"),
    "pow": ("power", "**"),
}
_COMPARISONS = {
    "lt": ("less", "<"),
    "le": ("less_equal", "<="),
    "gt": ("greater", ">"),
    "ge": ("greater_equal", ">="),
    "eq": ("equal", "=="),
    "ne": ("not_equal", "!="),
}
_UNARY = {
    "neg": ("negative", "-"),
    "pos": ("positive", "+"),
    "abs": ("absolute", "abs"),
    "invert": ("invert", "~"),
}


def _forward(name: str, symbol: str) -> Callable[..., Any]:
    return lambda self, *other: traced_call(name, (self, *other), {}, symbol)


def _reflected(name: str, symbol: str) -> Callable[[Any, Any], Any]:
    return lambda self, other: traced_call(name, (other, self), {}, symbol)


def _in_place(name: str, symbol: str) -> Callable[[Any, Any], Any]:
    """`x += y`: every other name of this array sees the change too, as in NumPy."""

    def operate(self: Tracer, other: Any) -> Tracer:
        result: Tracer = traced_call(name, (self, other), {}, symbol)
        if not self.value.rank:
            return result
        if result.value.shape != self.value.shape or self.value.boolean:
            raise InputError(
                f"{symbol}= would change the shape {shown(self.value.shape)} or the type of its "
                f"left side{where()}; write x = x {symbol} y"
            )
        if self.viewed:
            _refuse(f"{symbol}= on an array that shares memory (x.T, x[None])", f"x = x {symbol} y")
        self.value = result.value
        return self

    return operate


for _key, (_name, _symbol) in _OPERATORS.items():
    setattr(Tracer, f"__{_key}__", _forward(_name, _symbol))
    setattr(Tracer, f"__r{_key}__", _reflected(_name, _symbol))
    setattr(Tracer, f"__i{_key}__", _in_place(_name, _symbol))
for _key, (_name, _symbol) in {**_UNARY, **_COMPARISONS}.items():
    setattr(Tracer, f"__{_key}__", _forward(_name, _symbol))

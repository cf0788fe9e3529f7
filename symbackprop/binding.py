"""Functions of a shared library as functions of Python, without a header of Python.

CPython makes a function of a `PyMethodDef`, as it does for an extension module; its own functions
are handed to the library as addresses. All of it belongs to its stable interface.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Mapping
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from symbackprop.emit.c import INTERFACE, OBJECTS
from symbackprop.errors import MissingCompiler

_FASTCALL = 0x80  # METH_FASTCALL: self, an array of arguments, their number


class _Method(ctypes.Structure):
    """PyMethodDef: a name, an address, how it is called, a docstring."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class _Array(ctypes.Structure):
    """What NumPy's C interface documents of an array, as the C text has it (see `frames`)."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("ndim", ctypes.c_int),
        ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)),
        ("base", ctypes.c_void_p),
        ("dtype", ctypes.c_void_p),
        ("flags", ctypes.c_int),
    )


class Loops(dict[tuple[str, np.dtype[Any]], Callable[..., int]]):
    """The functions, by name and dtype. Raises TypeError for a dtype that they are not for."""

    def __missing__(self, key: tuple[str, np.dtype[Any]]) -> Callable[..., int]:
        raise TypeError(f"the C functions compute in float32 and float64, not in {key[1]}")


_methods: list[_Method] = []  # a function has the address of its own: they are never freed


def bound(library: ctypes.CDLL, names: Mapping[tuple[str, str], str]) -> Loops:
    """The functions of a library that has `bindings`, by names and dtypes; names: those in C.

    Raises MissingCompiler where Python is not CPython.
    """
    if sys.implementation.name != "cpython":
        raise MissingCompiler(
            'compiled C is called from CPython alone; use target="numpy-fast"'
        )
    addresses = (ctypes.c_void_p * len(INTERFACE))(
        *(_address(getattr(ctypes.pythonapi, name)) for name in INTERFACE)
    )
    library.symbackprop_bind(addresses)
    return Loops({
        (key, np.dtype(letter)): _function(getattr(library, f"{name}_call"), name)
        for (key, letter), name in names.items()
    })


def bound_wholes(
    library: ctypes.CDLL, names: Mapping[str, str], module: ModuleType
) -> dict[str, Callable[..., Any]]:
    """The functions of a library, bound before, that are functions of a module as a whole.

    They read arrays of NumPy where they lie; where those are laid out in another way than NumPy's
    C interface documents, there are none.
    """
    if not _laid_out():
        return {key: _never for key in names}
    library.symbackprop_head(ctypes.c_ssize_t(object.__basicsize__))
    known = {
        "None": None, "ndarray": np.ndarray, "empty": np.empty, "float64": np.dtype(np.float64),
        "float32": np.dtype(np.float32), "number64": np.float64, "number32": np.float32,
        "new": tuple.__new__, "float": float, **vars(module),
    }  # fmt: skip
    objects = tuple(known[name] for name in OBJECTS)
    return {key: _function(getattr(library, name), name, objects) for key, name in names.items()}


def _never(*_: Any) -> None:
    """A function that has no call of its own."""


@cache
def _laid_out() -> bool:
    """Whether arrays have the fields of `_Array` behind the head of an object."""
    single = np.zeros((4, 3, 2), np.float32)
    return all(_is_laid_out(x) for x in (np.zeros((2, 3)), np.zeros(5)[::2], single[:, 1:]))


def _is_laid_out(array: np.ndarray[Any, Any]) -> bool:
    place = id(array) + object.__basicsize__
    found = _Array.from_address(place)
    kind = ctypes.c_void_p.from_address(place - ctypes.sizeof(ctypes.c_void_p)).value
    known = array.flags
    flags = known.c_contiguous + 0x100 * known.aligned + 0x400 * known.writeable
    return (
        (kind, found.data, found.ndim, found.dtype, found.flags & 0x501)
        == (id(np.ndarray), array.ctypes.data, array.ndim, id(array.dtype), flags)
        and tuple(found.shape[: array.ndim]) == array.shape
        and tuple(found.strides[: array.ndim]) == array.strides
    )


def _address(function: Any) -> int | None:
    return ctypes.cast(function, ctypes.c_void_p).value


def _function(function: Any, name: str, self: tuple[Any, ...] = ()) -> Callable[..., Any]:
    new = ctypes.PYFUNCTYPE(
        ctypes.py_object, ctypes.POINTER(_Method), ctypes.py_object, ctypes.c_void_p
    )(("PyCFunction_NewEx", ctypes.pythonapi))
    method = _Method(name.encode(), _address(function), _FASTCALL, None)
    _methods.append(method)
    made: Callable[..., Any] = new(ctypes.byref(method), self, None)
    return made

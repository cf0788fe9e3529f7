"""Functions of a shared library as functions of Python, without a header of Python.

CPython makes a function of a `PyMethodDef`, as it does for an extension module; its own functions
are handed to the library as addresses. All of it belongs to its stable interface.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from symbackprop.emit.c import INTERFACE
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


def _address(function: Any) -> int | None:
    return ctypes.cast(function, ctypes.c_void_p).value


def _function(function: Any, name: str) -> Callable[..., int]:
    new = ctypes.PYFUNCTYPE(
        ctypes.py_object, ctypes.POINTER(_Method), ctypes.c_void_p, ctypes.c_void_p
    )(("PyCFunction_NewEx", ctypes.pythonapi))
    method = _Method(name.encode(), _address(function), _FASTCALL, None)
    _methods.append(method)
    made: Callable[..., int] = new(ctypes.byref(method), None, None)
    return made

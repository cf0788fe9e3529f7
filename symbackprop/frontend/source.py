"""The user's own file: `mylayer.py:loss` as a function."""

from __future__ import annotations

import ast
import importlib.util
import linecache
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from symbackprop.errors import InputError, UnknownNameError
from symbackprop.frontend.shapes import nearest

_number = count(1)


def load_function(spec: str) -> Callable[..., Any]:
    """The function of a `file.py:function` text; the file is run as Python's import runs it.

    Raises:
        InputError: no such file, or a file that cannot be imported.
        UnknownNameError: no such function; the message names those that are there.
    """
    path_text, colon, name = spec.rpartition(":")
    if not colon:
        path_text, name = spec, ""
    path = Path(path_text)
    if path_text and not path.is_file():
        raise InputError(f"there is no file {path_text!r}")
    if not path_text or not name.isidentifier():
        example = f"{path_text or 'file.py'}:{_defined(path) or 'function'}"
        raise InputError(f"{spec!r} is not of the form file.py:function; write {example}")
    module = _load(path)
    found = getattr(module, name, None)
    if isinstance(found, FunctionType):
        return found
    names = [
        key
        for key, thing in vars(module).items()
        if isinstance(thing, FunctionType) and thing.__module__ == module.__name__
    ]
    if found is not None:
        raise InputError(
            f"{name!r} in {path_text} is of type {type(found).__name__}, not a function"
        )
    there = nearest(name, names) or "; it defines no function"
    raise UnknownNameError(f"{path_text} has no function {name!r}{there}")


def _defined(path: Path) -> str:
    """The name of the last function that a file defines, read and not run; "" where there is none.

    Others are often helpers of it.
    """
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return ""
    names = [n.name for n in body if isinstance(n, ast.FunctionDef) and n.name[0] != "_"]
    return names[-1] if names else ""


def _load(path: Path) -> ModuleType:
    name = f"_symbackprop_user_{next(_number)}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise InputError(f"{str(path)!r} is not a Python file; its name must end in .py")
    linecache.checkcache(str(path.resolve()))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _importing_from(path.resolve().parent):
            spec.loader.exec_module(module)
    except KeyboardInterrupt:
        del sys.modules[name]
        raise
    except BaseException as error:
        del sys.modules[name]
        raise InputError(f"{path} cannot be imported: {_one_line(error, path)}") from error
    return module


@contextmanager
def _importing_from(folder: Path) -> Iterator[None]:
    """Let the file import its neighbours; leave no bytecode beside it."""
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes
        if str(folder) in sys.path:
            sys.path.remove(str(folder))


def _one_line(error: BaseException, path: Path) -> str:
    line = error.lineno if isinstance(error, SyntaxError) else None
    words = error.msg if isinstance(error, SyntaxError) else str(error)
    step = error.__traceback__
    while step is not None and not isinstance(error, SyntaxError):
        if step.tb_frame.f_code.co_filename == str(path.resolve()):
            line = step.tb_lineno
        step = step.tb_next
    place = "" if line is None else f" (line {line})"
    return f"{type(error).__name__}: {' '.join(words.split())}{place}"

"""The user's function with a scope in which a few names mean what tracing needs.

`len` may be symbolic, and SciPy's softmax and its like, which are plain Python that needs numbers,
work on traced arrays. The function and the helpers of its module are copied; nothing is changed.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Mapping
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

from symbackprop.frontend.scipy_special import TRACED
from symbackprop.frontend.tracer import Tracer, length


def for_tracing(function: Any) -> Any:
    """The function in the scope of tracing; what is no Python function, as it is."""
    if isinstance(function, MethodType):
        return MethodType(for_tracing(function.__func__), function.__self__)
    if not isinstance(function, FunctionType):
        return function
    return _Copier(function.__globals__).of(function)


class _Copier:
    """Copies of the functions of one module, with a scope of their own."""

    def __init__(self, scope: dict[str, Any]) -> None:
        self._original = scope
        self._copies: dict[FunctionType, FunctionType] = {}
        self._replaced = _replacements()
        self._scope = dict(scope)
        names = {"len": length, "__import__": _imported}
        self._scope["__builtins__"] = {**vars(builtins), **names}
        for key, thing in scope.items():
            if key != "__builtins__":
                self._scope[key] = self.of(thing)

    def of(self, thing: Any) -> Any:
        """What stands for a thing of the user's module while it is traced."""
        if id(thing) in self._replaced:
            return self._replaced[id(thing)]
        if not isinstance(thing, FunctionType) or thing.__globals__ is not self._original:
            return thing
        if thing not in self._copies:
            self._copies[thing] = self._copy(thing)
        return self._copies[thing]

    def _copy(self, function: FunctionType) -> FunctionType:
        cells = tuple(CellType() for _ in function.__closure__ or ())
        new = FunctionType(
            function.__code__, self._scope, function.__name__, function.__defaults__, cells
        )
        new.__kwdefaults__ = function.__kwdefaults__
        self._copies[function] = new
        for old, cell in zip(function.__closure__ or (), cells, strict=True):
            try:
                cell.cell_contents = self.of(old.cell_contents)
            except ValueError:  # a name that the enclosing function has not bound
                continue
        return new


def _replacements() -> dict[int, Any]:
    """By the identity of the thing: SciPy's functions, and the modules that they are read from."""
    special = sys.modules.get("scipy.special")
    if special is None:
        return {}
    functions = {name: _either(getattr(special, name), rule) for name, rule in TRACED.items()}
    inner = _Module(special, functions)
    outer = sys.modules["scipy"]
    return {
        **{id(getattr(special, name)): function for name, function in functions.items()},
        id(special): inner,
        id(outer): _Module(outer, {"special": inner}),
    }


def _imported(*args: Any, **kwargs: Any) -> Any:
    """An `import` inside the user's function."""
    module = builtins.__import__(*args, **kwargs)
    return _replacements().get(id(module), module)


def _either(original: Callable[..., Any], traced: Callable[..., Any]) -> Callable[..., Any]:
    """The rule for a traced array, SciPy's own function for anything else."""

    def call(*args: Any, **kwargs: Any) -> Any:
        given = (*args, *kwargs.values())
        return (traced if any(isinstance(a, Tracer) for a in given) else original)(*args, **kwargs)

    return call


class _Module(ModuleType):
    """A module with some of its names replaced."""

    def __init__(self, module: ModuleType, names: Mapping[str, Any]) -> None:
        super().__init__(module.__name__)
        self.__dict__.update(names)
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

"""The user's function with a scope in which a few names mean what tracing needs.

The function and the helpers of its module are copied; nothing of the user's is changed.
"""

from __future__ import annotations

import builtins
from types import CellType, FunctionType, MethodType
from typing import Any

from symbackprop.frontend.replaced import Replacements
from symbackprop.frontend.tracer import length


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
        self._replaced = Replacements()
        self._scope = dict(scope)
        names = {"len": length, "__import__": self._imported}
        self._scope["__builtins__"] = {**vars(builtins), **names}
        for key, thing in scope.items():
            if key != "__builtins__":
                self._scope[key] = self.of(thing)

    def of(self, thing: Any) -> Any:
        """What stands for a thing of the user's module while it is traced."""
        if not isinstance(thing, FunctionType) or thing.__globals__ is not self._original:
            return self._replaced.of(thing)
        if thing not in self._copies:
            self._copies[thing] = self._copy(thing)
        return self._copies[thing]

    def _imported(self, *args: Any, **kwargs: Any) -> Any:
        """An `import` inside the user's function, which may load a module for the first time."""
        module = builtins.__import__(*args, **kwargs)
        return Replacements().of(module)

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

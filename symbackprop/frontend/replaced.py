"""What a few names of NumPy, SciPy and Python mean while a forward pass is traced.

Functions that make arrays take symbolic sizes; SciPy's softmax and its like, which need numbers,
work on traced arrays; what draws random numbers, which
would become constants, is refused. Anything else,
and any call that has nothing to do with traced arrays, is left as it is.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping
from types import BuiltinMethodType, ModuleType
from typing import Any, NoReturn

import numpy as np

from symbackprop.errors import NotYet
from symbackprop.frontend.instead import instead_of
from symbackprop.frontend.scipy_special import TRACED
from symbackprop.frontend.table import FUNCTIONS
from symbackprop.frontend.tracer import Tracer, traced_call
from symbackprop.frontend.where import where

_CREATORS = ("arange", "eye", "full", "identity", "linspace", "ones", "tri", "zeros")
_DRAWN = (
    "random numbers would be the same constants in every call: draw them outside and make them an "
    "argument"
)
_GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)


class Replacements:
    """By the identity of a thing of the user's, what stands for it."""

    def __init__(self) -> None:
        numpy = {name: _either(getattr(np, name), _creator(name)) for name in _CREATORS
                 if name in FUNCTIONS}  # fmt: skip
        numpy |= {name: _either(getattr(np, name), _as_array) for name in ("array", "asarray")}
        self._found: dict[int, Any] = {id(getattr(np, n)): f for n, f in numpy.items()}
        for name, thing in vars(np.random).items():
            if callable(thing) and not isinstance(thing, type):
                self._found[id(thing)] = _Refused(name, _DRAWN)
        self._found[id(np.random)] = numpy["random"] = _Refused("np.random", _DRAWN)
        numpy["vectorize"] = self.of(np.vectorize(abs))
        self._found[id(np.vectorize)] = numpy["vectorize"]
        self._found[id(np)] = _Module(np, numpy)
        self._found[id(random)] = _Refused("random", _DRAWN)
        special = sys.modules.get("scipy.special")
        if special is not None:
            rules = {name: _either(getattr(special, name), f) for name, f in TRACED.items()}
            self._found |= {id(getattr(special, name)): f for name, f in rules.items()}
            self._found[id(special)] = inner = _Module(special, rules)
            outer = sys.modules["scipy"]
            self._found[id(outer)] = _Module(outer, {"special": inner})

    def of(self, thing: Any) -> Any:
        """What stands for a thing, which may be the thing itself."""
        if id(thing) in self._found:
            return self._found[id(thing)]
        if isinstance(thing, _GENERATORS):
            return _Refused(type(thing).__name__, _DRAWN)
        if isinstance(thing, BuiltinMethodType) and isinstance(thing.__self__, _GENERATORS):
            return _Refused(thing.__name__, _DRAWN)
        if isinstance(thing, np.vectorize):
            return _Refused("np.vectorize", instead_of("vectorize", ()))
        return thing


def _either(original: Callable[..., Any], traced: Callable[..., Any]) -> Callable[..., Any]:
    """The rule where a traced array or size is given, the original function elsewhere."""

    def call(*args: Any, **kwargs: Any) -> Any:
        chosen = traced if _holds_tracer((*args, *kwargs.values())) else original
        return chosen(*args, **kwargs)

    return call


def _holds_tracer(things: Any) -> bool:
    return any(
        isinstance(t, Tracer) or (isinstance(t, list | tuple) and _holds_tracer(t)) for t in things
    )


def _creator(name: str) -> Callable[..., Any]:
    def call(*args: Any, like: Any = None, **kwargs: Any) -> Any:
        return traced_call(name, args, kwargs)

    return call


def _as_array(thing: Any, *args: Any, **kwargs: Any) -> Any:
    """np.array(x) of a traced array is a copy; of a list of arrays it is their stack."""
    if isinstance(thing, Tracer):
        return thing.copy()
    parts = [_as_array(t) if isinstance(t, list | tuple) else t for t in thing]
    return traced_call("stack", (parts,), {}, "np.array")


class _Module(ModuleType):
    """A module with some of its names replaced."""

    def __init__(self, module: ModuleType, names: Mapping[str, Any]) -> None:
        super().__init__(module.__name__)
        self.__dict__.update(names)
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


class _Refused:
    """Something that is refused, with everything that is read from it, once it is called."""

    def __init__(self, name: str, why: str) -> None:
        self._name, self._why = name, why

    def __getattr__(self, name: str) -> _Refused:
        return _Refused(f"{self._name}.{name}", self._why)

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotYet(f"{self._name} is not supported{where()}; {self._why}")

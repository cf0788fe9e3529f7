"""The declaration of a layer: what one file of a catalogue holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

Shape = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class Example:
    """A worked example of a layer with a scalar output: numbers that its source publishes.

    inputs: a value for each input. output: the value of the forward pass.
    gradients: the derivative of the output in the inputs that the source gives it for.
    """

    inputs: Mapping[str, float]
    output: float
    gradients: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer: its forward pass in NumPy and what is needed to derive its backward pass.

    name: what `derive` calls it; its entry point in the group `symbackprop.derivations` has the
        same name. summary: one line for `symbackprop list`.
    forward: a plain NumPy function; its parameters are the inputs.
    shapes: a shape for each input: size names and numbers, `()` for a scalar.
    wrt: the inputs that are differentiated unless others are asked for, in the order shown.
    source: where the mathematics is published.
    assume: equations that hold of the inputs and that the result may use, `"sum(t) == 1"`.
    domain: signs without which the forward pass is not defined, `"eps > 0"`; never dropped.
    data: the inputs that hold one sample each, to which a batch axis can be added; empty where
        the layer has such an axis already, or where samples mean nothing.
    examples: numbers to check the layer against.
    """

    name: str
    summary: str
    forward: Callable[..., Any]
    shapes: Mapping[str, Shape]
    wrt: tuple[str, ...]
    source: str
    assume: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()

    def __post_init__(self) -> None:
        unknown = [name for name in (*self.wrt, *self.data) if name not in self.shapes]
        if unknown:
            raise ValueError(f"layer {self.name}: wrt or data names {unknown[0]!r}, not an input")

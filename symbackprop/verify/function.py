"""The user's forward function, differentiated in float64 without any derivative rule."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Abs, loggamma, sign, trigamma

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Program
from symbackprop.algebra.trees import walk
from symbackprop.verify.evaluate import fill
from symbackprop.verify.generated import Doubles, arguments, dense
from symbackprop.verify.matrices import definite
from symbackprop.verify.points import Point, rules
from symbackprop.verify.scalars import Double
from symbackprop.verify.state import Sizes, State


def interpreted(program: Program, sizes: Sizes) -> Callable[..., Any]:
    """The program as a function of its inputs, real or complex; raises OutOfDomain."""

    def function(*inputs: Any) -> Any:
        state = State(Double(), sizes, {})
        for array, given in zip(program.inputs, inputs, strict=True):
            flat = np.asarray(given).reshape(-1).tolist()
            state.arrays[array] = dict(zip(state.places(array.axes), flat, strict=True))
        fill(state, rules(program))
        outs = [dense(o, state.arrays[o], sizes, complex) for o in program.outputs]
        return tuple(outs)

    return function


_REAL = (Abs, sign, loggamma, trigamma)


def takes_complex(program: Program) -> bool:
    """Whether a complex step goes through NumPy's and SciPy's functions."""
    return not any(isinstance(n, _REAL) for d in program.definitions for n in walk(d.expr))


class Forward:
    """A forward function as Σ cotangent · output of the program's inputs.

    function: takes the inputs by position, since they may have been renamed; by name where it has
        other parameters too.
    """

    def __init__(self, function: Callable[..., Any], program: Program) -> None:
        self.function = function
        self.program = program
        names = [a.name for a in program.inputs]
        parameters = inspect.signature(function).parameters
        named = len(names) != len(parameters) and all(name in parameters for name in names)
        self._names = names if named else None

    def outputs(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """The function's outputs; its own warnings are its own affair."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Where the imaginary part is dropped, a complex step is no derivative.
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            # A scalar input is a plain number to a user's function, as it would be to its author.
            given = [x if x.ndim else x[()] for x in inputs]
            if self._names is None:
                out = self.function(*given)
            else:
                out = self.function(**dict(zip(self._names, given, strict=True)))
        return [np.asarray(o) for o in (out if isinstance(out, tuple) else (out,))]

    def at(self, point: Point) -> list[Doubles]:
        """The function's outputs at a point, real."""
        return [o.real.astype(float) for o in self.outputs(arguments(self.program, point))]

    def weighted(self, inputs: Sequence[NDArray[Any]], weights: Sequence[Doubles]) -> Any:
        """Σ cotangent · output."""
        pairs = zip(self.outputs(inputs), weights, strict=True)
        return sum(np.sum(w * o.reshape(w.shape)) for o, w in pairs)

    def complex_step(self, wrt: Array, point: Point) -> Doubles:
        """The gradient by a complex step; whatever the function raises is raised.

        Raises ComplexWarning where the function drops imaginary parts.
        """

        def slope(inputs: list[NDArray[Any]], at: int, place: tuple[int, ...]) -> float:
            inputs[at] = inputs[at].astype(complex)
            inputs[at][place] += 1e-30j
            return float(np.imag(self.weighted(inputs, weights))) / 1e-30

        weights = self.weights(point)
        return self._each(wrt, point, slope)

    def differences(self, wrt: Array, point: Point) -> Doubles:
        """The gradient by central differences of fourth order.

        Near a singularity, where two differences of second order disagree, the step is smaller.
        A matrix whose Cholesky factor is taken stays symmetric: NumPy reads one triangle of it.
        """
        symmetric = wrt in definite(self.program)

        def slope(inputs: list[NDArray[Any]], at: int, place: tuple[int, ...]) -> float:
            places = {place, (*place[:-2], place[-1], place[-2])} if symmetric else {place}
            before = {p: inputs[at][p] for p in places}
            widest = 2e-4 * max(abs(before[place]), 0.05)

            def moved(by: float) -> float:
                for p, x in before.items():
                    inputs[at][p] = x + by / len(places)
                return float(np.real(self.weighted(inputs, weights)))

            for shrink in (1, 4, 16, 64):
                step = widest / shrink
                near, far = moved(step) - moved(-step), moved(2 * step) - moved(-2 * step)
                if abs(2 * near - far) <= 1e-4 * abs(far):
                    break
            return float((8 * near - far) / (12 * step))

        weights = self.weights(point)
        return self._each(wrt, point, slope)

    def weights(self, point: Point) -> list[Doubles]:
        """The cotangents as arrays."""
        return [dense(o, point.cotangents[o], point.sizes) for o in self.program.outputs]

    def _each(self, wrt: Array, point: Point, slope: Callable[..., float]) -> Doubles:
        at = self.program.inputs.index(wrt)
        base = arguments(self.program, point)
        found = np.empty_like(base[at])
        for place in np.ndindex(found.shape):
            found[place] = slope([x.copy() for x in base], at, place)
        return found

"""Generated modules at large arguments: finite, without warnings, right to 1e-12."""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop.algebra.nodes import size_symbol
from symbackprop.emit.numpy import compile_source, numpy_source
from tests.emit.numpy.loops import relative_error, run
from tests.emit.numpy.programs import STABLE, derived

N, n = size_symbol("N"), size_symbol("n")
# Their textbook gradients, y (dy - sum(dy y)) and the like, are differences that round relative
# to dy and to the inputs, not to the result.
DIFFERENCES = {"softmax", "softmax named", "softmax shifted", "softmax by log", "softmax rows",
               "weighted mean", "gaussian weights"}  # fmt: skip
SCALES = {"small": 1.0, "large": 30.0, "extreme": 1000.0}


def entries(name: str, shape: tuple, sizes: dict, scale: float, random) -> np.ndarray:
    lengths = [sizes[s] for s in shape]
    if name == "t":
        drawn = random.uniform(0.1, 1, size=lengths)
        return drawn / drawn.sum(axis=-1, keepdims=True)
    if name == "T":
        return np.asarray(random.uniform(0.5, 2))
    if scale == 1000.0 and name in "ab":
        return scale * random.choice([-1.0, 1.0, 0.5, 0.0], size=lengths)
    return scale * random.normal(size=lengths)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", STABLE)
def test_extremes(name, scale):
    function, shapes = STABLE[name]
    backward = derived(function, shapes)
    module = compile_source(numpy_source(backward, version="0"))
    random = np.random.default_rng(7)
    for length in (1, 2, 5):
        sizes = {N: 3, n: length}
        shape = {a.name: a.shape for a in backward.program.inputs}
        inputs = {k: entries(k, s, sizes, SCALES[scale], random) for k, s in shape.items()}
        with np.errstate(all="raise", under="ignore"):
            out, saved = module.forward(**inputs)
            dout = np.asarray(random.normal(size=np.shape(out)))
            grads = module.backward(saved, dout)
        (expected,), gradients = run(backward, inputs, sizes, dout)
        assert relative_error(out, expected) < 1e-12
        for key, value in gradients.items():
            floor = max(np.max(np.abs(x)) for x in (dout, *inputs.values()))
            floor = float(floor) if name in DIFFERENCES else 0.0
            assert relative_error(getattr(grads, key), value, floor) < 1e-12, (length, key)

"""Functions that NumPy has not, for forward passes that shall run without SciPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_erf = np.vectorize(math.erf, otypes=[float])


def erf(x: Any) -> Any:
    """The error function of each element, as `scipy.special.erf`.

    An array type with an answer of its own to NumPy's functions, such as one that is being traced,
    is asked by NumPy's protocol; anything else is computed as float64.
    """
    own = isinstance(x, np.ndarray | np.generic) or not hasattr(x, "__array_ufunc__")
    return _erf(x) if own else x.__array_ufunc__(erf, "__call__", x)

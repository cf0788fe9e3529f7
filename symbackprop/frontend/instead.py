"""What to write instead of a NumPy function or array attribute that is not supported."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_STEP = "its derivative is 0 or does not exist; compute it outside and make it an argument"
_ORDER = "the order depends on the values; compute np.argsort outside and make it an argument"
_LABELS = "positions have no derivative; compute them outside and make them an integer argument"
_MASK = "use np.where(condition, x, 0), which keeps the shape"
_NUMBERS = "the traced array has no numbers; keep arrays, and convert the result"
_SPECTRAL = "there is no law for it; np.linalg.inv, det, slogdet and solve have one"
_TYPE = "all arrays are real floats while they are traced; leave the type out"
_IN_PLACE = "use a new name: y = ..."
_CHECK = "leave the check out of the forward pass"

_GROUPS: dict[str, str] = {
    _STEP: "round around rint floor ceil trunc fix digitize histogram bincount searchsorted",
    _ORDER: "sort partition median percentile quantile nanmedian nanpercentile msort sort_complex",
    _LABELS: "argsort argmax argmin argpartition nanargmax nanargmin argwhere lexsort",
    _MASK: "nonzero flatnonzero extract compress unique unique_values place delete",
    _NUMBERS: "tolist item tobytes tofile dump dumps data ctypes __array_interface__",
    _SPECTRAL: "eig eigh eigvals eigvalsh svd svdvals qr pinv lstsq matrix_rank cond expm",
    _TYPE: "dtype view itemsize nbytes strides byteswap newbyteorder setflags flags",
    _IN_PLACE: "fill put putmask copyto resize itemset shuffle fill_diagonal put_along_axis",
    _CHECK: "any all allclose isclose array_equal array_equiv isnan isinf isfinite iscomplex "
    "isreal",
    "use np.where with comparisons": "select piecewise choose nan_to_num copysign nextafter",
    "it calls Python for each element; write it with whole-array NumPy functions":
        "apply_along_axis apply_over_axes vectorize frompyfunc",
    "use np.exp(np.cumsum(np.log(x))) for a positive x": "cumprod",
    "use x[1:] - x[:-1]": "ediff1d",
    "write the powers out: c[0]*x**2 + c[1]*x + c[2]": "polyval",
    "use np.sum(np.where(np.isnan(x), 0, x)) outside, and np.sum here":
        "nansum nanmean nanstd nanvar nanmax nanmin nanprod nancumsum",
    "use real arrays": "fft ifft rfft irfft real imag conj conjugate angle real_if_close",
    "multiply out: A @ A @ A": "matrix_power",
    "use np.sum(x * w, ...) of a sliding_window_view of x": "convolve correlate",
    "use x[:, None] and x[None, :]": "meshgrid ix_",
    "use np.concatenate of slices": "insert block",
    "use np.split into equal parts, or slices": "array_split dsplit",
    "write the three products out": "cross",
    "use x[i, j] with np.arange, np.tril, np.triu":
        "triu_indices tril_indices diag_indices indices unravel_index ravel_multi_index",
    "use x.ravel() or x.reshape(...)": "flat",
    "use np.maximum(x, y) for two arrays, np.max for one": "fmax fmin",
}  # fmt: skip

INSTEAD: dict[str, str] = {name: hint for hint, names in _GROUPS.items() for name in names.split()}
"""By the name of the function or attribute, without `np.` and `linalg.`."""


def instead_of(name: str, known: Iterable[str]) -> str:
    """What to write instead of the name, or which of the known names are like it, or all."""
    if name.endswith(" (vectorized)"):  # what np.frompyfunc makes
        name = "frompyfunc"
    hint = INSTEAD.get(name.rpartition(".")[2])
    if hint is not None:
        return hint
    names = sorted(known)
    near = get_close_matches(name, names, 3, 0.8)
    return f"did you mean {' or '.join(near)}?" if near else f"supported: {', '.join(names)}"

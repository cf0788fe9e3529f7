"""Helper functions of a fast module."""

from __future__ import annotations

BLOCKS = '''
{block_bytes} = 512 * 1024  # of a block of the widest array; it is to fit the cache


class {workspace}:
    """Memory that calls may use again, one call at a time.

    What `forward` saved lies in it too, until it is used for the next call.
    """

    def __init__(self):
        self._arrays = {{}}

    def __call__(self, name, shape, dtype):
        """An array of this shape and dtype, with any values."""
        found = self._arrays.get(name)
        if found is None or found.shape != shape or found.dtype != dtype:
            found = self._arrays[name] = {np}.empty(shape, dtype)
        return found


def {rows}(n, width):
    """How many of n rows of so many bytes are in a block."""
    return max(1, min(n, {block_bytes} // max(1, width)))


@functools.lru_cache(16)
def {ones}(n, dtype):
    """A vector of ones; its product with a matrix is the fastest sum of rows."""
    found = {np}.ones(n, dtype)
    found.setflags(write=False)
    return found


def {along_rows}(ufunc, x, out):
    """ufunc.reduce(x, axis=-1), column by column where rows are many and short."""
    n = x.shape[-1]
    if not 0 < 4 * n < min(64, len(x)):
        ufunc.reduce(x, axis=-1, out=out)
        return
    {np}.copyto(out, x[..., 0])
    for column in range(1, n):
        ufunc(out, x[..., column], out=out)


def {array}(out, place, shape, dtype, inputs):
    """The array for a result, which is new where none is given; ValueError if it does not fit."""
    if out is None:
        return {np}.empty(shape, dtype)
    found = out[place]
    if not isinstance(found, {np}.ndarray) or found.shape != shape or found.dtype != dtype:
        raise ValueError(f"out[{{place}}] is not an array of shape {{shape}} and dtype {{dtype}}")
    if any({np}.may_share_memory(found, x) for x in inputs):
        raise ValueError(f"out[{{place}}] shares memory with an input")
    return found
'''

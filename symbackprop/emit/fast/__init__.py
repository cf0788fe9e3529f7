"""NumPy code that is fast: blocks of rows that fit the cache, and buffers that are used again."""

from symbackprop.emit.fast.module import fast_source

__all__ = ["fast_source"]

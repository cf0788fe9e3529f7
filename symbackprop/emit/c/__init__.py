"""C code: the loops over rows of a fast module, each as one C function."""

from symbackprop.emit.c.bindings import INTERFACE
from symbackprop.emit.c.frames import OBJECTS
from symbackprop.emit.c.module import CSource, c_source

__all__ = ["INTERFACE", "OBJECTS", "CSource", "c_source"]

"""NumPy code from a backward program: a module, the code of one expression, and its functions."""

from symbackprop.emit.numpy.compiled import compile_source
from symbackprop.emit.numpy.expression import numpy_expression
from symbackprop.emit.numpy.formula import formula_source
from symbackprop.emit.numpy.module import numpy_source

__all__ = ["compile_source", "formula_source", "numpy_expression", "numpy_source"]

"""The NumPy functions that a forward pass may use: one table, one rule a line."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sympy import digamma
from sympy.core.relational import (
    Eq,
    GreaterThan,
    LessThan,
    Ne,
    StrictGreaterThan,
    StrictLessThan,
)

from symbackprop.algebra.functions import TABLE
from symbackprop.errors import InputError, NotYet, SymbackpropError
from symbackprop.frontend import contractions as con
from symbackprop.frontend import creating as cre
from symbackprop.frontend import elementwise as el
from symbackprop.frontend import indexing as ind
from symbackprop.frontend import joining as join
from symbackprop.frontend import linear, shaping, written
from symbackprop.frontend import reductions as red
from symbackprop.frontend import reshaping as shape
from symbackprop.frontend.instead import instead_of
from symbackprop.frontend.sizes import floor_divide, remainder
from symbackprop.frontend.where import where

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": el.add,
    "subtract": el.subtract,
    "multiply": el.binary(written.mul),
    "divide": el.binary(written.div),
    "true_divide": el.binary(written.div),
    "power": el.binary(written.power),
    "float_power": el.binary(written.power),
    "negative": el.negative,
    "positive": el.unary(lambda u: u),
    "reciprocal": el.unary(written.reciprocal),
    "square": el.unary(written.square),
    "sqrt": el.unary(written.root),
    "exp": el.unary(written.exponential),
    "expm1": el.unary(lambda u: written.sub(written.exponential(u), written.number(1))),
    "log": el.unary(written.logarithm),
    "log1p": el.unary(lambda u: written.logarithm(written.add(written.number(1), u))),
    "log2": el.unary(written.logarithm_to(2)),
    "log10": el.unary(written.logarithm_to(10)),
    "exp2": el.unary(lambda u: written.power(written.number(2), u)),
    "cbrt": el.unary(written.cube_root),
    "tan": el.unary(written.tangent),
    **{f.head: el.unary(written.function(f.cls)) for f in TABLE if f.head not in ("exp", "log")},
    "psi": el.unary(written.function(digamma)),
    "polygamma": el.polygamma,
    "expit": el.unary(written.expit),
    "logit": el.unary(written.logit),
    "absolute": el.unary(written.absolute),
    "fabs": el.unary(written.absolute),
    "hypot": el.binary(written.hypotenuse),
    "logaddexp": el.binary(written.log_add_exp),
    "heaviside": el.binary(written.heaviside),
    "xlogy": el.binary(written.x_log_y),
    "maximum": el.binary(written.Maximum),
    "minimum": el.binary(written.Minimum),
    "clip": el.clip,
    "where": el.where,
    "greater": el.comparison(StrictGreaterThan),
    "greater_equal": el.comparison(GreaterThan),
    "less": el.comparison(StrictLessThan),
    "less_equal": el.comparison(LessThan),
    "equal": el.comparison(Eq),
    "not_equal": el.comparison(Ne),
    "logical_and": el.logical(written.And),
    "logical_or": el.logical(written.Or),
    "logical_not": el.logical_not,
    "bitwise_and": el.bitwise(el.logical(written.And)),
    "bitwise_or": el.bitwise(el.logical(written.Or)),
    "invert": el.bitwise(el.logical_not),
    "sum": red.sum_,
    "mean": red.mean,
    "var": red.var,
    "std": red.std,
    "max": red.max_,
    "amax": red.max_,
    "min": red.min_,
    "amin": red.min_,
    "average": red.average,
    "linalg.norm": red.norm,
    "prod": red.prod,
    **{f"{prefix}{f.__name__}": f for prefix in ("", "linalg.")
       for f in (linear.cholesky, linear.inv, linear.det, linear.slogdet, linear.solve)},
    "dot": con.dot,
    "matmul": con.matmul,
    "inner": con.inner,
    "outer": con.outer,
    "vdot": con.vdot,
    "tensordot": con.tensordot,
    "einsum": con.einsum,
    "linalg.multi_dot": con.multi_dot,
    "diag": con.diag,
    "kron": con.kron,
    "diagonal": con.diagonal,
    "trace": con.trace,
    "eye": con.eye,
    "identity": cre.identity,
    "zeros": cre.zeros,
    "ones": cre.ones,
    "full": cre.full,
    "full_like": cre.full_like,
    "arange": cre.arange,
    "linspace": cre.linspace,
    "tri": cre.tri,
    "tril": join.tril,
    "triu": join.triu,
    "concatenate": join.concatenate,
    "concat": join.concatenate,
    "stack": join.stack,
    "hstack": join.hstack,
    "vstack": join.vstack,
    "split": join.split,
    "vsplit": lambda ary, indices_or_sections: join.split(ary, indices_or_sections, 0),
    "hsplit": join.hsplit,
    "append": join.append,
    "column_stack": join.column_stack,
    "diff": join.diff,
    "roll": join.roll,
    "flip": join.flip,
    "flipud": lambda m: join.flip(m, 0),
    "fliplr": lambda m: join.flip(m, 1),
    "pad": join.pad,
    "repeat": join.repeat,
    "tile": join.tile,
    "cumsum": join.cumsum,
    "sliding_window_view": join.sliding_window_view,
    "take": ind.take,
    "take_along_axis": ind.take_along_axis,
    "reshape": shape.reshape,
    "ravel": shape.ravel,
    "moveaxis": shape.moveaxis,
    "broadcast_to": shape.broadcast_to,
    "floor_divide": floor_divide,
    "remainder": remainder,
    "transpose": shaping.transpose,
    "swapaxes": shaping.swapaxes,
    "expand_dims": shaping.expand_dims,
    "squeeze": shaping.squeeze,
    "atleast_1d": shaping.at_least_axes(1),
    "atleast_2d": shaping.at_least_axes(2),
    "zeros_like": el.like(0),
    "ones_like": el.like(1),
}
METHODS: dict[str, Callable[..., Any]] = {
    "sum": red.sum_,
    "mean": red.mean,
    "var": red.var,
    "std": red.std,
    "max": red.max_,
    "min": red.min_,
    "prod": red.prod,
    "dot": con.dot,
    "diagonal": con.diagonal,
    "trace": con.trace,
    "clip": el.clip,
    "squeeze": shaping.squeeze,
    "swapaxes": shaping.swapaxes,
    "astype": el.astype,
    "ravel": shape.ravel,
    "flatten": shape.ravel,
    "repeat": join.repeat,
    "take": ind.take,
    "cumsum": join.cumsum,
}
"""Methods of an array that are rules; `transpose` and `copy` are the tracer's own."""

VIEWS = {"transpose", "swapaxes", "expand_dims", "squeeze", "reshape", "ravel", "moveaxis", "split",
         "broadcast_to", "flip", "sliding_window_view"}
"""Functions whose result shares memory with their argument."""


def apply(
    shown: str, rule: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """One rule applied; an error gets the operation and the place put to it, once.

    Raises:
        ShapeError, InputError, NotYet: as the rule does.
    """
    try:
        inspect.signature(rule).bind(*args, **kwargs)
    except TypeError as error:
        hint = "; use np.where on the result" if "where" in kwargs else ""
        raise NotYet(f"{shown}: {error}, not supported here{where()}{hint}") from None
    try:
        return rule(*args, **kwargs)
    except SymbackpropError as error:
        raise type(error)(f"{shown}: {error}{where()}") from None


def call(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], shown: str = "") -> Any:
    """The NumPy function of that name applied to traced arrays and numbers.

    Raises:
        NotYet: an unsupported function or option. InputError: `out=` and the like.
    """
    rule = FUNCTIONS.get(name)
    if rule is None:
        spelled = f"np.{name}" if hasattr(np, name.partition(".")[0]) else name
        raise NotYet(f"{spelled} is not supported{where()}; {instead_of(name, FUNCTIONS)}")
    if kwargs.get("out") is not None:
        raise InputError(f"np.{name}: write y = np.{name}(...) instead of out=y{where()}")
    options = {k: v for k, v in kwargs.items() if k != "out"}
    return apply(shown or f"np.{name}", rule, args, options)

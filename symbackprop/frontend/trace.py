"""Run a plain NumPy function once on tracers: its definitions, in index notation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from symbackprop.algebra.deadline import working_on
from symbackprop.algebra.program import Program
from symbackprop.errors import InputError, NotYet, SymbackpropError
from symbackprop.frontend import shapes as shp
from symbackprop.frontend.assume import as_texts, assumptions, declared_signs
from symbackprop.frontend.finish import declared, finished
from symbackprop.frontend.observe import Names, observed
from symbackprop.frontend.requirements import requirements
from symbackprop.frontend.scope import for_tracing
from symbackprop.frontend.tracer import Tracer
from symbackprop.frontend.value import Shape, Value, input_value, value_of
from symbackprop.frontend.where import at_line, is_users


def trace(
    function: Callable[..., Any],
    shapes: Mapping[str, shp.ShapeSpec] | None = None,
    *,
    name: str | None = None,
    assume: Iterable[str] = (),
) -> Program:
    """The program of a NumPy function: its inputs, definitions, outputs and assumptions.

    shapes: the shape of each array argument, such as {"a": ("n",), "W": ("D", "M"), "c": ()};
        those that annotations give may be left out. An argument without a shape keeps its
        default (eps=1e-5) as a constant.
    assume: equations and signs, such as "sum(t) == 1" and "eps > 0".

    Raises:
        InputError: a missing or malformed shape, an unusable result, an error in the function.
        ShapeError: shapes that do not fit. NotYet: an unsupported NumPy function or construct.
    """
    title = str(name or getattr(function, "__name__", "layer"))
    title = title if shp.is_name(title.replace("-", "_")) else "layer"
    texts = as_texts(assume)
    signs = declared_signs(texts)
    given = _shapes(function, dict(shapes or {}), title)
    arrays = {n: declared(n, shape, signs) for n, shape in given.items()}
    names = Names()
    inputs = tuple(arrays.values())
    with requirements() as needed:
        returned = _run(function, {a.name: Tracer(input_value(a)) for a in inputs}, names, title)
        program = finished(title, inputs, _values(returned, title), names, signs)
    program = replace(program, assumptions=tuple(needed))
    return assumptions(program, texts)


def _shapes(function: Any, shapes: dict[str, Any], title: str) -> dict[str, Shape]:
    """The shape of each argument that is an input, in the order of the arguments."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        raise InputError(f"{function!r} is not a Python function that can be traced") from None
    shp.check_names(shapes, parameters, title)
    scope = getattr(inspect.unwrap(function), "__globals__", {})
    found: dict[str, Shape] = {}
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise NotYet(f"{title}: the argument *{name}; give each input an argument of its own")
        if name in shapes:
            shape: Shape | None = shp.shape(shapes[name], name)
        else:
            shape = shp.from_annotation(parameter.annotation, name, scope)
        if shape is None and parameter.default is parameter.empty:
            raise shp.missing(name, title)
        if shape is not None and not shp.is_name(name):
            raise InputError(f"the input {name!r} of {title} needs a name in ASCII letters")
        if shape is not None:
            found[name] = shape
    return found


def _run(function: Any, arguments: dict[str, Tracer], names: Names, title: str) -> Any:
    traced = for_tracing(function)
    parameters = inspect.signature(function).parameters
    positional = [
        arguments.get(n, p.default)
        for n, p in parameters.items()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    by_name = {
        n: v for n, v in arguments.items() if parameters[n].kind is inspect.Parameter.KEYWORD_ONLY
    }
    try:
        with working_on("the forward pass"), observed(names):
            returned = traced(*positional, **by_name)
    except SymbackpropError:
        raise
    except (Exception, SystemExit) as error:
        words = " ".join(str(error).split())
        raise InputError(
            f"{title} fails on traced arrays with {type(error).__name__}: {words}{_at(error)}"
        ) from error
    if names.refusal is not None:
        # Caught by a try of the user's: what ran instead is not what runs on numbers.
        raise names.refusal
    return returned


def _at(error: BaseException) -> str:
    place = ""
    step = error.__traceback__
    while step is not None:
        if is_users(step.tb_frame):
            place = at_line(step.tb_frame.f_code.co_filename, step.tb_lineno)
        step = step.tb_next
    return place


def _values(returned: Any, title: str) -> list[Value]:
    results = list(returned) if isinstance(returned, tuple | list) else [returned]
    if not results or any(not isinstance(r, Tracer) for r in results):
        kind = type(next((r for r in results if not isinstance(r, Tracer)), None)).__name__
        raise InputError(
            f"{title} returns {'nothing' if kind == 'NoneType' else f'something of type {kind}'}; "
            "return an array computed from its arguments, or a tuple of them"
        )
    return [value_of(r) for r in results]

"""What the user asked for, as a forward program: a layer, a function, a file or a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Integer

from symbackprop import catalogue
from symbackprop.algebra.program import Program
from symbackprop.algebra.spelling import size_text
from symbackprop.errors import InputError, UnknownNameError
from symbackprop.layer import Layer

What = str | Layer | Callable[..., Any]
Batch = str | Mapping[str, Sequence[str]]

# `softmax-ce`, but also the difference `x-y`: which of the two it is, the shapes tell.
_NAME = re.compile(r"[A-Za-z0-9_]+(-[A-Za-z0-9_]+)*")
_FILE = re.compile(r"\S.*\.py(:.*)?")


@dataclass(frozen=True)
class Request:
    """A forward program and what is to be derived of it.

    wrt: the inputs to differentiate, by their names in the program; None for all of them.
    function: the NumPy function that computes the program, where there is one to call.
    examples: input values of a layer's worked examples, by the inputs' names in the program.
    """

    program: Program
    wrt: tuple[str, ...] | None
    function: Callable[..., Any] | None
    examples: tuple[Mapping[str, float], ...] = ()


def read(
    what: What,
    *,
    shapes: Mapping[str, Any] | None = None,
    wrt: Sequence[str] | None = None,
    assume: Sequence[str] = (),
    no_assume: bool = False,
    rename: Mapping[str, str] | None = None,
    batch: Batch | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Request:
    """Read a request; the parameters are those of `derive`.

    sizes: numbers for symbolic sizes. Raises InputError for a size that the program has not.
    """
    if sizes:
        plain = read(what, shapes=shapes, wrt=None, assume=assume, no_assume=no_assume,
                     rename=None, batch=None)  # fmt: skip
        shapes = {**(shapes or {}), **_numbered(plain.program, sizes)}
    source = _resolve(what, shapes or {})
    function: Callable[..., Any] | None = None
    data: Sequence[str] = ()
    examples: list[Mapping[str, float]] = []
    if isinstance(source, Layer):
        program, data = _layer(source, shapes or {}, assume, no_assume), source.data
        function, wrt = source.forward, wrt or source.wrt
        examples = [e.inputs for e in source.examples]
    elif callable(source):
        from symbackprop.frontend.trace import trace

        program, function = trace(source, shapes, assume=tuple(assume)), source
    else:
        from symbackprop.frontend.text import parse_program

        program = parse_program(source, shapes or {}, assume=tuple(assume))
    if batch is not None:
        program, function, examples = _batched(program, batch, data), None, []
    if rename:
        from symbackprop.frontend.names import rename_arrays

        program = rename_arrays(program, rename)
        wrt = [rename.get(name, name) for name in wrt] if wrt else None
        examples = [{rename.get(n, n): x for n, x in e.items()} for e in examples]
    return Request(program, tuple(wrt) if wrt else None, function, tuple(examples))


def _numbered(program: Program, sizes: Mapping[str, int]) -> dict[str, tuple[int | str, ...]]:
    """The shapes of the inputs with numbers in the place of these sizes."""
    known = {str(s): s for s in program.sizes}
    unknown = [name for name in sizes if name not in known]
    if unknown:
        raise InputError(f"there is no size {unknown[0]!r}; the sizes are {', '.join(known)}")
    if any(k < 1 for k in sizes.values()):
        raise InputError("a size is 1 or more")
    put = {known[name]: Integer(k) for name, k in sizes.items()}
    return {a.name: tuple(size_text(s.xreplace(put)) for s in a.shape) for a in program.inputs}


def _resolve(what: What, shapes: Mapping[str, Any]) -> str | Layer | Callable[..., Any]:
    """A layer for a name, a function for `file.py:function`, any other text as it is."""
    if not isinstance(what, str):
        if isinstance(what, Layer) or callable(what):
            return what
        raise InputError(
            f"cannot derive a {type(what).__name__}; give a layer's name, a NumPy function, "
            "'file.py:function' or an expression such as 'y = exp(a)/sum(exp(a))'"
        )
    text = what.strip()
    if _NAME.fullmatch(text) and not any(part in shapes for part in text.split("-")):
        return catalogue.load(text)
    if text in catalogue.names():
        return catalogue.load(text)
    if _FILE.fullmatch(text):
        from symbackprop.frontend.source import load_function

        return load_function(text)
    return text


def _layer(
    layer: Layer, shapes: Mapping[str, Any], assume: Sequence[str], no_assume: bool
) -> Program:
    unknown = [name for name in shapes if name not in layer.shapes]
    if unknown:
        raise UnknownNameError(
            f"{layer.name} has no input {unknown[0]!r} to give a shape to; "
            f"its inputs are {', '.join(layer.shapes)}"
        )
    from symbackprop.frontend.trace import trace

    own: Iterable[str] = () if no_assume else layer.assume
    facts = dict.fromkeys((*layer.domain, *own, *assume))
    return trace(layer.forward, {**layer.shapes, **shapes}, name=layer.name, assume=tuple(facts))


def _batched(program: Program, batch: Batch, data: Sequence[str]) -> Program:
    if isinstance(batch, str):
        size = batch
    else:
        if len(batch) != 1:
            raise InputError(f"one batch axis can be added, not {len(batch)}")
        ((size, data),) = batch.items()
    if not data:
        given = ",".join(array.name for array in program.inputs)
        raise InputError(
            f"{program.name} declares no inputs that hold one sample each; "
            f"name them, for example {size}={given}"
        )
    from symbackprop.frontend.batch import add_batch

    return add_batch(program, size, data)

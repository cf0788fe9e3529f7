"""From the values of a forward pass to its definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.sign_of import sign_of
from symbackprop.errors import InputError
from symbackprop.frontend.observe import Names
from symbackprop.frontend.value import Shape, Value, fresh_indices, numeric

MAX_PARTS = 20_000
MAX_DEPTH = 100


def declared(name: str, shape: Shape, signs: Mapping[str, str]) -> Array:
    """The array of an input, with the sign that was declared for it."""
    return Array(name, shape, signs.get(name, ""))


def needed(outputs: Iterable[Value]) -> list[Value]:
    """The values that the outputs come from, in the order in which they were computed."""
    found: dict[int, Value] = {}
    stack = list(outputs)
    while stack:
        value = stack.pop()
        if value.serial not in found:
            found[value.serial] = value
            stack.extend(value.args)
    return [found[serial] for serial in sorted(found)]


def _as_outputs(returned: Sequence[Value], names: Names) -> list[Value]:
    """One value of its own for each output: an input, or one that is returned twice, gets another.

    Raises:
        InputError: an output that no input has a part in.
    """
    outputs: list[Value] = []
    for position, value in enumerate(returned):
        if not value.depends:
            which = f"output {position + 1}" if len(returned) > 1 else "the result"
            raise InputError(f"{which} does not depend on any input")
        own = numeric(value)
        if own.array is not None or own in outputs:
            own = Value(value.shape, (value,), value.at)
        own.line = value.line
        name = names.get(value)
        if own is not value and name is not None:
            names.note(own, name)
        outputs.append(own)
    return outputs


def _check_size(values: Sequence[Value], named: Mapping[Value, str]) -> None:
    """Refuse what would take too long to write out, before anything is."""
    parts: dict[Value, int] = {}
    depth: dict[Value, int] = {}
    for value in values:
        inner = [a for a in value.args if a not in named and a.array is None]
        parts[value] = 1 + sum(parts[a] for a in inner) + len(value.args) - len(inner)
        depth[value] = 1 + max((depth[a] for a in inner), default=0)
        if parts[value] > MAX_PARTS or depth[value] > MAX_DEPTH:
            at = f" at line {value.line}" if value.line is not None else ""
            raise InputError(
                f"an expression is too long{at} (more than {MAX_PARTS} parts or {MAX_DEPTH} deep); "
                "give its parts names: u = ...; y = f(u)"
            )


def _unique(wanted: list[tuple[Value, str]], taken: set[str]) -> dict[Value, str]:
    """The first of each name gets it, the later ones name_2, name_3, ..."""
    chosen: dict[Value, str] = {}
    for value, name in wanted:
        if name not in taken:
            chosen[value] = name
            taken.add(name)
    for value, name in wanted:
        if value not in chosen:
            number = 2
            while f"{name}_{number}" in taken:
                number += 1
            chosen[value] = f"{name}_{number}"
            taken.add(chosen[value])
    return chosen


def finished(
    title: str,
    inputs: tuple[Array, ...],
    returned: Sequence[Value],
    names: Names,
    signs: Mapping[str, str],
) -> Program:
    """The program that computes what was returned: a definition for each named value it needs.

    Conditions and expressions in sizes alone are written out where they are used.

    Raises:
        InputError: an array with the name of a size, an expression that is too long, or a result
            that does not depend on an input.
    """
    outputs = _as_outputs(returned, names)
    values = needed(outputs)
    own = [v for v in values if v.array is None and v.depends and not v.boolean]
    sizes = {s.name for a in inputs for size in a.shape for s in size.free_symbols}
    taken = {a.name for a in inputs}
    named = [(v, name) for v in own if (name := names.get(v)) is not None]
    clash = sizes & (taken | {name for _, name in named})
    if clash:
        raise InputError(
            f"{min(clash)!r} is both a size and an array; give the size or the array another name"
        )
    chosen = _unique(named, taken)
    taken |= sizes
    unnamed = [(v, "y" if v.rank else "L") for v in outputs if v not in chosen]
    chosen |= _unique(unnamed, taken)
    _check_size(values, chosen)
    defined = {v: _define(v, chosen[v], signs) for v in own if v in chosen}
    results = tuple(defined[v].array for v in outputs)
    return Program(title, inputs, tuple(defined.values()), results)


def _define(value: Value, name: str, signs: Mapping[str, str]) -> Definition:
    indices = fresh_indices(value.shape)
    try:
        expr = value.rule(indices)
    except InputError as error:
        line = "" if value.line is None else f", line {value.line}"
        raise InputError(f"{error} (in the definition of {name!r}{line})") from None
    known = max(sign_of(expr), signs.get(name, ""), key=("", ">=0", ">0").index)
    value.array = Array(name, value.shape, known)
    return Definition(value.array, tuple(i for i in indices if i is not None), expr, value.line)

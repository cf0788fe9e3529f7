"""A graph of layers: a box for each definition, called after the layer that it is, if it is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import permutations

from sympy import Basic, Expr

from symbackprop import catalogue
from symbackprop.algebra.nodes import (
    Array,
    Element,
    Index,
    MatrixFunction,
    Position,
    Reduction,
)
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import kinds
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.trees import elements, walk
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.calculus.naming import without
from symbackprop.calculus.reverse import standing_indices
from symbackprop.errors import SymbackpropError, TimedOut
from symbackprop.frontend.trace import trace
from symbackprop.graph.model import Graph, Node
from symbackprop.graph.operations import BOX, Operation
from symbackprop.layer import Layer


def layer_graph(program: Program) -> Graph:
    """The graph whose nodes are the definitions."""
    nodes = []
    for d in program.definitions:
        arrays = tuple(dict.fromkeys(e.array for e in walk(d.expr) if isinstance(e, Element)))
        operands = tuple(a[standing_indices(a)] for a in arrays)
        nodes.append(Node(d.array, d.indices, Operation(BOX, whole=d.expr), operands, True))
    own = frozenset((*program.inputs, *(d.array for d in program.definitions)))
    return Graph(program, tuple(nodes), own)


def titles(program: Program) -> Mapping[Array, str]:
    """The names of the definitions that are layers of the catalogue: softmax, cross-entropy.

    A definition is one if it is the same function of its arrays, whatever they are called; also
    if it is one for each sample of a batch.
    """
    found: dict[Array, str] = {}
    for d in program.definitions:
        for form in _forms(d):
            name = _named(*form)
            if name is not None:
                found[d.array] = name
                break
    return found


_Form = tuple[tuple[Index, ...], Expr]


def _forms(d: Definition) -> Iterator[_Form]:
    """The definition, and what it is of one sample."""
    yield d.indices, d.expr
    kept = tuple(i for i in d.indices if not _is_batch(i, d.expr))
    if kept != d.indices:
        yield kept, _without_batch(d.expr, frozenset(d.indices) - frozenset(kept))


def _is_batch(i: Index, expr: Expr) -> bool:
    """Whether an index only tells samples apart: every array has it, as its first one."""
    return not any(i in n.free_symbols for n in walk(expr) if isinstance(n, Position | Index)) and (
        all(e.indices[:1] == (i,) and i not in e.indices[1:] for e in elements(expr))
    )


def _without_batch(expr: Basic, gone: frozenset[Index]) -> Expr:
    if isinstance(expr, Element):
        kept = [n for n, i in enumerate(expr.indices) if i not in gone]
        array = expr.array
        shape = tuple(array.axes[n] for n in kept)
        return Element(Array(array.name, shape, array.sign), *(expr.indices[n] for n in kept))
    if not expr.args or isinstance(expr, Index):
        return expr
    if isinstance(expr, Reduction):
        return expr.func(_without_batch(expr.body, gone), *expr.bound)
    return rebuilt(expr, [_without_batch(a, gone) for a in expr.args])


def _named(indices: tuple[Index, ...], expr: Expr) -> str | None:
    """The layer that an expression is."""
    arrays = sorted({e.array for e in elements(expr)}, key=str)
    wanted = normal(expr)
    heads = {k for k in kinds(wanted) if isinstance(k, str)}
    for name, layer in _layers():
        if sorted(map(len, layer.shapes.values())) != sorted(len(a.axes) for a in arrays):
            continue
        definition = _whole(name)
        if definition is None or len(definition.indices) != len(indices):
            continue
        known = normal(definition.expr)
        if heads != {k for k in kinds(known) if isinstance(k, str)}:
            continue
        own = sorted({e.array for e in elements(definition.expr)}, key=str)
        for order in permutations(arrays):
            put = _renaming(own, order, definition.indices, indices)
            if put is not None and normal(_put(definition.expr, put)) == wanted:
                return name
    return None


def _renaming(
    own: list[Array], arrays: tuple[Array, ...], rows: tuple[Index, ...], new: tuple[Index, ...]
) -> dict[Basic, Basic] | None:
    """Arrays for arrays, sizes for sizes and indices for indices, where the axes fit."""
    if len(own) != len(arrays):
        return None
    sizes: dict[Basic, Basic] = {}
    pairs = [(a.axes, b.axes) for a, b in zip(own, arrays, strict=True)]
    pairs.append((tuple(i.size for i in rows), tuple(i.size for i in new)))
    for one, two in pairs:
        if len(one) != len(two):
            return None
        for size, other in zip(one, two, strict=True):
            if sizes.setdefault(size, other) != other:
                return None
    found: dict[Basic, Basic] = dict(sizes)
    found.update(zip(own, arrays, strict=True))
    found.update(zip(rows, new, strict=True))
    return found


def _put(expr: Basic, put: Mapping[Basic, Basic]) -> Expr:
    if isinstance(expr, Index):
        return put.get(expr) or Index(expr.name, put.get(expr.size, expr.size))
    if isinstance(expr, Element):
        return Element(put[expr.array], *(_put(i, put) for i in expr.indices))
    if expr in put:
        return put[expr]
    if not expr.args:
        return expr
    return rebuilt(expr, [_put(a, put) for a in expr.args])


def _layers() -> tuple[tuple[str, Layer], ...]:
    return tuple((name, catalogue.load(name)) for name in catalogue.names())


@lru_cache(maxsize=512)
def _whole(name: str) -> Definition | None:
    """A layer with one output, as one definition."""
    layer = catalogue.load(name)
    try:
        program = trace(layer.forward, layer.shapes, name=name, assume=layer.domain)
    except TimedOut:
        raise  # which says nothing of the layer
    except SymbackpropError:
        return None
    of_matrix = any(isinstance(d.expr, MatrixFunction) for d in program.definitions)
    if len(program.outputs) != 1 or program.labels or of_matrix:
        return None
    others = {d.array for d in program.definitions} - set(program.outputs)
    (definition,) = without(program, others).definitions
    return definition

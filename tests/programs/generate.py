"""Random well-typed forward passes: NumPy source, for any source of choices."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import scipy.special
from sympy import Symbol, sympify

from tests.programs.operations import INPUTS, LABELS, OPERATIONS, PLACES, REDUCTIONS

Shape = tuple[str, ...]
Choose = Callable[[Sequence[Any]], Any]

_SIZES = {name: Symbol(name) for shape in INPUTS.values() for name in shape.split()
          if name.isalpha()}  # fmt: skip
_FIXED = {"at_d": "nd", "at_n": "nkh", "of_d": "ndh"}
"""The sizes that an operation with a label means by their names."""
_LONGEST = 160  # characters of an expression without a name of its own
_RANK = 4
_FEWEST = 3
_LAYOUTS = 60  # combinations of operands that are tried for one operation


@dataclass(frozen=True)
class Source:
    """A forward pass as source, and the shapes of its inputs."""

    text: str
    shapes: dict[str, Shape]

    def function(self) -> Callable[..., Any]:
        """The source as a function: what it computes is up to NumPy and SciPy."""
        scope: dict[str, Any] = {"np": np, "sp": scipy.special, "__name__": "program"}
        exec(compile(self.text, "program", "exec"), scope)
        return scope["forward"]  # type: ignore[no-any-return]

    def __str__(self) -> str:
        shapes = ", ".join(f"{n}: ({', '.join(s)})" for n, s in self.shapes.items())
        return f"{self.text}# {shapes}"


@dataclass(frozen=True)
class _Term:
    """What an operation may work on: a name, or an expression in parentheses."""

    text: str
    shape: Shape
    line: str = ""
    operations: frozenset[int] = frozenset()


def generate(choose: Choose, most: int = 12) -> Source:
    """A forward pass of 3 to `most` operations, some with names and some written in place."""
    inputs = [_Term(name, tuple(shape.split())) for name, shape in INPUTS.items()]
    while True:
        made: list[_Term] = []
        for number in range(choose(range(_FEWEST, most + 1))):
            made.append(_made(choose, inputs, made, number))
        outputs = made[-1:]
        if choose(range(5)) == 0:
            outputs = list(dict.fromkeys([*outputs, choose(made)]))
        if len(frozenset().union(*(t.operations for t in outputs))) >= _FEWEST:
            return _source(choose, inputs, made, outputs)


def _made(choose: Choose, inputs: list[_Term], made: list[_Term], number: int) -> _Term:
    """One more term: an operation on terms, with a name of its own or written in place."""
    text, shape, operands = _operation(choose, inputs, made)
    operations = frozenset({number}).union(*(t.operations for t in operands))
    if choose((True, True, False)) or len(text) > _LONGEST:
        return _Term(f"p{number}", shape, f"    p{number} = {text}", operations)
    return _Term(f"({text})", shape, "", operations)


def _source(
    choose: Choose, inputs: list[_Term], made: list[_Term], outputs: list[_Term]
) -> Source:
    """The function that returns these terms, without the lines that they do not need."""
    needed = frozenset().union(*(t.operations for t in outputs))
    lines = [t.line for number, t in enumerate(made) if t.line and number in needed]
    texts = [t.text for t in outputs]
    if len(texts) == 1 and outputs[0].shape and choose((True, False)):
        texts = [f"np.sum({texts[0]}**2)"]
    body = "\n".join([*lines, f"    return {', '.join(texts)}"])
    labels = [_Term(name, tuple(shape.split())) for name, shape in LABELS.items()]
    used = {t.text: t.shape for t in inputs + labels if re.search(rf"\b{t.text}\b", body)}
    return Source(f"def forward({', '.join(used)}):\n{body}\n", used)


def _operation(
    choose: Choose, inputs: list[_Term], made: list[_Term]
) -> tuple[str, Shape, Sequence[_Term]]:
    """One operation on terms that fit it: its text, the shape of its result, and the terms."""
    while True:
        # The last result first, so that operations build on one another.
        first = made[-1] if made and choose(range(4)) else choose(made + inputs)
        if first.shape and choose(range(5)) == 0:
            return *_reduction(choose, first), (first,)
        operation = choose(choose((OPERATIONS, PLACES)))
        fixed = {size: size for label in LABELS if label in operation.text
                 for size in _FIXED[label]}
        left, _, result = operation.pattern.partition("->")
        patterns = [p.split() for p in left.split(",")]
        layouts = []
        for others in product(made[-4:] + inputs, repeat=len(patterns) - 1):
            found = _fits(patterns, [t.shape for t in (first, *others)], fixed)
            shape = _result(result.split(), found) if found is not None else None
            if shape is not None and len(shape) <= _RANK and "0" not in shape:
                layouts.append((others, shape))
            if len(layouts) >= _LAYOUTS:
                break
        if layouts:
            others, shape = choose(layouts)
            names = dict(zip("xyz", (first.text, *(t.text for t in others)), strict=False))
            return operation.text.format(**names), shape, (first, *others)


def _fits(
    patterns: list[list[str]], shapes: list[Shape], fixed: dict[str, str]
) -> dict[str, Any] | None:
    """The sizes of the words, and the common shape of the ellipses, or None."""
    words: dict[str, Any] = {"...": (), **fixed}
    for pattern, shape in zip(patterns, shapes, strict=True):
        own = list(shape)
        if "..." in pattern:
            place = pattern.index("...")
            count = len(shape) - len(pattern) + 1
            if count < 0:
                return None
            common = broadcast(words["..."], shape[place : place + count])
            if common is None:
                return None
            words["..."] = common
            own[place : place + count] = ["..."]
        if len(own) != len(pattern):
            return None
        for word, size in zip(pattern, own, strict=True):
            if word.startswith("2*"):
                half = sympify(size, locals=_SIZES) / 2 if size.startswith("2*") else None
                if half is None or words.setdefault(word[2:], str(half)) != str(half):
                    return None
                continue
            if word != "..." and words.setdefault(word, size) != size:
                return None
            if word.isdigit() and word != size:
                return None
    return words


def _result(pattern: list[str], words: dict[str, Any]) -> Shape:
    """The shape of the result, its sizes computed."""
    shape: list[str] = []
    for part in pattern:
        if part == "...":
            shape += words["..."]
        elif part in words:
            shape.append(words[part])
        else:
            size = re.sub(r"[a-z]+", lambda m: f"({words[m[0]]})", part)
            shape.append(str(sympify(size, locals=_SIZES).expand()))
    return tuple(shape)


def broadcast(u: Shape, v: Shape) -> Shape | None:
    """The common shape, or None."""
    rank = max(len(u), len(v))
    pairs = zip(("1",) * (rank - len(u)) + u, ("1",) * (rank - len(v)) + v, strict=True)
    shape = [i if j == "1" else j if i in ("1", j) else None for i, j in pairs]
    return None if None in shape else tuple(s for s in shape if s is not None)


def _reduction(choose: Choose, term: _Term) -> tuple[str, Shape]:
    text = choose(REDUCTIONS)
    rank = len(term.shape)
    axes = choose([None, *((k,) for k in range(rank)), *((k - rank,) for k in range(rank)),
                   *((i, j) for i in range(rank) for j in range(i))])  # fmt: skip
    keep = bool(choose((False, False, True))) and "{flat}" not in text
    options = []
    if axes is not None:
        options.append(f"axis={axes[0] if len(axes) == 1 else axes}")
    if keep:
        options.append("keepdims=True")
    over = {k % rank for k in axes} if axes is not None else set(range(rank))
    if "np.var" in text and choose(range(4)) == 0 and all(term.shape[k] != "1" for k in over):
        options.append("ddof=1")
    only = ", ".join(options)
    axis = f", {only}" if only else ""
    shape = tuple(
        "1" if k in over else s for k, s in enumerate(term.shape) if keep or k not in over
    )
    return text.format(x=term.text, axis=axis, only=only, flat=axis), shape

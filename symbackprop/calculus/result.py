"""What the calculus hands to the emitters: a backward program and the facts it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Abs, Basic, Expr
from sympy.core.relational import Relational

from symbackprop.algebra.nodes import Array, Element, Index, Iverson
from symbackprop.algebra.program import Program


@dataclass(frozen=True)
class Fact:
    """An equation that the simplifier used: `left = right`, over all values of free indices.

    text: the user's words for a declared fact; the same kind of text for a discovered one.
    declared: True for an assumption, False for a consequence of a definition.
    """

    left: Expr
    right: Expr
    text: str
    declared: bool


class Note(str):
    """A sentence in English that knows what it is made of.

    template: its translations' key. places: what stands in it: arrays by their names, comparisons
    of them, numbers, other notes.
    """

    __slots__ = ("places", "template")
    template: str
    places: dict[str, Basic | Note | tuple[Array, ...]]

    def __new__(cls, template: str, **places: Basic | Note | tuple[Array, ...]) -> Note:
        made = super().__new__(cls, template.format(**{n: _told(p) for n, p in places.items()}))
        made.template, made.places = template, places
        return made


def _told(part: Basic | Note | tuple[Array, ...]) -> str:
    if isinstance(part, tuple):
        return ", ".join(a.name for a in part)
    if isinstance(part, Relational):
        sign = "=" if part.rel_op == "==" else part.rel_op
        return f"{_told(part.lhs)} {sign} {_told(part.rhs)}"
    if isinstance(part, Iverson):
        return f"[{_told(part.condition)}]"
    return f"|{part.args[0]}|" if isinstance(part, Abs) else str(part)


@dataclass(frozen=True)
class Adjoint:
    """`array[indices] = expr`: the gradient of the (upstream-weighted) output in `of`.

    array: named `d` + the name of `of`, with its shape (VJP convention: shapes are equal).
    expr: arranged for reading; in terms of inputs, definitions, the upstream gradient and the
        adjoints that stand before this one in the backward program.
    """

    array: Array
    of: Array
    indices: tuple[Index, ...]
    expr: Expr

    @property
    def element(self) -> Element:
        return self.array[self.indices]


@dataclass(frozen=True)
class Jacobian:
    """∂of[rows]/∂wrt[columns] = expr; free indices are rows then columns.

    loss: for a Hessian, the scalar whose second derivative in `of` and `wrt` this is.
    """

    of: Array
    wrt: Array
    rows: tuple[Index, ...]
    columns: tuple[Index, ...]
    expr: Expr
    facts: tuple[Fact, ...] = ()
    loss: Array | None = None


@dataclass(frozen=True)
class Tangent:
    """`array[indices] = expr`: the rate of change of the array `of`, which may be an adjoint.

    array: named after `of` with `_dot` behind it, with its shape.
    """

    array: Array
    of: Array
    indices: tuple[Index, ...]
    expr: Expr

    @property
    def element(self) -> Element:
        return self.array[self.indices]


@dataclass(frozen=True)
class Formula:
    """What is computed in one pass, without an upstream gradient.

    program: its inputs are all that is given, directions too; its outputs are returned first.
    steps: in order, in terms of inputs, definitions and earlier steps. results: arrays of steps.
    """

    program: Program
    steps: tuple[Adjoint | Tangent, ...]
    results: tuple[Array, ...]
    facts: tuple[Fact, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Product(Formula):
    """A Jacobian or Hessian times a direction: what changes as inputs change at given rates.

    wrt: the inputs that change; directions: their rates of change, the last inputs of `program`.
    of: the arrays whose rates of change the results are; for a Hessian, the gradients in `wrt`.
    loss: for a Hessian, the scalar that is differentiated twice.
    """

    wrt: tuple[Array, ...] = ()
    directions: tuple[Array, ...] = ()
    of: tuple[Array, ...] = ()
    loss: Array | None = None

    @property
    def title(self) -> str:
        """What it is called."""
        return f"{'Hessian' if self.loss else 'Jacobian'}-vector product"


@dataclass(frozen=True)
class Backward:
    """The backward program of one forward program.

    upstream: the named upstream gradient (cotangent) of each array output, in the order of
        `program.outputs`; None for a scalar output, whose upstream gradient is 1.
    steps: the adjoints in the order in which they are computed; a step that only later steps
        need stands between the gradients of inputs.
    wrt: the inputs that were asked for, in the order asked; each has a step.
    facts: the facts that were used, in order of use. notes: subgradients chosen, and the like.
    """

    program: Program
    upstream: tuple[Array | None, ...]
    steps: tuple[Adjoint, ...]
    wrt: tuple[Array, ...]
    facts: tuple[Fact, ...] = ()
    notes: tuple[Note, ...] = ()

    def step(self, of: Array) -> Adjoint:
        """The step that computes the gradient in this array."""
        return next(s for s in self.steps if s.of == of)

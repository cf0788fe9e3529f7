"""Forward mode: Jacobian-vector products, and Hessian-vector products through the gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.poly import Poly, add, atom
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.registry import law
from symbackprop.algebra.sums import rename, sum_over
from symbackprop.calculus.differentiate import differentiate, mentions
from symbackprop.calculus.fuse import Draft, fuse
from symbackprop.calculus.linear import Linear
from symbackprop.calculus.notes import RATE, notes
from symbackprop.calculus.result import Adjoint, Product, Tangent
from symbackprop.calculus.reverse import asked, backward, namer, standing_indices
from symbackprop.calculus.simplify import Simplifier
from symbackprop.errors import DerivationError, InputError


def jvp(program: Program, wrt: Sequence[str] | None = None) -> Product:
    """The rates of change of the outputs as the inputs `wrt` (default: all) change.

    Raises UnknownNameError for a name that is not an input, DerivationError where an input
    reaches the outputs only through comparisons.
    """
    inputs = asked(program, wrt)
    found = _product(program, inputs, program.outputs)
    _refuse_flat(program, inputs)
    return found


def hvp(program: Program, wrt: Sequence[str] | None = None) -> Product:
    """The rates of change of the gradient of the scalar output: its Hessian times a direction.

    The gradient is differentiated before any declared equation is used in it, as in `hessian`.
    Raises InputError for an output that is not a scalar, and what `backward` raises.
    """
    inputs = asked(program, wrt)
    if len(program.outputs) != 1 or program.outputs[0].shape:
        raise InputError(f"{program.name} has no single scalar output to take the Hessian of")
    free = replace(program, assumptions=tuple(a for a in program.assumptions if a.kind != "=="))
    derived = backward(free, [a.name for a in inputs])
    gradients = tuple(derived.step(a).array for a in inputs)
    found = _product(program, inputs, gradients, derived.steps)
    silent = replace(found.program, outputs=())
    kinks = tuple(dict.fromkeys((*derived.notes, *found.notes)))
    return replace(found, program=silent, loss=program.outputs[0], notes=kinks)


@law
def push_forward(simplifier: Simplifier, array: Array, source: Array, tangent: Array) -> Poly:
    """ẏ_j = Σ_k ∂y_j/∂x_k ẋ_k: the Jacobian-vector product of one definition"""
    indices, f = simplifier.definitions[array]
    at = standing_indices(source)
    change = sum_over(differentiate(f, source, at) * atom(tangent[at]), at)
    return rename(change, dict(zip(indices, standing_indices(array), strict=True)))


def _product(
    program: Program,
    inputs: tuple[Array, ...],
    of: tuple[Array, ...],
    gradient: tuple[Adjoint, ...] = (),
) -> Product:
    """The rates of change of the definitions `of`, some of which may be steps of the gradient.

    The steps of the gradient are written into the tangents that use them where that costs less;
    nothing is folded into them, so that one that no tangent needs is not computed.
    """
    steps = {s.array: s for s in gradient}
    behind = (Definition(s.array, s.indices, s.expr) for s in gradient)
    extended = replace(program, definitions=(*program.definitions, *behind))
    simplifier, local = Linear(program), Simplifier(extended)
    name = namer(extended, "{}_dot")
    tangents = {array: name(array) for array in inputs}
    directions = tuple(tangents.values())
    simplifier.tangents += directions
    owners = {tangent: array for array, tangent in tangents.items()}
    drafts: list[Draft] = []
    for array, (indices, f) in local.definitions.items():
        standing = standing_indices(array)
        if array in steps:
            value = rename(f, dict(zip(indices, standing, strict=True)))
            drafts.append(Draft(array, array, standing, simplifier.simplify(value, standing)))
        sources = [x for x in tangents if mentions(f, x)]
        change = add(push_forward(local, array, x, tangents[x]) for x in sources)
        if change or array in of:
            tangent = name(array)
            simplifier.tangents.append(tangent)
            state = simplifier.simplify(change, standing)
            drafts.append(Draft(tangent, tangent, standing, state))
            owners[tangent] = array
            if change:
                tangents[array] = tangent
    results = tuple(next(t for t, owner in owners.items() if owner == array) for array in of)
    # The last first: y_dot goes into L_dot before anything goes into y_dot.
    drafts = fuse(drafts[::-1], results, simplifier)[0][::-1]
    shown = tuple(
        Tangent(d.adjoint, owners[d.adjoint], d.indices, d.state.expr)
        if d.adjoint in owners
        else replace(steps[d.adjoint], indices=d.indices, expr=d.state.expr)
        for d in drafts
    )
    facts = dict.fromkeys(fact for d in drafts for fact in d.state.facts)
    given = replace(program, inputs=(*program.inputs, *directions))
    return Product(
        given, shown, results, tuple(facts), notes(shown, RATE),
        inputs, directions, of,
    )  # fmt: skip


def _refuse_flat(program: Program, inputs: tuple[Array, ...]) -> None:
    """Refuse an input that changes no output only because it stands in comparisons or signs."""
    local = Simplifier(program)
    for array in inputs:
        used, moved = {array}, {array}
        for d, (_, f) in local.definitions.items():
            if any(mentions(f, x) for x in used):
                used.add(d)
            if any(mentions(f, x) and differentiate(f, x, standing_indices(x)) for x in moved):
                moved.add(d)
        outputs = set(program.outputs)
        if used & outputs and not moved & outputs:
            raise DerivationError(
                f"{program.name} depends on {array.name} only through a comparison or a sign: "
                f"its derivative is 0 wherever it exists; leave {array.name} out"
            )

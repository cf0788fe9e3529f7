"""What a claim is judged against: a forward pass, its gradients, and what each name stands for.

The gradients are derived without the declared equations, so that they hold at every point; where
an equation holds is a question of the points that a claim is compared at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Assumption, Definition, Program
from symbackprop.calculus.fuse import Draft
from symbackprop.calculus.result import Backward
from symbackprop.calculus.reverse import Worked, worked


@dataclass(frozen=True)
class Ground:
    """Arrays at which expressions are compared: a forward pass.

    forward: all definitions, and what was declared but for equations. equations: those.
    """

    forward: Program
    equations: tuple[Assumption, ...]

    @property
    def upstream(self) -> tuple[Array, ...]:
        """The named upstream gradients."""
        return ()

    @property
    def gradients(self) -> tuple[Definition, ...]:
        """The gradients as definitions, in order of computation."""
        return ()

    def with_equations(self, equations: Sequence[Assumption]) -> Program:
        """The forward pass with these equations, and the upstream gradients as inputs."""
        return replace(
            self.forward,
            inputs=(*self.forward.inputs, *self.upstream),
            assumptions=(*self.forward.assumptions, *equations),
        )


@dataclass(frozen=True)
class Setting(Ground):
    """A forward pass and its gradients.

    shown: the backward pass as `derive` shows it, with the equations in use; worked: that without
    them.
    """

    shown: Worked
    worked: Worked

    @property
    def backward(self) -> Backward:
        """The backward pass as it is shown."""
        return self.shown.backward

    @property
    def drafts(self) -> tuple[Draft, ...]:
        """The gradients, each in terms of the ones before it."""
        return self.worked.drafts

    @property
    def upstream(self) -> tuple[Array, ...]:
        """The named upstream gradients."""
        return tuple(u for u in self.worked.backward.upstream if u is not None)

    @property
    def loss(self) -> Array | None:
        """The scalar output that is differentiated, None where the outputs are arrays."""
        outputs, upstream = self.forward.outputs, self.worked.backward.upstream
        return outputs[0] if len(outputs) == 1 and upstream[0] is None else None

    @cached_property
    def gradients(self) -> tuple[Definition, ...]:
        """The gradients as definitions, in order of computation."""
        return tuple(Definition(d.adjoint, d.indices, d.state.expr) for d in self.drafts)

    @property
    def with_gradients(self) -> Program:
        """The forward pass and the gradients as one program, under the declared equations."""
        program = self.with_equations(self.equations)
        return replace(program, definitions=(*program.definitions, *self.gradients))

    def draft(self, array: Array) -> Draft | None:
        """The gradient in an array, if one was derived."""
        return next((d for d in self.drafts if d.of == array), None)


def setting(program: Program, wrt: Sequence[str] | None) -> Setting:
    """The gradients of a program in these inputs, with and without its declared equations.

    Raises what `backward` raises.
    """
    shown = worked(program, wrt)
    equations = tuple(a for a in program.assumptions if a.kind == "==")
    rest = tuple(a for a in program.assumptions if a.kind != "==")
    forward = replace(shown.backward.program, assumptions=rest)
    plain = worked(forward, wrt) if equations else shown
    whole = replace(plain.simplifier.program, assumptions=rest)
    return Setting(whole, equations, shown, plain)

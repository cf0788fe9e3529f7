"""The pages of a derivation: its result, and how it was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

from symbackprop.calculus.result import Backward
from symbackprop.calculus.steps import Steps
from symbackprop.emit.result_page import Example, result_page
from symbackprop.emit.steps import shown
from symbackprop.emit.steps_page import steps_page, verdict_words
from symbackprop.printing import Printed


def of_result(
    backward: Backward,
    notation: str,
    examples: Sequence[Mapping[str, float]],
    module: ModuleType | None,
) -> Printed:
    """The result, with the worked examples as the generated module computes them."""
    worked = _worked(backward, examples, module) if module else []
    return Printed(result_page(backward, notation=notation, examples=worked))


def _worked(
    backward: Backward, examples: Sequence[Mapping[str, float]], module: ModuleType
) -> list[Example]:
    """The value and the gradients at each example."""
    program = backward.program
    (output,) = program.outputs
    named = {a.name: a for a in program.inputs}
    found = []
    for inputs in examples:
        value, grads = module.value_and_grad(*inputs.values())
        given = {named[name]: x for name, x in inputs.items()}
        slopes = {named[name]: x for name, x in grads._asdict().items()}
        found.append(Example(given, (output, value), slopes))
    return found


def of_steps(steps: Steps, backward: Backward, checks: bool) -> Printed:
    """The steps; with `checks`, what became of the check of each."""
    verdicts = None
    if checks:
        from symbackprop.verify.steps import checked

        verdicts = [
            [verdict_words(c.verdict, c.points, c.reason) for c in (s.comparison for s in part)]
            for part in checked(steps)
        ]
    return Printed(steps_page(shown(steps, backward.wrt, verdicts), backward))

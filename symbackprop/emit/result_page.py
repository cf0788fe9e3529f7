"""The result of a derivation as a page: the forward pass, the gradients, what they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from symbackprop.algebra.letters import names_in
from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Program
from symbackprop.calculus.result import Backward, Fact, Note
from symbackprop.emit.formulas import Formulas, joined
from symbackprop.emit.lettering import lettered_backward, loss_of
from symbackprop.emit.naming import names_for
from symbackprop.emit.page import (
    Block,
    Display,
    Equation,
    Formula,
    Heading,
    Page,
    Paragraph,
    Words,
)
from symbackprop.emit.phrases import enumeration, listed, same_everywhere
from symbackprop.emit.sentences import (
    conventions,
    note_words,
    origin,
    required,
    shape,
    with_shape,
)


@dataclass(frozen=True)
class Example:
    """Input values, the value of the output there, and the gradients."""

    inputs: Mapping[Array, float]
    output: tuple[Array, float]
    gradients: Mapping[Array, float]


def result_page(
    backward: Backward, *, notation: str = "index", examples: Iterable[Example] = ()
) -> Page:
    """The forward pass, the gradients, the facts used, the notes and examples with numbers.

    notation: "index", or "matrix" for whole-array notation in every line that has one; raises
    InputError for any other. The gradient in `a` is `da` in text and ∂L/∂a in LaTeX.
    """
    backward = lettered_backward(backward)
    formulas = Formulas(names_for(backward), notation)
    blocks = forward_blocks(formulas, backward.program)
    blocks += [Heading(Words("backward")), *given(formulas, backward)]
    blocks += gradients(formulas, backward, blocks)
    blocks += _examples(formulas, backward, examples)
    return Page(backward.program.name, tuple(blocks))


def gradients(formulas: Formulas, backward: Backward, above: Iterable[Block]) -> list[Block]:
    """The gradients, the facts used and the notes, which speak of the blocks above too."""
    name = loss_name(backward)
    lines = [formulas.equation(s.array, s.indices, s.expr) for s in backward.steps]
    remarks = [(_in_text_only(formulas.slope(name, s.of)),) for s in backward.steps]
    blocks: list[Block] = [Display(tuple(lines), tuple(remarks))]
    blocks += facts(formulas, backward.facts)
    return blocks + notes(formulas, backward.notes, [*above, *blocks])


def forward_blocks(formulas: Formulas, program: Program) -> list[Block]:
    """The inputs with their shapes and what they must be; the definitions."""
    lines = tuple(formulas.equation(d.array, d.indices, d.expr) for d in program.definitions)
    shapes = tuple((shape(formulas, d.array),) for d in program.definitions)
    inputs = [with_shape(formulas, a) for a in program.inputs]
    return [
        Heading(Words("inputs")),
        Paragraph((enumeration(inputs),)),
        *(Paragraph((sentence,)) for sentence in required(formulas, program)),
        Heading(Words("forward")),
        Display(lines, shapes),
    ]


def given(formulas: Formulas, backward: Backward) -> list[Block]:
    """What the upstream gradients are, where there are any."""
    pairs = [
        (out, dout) for out, dout in zip(backward.program.outputs, backward.upstream, strict=True)
        if dout is not None
    ]  # fmt: skip
    if not pairs:
        return []
    name = loss_name(backward)
    slopes = [formulas.slope(name, out) for out, _ in pairs]
    upstream = listed(
        Formula(f"{dout.name} = {s.text}", f"{dout.name} = {s.ascii}", s.latex)
        for (_, dout), s in zip(pairs, slopes, strict=True)
    )
    loss = same_everywhere(name, formulas.names.loss)
    outputs = listed(formulas.name(out) for out, _ in pairs)
    told = Words(
        "given {upstream}, for a scalar {loss} computed from {outputs}",
        (("upstream", upstream), ("loss", loss), ("outputs", outputs)),
    )
    return [Paragraph((told,))]


def facts(formulas: Formulas, used: Iterable[Fact]) -> list[Block]:
    """The facts used and where they come from."""
    all_ = tuple(used)
    if not all_:
        return []
    remarks = tuple((origin(f),) for f in all_)
    return [Heading(Words("using")), Display(tuple(map(formulas.fact, all_)), remarks)]


def notes(formulas: Formulas, told: Iterable[Note], above: Iterable[Block]) -> list[Block]:
    """What else a reader must know, and what the notation of the blocks above means."""
    paragraphs = [Paragraph((note_words(formulas, note),)) for note in told]
    meaning = conventions(formulas, above)
    if meaning is not None:
        paragraphs.append(Paragraph((meaning,)))
    return [Heading(Words("notes")), *paragraphs] if paragraphs else []


def loss_name(backward: Backward) -> str:
    """The name of the scalar that is differentiated: the output's, or one that is free."""
    loss = loss_of(backward)
    taken = names_in(backward.program)
    return loss.name if loss else next(
        (n for n in ("L", "loss", "Loss") if n not in taken), "the_loss")  # fmt: skip


def _in_text_only(formula: Formula) -> Formula:
    return Formula(formula.text, formula.ascii, "")


def _examples(
    formulas: Formulas, backward: Backward, examples: Iterable[Example]
) -> list[Block]:
    """The value and the gradients at each example."""
    blocks: list[Block] = []
    for example in examples:
        inputs = listed(_valued(formulas.name(a), x) for a, x in example.inputs.items())
        found = [_valued(formulas.name(example.output[0]), example.output[1])]
        for array, x in example.gradients.items():
            adjoint = backward.step(array).array
            latex = formulas.names.partial_in(array, formulas.prefers_matrix)
            found.append(_valued(same_everywhere(adjoint.name, latex), x))
        told = Words("at {inputs}: {results}", (("inputs", inputs), ("results", listed(found))))
        blocks += [Heading(Words("example")), Paragraph((told,))]
    return blocks


def _valued(name: Formula, x: float) -> Formula:
    mantissa, _, power = f"{x:.10g}".partition("e")
    latex = rf"{mantissa} \cdot 10^{{{int(power)}}}" if power else mantissa
    value = same_everywhere(f"{x:.10g}", latex)
    return joined(Equation(name, value))

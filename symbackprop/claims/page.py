"""A verdict as a page."""

from __future__ import annotations

from symbackprop.claims.told import Told
from symbackprop.emit.page import Block, Display, Formula, Heading, Page, Paragraph, Part, Words
from symbackprop.messages import message
from symbackprop.verify.exact import AGREES, FALSE, INCONCLUSIVE, PROVED, Comparison

ASSUMED = Words("assumed")
FOLLOWS = Words("from the definitions")


def check_page(
    title: str, told: Told, comparison: Comparison, place: int | None = None, count: int = 1,
    steps: tuple[Block, ...] = (),
) -> Page:  # fmt: skip
    """The verdict, what it needs or where it fails, and why.

    place: which of several right sides decides, of `count`. steps: how a true claim is found.
    """
    blocks: list[Block] = [Paragraph((verdict(comparison),))]
    if place is not None:
        numbers = (("count", str(count)), ("place", str(place + 1)))
        blocks.append(Paragraph((Words("Of {count} right sides, number {place} decides.",
                                       numbers),)))  # fmt: skip
    blocks += [Heading(Words("the claim")), Display((told.claimed,))]
    if told.note:
        blocks.append(Paragraph((Words(told.note),)))
    if comparison.verdict in (PROVED, AGREES):
        blocks += [*steps, *_needs(told)]
    elif comparison.verdict == FALSE:
        blocks += _counterexample(told)
        blocks += _why(told)
        blocks += _true_form(told)
    else:
        blocks.append(Paragraph((Words("no verdict: {reason}", (("reason", comparison.reason),)),)))
    return Page(title, tuple(blocks))


def verdict(comparison: Comparison) -> Words:
    """The verdict in one line."""
    count = (("count", str(comparison.points)),)
    return {
        PROVED: Words("true: proved"),
        AGREES: Words("true: both sides agree to 50 digits at {count} points", count),
        FALSE: Words("false"),
        INCONCLUSIVE: Words("inconclusive"),
    }[comparison.verdict]


def _needs(told: Told) -> list[Block]:
    if not told.needs and not told.follows:
        return [Paragraph((Words("It holds without assumptions."),))]
    blocks: list[Block] = [Heading(Words("it needs"))]
    lines = (*told.needs, *told.follows)
    remarks: list[tuple[Part, ...]] = [(ASSUMED,)] * len(told.needs)
    remarks += [(FOLLOWS,)] * len(told.follows)
    blocks.append(Display(lines, tuple(remarks)))
    if not told.needs:
        blocks.append(Paragraph((Words("It holds without assumptions."),)))
    return blocks


def _counterexample(told: Told) -> list[Block]:
    example = told.example
    if example is None:
        return []
    blocks: list[Block] = [Heading(Words("counterexample"))]
    lines = (*example.sizes, *example.given, *example.computed)
    remarks: list[tuple[Part, ...]] = [()] * (len(example.sizes) + len(example.given))
    remarks += [(Words("computed"),)] * len(example.computed)
    if lines:
        blocks.append(Display(lines, tuple(remarks)))
    words = {
        (True, True): message("At {place} the claim gives {claimed}, and {left} is {true}."),
        (True, False): message("At {place} the claim has no value, and {left} is {true}."),
        (False, True): message("The claim gives {claimed}, and {left} is {true}."),
        (False, False): message("The claim has no value, and {left} is {true}."),
    }[example.place is not None, bool(example.claimed)]
    places: list[tuple[str, Formula | str]] = [("true", example.true), ("left", example.left)]
    places += [("claimed", example.claimed)] if example.claimed else []
    places += [("place", example.place)] if example.place is not None else []
    blocks.append(Paragraph((Words(words, tuple(places)),)))
    return blocks


def _why(told: Told) -> list[Block]:
    blocks: list[Block] = []
    for words in told.reasons:
        blocks.append(Paragraph((words,)))
    if told.gap is not None:
        difference = Words("What is true less what is claimed is {gap}.", (("gap", told.gap),))
        blocks.append(Paragraph((difference,)))
    return [Heading(Words("why")), *blocks] if blocks else []


def _true_form(told: Told) -> list[Block]:
    lines: tuple[Formula, ...] = (*told.steps, told.true, *told.using)
    remarks: list[tuple[Part, ...]] = [()] * (len(told.steps) + 1)
    remarks += [(ASSUMED,)] * len(told.using)
    return [Heading(Words("true form")), Display(lines, tuple(remarks))]

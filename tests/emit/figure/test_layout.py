"""Where things stand: nothing overlaps, no line passes through what it does not belong to."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from symbackprop.emit.figure.drawing import Rectangle
from symbackprop.emit.figure.figure import CIRCLE, DOT, LAYER, PLAIN, Arrow, Box, Figure
from symbackprop.emit.figure.layout import layout
from symbackprop.emit.page import Formula
from tests.emit.figure.figures import CASES, Sizes, drawing, figure
from tests.emit.figure.geometry import crossed, overlaps, rectangles


@pytest.mark.parametrize(("name", "level", "sizes"), CASES)
def test_nothing_overlaps(name: str, level: str, sizes: Sizes) -> None:
    assert overlaps(drawing(name, level, sizes)) == []


@pytest.mark.parametrize(("name", "level", "sizes"), CASES)
def test_no_line_passes_through_a_box_or_label_of_others(
    name: str, level: str, sizes: Sizes
) -> None:
    assert crossed(drawing(name, level, sizes)) == []


@pytest.mark.parametrize(("name", "level", "sizes"), CASES)
def test_everything_is_drawn_within_the_picture(name: str, level: str, sizes: Sizes) -> None:
    found = drawing(name, level, sizes)
    assert len(found.boxes) == len(figure(name, level, sizes).boxes)
    assert len(found.arrows) == len(figure(name, level, sizes).arrows)
    for r in rectangles(found).values():
        assert r.x - r.width / 2 >= -1 and r.x + r.width / 2 <= found.width + 1
        assert r.y - r.height / 2 >= -1 and r.y + r.height / 2 <= found.height + 1


@pytest.mark.parametrize(("name", "level", "sizes"), CASES)
def test_values_go_from_left_to_right(name: str, level: str, sizes: Sizes) -> None:
    found = drawing(name, level, sizes)
    place = {b.box.key: b.place for b in found.boxes}
    for arrow in found.arrows:
        start, end = place[arrow.arrow.start], place[arrow.arrow.end]
        assert start.x < end.x
        if arrow.label is not None:
            assert start.x < arrow.label.x < end.x


@pytest.mark.parametrize(("name", "level", "sizes"), CASES)
def test_a_line_is_in_one_piece_from_its_start_through_its_label_to_its_end(
    name: str, level: str, sizes: Sizes
) -> None:
    found = drawing(name, level, sizes)
    place = {b.box.key: b.place for b in found.boxes}
    for arrow in found.arrows:
        first, last = arrow.curves[0], arrow.curves[-1]
        assert _near(first[0], place[arrow.arrow.start])
        tip = last[-1] if arrow.head is None else arrow.head[1]
        assert _near(tip, place[arrow.arrow.end])
        if arrow.label is not None:
            left, right = (arrow.label.x + s * arrow.label.width / 2 for s in (-1, 1))
            assert first[-1] == pytest.approx((left, arrow.label.y), abs=1.5)
            assert last[0] == pytest.approx((right, arrow.label.y), abs=1.5)


def _near(point: tuple[float, float], r: Rectangle) -> bool:
    return (
        abs(point[0] - r.x) <= r.width / 2 + 2 and abs(point[1] - r.y) <= r.height / 2 + 2
    )


def test_labels_are_as_large_as_what_stands_in_them() -> None:
    for arrow in drawing("softmax-ce", "node", (("n", 3),)).arrows:
        if arrow.label is not None:
            for text in (arrow.above, arrow.below):
                assert text is None or text.width <= arrow.label.width
                assert text is None or text.height <= arrow.label.height / 2


def test_the_arrows_of_a_layer_enter_at_places_of_their_own() -> None:
    found = drawing("softmax-ce", "layer", (("n", 3),))
    (loss,) = [b for b in found.boxes if b.box.label and b.box.label.text == "cross-entropy"]
    ends = sorted(a.head[1][1] for a in found.arrows if a.head and a.arrow.end == loss.box.key)
    gaps = [b - a for a, b in pairwise(ends)]
    assert len(ends) == 6
    assert min(gaps) > 15


def test_the_check_of_overlaps_can_fail() -> None:
    found = drawing("softmax-ce")
    boxes = tuple(replace(b, place=replace(b.place, x=100, y=100)) for b in found.boxes)
    assert overlaps(replace(found, boxes=boxes))


def test_the_check_of_lines_can_fail() -> None:
    found = drawing("softmax-ce")
    arrow = found.arrows[0]
    goal = found.boxes[-1].place
    straight = tuple((goal.x * t, goal.y) for t in (0, 1, 1, 2))
    broken = replace(found, arrows=(replace(arrow, curves=(straight,)), *found.arrows[1:]))
    assert crossed(broken)


def test_the_same_figure_is_laid_out_the_same_way() -> None:
    assert layout(figure("two-layer")) == layout(figure("two-layer"))


def test_every_shape_is_drawn() -> None:
    text = Formula("x", "x", "x")
    shapes = (PLAIN, CIRCLE, LAYER, DOT)
    boxes = tuple(Box(n, s, None if s == DOT else text) for n, s in enumerate(shapes))
    arrows = (Arrow(0, 1, text, text), Arrow(1, 2, text), Arrow(2, 3))
    found = layout(Figure("f", "f", "f", boxes, arrows))
    assert [b.box.shape for b in found.boxes] == list(shapes)
    assert overlaps(found) == crossed(found) == []

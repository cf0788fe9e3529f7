"""A page with a block of every kind, and with signs that mean something in each format."""

from __future__ import annotations

from symbackprop.emit.page import (
    Chain,
    Display,
    Equation,
    Formula,
    Heading,
    Listing,
    Page,
    Paragraph,
    Row,
    Table,
    Words,
)

Y = Formula("y[k]", "y[k]", "y_{k}")
RATE = Formula("learning_rate", "learning_rate", r"\mathrm{learning\_rate}")
SUM = Formula("Σ_j a[j]", "sum_j a[j]", r"\sum_{j} a_{j}")
SMALL = Formula("a[k] < 1", "a[k] < 1", "a_{k} < 1")

PAGE = Page(
    "my_layer & co.",
    (
        Heading(Words("inputs")),
        Paragraph((Words("given {y}, for 50% of them", (("y", Y),)), Words(" & so on_"))),
        Heading(Y, 3),
        Display((Equation(Y, SUM), SMALL), ((Words("scalar"),), ())),
        Chain(
            Y,
            (
                Row(SUM, (Words("chain rule"),)),
                Row(RATE, (SMALL, Words("assumed")), Words("proved")),
            ),
        ),
        Table((Words("inputs"), Words("result")), ((Y, SUM), (SMALL, Words("a|b")))),
        Listing("y = a * b\nprint(y)", "python"),
    ),
)

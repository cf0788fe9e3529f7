"""Every law of a proof is shown, as a formula or by its name."""

from __future__ import annotations

import pytest

from symbackprop.claims.prove.laws import LAWS, MORE, Law, statement
from symbackprop.claims.prove.stated import STATED, stated
from symbackprop.emit.page import Formula


@pytest.mark.parametrize("law", dict.fromkeys((*LAWS, *MORE)), ids=lambda law: law.__name__)
def test_every_law_is_stated(law: Law) -> None:
    part = STATED[statement(law)]
    assert stated(statement(law)) is part
    if isinstance(part, Formula):
        assert part.ascii.isascii()
        assert part.latex.isascii()


def test_no_statement_is_left_over() -> None:
    assert set(STATED) == {statement(law) for law in (*LAWS, *MORE)}

"""Any text at all is read, or refused in one line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbackprop.errors import SymbackpropError
from symbackprop.frontend.text import parse_program

PIECES = st.sampled_from(
    "x a sum ( ) [ ] , : None ... .T .shape .sum np. exp softmax axis= 0 1 2.5 + - * ** / @ = == < "
    "& ~ ; len where transpose True 's' . if lambda".split(" ")
) | st.sampled_from(["\n", " "])


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        program = parse_program(text, {"x": "N,n", "a": "n"})
    except SymbackpropError as error:
        assert "\n" not in str(error)
    else:
        assert program.outputs and {i.name for i in program.inputs} == {"x", "a"}


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30))
def test_any_characters_are_refused_in_one_line(text: str) -> None:
    with pytest.raises(SymbackpropError) as error:
        parse_program(text, {"x": "N,n", "a": "n"})
    assert "\n" not in str(error.value)

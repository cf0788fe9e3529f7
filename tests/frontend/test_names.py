"""Renaming the arrays of a program."""

from __future__ import annotations

from typing import Any

import pytest

from symbackprop.errors import InputError, UnknownNameError
from symbackprop.frontend.names import parse_renames, rename_arrays
from symbackprop.frontend.observe import ascii_name
from symbackprop.frontend.text import parse_program
from tests.frontend.spell import spell_fact, spelled


def program() -> Any:
    text = "y = exp(a)/sum(exp(a)); L = -sum(t*log(y))"
    return parse_program(text, {"a": "n", "t": "n"}, assume=["sum(t) == 1", "t >= 0"])


def test_rename() -> None:
    renamed = rename_arrays(program(), {"a": "z", "y": "o", "L": "E", "t": "p"})
    assert spelled(renamed) == [
        "o[i] = (exp(z[i]) * (sum_j(exp(z[j]))^-1))",
        "E = (-1 * sum_i((p[i] * log(o[i]))))",
    ]
    assert [a.name for a in renamed.inputs] == ["z", "p"]
    assert [a.sign for a in renamed.inputs] == ["", ">=0"]
    assert [o.name for o in renamed.outputs] == ["E"]
    assert [f.text for f in renamed.assumptions] == ["sum(p) == 1", "p >= 0"]
    assert [spell_fact(f) for f in renamed.assumptions] == ["sum_i(p[i]) == 1", "p[i] >= 0"]
    assert renamed.array("o") == renamed.definitions[0].array


def test_a_swap() -> None:
    swapped = rename_arrays(program(), parse_renames("a=y,y=a"))
    assert spelled(swapped)[0] == "a[i] = (exp(y[i]) * (sum_j(exp(y[j]))^-1))"
    assert rename_arrays(swapped, {"a": "y", "y": "a"}).inputs == program().inputs


def test_nothing_to_rename() -> None:
    assert spelled(rename_arrays(program(), {})) == spelled(program())
    assert spelled(rename_arrays(program(), {"a": "a"})) == spelled(program())


def test_functions_in_an_assumption_keep_their_names() -> None:
    text = "np.sum(sum * t.sum(axis=0)) == 1"
    given = parse_program("sum(sum * t)", {"sum": "n", "t": "n"}, assume=[text])
    renamed = rename_arrays(given, {"sum": "s", "t": "axis"})
    assert renamed.assumptions[0].text == "np.sum(s * axis.sum(axis=0)) == 1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=z,y=o", {"a": "z", "y": "o"}),
        (" a = z , y=o ", {"a": "z", "y": "o"}),
        ("a=z", {"a": "z"}),
    ],
)
def test_parse_renames(text: str, expected: dict[str, str]) -> None:
    assert parse_renames(text) == expected


@pytest.mark.parametrize("text", ["a", "a=", "=z", "", "a=z,", "a:z"])
def test_a_rename_that_is_not_one(text: str) -> None:
    with pytest.raises(InputError, match=r"not of the form old=new"):
        parse_renames(text)


def test_two_names_for_one() -> None:
    with pytest.raises(InputError, match="gives 'a' two names"):
        parse_renames("a=z,a=y")


@pytest.mark.parametrize(
    ("renames", "kind", "words"),
    [
        ({"yy": "z"}, UnknownNameError, "no array 'yy' in expression to rename; did you mean 'y'?"),
        ({"q": "z"}, UnknownNameError, "there are a, t, y, L"),
        ({"a": "t"}, InputError, "cannot rename 'a' to 't': that name is taken"),
        ({"a": "q", "t": "q"}, InputError, "that name is taken"),
        ({"a": "n"}, InputError, "cannot rename 'a' to 'n'"),
        ({"a": "1a"}, InputError, "'1a' is not a name"),
        ({"a": "class"}, InputError, "'class' is not a name"),
        ({"a": "np"}, InputError, "'np' is not a name"),
        ({"a": "x y"}, InputError, "is not a name"),
        ({"a": "α"}, InputError, "is not a name"),
        ({"a": "__import__('os').system('true')"}, InputError, "is not a name"),
    ],
)
def test_errors(renames: dict[str, str], kind: type[Exception], words: str) -> None:
    with pytest.raises(InputError) as error:
        rename_arrays(program(), renames)
    assert type(error.value) is kind
    assert words in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("y", "y"),
        ("_y", "y"),
        ("y_", "y"),
        ("x_hat", "x_hat"),
        ("μ", "mu"),
        ("σ2", "sigma2"),
        ("Σ", "Sigma"),
        ("dφ", "dphi"),
        ("_", ""),
        ("__", ""),
        ("lambda_", "lambda_"),
        ("_1", "_1"),
        ("é", ""),
        ("xé", "x"),
    ],
)
def test_ascii_name(name: str, plain: str) -> None:
    assert ascii_name(name) == plain

"""Shapes from tuples, texts, options and annotations."""

from __future__ import annotations

from typing import Any

import pytest

from symbackprop.errors import InputError, NotYet, UnknownNameError
from symbackprop.frontend.shapes import from_annotation, parse_shape_option, shape
from symbackprop.frontend.text import parse_program
from symbackprop.frontend.trace import trace

INJECTION = "__import__('os').system('touch injected')"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (("n",), ["n"]),
        (["N", "n"], ["N", "n"]),
        ((3, "n"), ["3", "n"]),
        (("3", "n"), ["3", "n"]),
        ("N, n", ["N", "n"]),
        ("N,n", ["N", "n"]),
        ("N n", ["N", "n"]),
        ("(N, n)", ["N", "n"]),
        ("(n,)", ["n"]),
        ("n,", ["n"]),
        ("3 n", ["3", "n"]),
        (4, ["4"]),
        ("", []),
        ("()", []),
        ((), []),
    ],
)
def test_shape(spec: Any, expected: list[str]) -> None:
    assert [str(s) for s in shape(spec, "a")] == expected


def test_a_size_is_a_positive_integer_symbol() -> None:
    (n,) = shape("n", "a")
    assert n.is_integer and n.is_positive
    assert shape((n,), "b") == (n,)


@pytest.mark.parametrize(
    "spec",
    [
        ("n!",),
        (0,),
        (-1,),
        (True,),
        (2.5,),
        (None,),
        "n-",
        "n//2",
        "1/n",
        "n,,m",
        ",n",
        "class",
        "np",
        "μ",
        "9" * 20,
        INJECTION,
        (INJECTION,),
        3.5,
        None,
        {"n"},
        {"n": 1},
    ],
)
def test_a_malformed_shape(spec: Any) -> None:
    with pytest.raises(InputError, match=r"shape of a") as error:
        shape(spec, "a")
    assert "\n" not in str(error.value) and len(str(error.value)) < 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=n", ("a", ("n",))),
        ("W=D,M", ("W", ("D", "M"))),
        ("W = D, M", ("W", ("D", "M"))),
        ("c=", ("c", ())),
        ("x=3,n", ("x", ("3", "n"))),
    ],
)
def test_parse_shape_option(text: str, expected: Any) -> None:
    assert parse_shape_option(text) == expected


@pytest.mark.parametrize("text", ["a", "=n", "", "1=n", "a b=n", "class=n", f"{INJECTION}=n"])
def test_a_shape_option_that_is_not_one(text: str) -> None:
    with pytest.raises(InputError, match=r"not of the form name=size,size"):
        parse_shape_option(text)


def test_injection_in_a_shape_option() -> None:
    with pytest.raises(InputError, match="is not a size"):
        parse_shape_option(f"a={INJECTION}")


class Jaxtyped:
    """What a jaxtyping annotation looks like as an object."""

    def __init__(self, dim_str: str) -> None:
        self.dim_str = dim_str


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Jaxtyped("N n"), ["N", "n"]),
        (Jaxtyped(""), []),
        ('Float[ndarray, "N n"]', ["N", "n"]),
        ("Float[np.ndarray, 'N 3']", ["N", "3"]),
        ('jaxtyping.Float[np.ndarray, ""]', []),
        ('"N n"', ["N", "n"]),
        ("N n", ["N", "n"]),
        ("n", ["n"]),
        ("N, n", ["N", "n"]),
        ("float", None),
        ("Known", None),
        ("np.ndarray", None),
        ("list[int]", None),
        ("dict[str, int]", None),
        ("", None),
        (int, None),
        (None, None),
        (INJECTION, None),
    ],
)
def test_annotation(annotation: Any, expected: Any) -> None:
    found = from_annotation(annotation, "a", {"Known": object})
    assert (None if found is None else [str(s) for s in found]) == expected


@pytest.mark.parametrize("dimensions", ["*batch n", "... n", "n-1", "n=3", "#n", "_ ?n"])
def test_dimensions_that_are_not_supported(dimensions: str) -> None:
    with pytest.raises(NotYet, match="annotation of a is not supported"):
        from_annotation(f'Float[ndarray, "{dimensions}"]', "a", {})


def annotated(x: Float[ndarray, "N n"], w: n, c: "", k: int = 2) -> Any:  # type: ignore  # noqa
    return x * w * k


def test_shapes_from_annotations() -> None:
    program = trace(annotated, {"c": ()})
    assert [(a.name, [str(s) for s in a.shape]) for a in program.inputs] == [
        ("x", ["N", "n"]),
        ("w", ["n"]),
        ("c", []),
    ]


def test_given_shapes_win_over_annotations() -> None:
    program = trace(annotated, {"x": "B, n", "c": ()})
    assert [str(s) for s in program.inputs[0].shape] == ["B", "n"]


def test_sizes_of_a_program() -> None:
    program = trace(annotated, {"c": ()})
    assert [str(s) for s in program.sizes] == ["N", "n"]


def test_a_missing_shape_says_how_to_give_it() -> None:
    with pytest.raises(InputError) as error:
        trace(lambda a, t: a * t, {"a": "n"})
    assert "no shape for 't'" in str(error.value)
    assert 'shapes={"t": ("n",)}' in str(error.value) and "--shape t=n" in str(error.value)


def test_a_shape_for_nothing_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"'wieght'.*did you mean 'weight'\?"):
        trace(lambda weight: weight * 2, {"wieght": "n"})
    with pytest.raises(UnknownNameError, match=r"'b', which is not an input"):
        parse_program("y = 2 * a", {"a": "n", "b": "n"})


def test_a_size_with_the_name_of_an_array() -> None:
    def clash(x: Any) -> Any:
        n = x * 2
        return n + 1

    for function, shapes in ((clash, {"x": "n"}), (lambda a: a * 2, {"a": "a"})):
        with pytest.raises(InputError, match=r"is both a size and an array"):
            trace(function, shapes)
    with pytest.raises(InputError, match=r"'n' is both a size and an array"):
        parse_program("n = 2 * a; n * 3", {"a": "n"})


def test_an_unnamed_result_keeps_clear_of_sizes() -> None:
    assert trace(lambda a: a * 2, {"a": "y"}).outputs[0].name == "y_2"
    assert trace(lambda a: a.sum(), {"a": "L"}).outputs[0].name == "L_2"

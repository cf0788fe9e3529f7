"""Expression texts: what is read, and that nothing else is, let alone run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symbackprop.errors import InputError, NotYet, Refused, ShapeError, SymbackpropError
from symbackprop.frontend.assume import parse_assumption
from symbackprop.frontend.names import parse_renames, rename_arrays
from symbackprop.frontend.prelude import PRELUDE
from symbackprop.frontend.shapes import parse_shape_option
from symbackprop.frontend.text import parse_program
from symbackprop.frontend.whitelist import MAX_LENGTH, MAX_NESTING
from tests.frontend.evaluate import outputs
from tests.frontend.spell import spelled

SOFTMAX_CE = [
    "y[i] = (exp(a[i]) * (sum_j(exp(a[j]))^-1))",
    "L = (-1 * sum_i((t[i] * log(y[i]))))",
]


@pytest.mark.parametrize(
    "text",
    [
        "y = exp(a)/sum(exp(a)); L = -sum(t*log(y))",
        "y = exp(a)/sum(exp(a))\nL = -sum(t*log(y))",
        "  y = np.exp(a) / np.sum(np.exp(a))\n\n  L = -np.sum(t * np.log(y));  ",
        "y = numpy.exp(a) / exp(a).sum()\nL = -(t * log(y)).sum()  # the loss",
        "y = softmax(a); L = -sum(t*log(y))",
        "y = softmax(a, axis=0); -sum(t*log(y))",
        "y = exp(a)/sum(exp(a)); s = 3 * a; -sum(t*log(y))",
    ],
)
def test_spellings_of_softmax_ce(text: str) -> None:
    program = parse_program(text, {"a": "n", "t": "n"})
    assert spelled(program) == SOFTMAX_CE
    assert [a.name for a in program.inputs] == ["a", "t"]
    assert [o.name for o in program.outputs] == ["L"]
    assert program.name == "expression"


SYNTAX = {
    "x.T @ w": "y[i,j] = sum_k((x[k,i] * w[k,j]))",
    "x.transpose() @ w": "y[i,j] = sum_k((x[k,i] * w[k,j]))",
    "x[:, None] * w[:, :, None]": "y[i,j,k] = (x[i,k] * w[i,j])",
    "a[None] + x": "y[i,j] = (a[j] + x[i,j])",
    "a[np.newaxis, :] + x": "y[i,j] = (a[j] + x[i,j])",
    "x[..., None].sum(axis=(0, 2))": "y[i] = sum_j(x[j,i])",
    "x.sum(axis=1, keepdims=True)": "y[i] = sum_j(x[i,j])",
    "einsum('ij,kj->ik', x, x)": "y[i,j] = sum_k((x[i,k] * x[j,k]))",
    "np.einsum('i...->...i', x)": "y[i,j] = x[j,i]",
    "np.linalg.norm(x, axis=-1)": "y[i] = (sum_j((x[i,j]^2))^1/2)",
    "trace(x @ x.T)": "L = sum_i(sum_j((x[i,j] * x[i,j])))",
    "diag(a)": "y[i,j] = (delta(i,j) * a[i])",
    "a * eye(a.shape[0])": "y[i,j] = (a[j] * delta(i,j))",
    "erf(a) + np.sin(a)": "y[i] = (erf(a[i]) + sin(a[i]))",
    "sum(x, (0, 1))": "L = sum_i,j(x[i,j])",
    "sum(x, -1) / x.shape[-1]": "y[i] = (sum_j(x[i,j]) * (n^-1))",
    "x / len(x) * x.ndim / x.size": "y[i,j] = (x[i,j] * (N^-1) * 2 * ((N * n)^-1))",
    "a = a + 1; a += a; a": None,
    "abs(a) + +a - -a": "y[i] = (Abs(a[i]) + a[i] + a[i])",
    "~(a > 1) * a": "y[i] = (Iverson(LessThan(a[i], 1)) * a[i])",
    "1e-3 * a": "y[i] = (1/1000 * a[i])",
    "(a, a * 2)": None,
    "a * np.pi + pi": "y[i] = ((a[i] * pi) + pi)",
}


@pytest.mark.parametrize("text", [t for t, y in SYNTAX.items() if y])
def test_syntax(text: str) -> None:
    shapes = {
        m: s for m, s in {"a": "n", "x": "N,n", "w": "N,D"}.items() if f"{m}" in _letters(text)
    }
    assert spelled(parse_program(text, shapes)) == [SYNTAX[text]]


def _letters(text: str) -> set[str]:
    import ast

    return {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}


def test_rebinding_and_several_outputs() -> None:
    assert spelled(parse_program("a = a + 1; a += a; a", {"a": "n"})) == [
        "a_2[i] = (a[i] + 1)",
        "a_3[i] = (a_2[i] + a_2[i])",
    ]
    program = parse_program("y = a * 2; y, y.sum(), a", {"a": "n"})
    assert spelled(program) == ["y[i] = (a[i] * 2)", "L = sum_i(y[i])", "y_2[i] = a[i]"]
    assert [o.name for o in program.outputs] == ["y", "L", "y_2"]


def test_inputs_are_in_the_order_of_their_first_use() -> None:
    program = parse_program("u = b * c; v = a + u; v * b", {"a": "n", "b": "n", "c": ""})
    assert [i.name for i in program.inputs] == ["b", "c", "a"]


COMPOSITE = {
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True),
    "log_softmax": lambda x: x - np.log(np.exp(x).sum(axis=-1, keepdims=True)),
    "logsumexp": lambda x: np.log(np.exp(x).sum()),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.where(x > 0, x, 0),
    "softplus": lambda x: np.logaddexp(0, x),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "norm": lambda x: np.linalg.norm(x),
}


def test_every_composite_function_is_tested() -> None:
    assert set(COMPOSITE) == set(PRELUDE)


@pytest.mark.parametrize("name", COMPOSITE)
def test_composite_function(name: str) -> None:
    x = np.array([[0.5, -1.0, 2.0], [0.25, 3.0, -0.75]])
    program = parse_program(f"y = {name}(x)", {"x": "N,n"})
    assert len(program.definitions) == 1
    (found,) = outputs(program, {"x": x})
    np.testing.assert_allclose(found, COMPOSITE[name](x), rtol=1e-13)


def test_a_composite_function_takes_its_options() -> None:
    x = np.array([[0.5, -1.0, 2.0], [0.25, 3.0, -0.75]])
    (found,) = outputs(parse_program("logsumexp(x, axis=0, keepdims=True)", {"x": "N,n"}), {"x": x})
    np.testing.assert_allclose(found, np.log(np.exp(x).sum(axis=0, keepdims=True)), rtol=1e-13)


REFUSED = [
    "__import__('os').system('touch injected')",
    "y = __import__('os').system('touch injected')",
    "exec('import os')",
    "eval('1')",
    "open('injected', 'w')",
    "x.__class__.__bases__[0].__subclasses__()",
    "x.value",
    "x.viewed",
    "x.sum.__globals__",
    "().__class__",
    "np.__loader__",
    "np.os.system('touch injected')",
    "numpy.load('injected')",
    "np.linalg.svd(x)",
    "np.random.linalg.norm(x)",
    "linalg.norm(x)",
    "exp('x')",
    "einsum(x, 'i->i')",
    "einsum('i->i', 'x')",
    "os.system('touch injected')",
    "x.tofile('injected')",
    "x.astype(float)",
    "lambda: x",
    "(lambda: x)()",
    "x()()",
    "[x for x in x]",
    "(x for x in x)",
    "[x, x]",
    "{x: x}",
    "{x}",
    "x if x else x",
    "x and x",
    "not x",
    "x < x < x",
    "x is None",
    "x in x",
    "x << 2",
    "(y := x)",
    "f'{x}'",
    "'text'",
    "b'text'",
    "2j * x",
    "exp(*x)",
    "exp(**x)",
    "import os",
    "from os import system",
    "def f(): pass",
    "class A: pass",
    "for x in x: x",
    "while 1: x",
    "with x: x",
    "del x",
    "assert x",
    "raise x",
    "return x",
    "global x",
    "yield x",
    "await x",
    "x[0] = 1",
    "x.T = 1",
    "a, b = x",
    "y: int = x",
    "y[0] += x",
    "np",
    "np = x",
    "x; x",
    "x.shape",
    "x > 1 = 2",
    "x = ",
    "x y",
    "x\0",
    "x?",
    "`x`",
    "$x",
    "unknown(x)",
    "x.unknown()",
    "x.T()",
    "np.foo",
    "np.foo(x)",
    "None",
    "...",
    "x = 'a'",
    "match x:\n case 1: x",
]


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((Refused, InputError)) as error:
        parse_program(text, {"x": "n"} if "x" in text else {})
    assert isinstance(error.value, Refused), error.value
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_injection_everywhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    evil = "__import__('os').system('touch injected')"
    program = parse_program("y = 2 * x", {"x": "n"})
    arrays = {a.name: a for a in program.inputs}
    attempts = [
        lambda: parse_program("y = 2 * x", {"x": evil}),
        lambda: parse_program("y = 2 * x", {"x": "n"}, assume=[evil]),
        lambda: parse_program("y = 2 * x", {"x": "n"}, assume=[f"x == {evil}"]),
        lambda: parse_program("y = 2 * x", {"x": "n"}, assume=[f"{evil} > 0"]),
        lambda: parse_assumption(f"sum(x) == {evil}", arrays),
        lambda: parse_shape_option(f"{evil}=n"),
        lambda: rename_arrays(program, parse_renames(f"x={evil}")),
        lambda: rename_arrays(program, parse_renames(f"{evil}=x")),
    ]
    for attempt in attempts:
        with pytest.raises((Refused, InputError, NotYet)) as error:
            attempt()
        assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_refusal_names_the_piece() -> None:
    with pytest.raises(Refused, match=r"`x.__class__` is not allowed"):
        parse_program("y = exp(x.__class__) + 1", {"x": "n"})
    with pytest.raises(Refused, match=r"`a if x else a`.*where\(condition, x, y\)"):
        parse_program("y = 1 + (a if x else a)", {"x": "n"})
    with pytest.raises(Refused, match=r"`expp\(x\)`: 'expp' is not.*did you mean 'exp"):
        parse_program("expp(x)", {"x": "n"})


@pytest.mark.parametrize(
    "text",
    [
        "-" * 9_000 + "x",
        "(" * 4_000 + "x" + ")" * 4_000,
        "(" * 150 + "x" + ")" * 150 + "y",
        "x" + "+x" * 4_000,
        "exp(" * 150 + "x" + ")" * 150,
        "x" + "[None]" * 1_000,
        "x" + ".T" * 4_000,
        "[" * 9_000,
    ],
)
def test_deep_nesting_is_refused_and_does_not_crash(text: str) -> None:
    with pytest.raises(Refused) as error:
        parse_program(text, {"x": "n"})
    assert len(str(error.value)) < 250


def test_nesting_and_length_within_the_limits() -> None:
    terms = "+".join(["x"] * (MAX_NESTING - 10))
    assert len(parse_program(terms, {"x": "n"}).definitions) == 1
    with pytest.raises(Refused, match=f"at most {MAX_LENGTH}"):
        parse_program("x" * (MAX_LENGTH + 1), {"x": "n"})


def test_parts_that_multiply_are_refused() -> None:
    nested = "softmax(" * 30 + "x" + ")" * 30
    with pytest.raises(InputError, match=r"too long.*give its parts names"):
        parse_program(nested, {"x": "n"})


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("", InputError, "the expression is empty"),
        (" \n ; ", Refused, "is not an expression"),
        ("y = x + z", InputError, "no shape for 'z', an input of `y = x + z`"),
        ("y = x + exp", InputError, "no shape for 'exp'"),
        ("x @ x.T @ w", InputError, "@: shapes () and (D,): use * with a scalar"),
        (
            "x + w",
            ShapeError,
            "+: shapes (n,) and (D,) do not fit together: n against D (in `x + w`)",
        ),
        ("y = softmax(x + w)", ShapeError, "(in `x + w`)"),
        ("x.sum(axis=2)", InputError, ".sum: axis 2 is out of range"),
        ("x.sum(foo=1)", NotYet, "'foo'"),
        ("softmax(x, 1, 2)", NotYet, "softmax: too many positional arguments"),
        ("len()", NotYet, "len: missing a required argument"),
        ("softmax(x, axis=5)", InputError, "axis 5 is out of range"),
        ("max(x, x)", InputError, "axis must be an integer (for two arrays there is maximum"),
        ("sum((x, x))", NotYet, "a list of values"),
        ("x[::2]", NotYet, "every 2 of n elements"),
        ("x % 2", NotYet, "for sizes only"),
        ("x // 2", NotYet, "for sizes only"),
        ("x.shape[4] * x", InputError, "there is no such axis"),
        ("x.shape[x] * x", InputError, "there is no such axis"),
        ("2[0] * x", Refused, "only arrays and shapes have items"),
        ("1e999 * x", NotYet, "finite"),
        ("0 * x + 1; 3", Refused, "computed and not used"),
        ("y = 3 * x; 4", InputError, "does not depend on any input"),
    ],
)
def test_other_errors(text: str, kind: type[SymbackpropError], words: str) -> None:
    shapes = {m: s for m, s in {"x": "n", "w": "D"}.items() if m in text}
    with pytest.raises(SymbackpropError) as error:
        parse_program(text, shapes)
    assert type(error.value) is kind, error.value
    assert words in str(error.value)
    assert "\n" not in str(error.value)

"""`symbackprop check` and `symbackprop prove` as a shell sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import run

LAYER = "import numpy as np\n\n\ndef loss(a, t):\n    return np.sum((a - t) ** 2) / 2\n"


def test_the_readers_claim_is_true_and_needs_one_fact() -> None:
    done = run("check", "softmax-ce", "--wrt", "a", "y - t")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout == (
        "softmax-ce\n  true: proved\n\nthe claim\n  da[k] = y[k] - t[k]\n\n"
        "it needs\n  Σ_k t[k] = 1    assumed\n"
    )


def test_the_error_of_a_forum_is_found() -> None:
    done = run("check", "softmax-ce", "--wrt", "a", "-t*(1-y)")
    assert (done.code, done.stderr) == (1, "")
    assert "false" in done.stdout.splitlines()[1]
    assert "The terms with j ≠ k of the chain rule Σ_j dy[j]·(∂y[j]/∂a[k]) are missing." in (
        done.stdout
    )
    assert "It is true where t[k] = 1." in done.stdout
    assert "da[k] = y[k] - t[k]" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    "arguments",
    [
        ("softmax-ce", "-t*(1-y)", "--wrt", "a"),
        ("softmax-ce", "--wrt", "a", "-t*(1-y)"),
        ("--wrt", "a", "softmax-ce", "--", "-t*(1-y)"),
        ("softmax-ce", "--wrt=a", "-o*(1-y)"),
    ],
)
def test_a_claim_may_begin_with_a_minus_sign(arguments: tuple[str, ...]) -> None:
    done = run("check", *arguments)
    if "-o*(1-y)" in arguments:
        done.failed(2, "'o' is not an array here")
    else:
        assert done.code == 1
        assert "-t[k]·(1 - y[k])" in done.stdout


def test_latex_in_the_letters_of_the_reader() -> None:
    claim = r"\frac{\partial Loss}{\partial x_k} = a_k \left(\sum_{i=1}^n y_i\right) - y_k"
    done = run("check", "softmax-ce", "--rename", "a=x,y=a,t=y", claim)
    assert done.code == 0
    assert "It holds without assumptions." in done.stdout


def test_a_name_of_the_readers_own() -> None:
    done = run(
        "check", "z = y @ w + b; o = softmax(z); E = -sum(t*log(o))", "--shape", "y=m", "--shape",
        "w=m,n", "--shape", "b=n", "--shape", "t=n", "--let", "tau = sum(t)",
        r"\frac{\partial E}{\partial w_{pq}} = y_p (o_q \tau - t_q)",
    )  # fmt: skip
    assert done.code == 0
    assert "dw[p,q] = y[p]·(o[q]·Σ_i t[i] - t[q])" in done.stdout


def test_a_jacobian() -> None:
    assert run("check", "softmax", "--jacobian", "y,a", "y_j*(delta_jk - y_k)").code == 0
    done = run("check", "softmax", "--jacobian", "y,a", "y_j*delta_jk")
    assert done.code == 1
    assert "∂y[j]/∂a[k]" in done.stdout


def test_a_file_and_a_batch(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(LAYER, encoding="utf-8")
    shapes = ("--shape", "a=n", "--shape", "t=n")
    assert run("check", "mine.py:loss", *shapes, "--wrt", "a", "a - t", cwd=tmp_path).code == 0
    assert run("check", "mine.py:loss", *shapes, "--wrt", "t", "a - t", cwd=tmp_path).code == 1
    done = run("check", "mine.py:loss", *shapes, "--batch", "N=a,t", "--wrt", "a", "(a - t)/N",
               cwd=tmp_path)  # fmt: skip
    assert done.code == 0


def test_without_its_assumption_the_claim_is_false_and_the_assumption_is_named() -> None:
    done = run("check", "softmax-ce", "--no-assume", "--wrt", "a", "y - t")
    assert done.code == 1
    assert "It is true if Σ_k t[k] = 1." in done.stdout
    done = run("check", "softmax-ce", "--no-assume", "--assume", "sum(t) == 1", "--wrt", "a",
               "y - t")  # fmt: skip
    assert done.code == 0


def test_where_no_verdict_is_reached_the_code_is_three() -> None:
    done = run("check", "L = sum(t*x)", "--shape", "x=n", "--shape", "t=n", "--wrt", "x",
               "--assume", "sum(t*t) == -1", "t")  # fmt: skip
    assert (done.code, done.stderr) == (3, "")
    assert "no verdict: sum(t*t) == -1" in done.stdout


def test_json_and_files(tmp_path: Path) -> None:
    record = json.loads(run("check", "softmax-ce", "--wrt", "a", "y - t", "--json").stdout)
    assert (record["verdict"], record["needs"]) == ("proved", ["sum(t) == 1"])
    target = tmp_path / "verdict.txt"
    done = run("check", "softmax-ce", "--wrt", "a", "y", "-o", str(target))
    assert (done.code, done.stdout) == (1, "")
    assert "true form" in target.read_text(encoding="utf-8")
    record = json.loads(run("prove", "z == z + 1", "--shape", "z=", "--json").stdout)
    assert record["verdict"] == "false"


def test_a_terminal_without_greek_gets_ascii() -> None:
    done = run("check", "softmax-ce", "--wrt", "a", "y - t", encoding="ascii")
    assert "sum_k t[k] = 1" in done.stdout
    done = run("prove", "sum(softmax(z)) == 1", "--shape", "z=n", encoding="ascii")
    assert "sum_j c f_j = c sum_j f_j" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("softmax-ce",), "Missing argument 'CLAIM'"),
        (("affine-batch", "dz"), "give wrt (--wrt), one of x, W, b"),
        (("softmax-ce", "--wrt", "a,t", "y - t"), "--wrt of a claim names one array"),
        (("softmax-ce", "--jacobian", "y", "y"), "--jacobian takes an output and an input"),
        (("softmax-ce", "--jacobian", "y,a", "--wrt", "a", "y"), "are two requests; give one"),
        (("softmax-ce", "--wrt", "a", "--let", "tau", "y"), "--let takes name = expression"),
        (("softmax-ce", "--wrt", "a", "--let", "x = 1", "--let", "x = 2", "y"), "gives 'x' twice"),
        (("softmax-ce", "--wrt", "a", "y - z"), "'z' is not an array here"),
        (("softmax-ce", "--wrt", "a", "y_k - \\foo"), "is not read"),
        (("softmax-cd", "--wrt", "a", "y"), "did you mean 'softmax-ce'?"),
        (("softmax-ce", "--notation", "tex", "y"), "'tex' is not one of"),
        (("softmax-ce", "-v", "y"), "unexpected extra argument"),
        (("softmax-ce", "--foo", "y"), "No such option"),
    ],
)
def test_a_malformed_request_is_code_two(arguments: tuple[str, ...], says: str) -> None:
    run("check", *arguments).failed(2, says)


def test_prove_shows_its_steps() -> None:
    done = run("prove", "softmax(z + c) == softmax(z)", "--shape", "z=n", "--shape", "c=")
    assert (done.code, done.stderr) == (0, "")
    assert "true: proved" in done.stdout
    assert "exp(u + v) = exp(u) exp(v)" in done.stdout
    checks = run("prove", "sum(softmax(z)) == 1", "--shape", "z=n", "--show-checks").stdout
    assert checks.count("[proved]") == 3


def test_prove_refutes_with_numbers() -> None:
    done = run("prove", "softmax(2*z) == softmax(z)", "--shape", "z=n")
    assert (done.code, done.stderr) == (1, "")
    assert "counterexample" in done.stdout
    assert run("prove", "-x == x", "--shape", "x=n").code == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("softmax(z)", "--shape", "z=n"), "is not an equation; write LEFT == RIGHT"),
        (("z == 1", "--shape", "z=n"), "the sides have the shapes (n,) and ()"),
        (("z == q", "--shape", "z=n"), "no shape for 'q'"),
        (("z == z", "--shape", "z=n", "--shape", "z=m"), "--shape gives 'z' twice"),
    ],
)
def test_prove_refuses_what_is_no_equation(arguments: tuple[str, ...], says: str) -> None:
    run("prove", *arguments).failed(2, says)


def test_a_search_is_stopped() -> None:
    run("prove", "softmax(z + c) == softmax(z)", "--shape", "z=n", "--shape", "c=", "--timeout",
        "0.000001").failed(1, "stopped after")  # fmt: skip
    quick = ("--timeout", "0.000001")
    run("check", "softmax-ce", "--wrt", "a", "y - t", *quick).failed(1, "stopped after")


@pytest.mark.parametrize(
    ("command", "inside"),
    [
        (("check", "softmax-ce", "--wrt", "a"), "y - t"),
        (("prove", "--shape", "z=n"), "sum(softmax(z)) == 1"),
    ],
)
def test_a_verdict_comes_in_every_format(
    tmp_path: Path, command: tuple[str, ...], inside: str
) -> None:
    asked = (*command, inside)
    assert r"\text{true: proved}" in run(*asked, "--latex").result()
    assert r"\documentclass" in run(*asked, "--latex", "--standalone").result()
    assert run(*asked, "--markdown").result().count("$$") % 2 == 0
    page = tmp_path / "verdict.html"
    run(*asked, "-o", str(page)).result()
    assert "<math" in page.read_text(encoding="utf-8")
    assert "verdadero: demostrado" in run(*asked, "--lang", "es").result()
    assert "成立" in run(*asked, "--lang", "zh", "--markdown").result()
    run(*asked, "-o", "verdict.py").failed(2, "holds numpy, which a verdict is not")
    run(*asked, "--json", "--lang", "zh").failed(2, "--json has no sentences")

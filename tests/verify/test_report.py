"""Verdicts: right derivations agree, and every kind of wrong one is found."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sympy import Integer, gamma, log

from symbackprop.algebra.nodes import Array, IndexSum, Iverson, Maximum
from symbackprop.algebra.program import Assumption, Definition, Program
from symbackprop.calculus.result import Backward
from symbackprop.verify.report import AGREES, FALSE, INCONCLUSIVE, Report, table
from tests.verify import handmade
from tests.verify.handmade import CASES, Case, D, N, d, e, i, j, k, m, n, p


def arrays(case: Case) -> dict[str, Any]:
    """The arrays of a case by name, upstream gradients included."""
    found = [*case.program.inputs, *(q.array for q in case.program.definitions)]
    return {a.name: a for a in [*found, *case.backward.upstream] if a is not None}


@pytest.mark.parametrize("name", CASES)
def test_right_derivations_agree(name: str) -> None:
    report = CASES[name]().verify()
    assert report.ok, report.table()
    for row in report.rows:
        assert row.verdict == AGREES
        assert row.points >= 12
        assert row.extreme >= 6
        assert {"n": 1} in row.sizes or {"N": 1, "D": 2} in row.sizes or len(row.sizes) > 4
        assert row.errors["numpy"] < 1e-14
        if row.kind == "gradient":
            assert row.errors["formula"] < 1e-30
            assert row.errors["complex step"] < 1e-14
            assert row.errors["differences"] < 1e-9


def test_right_without_the_declared_fact() -> None:
    assert handmade.softmax_ce(declared=False).verify().ok


WRONG_FORMULAS: dict[str, tuple[Callable[[], Case], str, Callable[[Any], Any]]] = {
    "sign": (handmade.softmax_ce, "a", lambda v: v.t[k,] - v.y[k,]),
    "needs an undeclared fact": (
        lambda: handmade.softmax_ce(False), "a", lambda v: v.y[k,] - v.t[k,]),
    "a tiny wrong term": (
        handmade.softmax_ce, "a", lambda v: v.y[k,] - v.t[k,] + v.y[k,] * Integer(10) ** -19),
    "wrong only at n = 1": (
        handmade.softmax_ce, "a", lambda v: v.y[k,] - v.t[k,] + Iverson(n < 2)),
    "wrong only beyond 100": (
        handmade.softmax_ce, "a", lambda v: v.y[k,] - v.t[k,] + Iverson(v.a[k,] > 100)),
    "no cross terms": (handmade.softmax, "a", lambda v: v.dy[k,] * v.y[k,] * (1 - v.y[k,])),
    "square, not transposed": (
        lambda: handmade.affine(square=True), "x",
        lambda v: IndexSum(v.dz[i, e] * v.W[e, d], e)),
    "not transposed": (handmade.affine, "x", lambda v: IndexSum(v.dz[i, m] * v.W[m, d], m)),
    "bias not summed": (handmade.affine, "b", lambda v: v.dz[i, m].xreplace({i: p})),
    "bias a mean": (handmade.affine, "b", lambda v: IndexSum(v.dz[i, m], i) / N),
    "no factor 1/N": (handmade.batch_norm, "x", lambda v: v.s[d,] * (
        N * v.dy[i, d] - IndexSum(v.dy[p, d], p)
        - v.y[i, d] * IndexSum(v.dy[p, d] * v.y[p, d], p))),
    "blind to a plain sum": (handmade.batch_norm, "x", lambda v: 0 * v.dy[i, d]),
    "variance held fixed": (handmade.batch_norm, "x", lambda v: v.s[d,] / N * (
        N * v.dy[i, d] - IndexSum(v.dy[p, d], p))),
    "step at the wrong side": (handmade.relu, "x", lambda v: v.dy[k,] * Iverson(v.x[k,] < 0)),
    "no value": (handmade.relu, "x", lambda v: v.dy[k,] * log(-(v.x[k,] ** 2))),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_FORMULAS)
def test_wrong_formulas_are_found(name: str) -> None:
    case, of, expr = WRONG_FORMULAS[name]
    right = case()
    report = right.with_formula(of, expr(SimpleNamespace(**arrays(right)))).verify()
    assert not report.ok
    row = next(r for r in report.rows if r.of == of and r.kind == "gradient")
    assert row.verdict == FALSE
    assert row.counterexample is not None
    assert row.counterexample.finding.check == "formula"


def shift(forward: Callable[..., Any], by: Callable[..., Any]) -> Callable[..., Any]:
    def changed(*inputs: Any) -> Any:
        out, saved = forward(*inputs)
        return out + by(*inputs), saved

    return changed


def only_large(saved: Any, dout: float = 1.0) -> Any:
    """Softmax-CE whose probabilities are clipped, a habit that changes the gradient."""
    y, t = saved
    return (dout * (np.clip(y, 1e-9, 1) - t),)


def warning(saved: Any, dout: float = 1.0) -> Any:
    warnings.warn("deprecated", DeprecationWarning, stacklevel=1)
    return (dout * (saved[0] - saved[1]),)


def naive(a: Any, t: Any) -> Any:
    """Softmax-CE that is not shifted by its maximum: it overflows."""
    e = np.exp(a)
    y = e / e.sum()
    return -np.sum(t * np.log(y)), (y, t)


def scribbling(a: Any, t: Any) -> Any:
    value, saved = handmade.softmax_ce().module.forward(a, t)
    a -= np.max(a) + 1
    return value, saved


RIGHT = handmade.softmax_ce().module
WRONG_MODULES: dict[str, tuple[dict[str, Callable[..., Any]], str]] = {
    "sign": ({"backward": lambda s, g=1.0: (g * (s[1] - s[0]),)}, "want"),
    "error of 1e-9": ({"backward": lambda s, g=1.0: (g * (s[0] * (1 + 1e-9) - s[1]),)}, "want"),
    "dout ignored": ({"backward": lambda s, g=1.0: (s[0] - s[1],)}, "-1.75"),
    "wrong only at n = 1": (
        {"backward": lambda s, g=1.0: (g * (s[0] - s[1]) + (len(s[0]) == 1),)}, "n=1"),
    "wrong only at extremes": ({"backward": only_large}, "extreme"),
    "nan at extremes": (
        {"backward": lambda s, g=1.0: (np.where(s[0] < 1e-9, np.nan, g * (s[0] - s[1])),)}, "nan"),
    "overflow": ({"forward": naive}, "FloatingPointError"),
    "a warning": ({"backward": warning}, "deprecated"),
    "wrong value": ({"forward": shift(RIGHT.forward, lambda a, t: 1e-10)}, "want"),
    "value_and_grad differs": (
        {"value_and_grad": lambda a, t: (RIGHT.forward(a, t)[0], (a - t,))}, "value_and_grad"),
    "float32": (
        {"backward": lambda s, g=1.0: ((g * (s[0] - s[1])).astype(np.float32),)}, "float32"),
    "wrong shape": ({"backward": lambda s, g=1.0: (g * (s[0] - s[1])[None],)}, "shape"),
    "too many": ({"backward": lambda s, g=1.0: (s[0], s[1])}, "returned 2 arrays, not 1"),
    "raises": ({"backward": lambda s, g=1.0: 1 // 0}, "ZeroDivisionError"),
    "writes on its input": ({"forward": scribbling}, "changed its input a"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_MODULES)
def test_wrong_modules_are_found(name: str) -> None:
    functions, said = WRONG_MODULES[name]
    report = handmade.softmax_ce().with_module(**functions).verify()
    assert not report.ok
    assert said in report.table()
    false = [row for row in report.rows if row.verdict == FALSE]
    assert false
    assert all(row.counterexample.finding.check in ("numpy", "complex step", "differences")
               for row in false if row.counterexample)  # fmt: skip


def test_a_wrong_gradient_does_not_blame_the_value() -> None:
    case = handmade.softmax_ce().with_module(
        backward=lambda s, g=1.0: (2 * g * (s[0] - s[1]),), value_and_grad=RIGHT.value_and_grad
    )
    verdicts = {row.kind: row.verdict for row in case.verify().rows}
    assert verdicts == {"value": AGREES, "gradient": FALSE}


def test_a_function_that_is_not_the_program_is_found() -> None:
    case = replace(handmade.relu(), function=lambda x: np.maximum(x, 0.1 * x))
    report = case.verify()
    assert [row.verdict for row in report.rows] == [FALSE, FALSE]
    assert "function fails" in str(report.rows[0])


def test_a_function_that_takes_no_complex_numbers() -> None:
    def strict(x: Any) -> Any:
        return np.array([max(float(v), 0.0) for v in x])

    report = replace(handmade.relu(), function=strict).verify()
    assert report.ok
    assert report.notes == ["complex step of the traced program: the function takes no complex "
                            "numbers"]  # fmt: skip
    assert not handmade.relu().verify().notes


def test_a_function_that_raises() -> None:
    def broken(x: Any) -> Any:
        raise ValueError("not today")

    report = replace(handmade.relu(), function=broken).verify()
    assert not report.ok
    assert "ValueError: not today" in report.table()


def test_the_counterexample_says_where() -> None:
    case = handmade.affine()
    v = SimpleNamespace(**arrays(case))
    row = case.with_formula("b", IndexSum(v.dz[i, m], i) / N).verify().rows[-1]
    assert row.of == "b"
    text = str(row)
    assert text.startswith("false: formula fails at b[")
    assert "got " in text and "want " in text and "N=" in text and "x = [" in text
    assert row.counterexample is not None
    point = row.counterexample.point
    assert set(point.sizes) == {N, D, m.size}


def program_of(expr: Any, inputs: tuple[Array, ...], *known: Assumption) -> Case:
    """A case with a scalar output whose gradient is not to be reached."""
    L = Array("L")
    program = Program("odd", inputs, (Definition(L, (), expr),), (L,), known)
    relu = handmade.relu()
    return Case(program, Backward(program, (None,), (), ()), relu.module, lambda *a: 0.0)


x, y = Array("x", (n,)), Array("y", (n,))
INCONCLUSIVES: dict[str, tuple[Any, tuple[Array, ...], tuple[Assumption, ...], str]] = {
    "empty domain": (
        IndexSum(log(-(x[k,] ** 2)), k), (x,), (), "log of a number that is not positive"),
    "always at a kink": (
        IndexSum(Maximum(x[k,], x[k,]), k), (x,), (), "kink"),
    "equations that exclude each other": (
        IndexSum(x[k,], k), (x,),
        (Assumption("==", IndexSum(x[k,], k), Integer(1), "sum(x) == 1"),
         Assumption("==", IndexSum(x[k,], k), Integer(2), "sum(x) == 2")), "sum(x) == 1"),
    "an equation about no input": (
        IndexSum(x[k,], k), (x,),
        (Assumption("==", Integer(1), Integer(1), "1 == 1"),), "1 == 1"),
    "an unknown function": (
        IndexSum(gamma(x[k,]), k), (x,), (), "cannot evaluate gamma"),
}  # fmt: skip


@pytest.mark.parametrize("name", INCONCLUSIVES)
def test_never_silently_ok(name: str) -> None:
    expr, inputs, known, said = INCONCLUSIVES[name]
    report = program_of(expr, inputs, *known).verify()
    assert not report.ok
    assert [row.verdict for row in report.rows] == [INCONCLUSIVE]
    assert said in report.table()


def test_a_report_without_rows_is_not_ok() -> None:
    assert not Report("nothing", 0).ok


def test_same_seed_same_report() -> None:
    tables = {handmade.batch_norm().verify(seed=seed).table() for seed in (3, 3)}
    assert len(tables) == 1


def test_progress_is_reported() -> None:
    seen: list[tuple[int, int]] = []
    handmade.relu().verify(progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 12) for done in range(1, 13)]


def test_table_of_several_reports() -> None:
    reports = [handmade.relu().verify(), handmade.softmax_ce().verify()]
    lines = table(reports).splitlines()
    assert lines[0].split()[:3] == ["layer", "checked", "points"]
    assert [line.split()[:2] for line in lines[1:]] == [
        ["relu", "y"], ["relu", "dx"], ["softmax-ce", "L"], ["softmax-ce", "da"]]  # fmt: skip
    assert all(line.endswith("agrees") for line in lines[1:])


def test_the_other_index_names_do_not_matter() -> None:
    case = handmade.softmax()
    v = SimpleNamespace(**arrays(case))
    other = v.y[k,] * (v.dy[k,] - IndexSum(v.dy[j,] * v.y[j,], j))
    assert case.with_formula("a", other).verify().ok

"""The cost of a backward program: what the simplifier counts, step by step."""

from __future__ import annotations

import json

import pytest

import symbackprop as sb
from symbackprop.algebra.cost import PASS, cost
from tests.cli.command import run


def test_a_step_costs_its_operations_and_a_pass_if_it_is_kept() -> None:
    derivation = sb.derive("attention")
    found = derivation.cost()
    kept = {"dp": 10_000, "ds": 10_000}  # L times S elements, each size counted as 100
    for step, part in zip(derivation.backward.steps, found.steps, strict=True):
        assert part.array == step.array
        assert part.operations == cost(step.expr) > 0
        assert part.memory == PASS * kept.get(step.array.name, 0)
        assert part.total == part.operations + part.memory
    assert found.total == pytest.approx(sum(s.total for s in found.steps))
    assert found.total == pytest.approx(found.operations + found.memory)


def test_known_costs() -> None:
    # y - t: reads two arrays of 100 elements and subtracts; the difference may lose digits.
    (step,) = sb.derive("softmax-ce").cost().steps
    assert 100 < step.operations < 300
    dropped = sb.derive("softmax-ce", no_assume=True).cost().total
    assert dropped > step.total


def test_the_command_prints_the_table() -> None:
    shown = run("derive", "attention", "--cost").result()
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "attention"
    assert lines[2].split() == ["backward", "operations", "memory", "total"]
    assert lines[3].split()[:3] == ["dp", "(L,", "S)"]
    total = float(next(x for x in lines if x.startswith("total")).split()[-1].replace(",", ""))
    assert total == pytest.approx(sb.derive("attention").cost().total, abs=1)
    run("derive", "softmax", "--cost", "--jacobian", "y,a").failed(2, "--jacobian has no --cost")


def test_the_record_holds_it() -> None:
    found = sb.derive("two-layer").cost()
    record = json.loads(run("derive", "two-layer", "--json").result())["cost"]
    assert record["total"] == pytest.approx(found.total)
    assert [s["name"] for s in record["steps"]] == [s.array.name for s in found.steps]

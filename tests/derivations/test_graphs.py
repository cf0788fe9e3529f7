"""The graph of every layer of the catalogue: its nodes, its messages, its labels."""

from __future__ import annotations

import pytest

from symbackprop import catalogue
from symbackprop.graph.check import same_as_derived
from symbackprop.graph.diagram import diagram
from symbackprop.graph.labels import Labels
from symbackprop.graph.picture import picture
from symbackprop.verify.evaluate import fill
from symbackprop.verify.exact import AGREES, PROVED
from symbackprop.verify.points import Sampler, rules
from symbackprop.verify.scalars import Digits
from symbackprop.verify.state import State
from tests.graph.graphs import derived, messages
from tests.katex import assert_katex


@pytest.mark.parametrize("name", catalogue.names())
def test_the_nodes_compute_what_the_layer_computes(name: str) -> None:
    program = derived(name).backward.program
    found = messages(name).graph
    point = Sampler(program, 0).draw({s: 2 for s in program.sizes}, "ordinary", 1)
    digits = Digits(max(60, point.digits))
    given = {a: {p: digits.number(x) for p, x in v.items()} for a, v in point.values.items()}
    states = [State(digits, point.sizes, given) for _ in range(2)]
    fill(states[0], rules(program))
    fill(states[1], ((n.array, n.indices, n.expr) for n in found.nodes))
    for output in program.outputs:
        want, have = (s.arrays[output] for s in states)
        assert want.keys() == have.keys()
        assert all(abs(want[p] - have[p]) < 1e-40 * max(1, abs(want[p])) for p in want)


@pytest.mark.parametrize("name", catalogue.names())
def test_the_messages_add_up_to_the_derived_gradients(name: str) -> None:
    found = messages(name)
    verdicts = {s.of.name: same_as_derived(found, s).verdict for s in found.backward.steps}
    assert set(verdicts) >= {a.name for a in found.backward.wrt}
    assert set(verdicts.values()) <= {PROVED, AGREES}


@pytest.mark.parametrize("name", catalogue.names())
def test_every_label_is_good_latex(name: str) -> None:
    found = messages(name)
    figure = picture(diagram(found), Labels(found.backward, found.graph.program))
    formulas = list(figure.formulas)
    assert len(formulas) >= 3
    for formula in formulas:
        assert_katex(formula.latex)
        assert formula.ascii.isascii()

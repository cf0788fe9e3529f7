"""`prove`: an equation with its steps, or its counterexample."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr

from symbackprop.algebra.deadline import limited, working_on
from symbackprop.algebra.nodes import Array, Index
from symbackprop.algebra.program import Assumption
from symbackprop.calculus.simplify import Simplifier
from symbackprop.claims.compare import Comparer
from symbackprop.claims.counterexample import Counterexample, record, simple
from symbackprop.claims.points import trials
from symbackprop.claims.prove import laws
from symbackprop.claims.prove.called import opened
from symbackprop.claims.prove.chain import Link, chain
from symbackprop.claims.prove.page import printed, prove_page
from symbackprop.claims.prove.read import Statement, read_statement
from symbackprop.claims.prove.why import why_not
from symbackprop.claims.reasons.idea import Reason
from symbackprop.claims.setting import Ground
from symbackprop.emit.page import Page
from symbackprop.printing import Printed
from symbackprop.verify.constraints import Unrecognised
from symbackprop.verify.evaluate import compiled
from symbackprop.verify.exact import AGREES, FALSE, PROVED, Comparison
from symbackprop.verify.points import NoPoint
from symbackprop.verify.scalars import OutOfDomain

# A field has no logarithms, and no sums of exponents inside other functions: there the law itself
# is the proof. It holds for all numbers, or is used for factors that are positive by their form.
_PROOFS = {laws.statement(law) for law in (
    laws.log_of_product, laws.exp_of_sum, laws.softplus_of_minus,
)}  # fmt: skip


@dataclass(frozen=True, repr=False)
class Proved:
    """The verdict on an equation.

    links: the steps from the left side to the right one, each with its own check; none where no
    chain of laws was found. needs: the declared equations that it needs. partial: there are values
    of the inputs for which one side alone is defined.
    """

    statement: Statement
    comparison: Comparison
    links: tuple[tuple[Link, Comparison], ...] = ()
    needs: tuple[Assumption, ...] = ()
    example: Counterexample | None = None
    why: tuple[Reason, ...] = ()
    gap: Expr | None = None
    partial: bool = False

    @property
    def verdict(self) -> str:
        """ "proved", "agrees", "false" or "inconclusive"."""
        return self.comparison.verdict

    @property
    def ok(self) -> bool:
        """Whether the equation is true: proved, or equal to 50 digits wherever it was compared."""
        return self.verdict in (PROVED, AGREES)

    def __bool__(self) -> bool:
        raise TypeError("a verdict is one of four; ask for .ok or .verdict")

    @property
    def facts(self) -> tuple[str, ...]:
        """The declared equations that it needs."""
        return tuple(e.text for e in self.needs)

    @property
    def counterexample(self) -> dict[str, Any] | None:
        """Sizes, inputs, the place (counted from 1), the left and the right value."""
        if self.example is None:
            return None
        found = record(self.example)
        return {"left": found.pop("claimed"), "right": found.pop("true"), **found}

    def page(self, *, checks: bool = False) -> Page:
        """The verdict as a page; with `checks`, what became of the check of each step."""
        return prove_page(
            self.statement, self.comparison, self.links, self.needs, self.example, self.why,
            self.gap, self.partial, checks,
        )  # fmt: skip

    def text(self, *, unicode: bool = True, checks: bool = False) -> str:
        """The verdict and the steps for a terminal."""
        return self.printed(checks=checks).text(unicode=unicode)

    def printed(self, *, checks: bool = False) -> Printed:
        """The page for `.text()`, `.latex()`, `.markdown()` and `.html()`, in three languages."""
        return Printed(self.page(checks=checks))

    def to_dict(self) -> dict[str, Any]:
        """The verdict as plain data."""
        left, rows = printed(self.statement, self.links)
        return {
            "statement": self.statement.text,
            "verdict": self.verdict,
            "ok": self.ok,
            "points": self.comparison.points,
            "needs": list(self.facts),
            "steps": [{"text": left.ascii, "latex": left.latex}] + [
                {"text": f.ascii, "latex": f.latex, "law": link.law, "check": checked.told}
                for f, (link, checked) in zip(rows, self.links, strict=True)
            ] if self.links else [],
            "counterexample": self.counterexample,
            "reason": self.comparison.reason,
        }  # fmt: skip

    def json(self) -> str:
        """The verdict as JSON, for other programs."""
        return json.dumps(self.to_dict(), indent=2)

    def __repr__(self) -> str:
        return f"<equation {self.statement.text!r}: {self.verdict}>"


def prove(
    text: str,
    *,
    shapes: Mapping[str, Any] | None = None,
    assume: Sequence[str] = (),
    timeout: float | None = None,
) -> Proved:
    """Whether `LEFT == RIGHT` holds for all values of its arrays, and the steps that show it.

    text: an equation in NumPy's notation, "softmax(z + c) == softmax(z)"; it is read, never run.
    shapes: a shape for each array, {"z": ("n",), "c": ()}. assume: equations and signs that may
    be used. timeout: seconds after which the search is stopped; None for no limit.

    Raises Refused for text that is not an equation or not on the whitelist, InputError for a
    missing shape, ShapeError for sides of different shapes, TimedOut where it takes too long.
    """
    with limited(timeout), working_on("the equation"):
        return _proved(read_statement(text, shapes or {}, tuple(assume)))


def _proved(statement: Statement) -> Proved:
    ground = Ground(statement.program, statement.equations)
    comparer = Comparer(ground)
    left, right = opened(statement.left), opened(statement.right)
    found = comparer.compare(left, right, statement.indices, statement.equations)
    if found.verdict == FALSE:
        example = simple(ground, left, right, statement.indices, statement.equations)
        if example is None:
            gap = comparer.difference(left, right, statement.indices, statement.equations)
            if gap is not None:
                point = gap.trial.point
                example = Counterexample(dict(point.sizes), dict(point.values), gap.place,
                                         gap.left, gap.right, gap.trial)  # fmt: skip
        why, rest = why_not(statement, comparer, left, right)
        return Proved(statement, found, example=example, why=why, gap=rest)
    if found.verdict not in (PROVED, AGREES):
        return Proved(statement, found)
    links = _chain(statement, comparer)
    if links and all(c.verdict == PROVED for _, c in links):
        found = Comparison(PROVED, found.points)
    needs = list(statement.equations)
    for equation in statement.equations:
        others = tuple(e for e in needs if e is not equation)
        if comparer.compare(left, right, statement.indices, others).verdict in (PROVED, AGREES):
            needs.remove(equation)
    return Proved(statement, found, links, tuple(needs), partial=_partial(statement, left, right))


def _chain(statement: Statement, comparer: Comparer) -> tuple[tuple[Link, Comparison], ...]:
    """The steps, each compared on its own; none if one of them fails."""
    program = replace(
        statement.program, definitions=(), outputs=(),
        assumptions=(*statement.program.assumptions, *statement.equations),
    )  # fmt: skip
    found = chain(statement.left, statement.right, statement.indices, Simplifier(program))
    links = []
    for link in found or ():
        check = comparer.compare(
            opened(link.before), opened(link.after), statement.indices, statement.equations
        )
        if check.verdict == FALSE:
            return ()
        if check.verdict == AGREES and link.law in _PROOFS:
            check = Comparison(PROVED, check.points)
        links.append((link, check))
    return tuple(links)


def _partial(statement: Statement, left: Expr, right: Expr) -> bool:
    """Whether one side has a value where the other one has none."""
    definitions = statement.program.definitions
    for own, other in ((definitions[0], right), (definitions[1], left)):
        outputs: tuple[Array, ...] = (own.array,)
        program = replace(statement.program, definitions=(own,), outputs=outputs)
        ground = Ground(program, statement.equations)
        try:
            for trial in trials(ground, statement.equations, seed=1):
                places = trial.places(statement.indices)
                if not all(_has_value(other, trial.digits, statement.indices, p) for p in places):
                    return True
        except (NoPoint, Unrecognised, OutOfDomain):
            continue
    return False


def _has_value(
    expr: Expr, state: Any, indices: Sequence[Index], place: tuple[int, ...]
) -> bool:
    try:
        compiled(expr)(state, dict(zip(indices, place, strict=True)))
    except OutOfDomain:
        return False
    return True

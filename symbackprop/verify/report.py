"""The verdict on a derivation: for each output and each gradient, with how it was reached."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sympy import Basic

from symbackprop.algebra.nodes import Array
from symbackprop.algebra.program import Program
from symbackprop.calculus.result import Backward
from symbackprop.errors import NotYet
from symbackprop.verify.constraints import Unrecognised
from symbackprop.verify.numeric import CHECKS, PROGRAM, Finding, Unusable, compare
from symbackprop.verify.points import NoPoint, Point, Sampler
from symbackprop.verify.reference import Target
from symbackprop.verify.sizes import possible

AGREES, FALSE, INCONCLUSIVE = "agrees", "false", "inconclusive"
_VARIANTS = 2
_TRIES = 6
_NEEDED: Mapping[str, Sequence[str]] = {
    "value": ("numpy",), "gradient": [c for c in CHECKS if c != "function"],
    "formula": ("numpy", "formula"),
}  # fmt: skip


@dataclass(frozen=True)
class Counterexample:
    """Where a check failed: the point, the check, and both numbers."""

    point: Point
    finding: Finding

    def __str__(self) -> str:
        finding = self.finding
        text = f"{finding.check} fails"
        if finding.want is None:
            text += f": {finding.detail}"
        else:
            place = f"{list(finding.place)}" if finding.place else ""
            label = f" ({finding.detail})" if finding.detail else ""
            text += (f" at {finding.of.array.name}{place}{label}: got {_number(finding.got)}, "
                     f"want {_number(finding.want)}")  # fmt: skip
        sizes = self.point.lengths
        inputs = "; ".join(
            f"{a.name} = {[float(x) for x in v.values()]}" for a, v in self.point.values.items()
        )
        return f"{text}, at an {self.point.kind} point with {sizes or 'no sizes'}; {inputs}"


@dataclass
class Row:
    """The verdict on one array: the value of an output, the gradient in an input, or a formula.

    kind: "value", "gradient" (of an input) or "formula" (whatever a formula computes).
    errors: the largest relative error by check: "numpy" and "formula" against the 30-digit
        reference, "complex step" and "differences" of the forward function in float64, "function"
        (the user's function against the traced program).
    verdict: "agrees", "false" or "inconclusive"; `reason` says why when it does not agree.
    """

    of: str
    kind: str
    sizes: list[dict[str, int]] = field(default_factory=list)
    points: int = 0
    extreme: int = 0
    errors: dict[str, float] = field(default_factory=dict)
    verdict: str = INCONCLUSIVE
    reason: str = "no point was tried"
    counterexample: Counterexample | None = None

    def __str__(self) -> str:
        if self.verdict == AGREES:
            return f"agrees at {self.points} points"
        return f"{self.verdict}: {self.reason}"


@dataclass
class Report:
    """All rows of one derivation. notes: sizes or points that could not be had, and why."""

    name: str
    seed: int
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every row agrees; a report without rows is not ok."""
        return bool(self.rows) and all(row.verdict == AGREES for row in self.rows)

    def table(self) -> str:
        """The rows as aligned plain text, without a newline at the end."""
        return table([self])


def table(reports: Sequence[Report]) -> str:
    """The rows of all reports as one aligned table, and what the verdicts need below it."""
    head = ["layer", "checked", "points", "30 digits", "formula", "complex step", "differences",
            "verdict"]  # fmt: skip
    lines = [head]
    for report in reports:
        for row in report.rows:
            checks = ("numpy", "formula", "complex step", "differences")
            errors = [_error(row.errors.get(check)) for check in checks]
            what = f"d{row.of}" if row.kind == "gradient" else row.of
            lines.append([report.name, what, str(row.points), *errors, row.verdict])
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    text = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip()
            for line in lines]  # fmt: skip
    for report in reports:
        text += [f"{report.name}, {row.of}: {row}" for row in report.rows if row.verdict != AGREES]
        text += [f"{report.name}: {note}" for note in report.notes]
    return "\n".join(text)


def verify_derivation(
    name: str, program: Program, backward: Backward, module: Any,
    function: Callable[..., Any] | None = None, *, seed: int = 0,
    positive: Collection[str] = (), progress: Callable[[int, int], None] | None = None,
    others: Sequence[Any] = (),
) -> Report:  # fmt: skip
    """Check a derivation and its generated module against numbers of the forward pass.

    module: has `forward`, `backward` and, for a scalar output, `value_and_grad`.
    function: the user's forward function; without it the traced program takes its place.
    positive: inputs that must be positive. progress: called with (done, all) points.
    others: further modules, which are to give the same.
    Raises nothing for a wrong derivation: that is a verdict.
    """
    if backward.program is not program and backward.program != program:
        raise ValueError(f"verify {name}: the backward program is of another forward program")
    rows = {Target(o, False): Row(o.name, "value") for o in program.outputs}
    rows |= {Target(a, True): Row(a.name, "gradient") for a in backward.wrt}
    weighted = [o for o, u in zip(program.outputs, backward.upstream, strict=True) if u]
    return checked(
        Report(name, seed), rows, program,
        lambda point: compare(backward, module, function, point, *others),
        weighted=weighted, positive=positive, progress=progress,
    )  # fmt: skip


def checked(
    report: Report, rows: dict[Target, Row], program: Program,
    check: Callable[[Point], list[Finding]], *, weighted: Collection[Array] = (),
    positive: Collection[str] = (), progress: Callable[[int, int], None] | None = None,
) -> Report:  # fmt: skip
    """The report, its rows filled by a check at points of every size and kind.

    check: may raise Unusable, and gets another point then.
    """
    report.rows = list(rows.values())
    cases = possible(program.sizes, program.conditions, [a.shape for a in program.inputs])
    tally = _Tally(rows)
    if not cases:
        tally.stop("no small sizes are what the shapes must satisfy")
    try:
        sampler = Sampler(program, report.seed, weighted=weighted, positive=positive)
        plan = [(sizes, kind, v) for sizes in cases for kind in ("ordinary", "extreme")
                for v in range(_VARIANTS)]  # fmt: skip
        for done, (sizes, kind, variant) in enumerate(plan):
            try:
                tally.add(*_findings(sampler, check, sizes, kind, variant))
            except NoPoint as problem:
                tally.missing(sizes, kind, str(problem))
            if progress is not None:
                progress(done + 1, len(plan))
    except (NotYet, Unrecognised) as problem:
        tally.stop(str(problem))
    tally.conclude(cases)
    report.notes = tally.notes
    return report


def _findings(
    sampler: Sampler, check: Callable[[Point], list[Finding]],
    sizes: dict[Basic, int], kind: str, variant: int,
) -> tuple[Point, list[Finding]]:  # fmt: skip
    """The findings at a fresh point; another is drawn while a gradient leaves float64's range."""
    reason = ""
    for _ in range(_TRIES):
        point = sampler.draw(sizes, kind, variant)
        try:
            return point, check(point)
        except Unusable as problem:
            reason = str(problem)
    raise NoPoint(reason)


class _Tally:
    """Collects findings into rows."""

    def __init__(self, rows: dict[Target, Row]) -> None:
        self.rows = rows
        self.notes: list[str] = []
        self.problem = ""
        self.seen: dict[str, list[dict[Basic, int]]] = {"ordinary": [], "extreme": []}

    def add(self, point: Point, findings: list[Finding]) -> None:
        self.seen[point.kind].append(dict(point.sizes))
        for row in self.rows.values():
            row.points += 1
            row.extreme += point.kind == "extreme"
            sizes = {str(s): n for s, n in point.sizes.items()}
            if sizes not in row.sizes:
                row.sizes.append(sizes)
        for finding in findings:
            row = self.rows[finding.of]
            if finding.detail == PROGRAM and (note := f"complex step {PROGRAM}") not in self.notes:
                self.notes.append(note)
            row.errors[finding.check] = max(row.errors.get(finding.check, 0.0), finding.error)
            if finding.failed and row.counterexample is None:
                row.counterexample = Counterexample(point, finding)

    def missing(self, sizes: dict[Basic, int], kind: str, reason: str) -> None:
        at = ", ".join(f"{s}={n}" for s, n in sizes.items()) or "the only sizes"
        note = f"no {kind} point at {at}: {reason}"
        if note not in self.notes:
            self.notes.append(note)

    def stop(self, reason: str) -> None:
        self.problem = reason

    def conclude(self, cases: list[dict[Basic, int]]) -> None:
        """Set the verdicts: false beats inconclusive, and agreement needs enough points."""
        for row in self.rows.values():
            lacking = self._lacking(row, cases)
            if row.counterexample is not None:
                row.verdict, row.reason = FALSE, str(row.counterexample)
            elif lacking:
                row.verdict, row.reason = INCONCLUSIVE, lacking
            else:
                row.verdict, row.reason = AGREES, ""

    def _lacking(self, row: Row, cases: list[dict[Basic, int]]) -> str:
        """Why the points do not suffice for a verdict, or nothing."""
        if self.problem:
            return self.problem
        seen = sum(case in self.seen["ordinary"] for case in cases)
        if cases[0] not in self.seen["ordinary"] or 2 * seen < len(cases):
            return next(note for note in self.notes if note.startswith("no ordinary point"))
        needed = _NEEDED[row.kind]
        absent = [check for check in needed if check not in row.errors]
        return f"no point allowed the check: {', '.join(absent)}" if absent else ""


def _number(x: Any) -> str:
    return f"{float(x):.17g}" if abs(x) < 1e300 and (not x or abs(x) > 1e-300) else str(x)


def _error(error: float | None) -> str:
    if error is None:
        return "-"
    # The reference claims 30 digits, so nothing smaller is told apart.
    return "<1e-30" if error < 1e-30 else f"{error:.0e}"

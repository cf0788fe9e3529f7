"""What `check` returns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Expr

from symbackprop.claims.case import TRUE
from symbackprop.claims.claim import Claim
from symbackprop.claims.counterexample import record
from symbackprop.claims.derivation_chain import derivation
from symbackprop.claims.judge import Judged
from symbackprop.claims.page import check_page
from symbackprop.claims.reasons.idea import Reason
from symbackprop.claims.told import Told, told
from symbackprop.emit.page import Page
from symbackprop.printing import Printed
from symbackprop.verify.exact import FALSE, INCONCLUSIVE


@dataclass(frozen=True, repr=False)
class Checked:
    """The verdict on a claim.

    claim: as it was read. outcome: the right side that decides, and its counterexample. gap: what
    is true less what is claimed. place: which of several right sides it is. unfit: the claim has
    another shape, so that no numbers can be compared.
    """

    source: str
    claim: Claim
    outcome: Judged
    why: tuple[Reason, ...] = ()
    gap: Expr | None = None
    place: int | None = None
    unfit: bool = False

    @property
    def verdict(self) -> str:
        """ "proved", "agrees", "false" or "inconclusive"."""
        return self.outcome.verdict

    @property
    def ok(self) -> bool:
        """Whether the claim is true: proved, or equal to 50 digits wherever it was compared."""
        return self.verdict in TRUE

    def __bool__(self) -> bool:
        raise TypeError("a verdict is one of four; ask for .ok or .verdict")

    @cached_property
    def told(self) -> Told:
        """All parts as formulas and words."""
        return told(self.claim, self.outcome, self.why, self.gap, self.unfit)

    @property
    def facts(self) -> tuple[str, ...]:
        """The declared equations that the claim needs; none if it holds without assumptions."""
        return tuple(e.text for e in self.outcome.needs)

    @property
    def reason(self) -> str:
        """Why a claim is false or inconclusive, as far as that can be told."""
        if self.verdict == INCONCLUSIVE:
            return self.outcome.comparison.reason
        return "; ".join(self.told.reasons_text)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The kinds of the reasons: "sign", "factor", "diagonal", "transpose", …"""
        return tuple(r.kind for r in self.why)

    @property
    def counterexample(self) -> dict[str, Any] | None:
        """Sizes, inputs, the place (counted from 1), the claimed and the true value."""
        example = self.outcome.counterexample
        return None if example is None else record(example)

    def page(self, *, steps: bool = False) -> Page:
        """The verdict as a page, for any printer; with `steps`, how a true claim is found."""
        name = self.outcome.case.setting.forward.name
        shown = derivation(self.outcome) if steps and self.ok else ()
        return check_page(name, self.told, self.outcome.comparison, self.place,
                          len(self.claim.rights), shown)  # fmt: skip

    def text(self, *, unicode: bool = True, steps: bool = False) -> str:
        """The verdict for a terminal."""
        return self.printed(steps=steps).text(unicode=unicode)

    def printed(self, *, steps: bool = False) -> Printed:
        """The page for `.text()`, `.latex()`, `.markdown()` and `.html()`, in three languages."""
        return Printed(self.page(steps=steps))

    def to_dict(self) -> dict[str, Any]:
        """The verdict as plain data."""
        said = self.told
        return {
            "claim": self.source,
            "read": {"text": said.claimed.ascii, "latex": said.claimed.latex},
            "verdict": self.verdict,
            "ok": self.ok,
            "points": self.outcome.comparison.points,
            "needs": list(self.facts),
            "follows": [f.text for f in self.outcome.facts],
            "true": {"text": said.true.ascii, "latex": said.true.latex},
            "reasons": [{"kind": r.kind, "text": t} for r, t in
                        zip(self.why, said.reasons_ascii, strict=True)],
            "difference": said.gap.ascii if said.gap else None,
            "counterexample": self.counterexample,
            "reason": self.reason if self.verdict in (FALSE, INCONCLUSIVE) else "",
        }  # fmt: skip

    def json(self) -> str:
        """The verdict as JSON, for other programs."""
        return json.dumps(self.to_dict(), indent=2)

    def __repr__(self) -> str:
        return f"<claim {self.source!r}: {self.verdict}>"


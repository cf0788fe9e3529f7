"""Why an equation is false: a sign, a factor, or where it is true all the same."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import cast

from sympy import Equality, Expr

from symbackprop.claims.case import Case
from symbackprop.claims.claim import Right
from symbackprop.claims.compare import Comparer
from symbackprop.claims.engine import Engine
from symbackprop.claims.prove.read import Statement
from symbackprop.claims.reasons import scale, where
from symbackprop.claims.reasons.find import first
from symbackprop.claims.reasons.idea import Reason
from symbackprop.claims.reasons.terms import gap
from symbackprop.claims.setting import Ground, Setting
from symbackprop.claims.target import VALUE, Target, Truth


class _Equality(Case):
    """The left side as a claim about the right one."""

    @property
    def written(self) -> Expr:
        return self.true

    @cached_property
    def engine(self) -> Engine:
        forward = replace(self.setting.forward, definitions=(), outputs=())
        return Engine(Ground(forward, self.equations), self.equations)


def why_not(
    statement: Statement, comparer: Comparer, left: Expr, right: Expr
) -> tuple[tuple[Reason, ...], Expr | None]:
    """The reasons that hold, and right - left in its simplest form."""
    # An equation has no gradients, and none of them is asked for.
    array = statement.program.definitions[1].array
    case = _Equality(
        Right(statement.text, left, right, statement.indices, statement.indices, {}),
        Target(VALUE, array, None, statement.shape),
        Truth(cast(Setting, comparer.setting)), comparer,
    )  # fmt: skip
    rest = gap(case)
    if first(case, scale.sign):
        return (Reason("sign", "The sides differ in their sign alone."),), rest
    found = first(case, scale.factors)
    if rest is not None and not found:
        found = [r for r in where.extra(case, rest) if not _is_itself(r, left, right)][:1]
    found = found or first(case, where.halves)
    told = []
    for reason in found:
        template = reason.template.replace("The factor", "On the left the factor").replace(
            "A factor", "On the left a factor")  # fmt: skip
        told.append(Reason(reason.kind, template, reason.places))
    return tuple(told), rest


def _is_itself(reason: Reason, left: Expr, right: Expr) -> bool:
    """Whether a condition is the equation again."""
    condition = reason.places.get("condition")
    return isinstance(condition, Equality) and set(condition.args) == {left, right}

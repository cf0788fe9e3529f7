"""Definitions as text, arguments in their order, indices named i, j, k, ... as they appear."""

from __future__ import annotations

from typing import Any

from sympy import Add, Mul, Pow

from symbackprop.algebra.nodes import Delta, Element, Index, IndexMax, IndexSum
from symbackprop.algebra.program import Assumption, Definition, Program


class Speller:
    def __init__(self) -> None:
        self.names: dict[Index, str] = {}

    def index(self, index: Index) -> str:
        return self.names.setdefault(index, "ijklmnop"[len(self.names)])

    def spell(self, expr: Any) -> str:
        if isinstance(expr, Element):
            places = ",".join(map(self.index, expr.indices))
            return f"{expr.array.name}[{places}]" if places else str(expr.array.name)
        if isinstance(expr, IndexSum | IndexMax):
            kind = "sum" if isinstance(expr, IndexSum) else "max"
            bound = ",".join(map(self.index, expr.bound))
            return f"{kind}_{bound}({self.spell(expr.body)})"
        if isinstance(expr, Delta):
            return f"delta({','.join(map(self.index, expr.indices))})"
        if not expr.args:
            return str(expr)
        args = [self.spell(a) for a in expr.args]
        if isinstance(expr, Add | Mul | Pow):
            sign = " + " if isinstance(expr, Add) else " * " if isinstance(expr, Mul) else "^"
            return f"({sign.join(args)})"
        return f"{type(expr).__name__}({', '.join(args)})"


def spell(definition: Definition) -> str:
    """`y[i] = exp(a[i])`."""
    speller = Speller()
    return f"{speller.spell(definition.element)} = {speller.spell(definition.expr)}"


def spelled(program: Program) -> list[str]:
    """Every definition."""
    return [spell(d) for d in program.definitions]


def spell_fact(fact: Assumption) -> str:
    """`sum_i(t[i]) == 1`."""
    speller = Speller()
    return f"{speller.spell(fact.left)} {fact.kind} {speller.spell(fact.right)}"

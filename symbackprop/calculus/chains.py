"""A chain of equalities as it is written down, one law at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from sympy import Add, Expr, Pow

from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.nodes import Array, Element, Index
from symbackprop.algebra.normal import normal
from symbackprop.algebra.partial import Partial, Slope
from symbackprop.algebra.poly import Poly, atom
from symbackprop.algebra.trees import rename
from symbackprop.algebra.unevaluated import replaced, substituted, unordered
from symbackprop.calculus.bridge import FACTORED, bridged
from symbackprop.calculus.deltas import collapsed
from symbackprop.calculus.fold import Elimination
from symbackprop.calculus.fuse import Draft
from symbackprop.calculus.multiplied import multiplied
from symbackprop.calculus.one_rule import step
from symbackprop.calculus.result import Fact
from symbackprop.calculus.stages import Stage
from symbackprop.calculus.tidy import tidied
from symbackprop.messages import message

COLLECTED = message("terms collected")
DEFINITION = message("definition")
SOLVED = message("from the definition")
CANCELLED = message("with one denominator")
INSERTED = message("inserted")


@dataclass(frozen=True)
class Step:
    """`before = after`, by a law.

    law: its statement. equation: what was put in the place of what, where the law is an equation
    of this derivation (a definition, one solved for a part, a gradient found above).
    """

    before: Expr
    after: Expr
    law: str
    equation: tuple[Expr, Expr] | None = None
    facts: tuple[Fact, ...] = ()


@dataclass
class Chain:
    """`expr` is the last right side so far, and the left side before the first step.

    rank: the place of an array in the program, for the order of factors. named: puts names for
    the functions of matrices that a rule is written in.
    """

    expr: Expr
    rank: Callable[[Array], int]
    named: Callable[[Poly], Poly]
    steps: list[Step] = field(default_factory=list)

    def to(
        self,
        after: Expr,
        law: str,
        equation: tuple[Expr, Expr] | None = None,
        facts: tuple[Fact, ...] = (),
    ) -> None:
        """One step further, if it changes what is seen; another order alone is no step."""
        if after == self.expr:
            return
        if self.steps and unordered(after) == unordered(self.expr):
            self.steps[-1] = replace(self.steps[-1], after=after)
        else:
            self.steps.append(Step(self.expr, after, law, equation, facts))
        self.expr = after

    def differentiate(self) -> None:
        """Every derivative of an expression worked out, one rule at a time."""
        while (found := step(self.expr, self.named)) is not None:
            self.to(found[1], found[0])

    def define(self, slope: Slope, definition: tuple[Element, Expr]) -> None:
        """∂y_j/∂x_k as the derivative of what defines y_j."""
        new = Partial(definition[1], slope.element)
        self.to(replaced(self.expr, slope, new), DEFINITION, definition)

    def collapse(self) -> None:
        """Kronecker deltas under sums used up, one law at a time."""
        while (done := collapsed(self.expr)) is not None:
            self.to(done[1], done[0])

    def tidy(self) -> None:
        """Constants out of sums, common factors of fractions cancelled, one law at a time."""
        while (done := tidied(self.expr)) is not None:
            self.to(done[1], done[0])

    def insert(self, source: Draft) -> None:
        """What a gradient is, in the place of its name."""
        equation = (source.adjoint[source.indices], source.state.expr)
        self.to(_written_in(self.expr, source), INSERTED, equation)
        self.tidy()

    def simplify(
        self,
        stages: Iterable[Stage],
        free: tuple[Index, ...],
        drafts: Iterable[Draft],
        result: tuple[Poly, Expr],
    ) -> None:
        """Through the forms that the simplifier had, to its result.

        drafts: the gradients that are written in on the way.
        """
        quick = Arranger(self.rank, free, quick=True)
        sources = {d.adjoint: d for d in drafts}
        forms = list(stages)
        goals = [quick.arrange(stage.poly) for stage in forms]
        if forms and forms[-1].poly == result[0]:
            goals[-1] = result[1]
        left = list(zip(forms, goals, strict=True))
        while left:
            stage, goal = left.pop(0)
            if isinstance(stage.why, Array):
                self.insert(sources[stage.why])
                stage = Stage(stage.poly, COLLECTED)
            if stage.why == COLLECTED and not self._lead(goal) and left and self._lead(left[0][1]):
                _, goal = left.pop(0)  # small laws lead to the next form, and not to this one
            self._reach(goal, stage)
        self.to(result[1], FACTORED)
        self.steps = [step for made in self.steps for step in _by_laws(made)]

    def _lead(self, goal: Expr) -> bool:
        """Go to an equal form by small laws, if they lead there."""
        path = bridged(self.expr, goal)
        for law, expr in path or []:
            self.to(expr, law)
        return path is not None

    def _reach(self, after: Expr, stage: Stage) -> None:
        why = stage.why
        if isinstance(why, Elimination):
            if self.steps and self.steps[-1].law == COLLECTED and self._named(why.array, after):
                return
            arrange = Arranger(self.rank).arrange
            equation = arrange(atom(why.kernel, why.exponent)), arrange(why.replacement)
            law = SOLVED if why.array is not None else CANCELLED
            self.to(after, law, equation, stage.facts)
        else:
            assert isinstance(why, str)
            law = FACTORED if why == COLLECTED and self._is_collected() else why
            self.to(after, law, None, stage.facts)

    def _named(self, array: Array | None, goal: Expr) -> bool:
        """Instead of the last step, put the name of an array where its definition stands."""
        last = self.steps[-1]
        for made in self.steps:
            if made.law == DEFINITION and made.equation and made.equation[0].array == array:
                path = bridged(new := _named_in(last.before, *made.equation), goal)
                if path is not None:
                    self.steps.pop()
                    self.expr = last.before
                    self.to(new, DEFINITION, made.equation)
                    for law, expr in path:
                        self.to(expr, law)
                    return True
        return False

    def _is_collected(self) -> bool:
        """Whether no two of the terms are alike."""
        count = len(self.expr.args) if isinstance(self.expr, Add) else 1
        return len(normal(self.expr)) == count > 1


def _by_laws(made: Step) -> list[Step]:
    """A step that collects terms as steps by one law each, where they lead to the same."""
    path = multiplied(made.before, made.after) if made.law == COLLECTED else None
    if path is None:
        return [made]
    befores = [made.before, *(expr for _, expr in path)]
    return [Step(before, after, law)
            for before, (law, after) in zip(befores, path, strict=False)]  # fmt: skip


def _named_in(expr: Expr, element: Element, value: Expr) -> Expr:
    """The expression with y_j in the place of what defines it, and 1/y_j for one over that."""
    key = unordered(value)

    def put(part: Expr) -> Expr | None:
        if unordered(part) == key:
            return element
        if isinstance(part, Pow) and part.exp.is_negative:
            below = Pow(part.base, -part.exp, evaluate=False)
            return Pow(element, -1, evaluate=False) if unordered(below) == key else None
        return None

    return substituted(expr, put)


def _written_in(expr: Expr, source: Draft) -> Expr:
    """The expression with what a gradient is in the place of its name."""

    def put(part: Expr) -> Expr | None:
        if not isinstance(part, Element) or part.array != source.adjoint:
            return None
        return rename(source.state.expr, dict(zip(source.indices, part.indices, strict=True)))

    return substituted(expr, put)

"""Guards: NumPy evaluates both branches of `where`, so the one not taken must not fail.

    where(c, f, exp(x))  = where(c, f, exp(where(c, 0, x)))
    [c] / x              = [c] / where(c, x, 1)
    [x <= 0] exp(x)      = [x <= 0] exp(min(x, 0))

A function is guarded only where it can fail (an exponential that may be large, the logarithm of
a number that may be negative, a quotient, a root) and only with the conditions under which its
value counts. The last law is used where a condition bounds the argument itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from sympy import Add, And, Basic, Expr, Mul, Not, Or, Pow, S, exp, log
from sympy.core.relational import GreaterThan, LessThan, StrictGreaterThan, StrictLessThan
from sympy.logic.boolalg import Boolean

from symbackprop.algebra.nodes import (
    Array,
    Element,
    Index,
    IndexMax,
    Maximum,
    Minimum,
    Reduction,
    Where,
)
from symbackprop.algebra.program import Definition
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.trees import elements, walk
from symbackprop.algebra.unevaluated import rebuilt
from symbackprop.emit.numpy.algebra import (
    canonical,
    minus,
    nonnegative,
    plus,
    positive,
    terms,
    unfolded,
)
from symbackprop.emit.numpy.scopes import Known, Supports
from symbackprop.emit.numpy.stable import Stabiliser

# Powers up to this one overflow only where |x| > 1e77.
_TAME_POWER = 4
# exp of anything up to this is far from overflow, in float32 too.
_TAME_EXPONENT = 50


class Guards:
    """Makes the arguments of functions safe in the places where their values do not count.

    branch_only: the definitions whose values count under conditions only. Those of them that can
    fail are unfolded where they are used, so that the conditions reach what is in them.
    """

    def __init__(
        self, stabiliser: Stabiliser, supports: Supports, branch_only: Collection[Array]
    ) -> None:
        self._stabiliser = stabiliser
        self._supports = supports
        self._branch_only = branch_only
        self._fragile: set[Array] = set()

    def define(self, definition: Definition) -> Expr:
        """The stable and guarded form of a definition, which later expressions may unfold."""
        opened = replace(definition, expr=self.opened(definition.expr))
        stable = self._stabiliser.define(opened)
        if definition.array in self._branch_only and self.fragile(stable):
            self._fragile.add(definition.array)
        return self.guarded(stable)

    def opened(self, expr: Expr, known: Sequence[Known] = ()) -> Expr:
        """The expression with definitions that can fail unfolded under the conditions on them.

        The terms of a branch that its condition bounds are bounded already: they need no shift.
        """

        def unfold(node: Basic, known: tuple[Known, ...]) -> Basic:
            if isinstance(node, Where):
                condition, u, v = node.args
                u = self._bounded_terms(u, (*known, (condition, True)))
                v = self._bounded_terms(v, (*known, (condition, False)))
                return node if (u, v) == node.args[1:] else Where(condition, u, v)
            if not known or not isinstance(node, Element) or node.array not in self._fragile:
                return node
            inner = unfolded(node, self._stabiliser.definitions)
            return node if inner is None else self.opened(inner, known)

        return self._supports.rebuilt(expr, unfold, tuple(known))

    def _bounded_terms(self, expr: Expr, known: tuple[Known, ...]) -> Expr:
        """The branch with bounded exponentials, but for those in quotients and functions."""
        if isinstance(expr, Mul) and any(isinstance(a, Pow) and a.has(exp) for a in expr.args):
            return expr
        if isinstance(expr, Add | Mul):
            parts = [self._bounded_terms(a, known) for a in expr.args]
            return expr if parts == list(expr.args) else rebuilt(expr, parts)
        if not isinstance(expr, exp) or self._tame(expr) is None:
            return expr
        bounded = _bounded(expr, _local(expr.args[0], known))
        return expr if bounded is None else rebuilt(expr, (bounded,))

    def guarded(self, expr: Expr) -> Expr:
        """The same, for an expression in stable form, with safe arguments."""
        return self._supports.rebuilt(expr, self._guard)

    def fragile(self, expr: Expr) -> bool:
        """Whether a function in the expression can fail where no condition protects it."""
        found: list[Basic] = []

        def note(node: Basic, known: tuple[Known, ...]) -> Basic:
            if not known and (
                self._tame(node) is not None
                or (isinstance(node, Element) and node.array in self._fragile)
            ):
                found.append(node)
            return node

        self._supports.rebuilt(expr, note)
        return bool(found)

    def _guard(self, node: Basic, known: tuple[Known, ...]) -> Basic:
        known = _local(node.args[0], known) if known and node.args else ()
        tame = self._tame(node) if known else None
        if tame is None:
            return node
        argument = node.args[0]
        bounded = _bounded(node, known)
        if bounded is None:
            condition, holds = _together(known)
            if _is_harmless(node, condition, holds):
                return node
            bounded = _hidden(condition, holds, argument, tame)
        return rebuilt(node, (bounded, *node.args[1:]))

    def _tame(self, node: Basic) -> Expr | None:
        """An argument at which the function is fine, if it fails at others; else None."""
        if not isinstance(node, exp | log | Pow) or not elements(node):
            return None
        argument, definitions = node.args[0], self._stabiliser.definitions
        if isinstance(node, exp):
            return S.Zero if self._stabiliser.large(argument) or _counted(argument) else None
        if isinstance(node, log):
            return None if positive(argument, definitions) else S.One
        power = node.args[1]
        if power.is_Integer and 0 <= power <= _TAME_POWER:
            return None
        if power.is_Number and positive(argument, definitions):
            return None
        if power.is_Number and power.is_positive and nonnegative(canonical(argument)):
            return None
        return S.One


def _counted(argument: Expr) -> bool:
    """Whether a maximum of what counts is taken away, which bounds nothing else."""
    return any(isinstance(n, IndexMax) and n.body.has(S.NegativeInfinity) for n in walk(argument))


@lowering
def _hidden(condition: Boolean, holds: bool, argument: Expr, tame: Expr) -> Expr:
    """where(c, f(x), g) = where(c, f(where(c, x, a)), g), for a number a at which f is fine."""
    return Where(condition, argument, tame) if holds else Where(condition, tame, argument)


def _local(argument: Basic, known: Sequence[Known]) -> tuple[Known, ...]:
    """The conditions to guard with: a sum over an axis counts if any place of a mask on it does."""
    if not any(isinstance(node, Reduction) for node in walk(argument)):
        return tuple(known)
    free = argument.free_symbols
    return tuple(
        (c, holds) for c, holds in known
        if all(s in free for s in c.free_symbols if isinstance(s, Index))
    )  # fmt: skip


def _together(known: Sequence[Known]) -> Known:
    """All conditions as one: it holds where they do, or fails where they do."""
    if all(not holds for _, holds in known):
        return Or(*(c for c, _ in known)), False
    return And(*(c if holds else Not(c) for c, holds in known)), True


def _is_harmless(node: Basic, condition: Boolean, holds: bool) -> bool:
    """Whether guards inside the argument make it a harmless number where the guard would act."""
    inner = {
        w: w.args[2 if holds else 1] for w in node.args[0].atoms(Where) if w.args[0] == condition
    }
    value = node.args[0].xreplace(inner)
    if not inner or not value.is_number:
        return False
    decided = value <= _TAME_EXPONENT if isinstance(node, exp) else value > 0
    return decided is S.true or decided is True


@lowering
def _bounded(node: Basic, known: Sequence[Known]) -> Expr | None:
    """[x <= b] exp(x) = [x <= b] exp(min(x, b)); the same for a bound below, logarithms, powers."""
    argument = node.args[0]
    for difference, sense in _inequalities(known):
        found = _on_line(argument, difference)
        if found is None:
            continue
        slope, bound = found
        above = slope * sense > 0  # argument >= bound; otherwise argument <= bound
        if isinstance(node, exp):
            if not above and bound <= _TAME_EXPONENT:
                return Minimum(argument, bound)
        elif above and (bound > 0 or (bound == 0 and _is_root(node))):
            return Maximum(argument, bound)
        elif not above and bound < 0 and isinstance(node, Pow) and node.args[1].is_Integer:
            return Minimum(argument, bound)
    return None


def _is_root(node: Basic) -> bool:
    return isinstance(node, Pow) and bool(node.args[1].is_Number and node.args[1].is_positive)


def _inequalities(known: Sequence[Known]) -> list[tuple[Expr, int]]:
    """(d, 1) for each condition d >= 0 (or d > 0) that holds, (d, -1) for d <= 0."""
    found: list[tuple[Expr, int]] = []
    for condition, holds in known:
        if isinstance(condition, And if holds else Or):
            found += _inequalities([(c, holds) for c in condition.args])
        elif isinstance(condition, Not):
            found += _inequalities([(condition.args[0], not holds)])
        elif isinstance(condition, StrictGreaterThan | GreaterThan | StrictLessThan | LessThan):
            sense = 1 if isinstance(condition, StrictGreaterThan | GreaterThan) else -1
            left, right = condition.args
            found.append((canonical(minus(left, right)), sense if holds else -sense))
    return found


def _on_line(argument: Expr, difference: Expr) -> tuple[Expr, Expr] | None:
    """(s, b) with argument = s * difference + b for numbers s != 0 and b, if there are any."""
    lead = next((t for t in terms(difference) if not t.is_number), None)
    if lead is None:
        return None
    coefficient, term = lead.as_coeff_Mul()
    wanted = canonical(argument)
    slope = next((c for c, t in (a.as_coeff_Mul() for a in terms(wanted)) if t == term), S.Zero)
    slope = slope / coefficient
    bound = plus(wanted, *(-slope * t for t in terms(difference)))
    return (slope, bound) if slope != 0 and bound.is_Rational else None

"""Facts: equations that hold on top of the definitions, declared by the user or discovered.

A fact is used only where it holds: `Σ_k t_k = 1` replaces that sum, or the index k of a larger
sum in which nothing but t depends on k. `Σ_k t_k s_k` is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sympy import Expr

from symbackprop.algebra.arrange import Arranger
from symbackprop.algebra.expansion import expand_all
from symbackprop.algebra.nodes import Array, Delta, Element, Index, IndexSum
from symbackprop.algebra.normal import normal, substitute
from symbackprop.algebra.poly import (
    Atom,
    Node,
    Poly,
    atom,
    atom_free,
    deep_atoms,
    kind,
    mono,
)
from symbackprop.algebra.program import Assumption
from symbackprop.algebra.registry import law
from symbackprop.algebra.subscripts import indices_of
from symbackprop.algebra.sums import opened, rename, sum_over
from symbackprop.calculus.fold import match, solve_definition
from symbackprop.calculus.matrix_facts import MatrixFacts
from symbackprop.calculus.result import Fact
from symbackprop.errors import InputError

_DEPTH = 6  # how many definitions deep a sum is unfolded before it is given up
_TERMS = 60


@dataclass(frozen=True)
class Rule:
    """`pattern = value` and the facts that it stands for: its own, after those it rests on."""

    pattern: Atom
    value: Poly
    facts: tuple[Fact, ...]


def declared(assumption: Assumption) -> Rule:
    """The rule of a declared equation, solved for its sum if it has one.

    Raises InputError for an equation that no rule can be made of.
    """
    left, right = normal(assumption.left), normal(assumption.right)
    difference = left - right
    candidates = [a for a in difference.atoms() if isinstance(a, Node | Element)]
    candidates.sort(key=lambda a: (not (isinstance(a, Node) and a.head == "sum"), str(a)))
    fact = Fact(assumption.left, assumption.right, assumption.text, True)
    for pattern in candidates:
        value = solve_definition(pattern, right, left)
        if value is None or pattern in set(deep_atoms(value)):
            continue
        if value.free <= atom_free(pattern):
            return Rule(pattern, value, (fact,))
    raise InputError(
        f"the assumption {assumption.text!r} cannot be used: it should fix a sum or an array, "
        "as in 'sum(t) == 1'"
    )


@dataclass
class Facts:
    """The declared facts of a program, and those discovered so far in its definitions."""

    rules: list[Rule]
    definitions: dict[Array, tuple[tuple[Index, ...], Poly]]
    matrices: MatrixFacts
    _found: dict[tuple[Array, int], Rule | None] = field(default_factory=dict)

    def apply(self, p: Poly) -> tuple[Poly, tuple[Fact, ...]]:
        """p with every fact used where it holds, and the facts that were used."""
        used: dict[Fact, None] = {}
        kinds = {"sum", *(kind(rule.pattern) for rule in self.rules)}

        def replace(a: Atom) -> Poly | None:
            for rule in self.rules:
                mapping = match(rule.pattern, a)
                if mapping is not None:
                    used.update((fact, None) for fact in rule.facts)
                    return rename(rule.value, mapping)
            if isinstance(a, Node) and a.head == "sum":
                return self._partial(a, used)
            return None

        while True:
            new, more = self.matrices.apply(substitute(p, replace, only=kinds))
            used.update((fact, None) for fact in more)
            if new == p:
                return p, tuple(used)
            p = new

    def _partial(self, node: Node, used: dict[Fact, None]) -> Poly | None:
        """A sum over several factors, where one factor alone depends on one bound index."""
        body, bound = opened(node)
        single = body.single()
        if single is None:
            return None
        for b in bound:
            factors = [(a, e) for a, e in single[0] if b in atom_free(a)]
            if len(factors) != 1 or factors[0][1] != 1 or not isinstance(factors[0][0], Element):
                continue
            element = factors[0][0]
            if sum(b in indices_of(i) for i in element.indices) != 1 or b not in element.indices:
                continue
            rule, mapping = self._sum_rule(element, b)
            if rule is not None:
                used.update((fact, None) for fact in rule.facts)
                value = rename(rule.value, mapping)
                rest = mono(single[0] - {factors[0]}, single[1])
                return sum_under_fact(rest, value, tuple(i for i in bound if i != b))
        return None

    def _sum_rule(self, element: Element, b: Index) -> tuple[Rule | None, dict[Index, Expr]]:
        """The rule for Σ_b of the element, declared or discovered, and how to rename it."""
        total = sum_over(atom(element), (b,)).single()
        if total is not None and len(total[0]) == 1:
            ((node, _),) = total[0]
            for known in self.rules:
                mapping = match(known.pattern, node)
                if mapping is not None:
                    return known, mapping
        axis = element.indices.index(b)
        if element.array.axes[axis] != b.size:
            return None, {}
        key = element.array, axis
        if key not in self._found:
            self._found[key] = None  # a definition that is being unfolded proves nothing of itself
            self._found[key] = self._discover(element.array, axis)
        rule = self._found[key]
        if rule is None:
            return None, {}
        definition = self.definitions[element.array][0]
        return rule, dict(zip(definition, element.indices, strict=True))

    def _discover(self, array: Array, axis: int) -> Rule | None:
        """Sum a definition over one axis and unfold: what becomes a constant is a fact."""
        if array not in self.definitions:
            return None
        indices, expr = self.definitions[array]
        total = sum_over(expr, (indices[axis],))
        used: dict[Fact, None] = {}
        for _ in range(_DEPTH):
            total, more = self.apply(expand_all(total))
            total = expand_all(total)
            used.update((fact, None) for fact in more)
            if _is_constant(total):
                left = IndexSum(array[indices], indices[axis])
                value = Arranger(lambda _: 0).arrange(total)
                text = f"sum({array.name}{_axis_text(array, axis)}) == {value}"
                return Rule(array[indices], total, (*used, Fact(left, value, text, False)))
            unfolded = self.unfold(total)
            if unfolded == total or len(unfolded) > _TERMS:
                return None
            total = unfolded
        return None

    def unfold(self, p: Poly) -> Poly:
        """p with each named definition replaced by its expression, one level deep."""

        def replace(a: Atom) -> Poly | None:
            if isinstance(a, Element) and a.array in self.definitions:
                indices, expr = self.definitions[a.array]
                return rename(expr, dict(zip(indices, a.indices, strict=True)))
            return None

        return substitute(p, replace, only=self.definitions)


@law
def sum_under_fact(rest: Poly, value: Poly, bound: tuple[Index, ...]) -> Poly:
    """Σ_jk f_j t_k = Σ_j f_j c, where Σ_k t_k = c"""
    return sum_over(rest * value, bound)


def _is_constant(p: Poly) -> bool:
    return not p.free and not any(isinstance(a, Element | Node | Delta) for a in deep_atoms(p))


def _axis_text(array: Array, axis: int) -> str:
    if len(array.shape) == 1:
        return ""
    axes = [n for n, size in enumerate(array.shape) if size != 1]
    return f", axis={axes[axis]}"

"""Facts: equations that hold on top of the definitions, declared by the user or discovered.

A fact is used only where it holds: `Σ_k t_k = 1` replaces that sum, or the index k of a larger
sum in which nothing but t depends on k. `Σ_k t_k s_k` is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sympy import Expr, exp

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
    kinds,
    mono,
    only,
    poly_key,
)
from symbackprop.algebra.program import Assumption
from symbackprop.algebra.registry import law
from symbackprop.algebra.subscripts import indices_of
from symbackprop.algebra.sums import build, opened, rename, sum_over
from symbackprop.calculus.fold import solve_definition
from symbackprop.calculus.match import match
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
    _found: dict[tuple[Array, int, bool], Rule | None] = field(default_factory=dict)

    def apply(self, p: Poly) -> tuple[Poly, tuple[Fact, ...]]:
        """p with every fact used where it holds, and the facts that were used."""
        used: dict[Fact, None] = {}
        heads = {"sum", *(kind(rule.pattern) for rule in self.rules)}

        def replace(a: Atom) -> Poly | None:
            for rule in self.rules:
                mapping = match(rule.pattern, a)
                if mapping is not None:
                    used.update((fact, None) for fact in rule.facts)
                    return rename(rule.value, mapping)
            if isinstance(a, Node) and a.head == "sum":
                return self._partial(a, used)
            return None

        forms = [p]
        while True:
            new, more = self.matrices.apply(substitute(forms[-1], replace, only=heads))
            used.update((fact, None) for fact in more)
            if new in forms:  # the last one, or one of several that facts lead to in turn
                return min(forms[forms.index(new) :], key=poly_key), tuple(used)
            forms.append(new)

    def _partial(self, node: Node, used: dict[Fact, None]) -> Poly | None:
        """A sum over several factors, where one factor alone depends on one bound index."""
        body, bound = opened(node)
        single = body.single()
        if single is None:
            return None
        for b in bound:
            factors = [(a, e) for a, e in single[0] if b in atom_free(a)]
            if len(factors) != 1 or factors[0][1] != 1:
                continue
            element = _element_of(factors[0][0])
            if element is None or b not in element.indices:
                continue
            if sum(b in indices_of(i) for i in element.indices) != 1:
                continue
            rule, mapping = self._sum_rule(factors[0][0], element, b)
            if rule is not None:
                used.update((fact, None) for fact in rule.facts)
                value = rename(rule.value, mapping)
                rest = mono(single[0] - {factors[0]}, single[1])
                return sum_under_fact(rest, value, tuple(i for i in bound if i != b))
        return None

    def _sum_rule(
        self, a: Atom, element: Element, b: Index
    ) -> tuple[Rule | None, dict[Index, Expr]]:
        """The rule for Σ_b of the element or its exponential, and how to rename it."""
        total = sum_over(atom(a), (b,)).single()
        if total is not None and len(total[0]) == 1:
            ((node, _),) = total[0]
            for known in self.rules:
                mapping = match(known.pattern, node)
                if mapping is not None:
                    return known, mapping
        axis = element.indices.index(b)
        if element.array.axes[axis] != b.size:
            return None, {}
        key = element.array, axis, a == element
        if key not in self._found:
            self._found[key] = None  # a definition that is being unfolded proves nothing of itself
            self._found[key] = self._discover(*key)
        rule = self._found[key]
        if rule is None:
            return None, {}
        definition = self.definitions[element.array][0]
        return rule, dict(zip(definition, element.indices, strict=True))

    def _discover(self, array: Array, axis: int, plain: bool) -> Rule | None:
        """Sum a definition over one axis and unfold: what becomes a constant is a fact.

        plain: the definition itself, else its exponential, if there is a logarithm to undo.
        """
        if array not in self.definitions:
            return None
        indices, expr = self.definitions[array]
        if not plain and "log" not in kinds(expr):
            return None
        total = sum_over(expr if plain else build("exp", (expr,)), (indices[axis],))
        used: dict[Fact, None] = {}
        for _ in range(_DEPTH):
            total, more = self.apply(expand_all(total))
            total = expand_all(total)
            used.update((fact, None) for fact in more)
            if _is_constant(total):
                element = array[indices]
                left = IndexSum(element if plain else exp(element), indices[axis])
                value = Arranger(lambda _: 0).arrange(total)
                summed = array.name if plain else f"exp({array.name})"
                text = f"sum({summed}{_axis_text(array, axis)}) == {value}"
                return Rule(element, total, (*used, Fact(left, value, text, False)))
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


def _element_of(a: Atom) -> Element | None:
    """The element that an atom is, or is the exponential of; None for others."""
    if isinstance(a, Node) and a.head == "exp":
        held = only(a.args[0])
        return held if isinstance(held, Element) else None
    return a if isinstance(a, Element) else None


def _is_constant(p: Poly) -> bool:
    return not p.free and not any(isinstance(a, Element | Node | Delta) for a in deep_atoms(p))


def _axis_text(array: Array, axis: int) -> str:
    if len(array.shape) == 1:
        return ""
    axes = [n for n, size in enumerate(array.shape) if size != 1]
    return f", axis={axes[axis]}"

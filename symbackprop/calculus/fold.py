"""Folding: solve a definition for one of its kernels, and put the name in the kernel's place.

`y = E/S` gives `E = y S`; `y = 1/(1+E)` gives `E = (1-y)/y`; `v = Σ c²/N` gives `Σ c² = N v`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from symbackprop.algebra.nodes import Array, Delta, Element, Index
from symbackprop.algebra.normal import substitute
from symbackprop.algebra.poly import (
    ONE,
    ZERO,
    Atom,
    Node,
    Number,
    Poly,
    add,
    atom,
    atom_free,
    deep_atoms,
    kind,
    mono,
    only,
    ratio,
)
from symbackprop.algebra.powers import exp_of_sum, expand, power, power_of_sum
from symbackprop.algebra.registry import law
from symbackprop.algebra.signs import positive
from symbackprop.algebra.sums import build, rename, rename_atom
from symbackprop.calculus.match import match
from symbackprop.calculus.parts import part_of, part_of_sum
from symbackprop.calculus.result import Fact
from symbackprop.calculus.rules import negated


@dataclass(frozen=True)
class Elimination:
    """`kernel^exponent = replacement`, for all values of the kernel's free indices.

    array: the definition that was solved, None for a denominator.
    kept: the atoms of the replacement that themselves hold the kernel (the S of E = y S); they
    are not rewritten, or the elimination would never end.
    bracket: what must be another factor: the equation holds wherever this is not 0, as [c] says
        for an equation that holds under the condition c.
    facts: what the equation rests on besides the definition.
    parts: the kernel, a contraction, is also found as a part of a longer one. So it is for
        products with an inverse: to solve a linear system again is dear.
    """

    array: Array | None
    kernel: Atom
    replacement: Poly
    kept: tuple[Atom, ...]
    exponent: int = 1
    bracket: Atom | None = None
    facts: tuple[Fact, ...] = ()
    parts: bool = False

    def occurs_in(self, atoms: set[Atom]) -> bool:
        """Whether the kernel is among these atoms, up to the names of indices."""
        return any(
            match(self.kernel, a) is not None or (self.parts and part_of(self.kernel, a))
            for a in atoms
        )

    def apply(self, p: Poly) -> Poly:
        """p with the kernel eliminated wherever the equation is known to hold."""
        if self.bracket is not None:
            bracket = self.bracket
            return add(under_bracket(self, bracket, mono(m, c)) for m, c in p.terms.items())

        def put(a: Atom) -> Poly | None:
            if any(match(k, a) is not None for k in self.kept):
                return atom(a)
            mapping = match(self.kernel, a)
            if mapping is not None:
                return rename(self.replacement, mapping)
            part = part_of(self.kernel, a) if self.parts else None
            if part is None or not isinstance(a, Node):
                return None
            return part_of_sum(a, part, self.replacement)

        return substitute(p, put, self.exponent, (kind(self.kernel),))


@law
def under_bracket(elimination: Elimination, bracket: Atom, term: Poly) -> Poly:
    """a E = a E', where E = E' wherever a (a bracket, or max(u, 0)) is not 0; or the term."""
    for a, e in next(iter(term.terms)):
        mapping = match(bracket, a) if e > 0 else None
        if mapping is not None:
            held = {b for k in elimination.kept for b in rename_atom(k, mapping).atoms()}
            kernel = rename_atom(elimination.kernel, mapping)
            value = rename(elimination.replacement, mapping)
            return substitute(term, partial(_put, kernel, value, held | {a}), elimination.exponent)
    return term


def _put(kernel: Poly, value: Poly, held: set[Atom], a: Atom) -> Poly | None:
    """The value in place of the kernel; what is held stays as it is."""
    itself = atom(a)
    return value if itself == kernel else itself if a in held else None


def in_branches(array: Array, indices: tuple[Index, ...], f: Poly) -> Iterator[Elimination]:
    """The eliminations of `array[indices] = where(c, u, v)`: those of u under c, of v elsewhere."""
    node = only(f)
    if not isinstance(node, Node):
        return
    if node.head == "maximum":
        yield from absorbed(node, array[indices])
    if node.head != "where":
        return
    condition, u, v = node.args
    for bracket, branch in ((build("iverson", (condition,)), u), (negated(condition), v)):
        atoms = bracket.atoms() if len(bracket) == 1 else set()  # none where c always holds
        for held in atoms if len(atoms) == 1 else ():
            if atom_free(held) == set(indices):
                for found in eliminations(array, indices, branch):
                    yield replace(found, bracket=held)


def absorbed(node: Node, name: Atom) -> Iterator[Elimination]:
    """max(u, 0) [u > 0] = max(u, 0), for a maximum or its name."""
    u, v = node.args if not node.args[1] else reversed(node.args)
    bracket = build("iverson", (build("gt", (u, v)),))
    for kernel in bracket.atoms() if not v and len(bracket) == 1 else ():
        yield Elimination(None, kernel, ONE, (), bracket=name)


def eliminations(array: Array, indices: tuple[Index, ...], f: Poly) -> list[Elimination]:
    """Every kernel that the definition `array[indices] = f` can be solved for."""
    found = []
    y = atom(array[indices])
    for kernel in sorted(set(_kernels(f)), key=str):
        if atom_free(kernel) != set(indices) or len(set(indices)) != len(indices):
            continue
        exponent = 1
        solution = solve_definition(kernel, y, f)
        if solution is None:
            square = _in_squares(expand(f), kernel)
            solution = square and solve_definition(_SQUARE, y, square)
            exponent = 2
        if solution is None or solution == atom(kernel) or _SQUARE in set(deep_atoms(solution)):
            continue
        inner = [a for a in deep_atoms(solution) if isinstance(a, Node)]
        if kernel in set(deep_atoms(solution)) or _is_lost(kernel, solution):
            continue
        kept = tuple({a for a in inner if a.free <= set(indices) and _holds(a, kernel)})
        found.append(Elimination(array, kernel, solution, kept, exponent))
    return found


def _is_lost(kernel: Atom, solution: Poly) -> bool:
    """Whether a bounded function would be found as the difference of numbers that may be large.

    tanh(h) = y - x is right for y = x + tanh(h), but where x is large, nothing of tanh(h) is left
    in y: 1 - (y - x)^2 is then no number between 0 and 1.
    """
    varying = sum(bool(m) for m in solution.terms)
    return isinstance(kernel, Node) and kernel.head in _BOUNDED and varying > 1


_BOUNDED = frozenset({"tanh", "sin", "cos", "erf", "erfc"})

_SQUARE = Array("\u00b7square", (), ">0")[()]  # stands for the square of a kernel


def _in_squares(p: Poly, kernel: Atom) -> Poly | None:
    """p with the placeholder for kernel^2, where the kernel has even exponents only."""
    total = ZERO
    for m, c in p.terms.items():
        factors: dict[Atom, Number] = {}
        for a, e in m:
            if a == kernel:
                if e % 2:
                    return None
                factors[_SQUARE] = ratio(e, 2)
            elif isinstance(a, Node) and a.head == "base":
                inner = _in_squares(a.args[0], kernel)
                if inner is None:
                    return None
                factors[Node("base", (inner,))] = e
            else:
                factors[a] = e
        total = total + mono(factors.items(), c)
    return total


def denominators(p: Poly) -> Iterator[Elimination]:
    """For a base B = 1 - y that is divided by: y = 1 - B, so that a numerator may cancel it.

    The kernel y is an element, an absolute value or an exponential.
    """
    found = {a for m in p.terms for a, e in m if e < 0}
    for base in sorted(found, key=str):
        if not isinstance(base, Node) or base.head != "base":
            continue
        for kernel in sorted(set(_kernels(base.args[0])), key=str):
            if _solvable(kernel) and atom_free(kernel) == base.free:
                parts = _by_power(kernel, base.args[0])
                if parts.keys() == {0, 1} and not _nested(kernel, base.args[0]):
                    solution = (atom(base) - parts[0]) * power(parts[1], -1)
                    yield Elimination(None, kernel, solution, (base,))


def _solvable(kernel: Atom) -> bool:
    return isinstance(kernel, Element) or (
        isinstance(kernel, Node) and kernel.head in ("abs", "exp")
    )


def _kernels(f: Poly) -> Iterator[Atom]:
    """The atoms at the rational level: those of the monomials, and of the bases among them."""
    for a in f.atoms():
        if isinstance(a, Element | Node) and not isinstance(a, Delta):
            yield a
        if isinstance(a, Node) and a.head == "base":
            yield from _kernels(a.args[0])
        if isinstance(a, Node) and a.head == "log":
            # of log(1 + E) the E is left alone: e^y - 1 would lose digits that E has
            yield from (b for b in a.args[0].atoms() if isinstance(b, Node) and b.head == "sum")


def _holds(a: Node, kernel: Atom) -> bool:
    return any(match(kernel, inner) is not None for p in a.args for inner in deep_atoms(p))


@law
def solve_definition(kernel: Atom, y: Poly, f: Poly) -> Poly | None:
    """y = c m E^e => E = (y/(c m))^(1/e);  y = p E + r => E = (y - r)/p;  y = log E => E = e^y"""
    left, right = y, f
    while True:
        single = right.single()
        if single is None:
            return _solve_linear(kernel, left, right)
        m, c = single
        holding = [(a, e) for a, e in m if a == kernel or _inside(kernel, a)]
        if len(holding) != 1:
            return _solve_linear(kernel, left, right) if holding else None
        ((a, e),) = holding
        left = left * power(mono(m - {(a, e)}, c), -1)
        if e not in (1, -1):
            if e == int(e) and not positive(a):
                return None
            left = power(left, 1 / Fraction(e))
        elif e == -1:
            left = power(left, -1)
        if a == kernel:
            return left
        assert isinstance(a, Node)
        right = a.args[0]
        if a.head == "log":
            left = exp_of_sum(left)


def _inside(kernel: Atom, a: Atom) -> bool:
    """Whether the atom is a base or a logarithm that holds the kernel."""
    if not isinstance(a, Node) or a.head not in ("base", "log"):
        return False
    return kernel in set(_kernels(atom(a) if a.head == "log" else a.args[0]))


def _solve_linear(kernel: Atom, left: Poly, right: Poly) -> Poly | None:
    """Solve left = right for a kernel that is linear in it once denominators are cleared."""
    q = right - left
    low: dict[Atom, Number] = {}
    for m in q.terms:
        for a, e in m:
            if a == kernel or _inside(kernel, a):
                if e != int(e) or (isinstance(a, Node) and a.head == "log" and a != kernel):
                    return None
                low[a] = min(low.get(a, 0), e)
    q = expand(q * mono((a, -e) for a, e in low.items() if e < 0))
    if _nested(kernel, q):
        return None
    parts = _by_power(kernel, q)
    if parts.keys() not in ({0, 1}, {0, -1}):
        return None
    e = 1 if 1 in parts else -1
    rest, factor = parts[0], parts[e]
    if len(factor) > 1 and len(rest) > 1:
        rest = power_of_sum(rest, 1)
    solution = (-rest) * power(factor, -1)
    return solution if e == 1 else power(solution, -1)


def _by_power(kernel: Atom, q: Poly) -> dict[Number, Poly]:
    """The terms of q sorted by the exponent of the kernel, which is divided out."""
    parts: dict[Number, Poly] = {}
    for m, c in q.terms.items():
        e = dict(m).get(kernel, 0)
        parts[e] = parts.get(e, ZERO) + mono(((a, x) for a, x in m if a != kernel), c)
    return parts


def _nested(kernel: Atom, q: Poly) -> bool:
    return any(_inside(kernel, a) for a in q.atoms())

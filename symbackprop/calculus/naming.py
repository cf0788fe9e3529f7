"""Names for what a user wrote in place: a deep expression becomes a few short definitions.

Without them `tanh(A @ tanh(A @ x))` is one definition, and its derivative repeats the inner
values at every place. A name is made for what holds a sum or a maximum over an axis and is worked
on further, and for what is written twice. After the derivation the names that it does not need
are written in place again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from sympy import Add, Expr, Mul, Pow, S, Symbol
from sympy.logic.boolalg import Boolean

from symbackprop.algebra.deadline import working_on
from symbackprop.algebra.functions import BY_CLASS
from symbackprop.algebra.nodes import (
    Array,
    Element,
    Index,
    IndexMax,
    IndexProduct,
    IndexSum,
    Maximum,
    Minimum,
    Reduction,
    Where,
    fresh_index,
)
from symbackprop.algebra.normal import normal
from symbackprop.algebra.poly import Poly
from symbackprop.algebra.program import Definition, Program
from symbackprop.algebra.sign_of import sign_of
from symbackprop.algebra.subscripts import indices_of
from symbackprop.algebra.sums import rename
from symbackprop.algebra.trees import elements, walk
from symbackprop.algebra.trees import rename as rename_tree
from symbackprop.algebra.within import is_within, over_own_axes
from symbackprop.calculus.worth import (
    grows,
    has_function,
    is_heavy,
    is_outer,
    is_work,
    parts_of,
    rebuilt,
)

_Key = tuple[Poly, tuple[Expr, ...]]


def with_names(program: Program) -> tuple[Program, frozenset[Array]]:
    """The program with definitions of its own for parts of the user's, and those arrays."""
    names = _Names(program)
    definitions: list[Definition] = []
    for d in program.definitions:
        with working_on(f"the definition of {program.place(d.array)}"):
            expr = names.rewritten(d)
        definitions += [*names.take(), replace(d, expr=expr)]
    made = frozenset(names.made)
    return (replace(program, definitions=tuple(definitions)) if made else program), made


def without(program: Program, arrays: Iterable[Array]) -> Program:
    """The program with these definitions written in where they are used."""
    gone = set(arrays)
    written: dict[Array, Definition] = {}
    kept = []
    for d in program.definitions:
        d = replace(d, expr=_written_in(d.expr, written))
        if d.array in gone:
            written[d.array] = d
        else:
            kept.append(d)
    return replace(program, definitions=tuple(kept)) if gone else program


def _written_in(expr: Expr, written: dict[Array, Definition]) -> Expr:
    """The expression with each element of these arrays replaced by what it stands for."""
    if not any(e.array in written for e in elements(expr)):
        return expr
    if isinstance(expr, Element):
        d = written[expr.array]
        return rename_tree(_opened(d.expr), dict(zip(d.indices, expr.indices, strict=True)))
    return rebuilt(expr, [_written_in(a, written) for a in parts_of(expr)])


def _opened(expr: Expr) -> Expr:
    """The expression with bound indices of its own, so that it can stand twice in one place."""
    if not any(isinstance(node, Reduction) for node in walk(expr)):
        return expr
    if isinstance(expr, Reduction):
        fresh = {b: fresh_index(b.size) for b in expr.bound}
        return expr.func(rename_tree(_opened(expr.body), fresh), *fresh.values())
    return rebuilt(expr, [_opened(a) for a in parts_of(expr)])


class _Names:
    """Rewrites expressions, and collects the definitions that this takes."""

    def __init__(self, program: Program) -> None:
        self.made: list[Array] = []
        self.heavy: set[Array] = set()  # of those made, what holds a sum over an axis
        self._facts = frozenset(program.conditions)
        self._new: list[Definition] = []
        self._known: dict[_Key, Array] = {}
        self._seen: Counter[_Key] = Counter()
        self._taken = {a.name for a in program.inputs} | {str(s) for s in program.sizes}
        self._taken |= {d.array.name for d in program.definitions}
        for d in program.definitions:
            with working_on(f"the definition of {program.place(d.array)}"):
                self._count(d.expr, d.indices, outermost=True)

    def take(self) -> list[Definition]:
        """The definitions since the last call."""
        new, self._new = self._new, []
        return new

    def rewritten(self, d: Definition) -> Expr:
        """A definition's expression in terms of the names of its parts; itself it has a name."""
        self._line = d.line
        expr = self._inside(d.expr, d.indices)
        self._known.setdefault(self._key(d.expr, d.indices), d.array)
        return expr

    def _part(self, expr: Expr, scope: tuple[Index, ...]) -> Expr:
        """A part of an expression: rewritten, and named where it is written twice."""
        repeated = is_work(expr) and self._seen[self._key(expr, _free(expr, scope))] > 1
        found = self._inside(expr, scope)
        known = isinstance(found, Add) and self._key(found, _free(found, scope)) in self._known
        return self._named(found, scope, _letter(expr)) if repeated or known else found

    def _inside(self, expr: Expr, scope: tuple[Index, ...]) -> Expr:
        if isinstance(expr, Element) or not expr.args or isinstance(expr, Symbol):
            return expr
        if isinstance(expr, IndexMax):
            inner = (*scope, *expr.bound)
            # Always: [u = max u] holds in floating point for values that are kept.
            body = self._core(self._part(expr.body, inner), inner, always=True)
            return IndexMax(body, *expr.bound)
        if isinstance(expr, IndexSum):
            inner = (*scope, *expr.bound)
            return IndexSum(self._operands(self._part(expr.body, inner), inner), *expr.bound)
        if isinstance(expr, IndexProduct):
            inner = (*scope, *expr.bound)
            body = self._part(expr.body, inner)
            return IndexProduct(self._factor(body, inner), *expr.bound)
        # Denominators first: what has a name in one is that name in the numerator too.
        # e^x/(1 + e^x) stays in one piece, which no exponential leaves.
        whole = isinstance(expr, Mul) and any(grows(a) for a in expr.args)
        step = self._inside if whole else self._part
        done = {a: step(a, scope) for a in parts_of(expr) if isinstance(a, Pow)}
        parts = [done[a] if a in done else self._part(a, scope) for a in parts_of(expr)]
        if isinstance(expr, Mul):
            return self._product(parts, scope)
        if isinstance(expr, Pow):
            return self._power(parts[0], parts[1], scope)
        if isinstance(expr, Maximum | Minimum | Where) or type(expr) in BY_CLASS:
            named = [is_heavy(a, self.heavy) or is_outer(a) for a in parts]
            parts = [self._core(a, scope) if name else a
                     for a, name in zip(parts, named, strict=True)]  # fmt: skip
        return rebuilt(expr, parts)

    def _power(self, base: Expr, exponent: Expr, scope: tuple[Index, ...]) -> Expr:
        """c**-q as 1/r with a name for r = c**q, where c holds a sum."""
        if not is_heavy(base, self.heavy) or base.is_Atom:
            return Pow(base, exponent, evaluate=False)
        base = self._core(base, scope)
        if exponent.is_Rational and exponent < 0 and exponent != -1:
            base, exponent = Pow(base, -exponent, evaluate=False), S.NegativeOne
            base = self._named(base, scope, "r")
        return Pow(base, exponent, evaluate=False)

    def _product(self, factors: list[Expr], scope: tuple[Index, ...]) -> Expr:
        """A fraction of values that hold sums is named where it stands among other factors."""
        heavy = [f for f in factors if is_heavy(f, self.heavy)]
        other = [f for f in factors if f not in heavy and elements(f)]
        below = any(isinstance(f, Pow) and f.exp == -1 for f in heavy)
        if below and len(heavy) > 1 and other:
            whole = self._named(Mul(*heavy, evaluate=False), scope, "h")
            place = factors.index(heavy[0])
            factors = [whole if n == place else f for n, f in enumerate(factors)
                       if n == place or f not in heavy]  # fmt: skip
        factors = [self._reciprocal(f, factors, scope) for f in factors]
        return factors[0] if len(factors) == 1 else Mul(*factors, evaluate=False)

    def _reciprocal(self, f: Expr, factors: list[Expr], scope: tuple[Index, ...]) -> Expr:
        """x/(1 + e^-x): a name for the second factor, such as a sigmoid."""
        if not (isinstance(f, Pow) and f.exp == -1 and has_function(f.base)):
            return f
        others = [g for g in factors if g is not f and elements(g)]
        return f if not others or any(map(grows, others)) else self._named(f, scope, "s")

    def _operands(self, body: Expr, scope: tuple[Index, ...]) -> Expr:
        """The factors of a contraction: what is computed has a name, as in tanh(x) @ W."""
        if not isinstance(body, Mul):
            return body
        free = set(_free(body, scope))
        factors = [
            self._core(f, scope)
            if has_function(f) and set(_free(f, scope)) < free and len(_free(f, scope)) > 0
            else f
            for f in body.args
        ]
        return Mul(*factors, evaluate=False)

    def _factor(self, body: Expr, scope: tuple[Index, ...]) -> Expr:
        """The body of a product over an axis, which its derivative holds again and again."""
        return self._core(body, scope) if has_function(body) else body

    def _core(self, expr: Expr, scope: tuple[Index, ...], always: bool = False) -> Expr:
        """The expression with a name for it, or for what a leading minus sign is before."""
        if isinstance(expr, Mul) and expr.args[0].is_number and len(expr.args) == 2:
            return Mul(expr.args[0], self._core(expr.args[1], scope, always), evaluate=False)
        return self._named(expr, scope, _letter(expr), always)

    def _named(
        self, expr: Expr, scope: tuple[Index, ...], letter: str, always: bool = False
    ) -> Expr:
        """An element of the array that stands for the expression.

        always: also where it is an exponential that may be infinite.
        """
        if isinstance(expr, Element | Boolean) or not elements(expr):
            return expr
        if grows(expr) and not always:
            return expr
        places: dict[Index, Expr] = {}
        if not is_within(expr, self._facts):  # a part of an axis: over that part only
            own = over_own_axes(expr, self._facts)
            if own is None:
                return expr
            expr, places = own
            scope = tuple(next((o for o, u in places.items() if i in indices_of(u)), i)
                          for i in scope)
        free = _free(expr, tuple(dict.fromkeys(scope)))
        key = self._key(expr, free)
        array = self._known.get(key)
        if array is None or len(array.axes) != len(free):
            name, number = letter, 1
            while name in self._taken or f"d{name}" in self._taken:
                number += 1
                name = f"{letter}_{number}"
            self._taken.add(name)
            array = Array(name, tuple(i.size for i in free), sign_of(expr))
            self._known[key] = array
            if is_heavy(expr, self.heavy):
                self.heavy.add(array)
            self.made.append(array)
            self._new.append(Definition(array, free, expr, self._line))
        return array[tuple(places.get(i, i) for i in free)]

    def _count(self, expr: Expr, scope: tuple[Index, ...], outermost: bool = False) -> None:
        """Count the parts that take work; what is in one that was met before is not counted."""
        if is_work(expr) and not outermost:
            key = self._key(expr, _free(expr, scope))
            self._seen[key] += 1
            if self._seen[key] > 1:
                return
        inner = (*scope, *expr.bound) if isinstance(expr, Reduction) else scope
        for part in parts_of(expr):
            self._count(part, inner)

    def _key(self, expr: Expr, free: tuple[Index, ...]) -> _Key:
        """What is equal for equal expressions, whatever their indices are called."""
        sizes = tuple(i.size for i in free)
        standing = tuple(Index(f"\u00b7\u00b7{n}", size) for n, size in enumerate(sizes))
        return rename(normal(expr), dict(zip(free, standing, strict=True))), sizes


def _free(expr: Expr, scope: tuple[Index, ...]) -> tuple[Index, ...]:
    """The free indices of an expression, in the order in which they were introduced."""
    return tuple(i for i in scope if i in expr.free_symbols)


def _letter(expr: Expr) -> str:
    """The letter for a name: m for a maximum, s for 1/c, r for a root, z for a sum, h otherwise."""
    if isinstance(expr, IndexMax):
        return "m"
    if isinstance(expr, Pow):
        return "s" if expr.exp.is_negative else "r"
    return "z" if isinstance(expr, Add | IndexSum | Mul) else "h"

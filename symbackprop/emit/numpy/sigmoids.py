"""Forms that keep the last digits where a sigmoid, such as 1/(1 + exp(-x)), tanh or erf, saturates.

y - t                                   = (1 - t) y - t (1 - y)
y (1 + g) - 1                           = y g - (1 - y)
u log(1 + exp(-x)) + v log(1 + exp(x))  = (u + v) log1p(exp(-|x|)) + |x| where(x < 0, u, v)
log(1 + exp(x)) - t x                   = log1p(exp(-|x|)) + |x| where(x < 0, t, 1 - t)
log(exp(x) + exp(-x)) - log(2)          = log1p(2 sinh(x/2)^2) where |x| < 1
1 + erf(x)                              = erfc(-x)

With a label t of 0 or 1 the first is y or -(1 - y), and 1 - y has a form of its own that subtracts
nothing. In the third u + v is a number, as in t + (1 - t) = 1.
"""

from __future__ import annotations

from collections.abc import Collection

from sympy import (
    Abs,
    Add,
    Basic,
    Expr,
    Integer,
    Mul,
    Pow,
    S,
    StrictGreaterThan,
    StrictLessThan,
    erf,
    erfc,
    exp,
    log,
    sinh,
    tanh,
)

from symbackprop.algebra.nodes import Array, Element, Minimum, Where
from symbackprop.algebra.registry import lowering
from symbackprop.algebra.unevaluated import without
from symbackprop.emit.numpy.algebra import canonical, minus, plus, times
from symbackprop.emit.numpy.forms import Forms, equal, less
from symbackprop.emit.numpy.product import flat, negated
from symbackprop.emit.numpy.special import Log1p, LogAddExp
from symbackprop.emit.numpy.stable import Stabiliser
from symbackprop.emit.numpy.whole import Parts


class Sigmoids(Forms):
    """Writes expressions so. data: the inputs, from which sigmoids are subtracted.

    parts: of each form of y - t that was written (see `whole`).
    """

    def __init__(self, stabiliser: Stabiliser, data: Collection[Array]) -> None:
        super().__init__()
        self._stabiliser = stabiliser
        self._data = data
        self.parts: dict[Expr, Parts] = {}

    def form(self, expr: Basic) -> Expr | None:
        """The form of a sum of two terms that has a law here; None for others."""
        if isinstance(expr, Pow):
            self._take_apart(expr)
        if not isinstance(expr, Add) or len(expr.args) != 2:
            return None
        parts = [negated(t) for t in expr.args]
        if sum(negative for negative, _ in parts) == 1:
            (_, added), (_, taken) = sorted(parts, key=lambda p: p[0])
            for y, t, sign in ((added, taken, 1), (taken, added, -1)):
                if self._is_data(t) and self.is_sigmoid(y):
                    found = _less_label(y, t, sign)
                    if sign > 0:
                        top, low = times(S.NegativeOne, _rest(y)), times(S.NegativeOne, _rest(t))
                        self.parts[found] = Parts(_by_half(y, top, y), _by_half(y, low, t))
                    return found
                if t == 1 and (split := self._split(y)) is not None:
                    return _less_one_of_product(*split, sign)
        u, v = expr.args
        return _two_softplus(_softplus(u), _softplus(v)) or (
            _softplus_less(_softplus(u), v) or _softplus_less(_softplus(v), u)
        ) or _log_cosh(u, v) or _log_cosh(v, u) or _tail(u, v) or _tail(v, u)  # fmt: skip

    def _take_apart(self, y: Expr) -> None:
        """Remember the parts of y = 1/(1 + exp(-x))."""
        base, power = y.args
        if power == -1 and isinstance(base, Add) and len(base.args) == 2 and S.One in base.args:
            (e,) = without(base.args, S.One)
            if isinstance(e, exp):
                self.parts[y] = _by_thirds(times(S.NegativeOne, *e.args), y)

    def _split(self, product: Expr) -> tuple[Expr, Expr] | None:
        """(y, g) of y (1 + g)."""
        factors = flat((product,))
        for y, other in (factors, factors[::-1]) if len(factors) == 2 else ():
            if isinstance(other, Add) and S.One in other.args and self.is_sigmoid(y):
                return y, plus(*without(other.args, S.One))
        return None

    def _is_data(self, t: Expr) -> bool:
        return isinstance(t, Element) and t.array in self._data

    def is_sigmoid(self, y: Expr) -> bool:
        """Whether 1 - y has a form that subtracts nothing."""
        if self._is_data(y) or not (isinstance(y, Element) or y.has(exp)):
            return False
        return self._stabiliser.helper(_rest(y)) is not None


def _rest(y: Expr) -> Expr:
    return less(S.One, y)


def _by_half(y: Expr, top: Expr, low: Expr) -> Expr:
    return Where(StrictGreaterThan(y, S.Half, evaluate=False), top, low)


def _by_thirds(x: Expr, y: Expr) -> Parts:
    """The parts of y = 1/(1 + exp(-x)): what it is off 0, 1/2 or 1, whichever is nearest."""
    is_near = StrictLessThan(Abs(x, evaluate=False), S.One, evaluate=False)
    is_high = StrictGreaterThan(x, S.Zero, evaluate=False)
    high = Where(is_high, times(S.NegativeOne, _rest_of_sigmoid(x)), y)
    whole = Where(is_near, -S.Half, Where(is_high, S.NegativeOne, S.Zero))
    return Parts(Where(is_near, _less_half(x), high), whole)


def _softplus(term: Expr) -> tuple[Expr, Expr] | None:
    """(u, x) of u log(1 + exp(x))."""
    factors = flat((term,))
    for f in factors:
        if isinstance(f, LogAddExp) and S.Zero in f.args:
            x = f.args[1] if f.args[0] == 0 else f.args[0]
            return times(*without(factors, f)), x
    return None


def _near_and_far(both: Expr, x: Expr, below: Expr, above: Expr) -> Expr:
    size = Abs(x, evaluate=False)
    near = Log1p(exp(Mul(S.NegativeOne, size, evaluate=False), evaluate=False))
    far = times(size, Where(StrictLessThan(x, S.Zero, evaluate=False), below, above))
    return Add(times(both, near), far, evaluate=False)


@lowering
def _less_label(y: Expr, t: Expr, sign: int) -> Expr:
    """y - t = (1 - t) y - t (1 - y)"""
    own, other = times(_rest(t), y), times(t, _rest(y))
    return less(own, other) if sign > 0 else less(other, own)


@lowering
def _less_half(x: Expr) -> Expr:
    """1/(1 + exp(-x)) - 1/2 = tanh(x/2)/2"""
    return times(S.Half, tanh(times(S.Half, x), evaluate=False))


@lowering
def _rest_of_sigmoid(x: Expr) -> Expr:
    """1 - 1/(1 + exp(-x)) = 1/(1 + exp(x))"""
    below = Add(S.One, exp(x, evaluate=False), evaluate=False)
    return Pow(below, S.NegativeOne, evaluate=False)


@lowering
def _less_one_of_product(y: Expr, g: Expr, sign: int) -> Expr:
    """y (1 + g) - 1 = y g - (1 - y)"""
    first, second = times(y, g), _rest(y)
    return less(first, second) if sign > 0 else less(second, first)


@lowering
def _two_softplus(one: tuple[Expr, Expr] | None, two: tuple[Expr, Expr] | None) -> Expr | None:
    """u log(1 + exp(-x)) + v log(1 + exp(x)) = (u + v) log1p(exp(-|x|)) + |x| where(x < 0, u, v)"""
    if one is None or two is None:
        return None
    (u, z), (v, x) = one, two
    both = canonical(plus(u, v))
    if not both.is_number or not equal(x, minus(S.Zero, z)):
        return None
    return _near_and_far(both, x, u, v)


@lowering
def _softplus_less(softplus: tuple[Expr, Expr] | None, other: Expr) -> Expr | None:
    """log(1 + exp(x)) - t x = log1p(exp(-|x|)) + |x| where(x < 0, t, 1 - t)"""
    if softplus is None or softplus[0] != 1:
        return None
    x, factors = softplus[1], flat((other,))
    for f in factors:
        for sign in (1, -1):
            if not f.is_number and equal(f, x if sign > 0 else minus(S.Zero, x)):
                negative, t = negated(times(*without(factors, f)))
                t = t if negative == (sign > 0) else times(S.NegativeOne, t)
                return _near_and_far(S.One, x, t, _rest(t))
    return None


@lowering
def _log_cosh(both: Expr, two: Expr) -> Expr | None:
    """log(exp(x) + exp(-x)) - log(2) = log1p(2 sinh(x/2)^2), where |x| < 1"""
    negative, log_two = negated(two)
    if not isinstance(both, LogAddExp) or not negative or canonical(log_two) != log(2):
        return None
    x, other = both.args
    if not equal(x, minus(S.Zero, other)):
        return None
    size = Abs(x, evaluate=False)
    half = times(S.Half, Minimum(size, S.One))
    near = Log1p(times(Integer(2), Pow(sinh(half, evaluate=False), Integer(2), evaluate=False)))
    return Where(StrictLessThan(size, S.One, evaluate=False), near, plus(both, two))


@lowering
def _tail(one: Expr, other: Expr) -> Expr | None:
    """1 + erf(x) = erfc(-x) and 1 - erf(x) = erfc(x)"""
    negative, inner = negated(other)
    if one != 1 or not isinstance(inner, erf):
        return None
    x = inner.args[0]
    return erfc(x if negative else times(S.NegativeOne, x), evaluate=False)

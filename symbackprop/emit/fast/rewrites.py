"""Operations that are cheaper in another form, where arrays are long."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from sympy import Mul, S

from symbackprop.emit.fast.contractions import by_blas
from symbackprop.emit.fast.scatters import ADD_AT, in_place
from symbackprop.emit.numpy.code import Code, Number, atom, call, exponent

_ZERO = atom("0")
UNWEIGHTED = "unweighted"
"""The helper function for u where it is no -inf with the weight 0, else 0."""
CAPPED_EXP = "capped_exp"
"""The helper function for exp(min(x, c)), for a c whose exp is finite."""
BEYOND = "beyond"
"""The helper function for whether there is an x larger than c."""
BEYOND_CAP = "beyond_cap"
"""The helper function for u exp(min(c - x, 0)), with the same c."""
OVERWRITES = frozenset({UNWEIGHTED, BEYOND_CAP})
"""The functions that change some elements of their last operand, where it stands."""


class Rewrites:
    """Rewrites single operations. codes: all that is computed, as far as it is known before.

    name: what a helper function is called, which is in use from then on. add_at: that of ADD_AT,
    once it is in use. added: the function that copies and adds.
    in_numpy: whether NumPy is what computes: it takes a branch for each element to choose one.
    """

    def __init__(
        self, np: str, number: Number, codes: Iterable[Code],
        name: Callable[[str], str], added: str, *, in_numpy: bool,
    ) -> None:
        self._np, self._name, self._added = np, name, added
        self._in_numpy = in_numpy
        self.add_at = ""
        self._number = number
        self._computed: set[Code] = set()
        stack = list(codes)
        while stack:
            code = stack.pop()
            if code not in self._computed:
                self._computed.add(code)
                stack.extend(code.args)

    def of(self, code: Code) -> Code | None:
        """The operation in its cheaper form; None where it has none."""
        if code.op == "reduce":
            return self._mean(code) or self._kept(code)
        if code.op == "**":
            return _power(code)
        if code.op == "call" and code.shape:
            return (self._where(code) or self._bounded(code) or self._outer(code)
                    or self._log_of_sum(code) or self._in_place(code)
                    or by_blas(code, self._np, self._number))  # fmt: skip
        return None

    def _mean(self, code: Code) -> Code | None:
        """mean(x) = sum(x)/n, so that a sum is computed once."""
        if not code.text.endswith(".mean"):
            return None
        counted = Mul(*(code.args[0].shape[a] for a in code.axes))
        total = replace(code, text=f"{self._np}.sum")
        return Code("/", (total, atom(self._number(counted))), shape=code.shape)

    def _kept(self, code: Code) -> Code | None:
        """sum(x, axis=1) = sum(x, axis=1, keepdims=True)[:, 0], where that is computed anyway."""
        kept = replace(code, keep=True)
        if code.keep or not code.shape or kept not in self._computed:
            return None
        sizes = code.args[0].shape
        shape = tuple(S.One if n in code.axes else s for n, s in enumerate(sizes))
        entries = ["0" if n in code.axes else ":" for n in range(len(sizes))]
        return Code("index", (replace(kept, shape=shape),), ", ".join(entries), shape=code.shape)

    def _in_place(self, code: Code) -> Code | None:
        """Values that are added to a copy, as what is added in place."""
        if code.text.partition("(")[0] == self._added:
            self.add_at = self._name(ADD_AT)
        return in_place(code, self._np, self._added, self.add_at)

    def _outer(self, code: Code) -> Code | None:
        """np.outer(x, y) = x[:, None] * y, by rows."""
        if not self._calls(code, "outer"):
            return None
        x, y = code.args
        column = Code("index", (x,), ":, None", shape=(*x.shape, S.One))
        return Code("*", (column, y), shape=code.shape)

    def _where(self, code: Code) -> Code | None:
        """np.where(c, u, 0.0) with the number as an operand."""
        name, _, rest = code.text.partition("(")
        number = rest.removeprefix("|")
        if name != f"{self._np}.where" or not number:
            return self._unweighted(code)
        return replace(code, args=(*code.args, atom(number)), text=f"{name}(|")

    def _unweighted(self, code: Code) -> Code | None:
        """np.where((w == 0) & (u == -np.inf), 0, u), looked for before it is made."""
        if not self._calls(code, "where"):
            return None
        mask, zero, u = code.args
        if mask.op != "&" or zero != _ZERO:
            return None
        weight, least = mask.args
        if weight.op != "==" or weight.args[1] != _ZERO or least.op != "==":
            return None
        weighed = u.shape and weight.args[0].shape == u.shape
        if not weighed or least.args != (u, atom(f"-{self._np}.inf")):
            return None
        return call(self._name(UNWEIGHTED), weight.args[0], u, shape=code.shape)

    def _bounded(self, code: Code) -> Code | None:
        """exp(min(w, 0)) = max(exp(-|w|), [w >= 0]), where exp(-|w|) is computed anyway.

        In C it is 1 where w >= 0.
        """
        inner = code.args[0] if self._calls(code, "exp") else None
        if inner is None or not self._calls(inner, "minimum") or _ZERO not in inner.args:
            return None
        w = inner.args[inner.args[0] == _ZERO]
        v = w.args[0] if w.op == "neg" else w
        size = call(f"{self._np}.abs", v, shape=code.shape)
        e = call(f"{self._np}.exp", Code("neg", (size,), shape=code.shape), shape=code.shape)
        if e not in self._computed:
            return None
        mask = Code(">=" if w is v else "<=", (v, _ZERO), shape=code.shape)
        if self._in_numpy:
            return call(f"{self._np}.maximum", e, mask, shape=code.shape)
        return call(f"{self._np}.where", mask, atom("1"), e, shape=code.shape)

    def _log_of_sum(self, code: Code) -> Code | None:
        """logaddexp(0, x) = max(x, 0) + log1p(exp(-|x|)), logaddexp(x, -x) of 2 |x| likewise.

        NumPy's logaddexp takes ten times as long as an exp and a log. C has it so anyway.
        """
        if not self._in_numpy or not self._calls(code, "logaddexp"):
            return None
        u, v = sorted(code.args, key=lambda a: (a != _ZERO, a.op == "neg"))
        np, shape = self._np, code.shape
        if u == _ZERO:
            largest = call(f"{np}.maximum", v, _ZERO, shape=shape)
            size = call(f"{np}.abs", v.args[0] if v.op == "neg" else v, shape=shape)
        elif _is_negative(v, u):
            largest = call(f"{np}.abs", u, shape=shape)
            size = Code("*", (atom("2"), largest), shape=shape)
        else:
            return None
        e = call(f"{np}.exp", Code("neg", (size,), shape=shape), shape=shape)
        return Code("+", (largest, call(f"{np}.log1p", e, shape=shape)), shape=shape)

    def _calls(self, code: Code, name: str) -> bool:
        return code.op == "call" and code.text == f"{self._np}.{name}(|"


def _is_negative(v: Code, u: Code) -> bool:
    """Whether v is -u as it is written: -x of x, b - a of a - b."""
    return v == Code("neg", (u,), shape=u.shape) or (
        u.op == v.op == "-" and u.args == v.args[::-1] and u.shape == v.shape
    )


def _power(code: Code) -> Code | None:
    """x**3 = x**2 * x, x**4 = (x**2)**2: NumPy's power is slow for them."""
    if not code.shape or exponent(code) not in ("3", "4"):
        return None
    two = atom("2")
    square = Code("**", (code.args[0], two), shape=code.shape)
    if exponent(code) == "4":
        return Code("**", (square, two), shape=code.shape)
    return Code("*", (square, code.args[0]), shape=code.shape)

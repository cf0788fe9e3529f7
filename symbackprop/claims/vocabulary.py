"""The names that a claim may use, and what they stand for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cached_property

from sympy import S

from symbackprop.algebra.functions import TABLE
from symbackprop.algebra.nodes import Array
from symbackprop.claims.setting import Setting
from symbackprop.errors import InputError, UnknownNameError
from symbackprop.frontend.prelude import PRELUDE
from symbackprop.frontend.shapes import nearest
from symbackprop.frontend.tracer import Size, Tracer
from symbackprop.frontend.value import constant, input_value

LOSSES = (
    "\\mathcal{L}", "L", "E", "J", "C", "l", "ell", "Loss", "loss", "Error", "error", "Cost",
    "cost",
)  # fmt: skip
"""What the scalar that is differentiated may be called where no array has that name."""
_UPSTREAM = ("upstream", "dout")
_SHORT = {"epsilon": ("eps",), "lambda": ("lam", "lambda_", "lamda"), "ell": ("l",)}

ALIASES = {
    "sigma": "sigmoid", "σ": "sigmoid", "logistic": "sigmoid", "Softmax": "softmax",
    "ReLU": "relu", "LSE": "logsumexp", "lse": "logsumexp", "ln": "log", "sgn": "sign",
    "tr": "trace", "Diag": "diag", "norm": "norm", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "sinh": "sinh", "lgamma": "gammaln",
}  # fmt: skip
FUNCTIONS = frozenset((
    *(f.head for f in TABLE), *PRELUDE, "sqrt", "tan", "max", "min", "where", "sum", "mean",
    "diag", "trace", "inv", "det", "logsumexp", "log1p", "expm1",
))  # fmt: skip


class Vocabulary:
    """The arrays, sizes and numbers of a setting by the names that people give them.

    extra: names that the user defined beside them, and their values.
    """

    def __init__(self, setting: Setting, extra: Mapping[str, Tracer] | None = None) -> None:
        self.setting = setting
        self.arrays: dict[str, Array] = {}
        program = setting.forward
        shown = (d.array for d in setting.backward.program.definitions)
        forward = (*program.inputs, *shown, *(d.array for d in program.definitions))
        gradients = (*setting.upstream, *(d.adjoint for d in setting.drafts))
        for array in (*forward, *gradients):
            self.arrays.setdefault(array.name, array)
        self.forward = frozenset(forward)
        self.gradients = frozenset(a.name for a in gradients)
        self.values: dict[str, Tracer] = {n: Tracer(input_value(a)) for n, a in self.arrays.items()}
        self.sizes = {str(size): size for size in program.sizes}
        for name, size in self.sizes.items():
            self.values[name] = Size(size)
        for name, value in (extra or {}).items():
            if name in self.values:
                raise InputError(f"{name!r} is a name of the forward pass; define another one")
            self.values[name] = value
        if len(setting.upstream) == 1:
            for name in _UPSTREAM:
                self.values.setdefault(name, self.values[setting.upstream[0].name])
        if setting.loss is not None:
            for name in (*_UPSTREAM, f"d{setting.loss.name}"):
                self.values.setdefault(name, Tracer(constant(S.One)))

    @cached_property
    def losses(self) -> frozenset[str]:
        """The names of the scalar that is differentiated."""
        own = () if self.setting.loss is None else (self.setting.loss.name,)
        return frozenset((*own, *(n for n in LOSSES if n not in self.values)))

    @property
    def differentials(self) -> frozenset[str]:
        """The names of gradients and those of dL."""
        return self.gradients | {f"d{name}" for name in self.losses}

    def find(self, text: str, accent: str = "", below: str = "") -> list[str]:
        """The names that a word with an accent and a subscript may be."""
        plain = plainly(text)
        bodies = [plain, *_SHORT.get(plain, ())]
        if accent:
            bodies = [f"{b}{link}{accent}" for b in bodies for link in ("", "_")]
        if below:
            bodies = [f"{b}{link}{below}" for b in bodies for link in ("", "_")]
        found = [b for b in bodies if b in self.values]
        found = found or [f"{b}_" for b in bodies if f"{b}_" in self.values]
        return list(dict.fromkeys(found))

    def is_function(self, text: str) -> str | None:
        """The function that a word names, unless it is the name of an array too."""
        name = ALIASES.get(text, text)
        if plainly(text) in self.values or text in self.values:
            return None
        return name if name in FUNCTIONS else None

    def adjoint(self, array: Array) -> Array | None:
        """The array of ∂L/∂array, None for the loss itself, where it is 1.

        Raises UnknownNameError where that was not derived, InputError where it may be two things.
        """
        setting = self.setting
        if array == setting.loss:
            return None
        draft = setting.draft(array)
        pairs = zip(setting.forward.outputs, setting.worked.backward.upstream, strict=True)
        given = next((u for o, u in pairs if o == array), None)
        if draft is not None and given is not None:
            raise InputError(
                f"∂L/∂{array.name} may be the upstream gradient {given.name} or the whole "
                f"gradient {draft.adjoint.name}; write the one that is meant"
            )
        if given is not None:
            return given
        if draft is None:
            raise UnknownNameError(
                f"the gradient in {array.name} is not among those derived; "
                f"name the input with wrt (--wrt {array.name})"
            )
        return draft.adjoint

    def unknown(self, word: str, also: Iterable[str] = ()) -> UnknownNameError:
        """The error for a name that is not there."""
        names = [n for n in self.values if n not in _UPSTREAM] + list(also)
        return UnknownNameError(f"the claim: {word!r} is not a name here{nearest(word, names)}")


def plainly(text: str) -> str:
    """The word in ASCII: σ as sigma."""
    if text.isascii():
        return text
    letters = []
    for c in text:
        words = unicodedata.name(c, "").split()
        greek = words[:1] == ["GREEK"] and words[2:3] == ["LETTER"]
        name = words[3].replace("LAMDA", "LAMBDA") if greek else ""
        letters.append(c if not greek else name.lower() if words[1] == "SMALL" else
                       name.capitalize())  # fmt: skip
    return re.sub(r"\W", "", "".join(letters))

"""The operations that random forward passes are made of: one line each.

A pattern says which shapes an operation takes and gives: a word is the size of an axis, the same
word the same size; `...` is any number of axes, broadcast between operands. A result's size may be
computed, as in `... n -> ... n-1` or `a b -> a*b`.
"""

from __future__ import annotations

from typing import NamedTuple


class Operation(NamedTuple):
    """NumPy source with {x}, {y}, {z} for the operands, and the pattern of their shapes."""

    text: str
    pattern: str


INPUTS: dict[str, str] = {
    "x": "n d", "y": "n d", "a": "d", "b": "d", "c": "n", "s": "", "t": "", "W": "d m", "v": "m",
    "A": "n n", "e": "3", "E": "d 3", "o": "1 d", "r": "n 1", "T": "k n d", "K": "k d m",
    "Q": "k h n d", "R": "h d m", "B": "k n n",
}  # fmt: skip
"""The inputs that a program may use, with their shapes."""

_EACH = [
    "np.exp({x})", "np.exp(-{x}**2)", "np.exp2({x})", "np.expm1({x})", "np.log({x}**2 + 1)",
    "np.log1p({x}**2)", "np.log1p(np.exp({x}))", "np.log2({x}**2 + 2)", "np.log10({x}**2 + 2)",
    "np.sqrt({x}**2 + 1)", "np.cbrt({x})", "np.square({x})", "np.reciprocal({x}**2 + 1)",
    "{x}**2", "{x}**3 - 2*{x}", "np.power({x}, 3)", "({x}**2 + 1)**1.5", "2.0**{x}",
    "np.abs({x})", "np.fabs({x} - 1)", "{x}*np.sign({x})", "np.sin({x})", "np.cos({x})",
    "np.tan(np.tanh({x}))", "np.arcsin({x}/(1 + np.abs({x})))", "np.arccos(np.tanh({x})/2)",
    "np.arctan({x})", "np.sinh({x})", "np.cosh({x})", "np.tanh({x})", "np.arctanh(np.tanh({x})/2)",
    "np.arcsinh({x})", "np.arccosh({x}**2 + 2)", "np.maximum({x}, 0)", "np.maximum(0.1*{x}, {x})",
    "np.minimum({x}, 1)", "np.clip({x}, -0.5, 1.5)", "np.clip({x}, None, 1)",
    "np.where({x} > 0, {x}, np.exp({x}) - 1)", "np.where(({x} > -1) & ({x} < 1), {x}**2, 1)",
    "np.where(~({x} > 0.5), 2*{x}, 1 + {x})", "{x}*({x} > 0)", "{x}*(({x} < 0) | ({x} > 1))",
    "{x}*np.heaviside({x}, 0.5)", "sp.expit({x})", "{x}/(1 + np.exp(-{x}))",
    "1/(1 + np.exp(-{x}))",
    "sp.logit(0.2 + sp.expit({x})/2)", "sp.erf({x})", "sp.erfc({x})",
    "sp.xlogy({x}**2 + 1, {x}**2 + 2)",
    "2 - {x}", "{x}/3", "-{x}", "1/({x}**2 + 2)", "np.zeros_like({x}) + {x}", "np.copy({x})",
]  # fmt: skip
_PAIRS = [
    "{x} + {y}", "{x} - {y}", "{x}*{y}", "{x}*{y}", "{x}/({y}**2 + 1)", "np.maximum({x}, {y})",
    "np.minimum({x}, 2*{y})", "np.logaddexp({x}, {y})", "np.hypot({x}, {y})",
    "np.where({x} > {y}, {x}, {y}**2)", "np.where({y} <= 0.3, {x}, {x}*{y})", "({x} - {y})**2",
    "({x}**2 + 1)**np.tanh({y})", "{x}*({y} >= {x}) - 0.1*{y}", "np.ones_like({x})*{y}",
]  # fmt: skip

OPERATIONS: list[Operation] = [
    *(Operation(text, "... -> ...") for text in _EACH),
    *(Operation(text, "..., ... -> ...") for text in _PAIRS * 2),
    Operation("np.where({x} > 0, {y}, {x}*{z})", "..., ..., ... -> ..."),
    Operation("{x}*{y} + (1 - {x})*{z}", "..., ..., ... -> ..."),
    # products that are summed
    Operation("{x} @ {y}", "... a b, ... b c -> ... a c"),
    Operation("{x} @ {y}", "... a b, ... b c -> ... a c"),
    Operation("{x} @ {y}", "... a b, b -> ... a"),
    Operation("{x} @ {y}", "b, ... b c -> ... c"),
    Operation("{x} @ {y}", "a, a -> "),
    Operation("np.matmul({x}, np.swapaxes({y}, -1, -2))", "... a b, ... c b -> ... a c"),
    Operation("{x} @ {y}.T/np.sqrt({x}.shape[-1])", "a b, c b -> a c"),
    Operation("np.dot({x}, {y})", "a b, b c -> a c"),
    Operation("np.dot({x}, {y})", "k a b, b -> k a"),
    Operation("np.inner({x}, {y})", "a b, c b -> a c"),
    Operation("np.outer({x}, {y})", "a, b -> a b"),
    Operation("np.vdot({x}, {y})", "a b, a b -> "),
    Operation("np.tensordot({x}, {y}, axes=1)", "a b c, c d -> a b d"),
    Operation("np.tensordot({x}, {y}, axes=([0], [1]))", "a b, c a -> b c"),
    Operation("np.einsum('ij,jk->ik', {x}, {y})", "a b, b c -> a c"),
    Operation("np.einsum('ij,ij->i', {x}, {y})", "a b, a b -> a"),
    Operation("np.einsum('...i,...i->...', {x}, {y})", "... a, ... a -> ..."),
    Operation("np.einsum('ij,j', {x}, {y})", "a b, b -> a"),
    Operation("np.einsum('i,ij,j->', {x}, {y}, {z})", "a, a b, b -> "),
    Operation("np.einsum('bij,bkj->bik', {x}, {y})", "k a b, k c b -> k a c"),
    Operation("np.einsum('ii->i', {x})", "a a -> a"),
    Operation("np.einsum('bhij->bih', {x})", "k h a b -> k a h"),
    Operation("np.linalg.multi_dot([{x}, {y}, {z}])", "a b, b c, c d -> a d"),
    # shapes
    Operation("{x}.T", "a b -> b a"),
    Operation("np.transpose({x}, (1, 0, 2))", "a b c -> b a c"),
    Operation("{x}.transpose(0, 2, 1, 3)", "a b c d -> a c b d"),
    Operation("np.swapaxes({x}, -1, -2)", "... a b -> ... b a"),
    Operation("np.expand_dims({x}, 0)", "... -> 1 ..."),
    Operation("{x}[:, None]", "a -> a 1"),
    Operation("{x}[..., None]", "... -> ... 1"),
    Operation("{x}[None, :, :]", "a b -> 1 a b"),
    Operation("{x}[:, None, :] - {x}[None, :, :]", "a b -> a a b"),
    Operation("{x}[:, None] - {x}[None, :]", "a -> a a"),
    Operation("np.squeeze({x}, axis=-1)", "... 1 -> ..."),
    Operation("np.diag({x})", "a -> a a"),
    Operation("np.diagonal({x})", "a a -> a"),
    Operation("np.trace({x})", "a a -> "),
    Operation("{x} + np.eye({x}.shape[0], like={x})", "a a -> a a"),
    # normalised along an axis
    Operation("np.exp({x})/np.sum(np.exp({x}), axis=-1, keepdims=True)", "... a -> ... a"),
    Operation("{x} - np.log(np.sum(np.exp({x}), axis=-1, keepdims=True))", "... a -> ... a"),
    Operation("{x} - np.max({x}, axis=-1, keepdims=True)", "... a -> ... a"),
    Operation("({x} - {x}.mean(0))/np.sqrt({x}.var(0) + 1)", "a ... -> a ..."),
    Operation("{x}/np.maximum(np.linalg.norm({x}), 0.1)", "... -> ..."),
    Operation("{x}/np.sqrt(np.mean({x}**2, axis=-1, keepdims=True) + 0.1)", "... a -> ... a"),
]

REDUCTIONS: list[str] = [
    "np.sum({x}{axis})", "np.mean({x}{axis})", "np.max({x}{axis})", "np.min({x}{axis})",
    "np.var({x}{axis})", "np.sqrt(np.var({x}{axis}) + 1)", "({x}**2).sum({only})",
    "{x}.mean({only})", "{x}.max({only})", "np.amax({x}{axis})", "np.average({x}{flat})",
    "np.log(np.sum(np.exp({x}){axis}))", "np.sqrt(np.sum({x}**2{axis}) + 1)",
    "np.std({x}{axis}) + 1",
]  # fmt: skip
"""{axis}: `, axis=…` with or without keepdims, or nothing. {only}: the same as the only arguments.
{flat}: without keepdims."""

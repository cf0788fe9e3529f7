"""The operations that random forward passes are made of: one line each.

A pattern says which shapes an operation takes and gives: a word is the size of an axis, the same
word the same size; `...` is any number of axes, broadcast between operands. A result's size may
be computed, as in `... n -> ... n-1` or `a b -> a*b`, an operand's a multiple, as in `2*a -> a`.
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
    "Q": "k h n d", "R": "h d m", "B": "k n n", "Z": "n 2*d", "u": "2*m",
}  # fmt: skip
"""The inputs that a program may use, with their shapes."""

LABELS: dict[str, str] = {"at_d": "n", "at_n": "k h", "of_d": "n h"}
"""Inputs of integers, which operations name: positions in an axis of size d, n, d."""

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
    Operation("np.linalg.inv({x} @ {x}.T/10 + np.eye({x}.shape[0], like={x}))", "a b -> a a"),
    Operation("np.linalg.cholesky({x} @ {x}.T + np.eye({x}.shape[0], like={x}))", "a b -> a a"),
    Operation("np.linalg.solve({x} @ {x}.T + 2*np.eye({x}.shape[0], like={x}), {y})",
              "a b, a c -> a c"),
    Operation("np.linalg.slogdet({x} @ {x}.T + np.eye({x}.shape[0], like={x}))[1]", "a b -> "),
    Operation("{x} + np.eye({x}.shape[0], like={x})", "a a -> a a"),
    # normalised along an axis
    Operation("np.exp({x})/np.sum(np.exp({x}), axis=-1, keepdims=True)", "... a -> ... a"),
    Operation("{x} - np.log(np.sum(np.exp({x}), axis=-1, keepdims=True))", "... a -> ... a"),
    Operation("{x} - np.max({x}, axis=-1, keepdims=True)", "... a -> ... a"),
    Operation("({x} - {x}.mean(0))/np.sqrt({x}.var(0) + 1)", "a ... -> a ..."),
    Operation("{x}/np.maximum(np.linalg.norm({x}), 0.1)", "... -> ..."),
    Operation("{x}/np.sqrt(np.mean({x}**2, axis=-1, keepdims=True) + 0.1)", "... a -> ... a"),
]

PLACES: list[Operation] = [
    # parts
    Operation("{x}[1:]*{x}[:-1]", "a -> a-1"),
    Operation("{x}[1:] - {x}[:-1]", "a ... -> a-1 ..."),
    Operation("{x}[..., 1:]", "... a -> ... a-1"),
    Operation("{x}[..., :-1]", "... a -> ... a-1"),
    Operation("{x}[..., 0]", "... a -> ..."),
    Operation("{x}[-1]*{x}", "a ... -> a ..."),
    Operation("{x}[..., ::-1]", "... a -> ... a"),
    Operation("{x}[::-1]*{x}", "a ... -> a ..."),
    Operation("np.flip({x})", "... -> ..."),
    Operation("{x}[..., 1::2]*{x}[..., ::2]", "... 2*a -> ... a"),
    Operation("{x}[..., :{x}.shape[-1]//2]", "... 2*a -> ... a"),
    Operation("{x}[..., {x}.shape[-1]//2:]", "... 2*a -> ... a"),
    Operation("np.split({x}, 2)[1]", "2*a ... -> a ..."),
    Operation("np.lib.stride_tricks.sliding_window_view({x}, 2, axis=-1)", "... a -> ... a-1 2"),
    Operation("np.moveaxis({x}, 0, -1)", "a ... -> ... a"),
    # other shapes
    Operation("{x}.reshape({x}.shape[0], -1)", "a b c -> a b*c"),
    Operation("{x}.reshape(-1)", "a b -> a*b"),
    Operation("np.ravel({x})", "a b c -> a*b*c"),
    Operation("{x}.reshape({x}.shape[::-1])", "a b -> b a"),
    Operation("{x}.reshape({x}.shape[0], {x}.shape[1]//2, 2)", "a 2*b -> a b 2"),
    Operation("{x}.reshape(2, -1)", "2*a -> 2 a"),
    Operation("np.reshape({x}, (-1, {x}.shape[1], 1))", "a b -> a b 1"),
    Operation("np.broadcast_to({x}, ({y}.shape[0], {x}.shape[0]))", "a, b ... -> b a"),
    # together
    Operation("np.concatenate(({x}, {y}))", "a, b -> a+b"),
    Operation("np.concatenate(({x}, {y}))", "a c, b c -> a+b c"),
    Operation("np.concatenate([{x}, {y}], axis=-1)", "a b, a c -> a b+c"),
    Operation("np.hstack(({x}, {y}, {z}))", "a b, a c, a d -> a b+c+d"),
    Operation("np.vstack(({x}, {y}))", "a, b a -> b+1 a"),
    Operation("np.stack(({x}, {y}))", "a b, a b -> 2 a b"),
    Operation("np.stack(({x}, {y}), axis=-1)", "a b, a b -> a b 2"),
    Operation("np.stack(({x}, {y}), axis=-1).reshape(-1)", "a, a -> 2*a"),
    Operation("np.roll({x}, 1, axis=-1)", "... a -> ... a"),
    Operation("np.roll({x}, -1, axis=0)*{x}", "a ... -> a ..."),
    Operation("np.pad({x}, 1)", "a b -> a+2 b+2"),
    Operation("np.pad({x}, (2, 1), constant_values=2.0)", "a -> a+3"),
    Operation("np.pad({x}, ((0, 0), (1, 0)))", "a b -> a b+1"),
    Operation("np.repeat({x}, 2, axis=-1)", "... a -> ... 2*a"),
    Operation("np.tile({x}, 2)", "... a -> ... 2*a"),
    Operation("np.tile({x}, (2, 1))", "a b -> 2*a b"),
    # positions in conditions and values
    Operation("np.tril({x})", "... a b -> ... a b"),
    Operation("np.triu({x}, 1)", "... a b -> ... a b"),
    Operation("np.cumsum({x}, axis=-1)", "... a -> ... a"),
    Operation("np.cumsum({x}, axis=0)", "a ... -> a ..."),
    Operation("{x}*np.arange({x}.shape[-1])", "... a -> ... a"),
    Operation("{x} @ np.tri({x}.shape[-1])", "... a -> ... a"),
    Operation("np.where(np.arange({x}.shape[-1]) < 1, {x}, {y})", "... a, a -> ... a"),
    Operation(
        "np.where(np.arange({x}.shape[0])[:, None] >= np.arange({x}.shape[1]), {x}, 0)",
        "a b -> a b",
    ),
    # labels
    Operation("np.take({x}, at_d, axis=0)", "d ... -> n ..."),
    Operation("{x}[at_n]", "n ... -> k h ..."),
    Operation("{x}[np.arange({x}.shape[0]), at_d]", "n d -> n"),
    Operation("{x}[..., at_d]", "... d -> ... n"),
    Operation("np.take_along_axis({x}, of_d, axis=1)", "n d -> n h"),
    Operation("{x}*(at_d[:, None] == np.arange({x}.shape[1]))", "n d -> n d"),
    Operation("{x} - np.eye({x}.shape[1])[at_d]", "n d -> n d"),
]
"""Operations on positions: which element goes where."""

REDUCTIONS: list[str] = [
    "np.sum({x}{axis})", "np.mean({x}{axis})", "np.max({x}{axis})", "np.min({x}{axis})",
    "np.var({x}{axis})", "np.sqrt(np.var({x}{axis}) + 1)", "({x}**2).sum({only})",
    "{x}.mean({only})", "{x}.max({only})", "np.amax({x}{axis})", "np.average({x}{flat})",
    "np.log(np.sum(np.exp({x}){axis}))", "np.sqrt(np.sum({x}**2{axis}) + 1)",
    "np.std({x}{axis}) + 1", "np.prod({x}{axis})", "np.prod(np.tanh({x}){axis})",
]  # fmt: skip
"""{axis}: `, axis=…` with or without keepdims, or nothing. {only}: the same as the only arguments.
{flat}: without keepdims."""

"""Parts, joins, blocks, windows and labels: NumPy's values, right gradients, readable code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symbackprop as sb

Case = tuple[Callable[..., Any], dict[str, Any], tuple[dict[str, int], dict[str, int]]]

_N = ({"n": 3}, {"n": 5})
_NK = ({"N": 3, "K": 4}, {"N": 2, "K": 5})
windows = np.lib.stride_tricks.sliding_window_view



def placed(t: Any, u: Any) -> Any:
    far = np.hypot(np.cumsum(u**3), t)
    return np.sum((far * np.arange(far.shape[0])) ** 2)


def joined_branches(y: Any, A: Any) -> Any:
    tall = np.max(A, axis=1, keepdims=True)
    p = np.exp(np.tanh(tall[:, 0])) / np.sum(np.exp(np.tanh(tall[:, 0])))
    left = np.where(p > 0, p, np.exp(p) - 1) + tall
    return np.sum((np.hstack((left, y, y)) ** 4).sum(axis=1) ** 2)


def both_sides(K: Any) -> Any:
    above = np.triu(np.log(np.sum(np.exp(K), axis=1)), 1)
    return np.sum(np.mean(np.tril(1 / (above**2 + 2))) * np.tanh(K) ** 2)


def told_from_another(x: Any, A: Any) -> Any:
    both = np.concatenate([x, A], axis=-1)
    total = (np.flip(np.max(both, axis=-1)) ** 2).sum()
    return np.sum(np.where(total > np.max(both, axis=-1), total, np.max(both, axis=-1) ** 2) ** 2)


CASES: dict[str, Case] = {
    "parts": (lambda x: x[1:] * x[:-1], {"x": ("n",)}, _N),
    "from the end": (lambda x: x[-2:] * x[:2], {"x": ("n",)}, _N),
    "one element": (lambda x: x[0] * x + x[-1], {"x": ("n",)}, _N),
    "steps": (lambda x: x[:, ::2] * x[:, 1::2], {"x": ("N", "2*m")},
              ({"N": 2, "m": 3}, {"N": 3, "m": 1})),
    "backwards": (lambda x: x[::-1] * x, {"x": ("n",)}, _N),
    "numbers and axes": (lambda x: x[:, None, 1] * x[..., 0][:, None], {"x": ("N", "K")}, _NK),
    "fixed sizes": (lambda x: x[3:0:-1] * x[1:4] * x[5 - 4], {"x": (6,)}, ({}, {})),
    "a size as an end": (lambda x, w: x[: w.shape[0]] * w, {"x": ("n",), "w": ("m",)},
                         ({"n": 5, "m": 2}, {"n": 3, "m": 3})),
    "concatenate": (lambda x, w: np.concatenate((np.exp(x), w, x)) ** 2,
                    {"x": ("n",), "w": ("m",)}, ({"n": 2, "m": 3}, {"n": 4, "m": 1})),
    "stack": (lambda x: np.stack([x, x**2], axis=1), {"x": ("N", "K")}, _NK),
    "split": (lambda x: np.split(x, 2, axis=1)[0] * np.split(x, 2, axis=1)[1],
              {"x": ("N", "2*m")}, ({"N": 2, "m": 3}, {"N": 3, "m": 1})),
    "hstack, vstack": (lambda x: np.vstack([np.hstack([x, x]), np.hstack([x * x, x])]),
                       {"x": ("N", "K")}, _NK),
    "roll": (lambda x: np.roll(x, 1) * x - np.roll(x, -2), {"x": ("n",)}, _N),
    "pad": (lambda x: np.pad(x, ((1, 0), (2, 1))) ** 2, {"x": ("N", "K")}, _NK),
    "repeat, tile": (lambda x: np.repeat(x, 2) * np.tile(x, 2), {"x": ("n",)}, _N),
    "triangles": (lambda A: np.tril(A) @ np.triu(A, 1), {"A": ("n", "n")}, _N),
    "a causal mask": (
        lambda s: np.where(np.arange(s.shape[0])[:, None] >= np.arange(s.shape[0]), s, -1e3),
        {"s": ("n", "n")}, _N),
    "backwards by place": (lambda x: np.sin(x)[::-1] * np.arange(x.shape[0]), {"x": ("n",)}, _N),
    "a branch backwards": (
        lambda x: np.where(np.arange(x.shape[0]) < 1, x, np.sin(x))[::-1] ** 2, {"x": ("n",)},
        ({"n": 1}, {"n": 3})),
    "a roll of what was joined": (
        lambda x: np.roll(np.concatenate((x, x))[:, 0], 1) ** 2, {"x": ("N", "K")}, _NK),
    "sums so far of copies": (lambda x: np.cumsum(np.tile(x, 2) ** 2), {"x": ("2*m",)},
                              ({"m": 2}, {"m": 1})),
    "places squared in a sum": (placed, {"t": (), "u": ("2*m",)}, ({"m": 2}, {"m": 1})),
    "rolled twice": (
        lambda v, r: (np.roll(np.clip(np.roll(r.reshape(-1), 1), -9.5, 9.5), 1) ** 2).sum() - v,
        {"v": ("m",), "r": ("n", 1)}, ({"n": 3, "m": 2}, {"n": 2, "m": 4})),
    "joined branches": (joined_branches, {"y": ("n", "d"), "A": ("n", "n")},
                        ({"n": 3, "d": 2}, {"n": 2, "d": 1})),
    "above and below a diagonal": (both_sides, {"K": ("k", "d", "m")},
                                   ({"k": 2, "d": 3, "m": 4}, {"k": 3, "d": 1, "m": 2})),
    "a product of copies": (lambda u: np.tanh(np.prod(np.tile(u, 2))), {"u": ("2*m",)},
                            ({"m": 1}, {"m": 2})),
    "cumsum": (lambda x: np.cumsum(x, axis=1) ** 2, {"x": ("N", "K")}, _NK),
    "positions as numbers": (lambda x: x * np.arange(x.shape[0]), {"x": ("n",)}, _N),
    "split axes": (lambda x: np.exp(x.reshape(-1, 2, x.shape[1] // 2)).sum(axis=2),
                   {"x": ("N", "2*m")}, ({"N": 2, "m": 3}, {"N": 3, "m": 1})),
    "merged axes": (lambda x: x.reshape(x.shape[0], -1) ** 2, {"x": ("N", "G", "P")},
                    ({"N": 2, "G": 3, "P": 4}, {"N": 3, "G": 2, "P": 1})),
    "heads": (lambda x: (x.reshape(x.shape[0], 2, -1).transpose(1, 0, 2) ** 2)
              .transpose(1, 0, 2).reshape(x.shape), {"x": ("T", "2*P")},
              ({"T": 3, "P": 2}, {"T": 2, "P": 4})),
    "windows": (lambda x, w: windows(x, w.shape[0]) @ w, {"x": ("L",), "w": ("K",)},
                ({"L": 5, "K": 3}, {"L": 4, "K": 4})),
    "a logarithm of a product over a window": (
        lambda x, s: np.log(1 + np.prod(windows(np.exp(x), 2, axis=1), axis=2) ** 2) * np.tanh(s),
        {"x": ("N", "K"), "s": ()}, _NK),
    "windows of images": (
        lambda x, w: np.einsum("nhwij,ij->nhw", windows(x, w.shape, axis=(1, 2)), w),
        {"x": ("N", "H", "W"), "w": ("I", "J")},
        ({"N": 2, "H": 4, "W": 3, "I": 2, "J": 3}, {"N": 1, "H": 3, "W": 5, "I": 3, "J": 1})),
    "a mean of sums so far": (
        lambda x: np.cumsum(x, axis=-1).mean(axis=(0, 2), keepdims=True)[:, :, :, 0] ** 2,
        {"x": ("k", "h", "n", "d")}, ({"k": 2, "h": 3, "n": 4, "d": 2},
                                    {"k": 1, "h": 2, "n": 2, "d": 3})),
    "a roll of sums so far": (
        lambda x: np.roll(np.cumsum(x**2, axis=-1), 1, axis=-1) @ x, {"x": ("n", "n")}, _N),
    "labels of sums so far": (
        lambda x, t: np.take_along_axis(np.cumsum(x, axis=1), t, axis=1) ** 2,
        {"x": ("N", "K"), "t": ("N", "h")}, ({"N": 3, "K": 4, "h": 2}, {"N": 2, "K": 2, "h": 3})),
    "a reshape of a part": (
        lambda x: np.reshape(x[:, :-1], (-1, x.shape[1] - 1, 1)) ** 2, {"x": ("N", "K")}, _NK),
    "rows in another order of axes": (
        lambda x: np.exp(np.tanh(x).reshape(x.shape[::-1])[:, 1:]), {"x": ("N", "K")}, _NK),
    "a size told from another": (
        told_from_another, {"x": ("n", "d"), "A": ("n", "n")},
        ({"n": 3, "d": 2}, {"n": 2, "d": 3})),
    "pooling": (lambda x: x.reshape(x.shape[0], -1, 2).max(axis=2), {"x": ("N", "2*m")},
                ({"N": 2, "m": 3}, {"N": 3, "m": 1})),
    "a wide convolution": (lambda x, w: windows(np.pad(x, 1), 3) @ w, {"x": ("n",), "w": (3,)},
                           _N),
    "labels": (lambda a, t: np.log(np.exp(a).sum(axis=1)) - a[np.arange(a.shape[0]), t],
               {"a": ("N", "K"), "t": ("N",)}, _NK),
    "labels of two axes": (lambda a, s, t: a[s, t] ** 2,
                           {"a": ("N", "K"), "s": ("M",), "t": ("M",)},
                           ({"N": 3, "K": 4, "M": 5}, {"N": 2, "K": 5, "M": 2})),
    "a table": (lambda E, ids: E[ids] ** 2, {"E": ("V", "D"), "ids": ("N", "T")},
                ({"V": 3, "D": 2, "N": 4, "T": 3}, {"V": 5, "D": 3, "N": 2, "T": 2})),
    "along an axis": (lambda a, t: np.take_along_axis(a, t[:, None], axis=1)[:, 0] ** 2,
                      {"a": ("N", "K"), "t": ("N",)}, _NK),
    "one-hot by comparison": (
        lambda a, t: np.where(t[:, None] == np.arange(a.shape[1]), a, 0.0).sum(axis=1),
        {"a": ("N", "K"), "t": ("N",)}, _NK),
    "rows of the identity": (lambda a, t: (np.eye(a.shape[1])[t] * a).sum(axis=1),
                             {"a": ("N", "K"), "t": ("N",)}, _NK),
    "axes moved": (lambda x: np.moveaxis(x, 0, -1)[:, ::-1] * 2, {"x": ("N", "K")}, _NK),
}  # fmt: skip


def derived(name: str) -> sb.Derivation:
    function, shapes, _ = CASES[name]
    return sb.derive(function, shapes=shapes)


def arrays(derivation: sb.Derivation, sizes: dict[str, int]) -> list[np.ndarray[Any, Any]]:
    """Random inputs of these sizes, labels among them."""
    rng = np.random.default_rng(7)
    program = derivation.shown.program
    swap = {s: sizes[str(s)] for s in program.sizes}
    found = []
    for a in program.inputs:
        shape = [int(s.xreplace(swap)) for s in a.shape]
        if a in program.labels:
            count = min(int(size.xreplace(swap)) for size in program.labels[a])
            found.append(rng.integers(0, count, shape))
        else:
            found.append(rng.normal(size=shape))
    return found


@pytest.mark.parametrize("name", CASES)
def test_the_values_are_those_of_numpy(name: str) -> None:
    derivation = derived(name)
    for sizes in CASES[name][2]:
        given = arrays(derivation, sizes)
        out, _ = derivation.compile().forward(*given)
        wanted = CASES[name][0](*given)
        assert np.shape(out) == np.shape(wanted)
        np.testing.assert_allclose(out, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_the_gradients_agree_with_numbers(name: str) -> None:
    report = derived(name).verify()
    assert report.ok, report


@pytest.mark.parametrize(
    ("name", "pieces"),
    [
        ("parts", ["x[1:] * x[:-1]", "np.pad(dy * x[:-1], (1, 0)) + np.pad(dy * x[1:], (0, 1))"]),
        ("backwards", ["x[::-1] * (dy[::-1] + dy)"]),
        ("concatenate", ["np.concatenate("]),
        ("merged axes", [".reshape(N, G * P)", ".reshape(N, G, P)"]),
        ("cumsum", ["np.cumsum(x, axis=1)", "[:, ::-1]"]),
        ("a table", ["E[ids]", "_added_at(np.zeros((V, D), dtype="]),
        ("labels", ["a[np.arange(N), t]", "_added_at(u, (np.arange(N), t), -1)"]),
    ],
)
def test_the_code_is_what_one_would_write(name: str, pieces: list[str]) -> None:
    source = derived(name).numpy_source()
    for piece in pieces:
        assert piece in source, source


@pytest.mark.parametrize(
    ("text", "shapes", "lines"),
    [
        ("y = x[1:]*w", {"x": ("n",), "w": ("n-1",)}, ["dx[k] = dy[k-1]*w[k-1]*[k >= 2]"]),
        ("y = concatenate((x, w))", {"x": ("n",), "w": ("m",)},
         ["dx[k] = dy[k]", "dw[k] = dy[k+n]"]),
        ("z = reshape(x, (x.shape[0], -1)); y = exp(z)", {"x": ("N", "G", "P")},
         ["dx[i,j,k] = dy[i,(j-1)*P+k]*y[i,(j-1)*P+k]"]),
        ("p = softmax(a); L = -mean(log(p[arange(a.shape[0]), t]))",
         {"a": ("N", "K"), "t": ("N",)}, ["da[i,j] = (p[i,j] - delta(j,t[i]))/N"]),
        ("y = E[ids]", {"E": ("V", "D"), "ids": ("N",)},
         ["dE[i,j] = sum_k delta(i,ids[k])*dy[k,j]"]),
        ("y = sliding_window_view(x, len(w)) @ w", {"x": ("L",), "w": ("K",)},
         ["dw[k] = sum_j dy[j]*x[j+k-1]"]),
        ("y = flip(x)*x", {"x": ("n",)}, ["dx[k] = x[n-k+1]*(dy[n-k+1] + dy[k])"]),
    ],
)  # fmt: skip
def test_the_formula(text: str, shapes: dict[str, tuple[str, ...]], lines: list[str]) -> None:
    shown = sb.derive(text, shapes=shapes).text(unicode=False)
    for line in lines:
        assert line in " ".join(shown.split()), shown


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.array([0, 4]), "t must hold integers from 0 to 3"),
        (np.array([-1, 0]), "t must hold integers from 0 to 3"),
        (np.array([0.0, 1.0]), "t must hold integers from 0 to 3"),
    ],
)
def test_wrong_labels_are_refused_by_the_generated_code(labels: Any, words: str) -> None:
    module = sb.derive("y = a[arange(a.shape[0]), t]", shapes={"a": ("N", "K"), "t": ("N",)})
    with pytest.raises(ValueError, match=words):
        module.compile().forward(np.zeros((2, 4)), labels)


def test_labels_have_no_gradient() -> None:
    derivation = sb.derive("y = E[ids]", shapes={"E": ("V", "D"), "ids": ("N",)})
    assert list(derivation.gradients) == ["E"]
    with pytest.raises(sb.InputError, match="ids holds integers"):
        sb.derive("y = E[ids]", shapes={"E": ("V", "D"), "ids": ("N",)}, wrt=["ids"])


@pytest.mark.parametrize("shape", [(3, 5), (2, 7)])
def test_sizes_that_do_not_divide_are_refused_by_the_generated_code(shape: tuple[int, int]) -> None:
    module = derived("split axes").compile()
    with pytest.raises(ValueError, match="x has shape"):
        module.forward(np.zeros(shape))

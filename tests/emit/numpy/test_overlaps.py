"""What overlapping windows give back is added by diagonals, not found with a mask for each pair."""

from __future__ import annotations

import numpy as np
import pytest

import symbackprop as sb

SIZES = {"n": 7, "N": 2, "C": 3, "L": 6, "O": 4, "H": 5, "W": 6, "K": 3, "m": 4}
# program, shapes, how often windows are added
CASES = [
    ("y = sliding_window_view(x, 3) @ v", {"x": ("n",), "v": (3,)}, 1),
    ("y = sliding_window_view(x, w.shape[0]) @ w", {"x": ("n",), "w": ("K",)}, 1),
    ("y = sum(sliding_window_view(x, 3), axis=1)**2", {"x": ("n",)}, 1),
    ("y = max(sliding_window_view(x, 3), axis=1)", {"x": ("n",)}, 1),
    ("y = mean(sliding_window_view(x, (3, 2)), axis=(2, 3))", {"x": ("H", "W")}, 2),
    ("y = max(sliding_window_view(x, (3, 2), axis=(1, 2)), axis=(3, 4))",
     {"x": ("N", "H", "W")}, 2),
    ("y = einsum('ncij,ocj->noi', sliding_window_view(x, 3, axis=2), w)",
     {"x": ("N", "C", "L"), "w": ("O", "C", 3)}, 1),
    ("y = einsum('ncij,oci->noj', sliding_window_view(x, 3, axis=2), w)",
     {"x": ("N", "C", "L"), "w": ("O", "C", "L-2")}, 1),
    ("y = cumsum(x)", {"x": ("n",)}, 0),
    ("y = x[:-1]*x[1:]", {"x": ("n",)}, 0),
]  # fmt: skip


def lengths(shape: tuple[str | int, ...]) -> tuple[int, ...]:
    known = {**SIZES, "L-2": SIZES["L"] - 2}
    return tuple(s if isinstance(s, int) else known[s] for s in shape)


@pytest.mark.parametrize("target", ["numpy", "numpy-fast"])
@pytest.mark.parametrize(("text", "shapes", "added"), CASES, ids=[c[0][:60] for c in CASES])
def test_the_gradient_is_the_slope(
    text: str, shapes: dict[str, tuple[str | int, ...]], added: int, target: str
) -> None:
    derivation = sb.derive(text, shapes=shapes)
    backward = derivation.numpy_source().partition("def backward")[2]
    assert backward.count("_overlap_added(") == added
    assert "np.arange" not in backward and "np.clip" not in backward
    module = derivation.compile(target)
    rng = np.random.default_rng(5)
    inputs = [rng.normal(size=lengths(s)) for s in shapes.values()]
    y, saved = module.forward(*inputs)
    dy = rng.normal(size=y.shape)
    gradients = module.backward(saved, dy)
    for place, gradient in enumerate(gradients):
        assert gradient.shape == inputs[place].shape
        for at in np.ndindex(gradient.shape):
            sides = []
            for step in (1e-6, -1e-6):
                moved = [x.copy() for x in inputs]
                moved[place][at] += step
                sides.append(np.sum(module.forward(*moved)[0] * dy))
            assert gradient[at] == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-6, abs=1e-7)


def test_whichever_axis_is_longer() -> None:
    """y_k = Σ_i v_i w_(k-i+1): a product of polynomials."""
    module = sb.derive("y = sliding_window_view(x, w.shape[0]) @ w",
                       shapes={"x": ("n",), "w": ("K",)}).compile()  # fmt: skip
    for k, count in ((1, 5), (4, 2), (2, 4), (5, 1)):
        w, dy = np.arange(1.0, k + 1), np.arange(2.0, count + 2)
        _, saved = module.forward(np.zeros(k + count - 1), w)
        assert module.backward(saved, dy).x.tolist() == np.convolve(dy, w).tolist()


def test_long_inputs_need_no_square_of_memory() -> None:
    module = sb.derive("y = max(sliding_window_view(x, 3), axis=1)", shapes={"x": ("n",)}).compile()
    y, saved = module.forward(np.arange(1e6))
    dx = module.backward(saved, np.ones_like(y)).x
    assert dx.tolist() == [0, 0] + [1] * (len(dx) - 2)

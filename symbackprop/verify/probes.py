"""A small forward pass for every law of the engine, so that no law goes unchecked.

The catalogue uses most laws, but not a minimum or a hyperbolic tangent. Each probe is verified
like a layer; if the law it stands for were wrong, its verdict would be false.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Probe(NamedTuple):
    """A forward pass as expression text: its input shapes, its assumptions, the gradients.

    directional: that what is verified is its Jacobian-vector product instead. exact: that the
    code is in exact forms.
    """

    text: str
    shapes: Mapping[str, tuple[str | int, ...]]
    assume: tuple[str, ...] = ()
    wrt: tuple[str, ...] | None = None
    directional: bool = False
    exact: bool = False


_X: dict[str, tuple[str | int, ...]] = {"x": ("n",)}
_XW: dict[str, tuple[str | int, ...]] = {"x": ("n",), "w": ("n",)}
_LABELS: dict[str, tuple[str | int, ...]] = {"x": ("n", "m"), "t": ("n",)}
_A: dict[str, tuple[str | int, ...]] = {"A": ("n", "n")}

PROBES: dict[str, Probe] = {
    "power_of_product": Probe("y = (3*x*w)**2", _XW),
    "power_of_sum": Probe("y = 1/(2 + 2*x**2)", _X),
    "exp_of_sum": Probe("y = exp(x - w)", _XW),
    "log_of_product": Probe("y = log(x*w)", _XW, ("x > 0", "w > 0")),
    "delta_under_sum": Probe("y = x*sum(w)", _XW),
    "sum_of_sum": Probe("L = sum((x + w)*s)**2", {**_XW, "s": ()}),
    "sum_of_one": Probe("L = sum(x + s)**2", {**_X, "s": ()}),
    "larger_or_smaller": Probe("y = maximum(x, x - 1)*w", _XW),
    "with_extreme": Probe("y = minimum(maximum(x, 0), 6)*w", _XW),
    "number_moved": Probe("y = maximum(x + 1, 1.5)*w", _XW),
    "where_of": Probe("y = where(w > 0, 2.0, 3.0)*x", _XW, (), ("x",)),
    "abs_of": Probe("y = abs(2*x)*w", _XW),
    "sign_squared": Probe("y = cbrt(x)", _X),
    "joined_triangles": Probe("L = sum(triu(x[:, None]*x, 1) + tril(x[:, None]*x, -1))", _X),
    "sign_times": Probe("y = x*abs(x)", _X),
    "delta_times": Probe("y = exp(x)/sum(exp(x))", _X),
    "d_exp": Probe("y = exp(x)", _X),
    "d_log": Probe("y = log(x)", _X, ("x > 0",)),
    "d_tanh": Probe("y = tanh(x)", _X),
    "odd_or_even": Probe("y = arctan(-x)*w", _XW),
    "d_sin": Probe("y = sin(x)", _X),
    "d_cos": Probe("y = cos(x)", _X),
    "d_arcsin": Probe("y = arcsin(x)", _X),
    "d_arccos": Probe("y = arccos(x)", _X),
    "d_arctan": Probe("y = arctan(x)", _X),
    "d_sinh": Probe("y = sinh(x)", _X),
    "d_cosh": Probe("y = cosh(x)", _X),
    "d_arcsinh": Probe("y = arcsinh(x)", _X),
    "d_arccosh": Probe("y = arccosh(2 + x**2)", _X),
    "d_arctanh": Probe("y = arctanh(x)", _X),
    "d_erf": Probe("y = erf(x)", _X),
    "d_erfc": Probe("y = erfc(x)", _X),
    "d_gammaln": Probe("y = gammaln(x)", _X, ("x > 0",)),
    "d_digamma": Probe("y = digamma(x)", _X, ("x > 0",)),
    "d_abs": Probe("y = abs(x)", _X),
    "d_where": Probe("y = where(x > 0, x**2, x**3)", _X),
    "d_maximum": Probe("y = maximum(x, w)", _XW),
    "d_minimum": Probe("y = minimum(x, w)", _XW),
    "d_product_over": Probe("y = w*prod(x)", _XW),
    "d_max": Probe("y = x*max(x)", _X),
    "d_power": Probe("y = x**3", _X),
    "d_product": Probe("y = x*exp(x)", _X),
    "d_sum": Probe("L = sum(x**2)", _X),
    "d_element": Probe("y = x*w", _XW),
    "solve_definition": Probe("y = 1/(1 + exp(-x))", _X),
    "under_bracket": Probe("y = where(x > 0, x, exp(x) - 1)", _X),
    "sum_under_fact": Probe(
        "L = s*sum(t*x[:, None])", {"s": (), "t": ("n", "m"), **_X}, ("sum(t, axis=1) == 1",),
        ("s",),
    ),
    "d_inverse": Probe("Y = inv(A)", _A),
    "d_determinant": Probe("d = det(A)", _A),
    "d_log_determinant": Probe("L = slogdet(A)[1]", _A),
    "d_cholesky": Probe("C = cholesky(A)", _A, ("A == A.T",)),
    "above_the_diagonal": Probe("L = sum(log(diag(cholesky(A))))", _A, ("A == A.T",)),
    "antisymmetric_sum": Probe("L = s*sum(A*(x[:, None] - x)) + s**2", {**_A, **_X, "s": ()},
                               ("A == A.T",), ("s",)),
    "transposed_element": Probe("L = x @ A @ x", {**_A, **_X}, ("A == A.T",), ("x",)),
    "inverse_times_matrix": Probe("y = inv(A) @ A @ (x*w)", {**_A, **_XW}, (), ("x",)),
    "part_of_sum": Probe("X = solve(A, B)", {**_A, "B": ("n", "m")}, (), ("A",)),
    "together": Probe("y = where(x > w, x, where(x > w, exp(x), w))*where(x > 2, x, 3)", _XW),
    "equal_positions": Probe("y = concatenate((x[::-1], x[:1]))*sum(x)", _X),
    "compared": Probe("y = pad(x, 1)**2", _X),
    "sum_of_blocks": Probe("L = sum(reshape(exp(x), -1)*v*s)", {
        "x": ("n", 2), "v": ("2*n",), "s": ()}),
    "delta_of_blocks": Probe("y = sum(reshape(x, (-1, 2)), axis=1)**2", {"x": ("2*n",)}),
    "delta_of_subscript": Probe(
        "z = x[arange(x.shape[0]), t]; L = sum(log(z)*z)", _LABELS, ("x > 0",)
    ),
    "delta_of_steps": Probe("y = x[1::2]**2", {"x": ("2*n",)}),
    "chain_rule": Probe("z = x*w; y = exp(z)", _XW),
    "push_forward": Probe("z = x*w; y = exp(z)", _XW, directional=True),
}

"""A small forward pass for every rule of the NumPy emitter, as `probes` has for every law."""

from __future__ import annotations

from symbackprop.verify.probes import Probe

_X: dict[str, tuple[str | int, ...]] = {"x": ("n",)}
_XW: dict[str, tuple[str | int, ...]] = {"x": ("n",), "w": ("n",)}
_ROWS: dict[str, tuple[str | int, ...]] = {"x": ("n", "m"), "w": ("n",)}
_SQUARE: dict[str, tuple[str | int, ...]] = {"q": (3, 3), "v": (3,)}
_CLASSES: dict[str, tuple[str | int, ...]] = {"x": ("n", 2), "q": (2, "k"), "t": ("n", "k")}
_TANH = (
    "a = tanh(x) @ q; y = exp(a)/sum(exp(a), axis=1, keepdims=True); L = -sum(t*log(y))"
)

LOWERING_PROBES: dict[str, Probe] = {
    # Code and axes.
    "wrapped": Probe("y = x*(w - (x - 2*w))", _XW),
    "number": Probe("y = 3*x + x**2/7", _X),
    "function": Probe("y = exp(x)*arctan(x)", _X),
    "sum_of_terms": Probe("y = x - w", _XW),
    "power": Probe("y = x**3 + sqrt(w)", _XW, ("w > 0",)),
    "arranged": Probe("y = x*w[:, None]", _ROWS),
    "squeezed": Probe("y = k + x", {"k": (1, "m"), "x": ("n", "m")}),
    "transposed": Probe("y = x.T*q", {"x": ("n", "m"), "q": ("m", "n")}),
    "reduced": Probe("y = sum(x*x, axis=1)*w", _ROWS),
    "kept": Probe("y = x - mean(x, axis=1, keepdims=True)", {"x": ("n", "m")}),
    "spread": Probe("L = s*sum(x)", {"x": ("n", "m"), "s": ()}),
    "full": Probe("y = x*ones_like(q)", {**_X, "q": ("m", "n")}),
    "repeated_index": Probe("L = sum(einsum('ii->i', q)*x)", {**_X, "q": ("n", "n")}),
    "weighted_log": Probe("L = -sum(w*log(x))", _XW, ("x > 0",)),
    "weighted_difference": Probe("L = -sum(w*log(exp(x)/sum(exp(x))))", _XW),
    "weighted_quotient": Probe("L = -sum(w*log(x))", _XW, ("x > 0",)),
    # Products.
    "negated": Probe("y = -x*w", _XW),
    "unsigned": Probe("y = (-x)*(-w)", _XW),
    "with_number": Probe("y = 2*x/3", _X),
    "over": Probe("y = x/w", _XW),
    "reciprocal": Probe("y = x/w**2", _XW),
    "outer": Probe("y = x[:, None]*v", {**_X, "v": ("m",)}),
    "mean": Probe("y = x - mean(x)", _X),
    "masked": Probe("y = maximum(x, 0)*w", _XW),
    "eye": Probe("L = trace(q)*s", {"q": ("n", "n"), "s": ()}),
    "diagonal": Probe("y = diag(x)*1", _X),
    "distributed": Probe("y = v[:, None]*(eye(3) + q)", _SQUARE),
    # Contractions.
    "dot": Probe("L = x @ w", _XW),
    "matrix_product": Probe("y = x @ q", {"x": ("n", "m"), "q": ("m", "k")}),
    "stacked_product": Probe(
        "y = einsum('hid,hjd->hij', q, k)", {"q": (2, 3, 2), "k": (2, 4, 2)}
    ),
    "alone": Probe("L = s*sum(x*x[:, None])", {**_X, "s": ()}),
    "product_over_axes": Probe("y = prod(x[:, None]*q, axis=0)", {**_X, "q": ("n", "m")}),
    "joined": Probe("L = sum(x*x*w[:, None])", _ROWS),
    "einsum": Probe("y = einsum('ijm,jkm->ik', x, w)", {"x": (2, 3, 2), "w": (3, 2, 2)}),
    "repeated": Probe(
        "y = sum(x*ones_like(q), axis=0)*s", {**_X, "q": ("m", "n"), "s": ()}, (), ("x", "s")
    ),
    "renamed": Probe("y = diag(x) @ q", {**_X, "q": ("n", "m")}),
    # Positions.
    "sliced": Probe("y = x[1:]*x[:-1]", _X),
    "reshaped": Probe("y = reshape(x, (-1, 2))*v", {"x": ("2*n",), "v": (2,)}),
    "out_of_blocks": Probe("y = reshape(x*w[:, None], -1)", _ROWS),
    "window": Probe("y = sliding_window_view(x, 2) @ v", {**_X, "v": (2,)}),
    "overlap_added": Probe("y = sliding_window_view(x, 3) @ v", {**_X, "v": (3,)}),
    "gathered": Probe("y = x[arange(x.shape[0]), t]**2", {"x": ("n", "m"), "t": ("n",)}),
    "arange": Probe("y = x[arange(x.shape[0]), t]**2", {"x": ("n", "m"), "t": ("n",)}),
    "in_blocks": Probe("y = tile(x, 2)*repeat(x, 2)", _X),
    "affine": Probe("y = x*arange(1, x.shape[0] + 1)", _X),
    "same_position": Probe("y = x*(t[:, None] == arange(x.shape[1]))", {
        "x": ("n", "m"), "t": ("n",)}),
    "padded": Probe("y = pad(x, (1, 2))*w", {**_X, "w": ("n+3",)}),
    "concatenated": Probe("y = concatenate((x, x*s, w))", {**_XW, "s": ()}),
    "cumulated": Probe("y = cumsum(x)**2", _X),
    "zeros_with": Probe("y = x[t]**2", {**_X, "t": ("m",)}),
    "changed_at": Probe("L = sum(log(sum(exp(x), axis=1)) - x[arange(x.shape[0]), t])", {
        "x": ("n", "m"), "t": ("n",)}),
    "only_inside": Probe("y = reshape(x, -1)[1:]*s", {"x": ("n", "m"), "s": ()}),
    # Masks and minima.
    "smallest": Probe("y = x*min(x)", _X),
    "condition": Probe("y = where(x > w, x**2, x)", _XW, (), ("x",)),
    "condition_product": Probe("y = where((x > 0) & (w > 0), x*w, 0.0)", _XW),
    "cast": Probe("y = x*max(x)", _X),
    "branches": Probe("y = where(x > 0, x**2, 3*x)", _X),
    "opposite": Probe("y = where(x > 0, 1.0, 0.0)*w + where(x > 0, 0.0, 1.0)*x", _XW),
    "choice": Probe(
        "y = where((x > 0) & (w > 0), log(x*w), where((x > 3) | (w > 3), exp(x*w), 0))", _XW
    ),
    "support": Probe("y = maximum(x, 0)*where(x > 0, log(x), 0.0)", _X),
    "hidden": Probe("y = where(x > 0, log(x), x)", _X),
    "bounded": Probe("y = where(x > 0, x, exp(x) - 1)", _X),
    "saturated": Probe("y = minimum(exp(x) - 1, 0) + maximum(x, 0)", _X),
    "compared": Probe("y = where(exp(x) > 2, x**2, w)", _XW),
    "in_comparisons": Probe("p = exp(x); y = minimum(p, 1)*w", _XW),
    # Exponentials.
    "shifted_product": Probe("y = exp(x)*exp(-w)/(1 + exp(x))", _XW, (), ("w",)),
    "shifted_power": Probe("y = 1/(1 + exp(x))**2", _X),
    "shifted_exp": Probe("y = exp(x)/(2 + exp(x))", _X),
    "shifted_terms": Probe("y = exp(x)/(exp(x) + exp(w) + 1)", _XW),
    "shifted_sum": Probe("y = exp(x)/sum(exp(x))", _X),
    "met": Probe("y = exp(x); m = max(y); L = log(m)", _X),
    "shifted_largest": Probe("y = exp(x); m = max(y); z = y/m", _X),
    "shifted_choice": Probe("y = where(w > 0, exp(x), exp(2*x))/sum(exp(x))", _XW, (), ("x",)),
    "exponential": Probe("y = exp(x)/(1 + exp(x))", _X),
    "counting": Probe("e = where(w > 0, exp(x), 0.0); y = e/sum(e)", _XW, (), ("x",)),
    "larger_of_two": Probe("y = exp(x)/(exp(x) + exp(w))", _XW),
    "spread_out": Probe("y = exp(-exp(x))*(w*exp(exp(x)) + exp(sin(w)))", _XW),
    # Logarithms.
    "log_of_exp": Probe("p = exp(x)/sum(exp(x)); y = log(p)", _X),
    "log_of_cosh": Probe("y = log(cosh(x))", _X),
    "log_of_power": Probe("y = log(sqrt(1 + exp(x)))", _X),
    "log_of_product": Probe("y = log(w*exp(x))", _XW, ("w > 0",)),
    "log_of_terms": Probe("y = log(1 + exp(x))", _X),
    "log_of_sum": Probe("L = log(sum(exp(x)))", _X),
    "log_near_one": Probe("y = log(1 + x*x)", _X),
    "exp_near_zero": Probe("y = (exp(x) - 1)*w", _XW),
    "less_one": Probe("y = log(exp(x)/(exp(x) + exp(w)))", _XW),
    "merged": Probe("y = 1 - 1/(1 + exp(x))", _X),
    # Exact forms.
    "tanh_of_exp": Probe("y = w*(1 + tanh(x))", _XW, exact=True),
    "log_of_largest_one": Probe("L = log(sum(exp(x)))", _X, exact=True),
    "in_branch": Probe("y = where(x > 0, x, exp(x) - 1)", _X, exact=True),
    "weight_less": Probe("p = exp(x)/sum(exp(x)); L = -sum(w*log(p))", _XW, ("sum(w) == 1",),
                         ("x",), exact=True),
    "centred_again": Probe("m = mean(x); y = (x - m)*w", _XW, exact=True),
    "less_log": Probe("p = exp(x)/sum(exp(x)); L = -sum(w*log(p))", _XW, ("sum(w) == 1",), ("x",),
                      exact=True),
    "difference": Probe("a = x @ q; p = exp(a)/sum(exp(a), axis=1, keepdims=True);"
                        "L = -sum(t*log(p))",
                  {"x": ("n", "d"), "q": ("d", "k"), "t": ("n", "k")}, ("sum(t, axis=1) == 1",),
                  ("q",), exact=True),
    "off_uniform": Probe("a = x @ q/20; p = exp(a)/sum(exp(a), axis=1, keepdims=True);"
                         "L = -sum(t*log(p))",
                   {"x": ("n", "d"), "q": ("d", "k"), "t": ("n", "k")}, ("sum(t, axis=1) == 1",),
                   ("q",), exact=True),
    "less_half": Probe("L = sum(log(1 + exp(x @ q/20)))",
                       {"x": ("n", "d"), "q": ("d", "k")}, exact=True),
    "rest_of_sigmoid": Probe("L = sum(log(1 + exp(2*x @ q)))",
                             {"x": ("n", "d"), "q": ("d", "k")}, exact=True),
    "half_distance": Probe("c = x @ w/(sqrt(x @ x)*sqrt(w @ w)); L = 1 - c", _XW, exact=True),
    "less_common": Probe("u = tanh(x); e = u*s; p = exp(e)/sum(exp(e)); L = sum(p*w)",
                         {**_XW, "s": ()}, (), ("s",), exact=True),
    "less_sum": Probe("u = tanh(x); e = u*s; p = exp(e)/sum(exp(e)); L = sum(p*w)",
                      {**_XW, "s": ()}, (), ("s",), exact=True),
    "gap": Probe("u = tanh(x/20 + s); e = 2*u; p = exp(e)/sum(exp(e)); L = sum(p*w)",
                 {**_XW, "s": ()}, (), ("s",), exact=True),
    "nearest": Probe("u = tanh(x); e = u*s; p = exp(e)/sum(exp(e)); L = sum(p*w)",
                     {**_XW, "s": ()}, exact=True),
    "in_place": Probe("u = tanh(x); e = u*s; p = exp(e)/sum(exp(e)); L = sum(p*w)",
                      {**_XW, "s": ()}, exact=True),
    "less_all": Probe("z = x + s; u = tanh(z); e = 2*u; p = exp(e)/sum(exp(e)); L = sum(p*w)",
                      {**_XW, "s": ()}, (), ("s", "x"), exact=True),
    "balanced": Probe("d = det(q); y = inv(q) @ v + d", _SQUARE, exact=True),
    "twice": Probe("y = w - x*(x @ w)/(x @ x + 2)", _XW, exact=True),
    "complement_of_mean": Probe(
        "p = exp(x)/sum(exp(x)); u = (1 - s)*w + s/x.shape[0]; L = -sum(u*log(p))",
        {**_XW, "s": ()}, ("sum(w) == 1",), ("x",), exact=True,
    ),
    "less_mixture": Probe(
        "p = exp(x)/sum(exp(x)); u = (1 - s)*w + s/x.shape[0]; L = -sum(u*log(p))",
        {**_XW, "s": ()}, ("sum(w) == 1",), ("x",), exact=True,
    ),
    "less_mean": Probe("y = exp(x)/sum(exp(x))", _X, exact=True),
    "without_constant": Probe("y = exp(x)/sum(exp(x)); L = -sum(y*log(y))", _X, exact=True),
    "less_share": Probe("y = log(exp(x)/sum(exp(x)))", _X, exact=True),
    "less_label": Probe("y = 1/(1 + exp(-x)); L = sum((y - t)**2)", {**_X, "t": ("n",)}, (),
                        ("x",), exact=True),
    "two_softplus": Probe("y = 1/(1 + exp(-x)); L = sum(t*log(y) + (1 - t)*log(1 - y))", {
        **_X, "t": ("n",)}, (), ("x",), exact=True),
    "less_one_of_product": Probe("p = 1/(1 + exp(-x)); y = w*(p*(1 + log(p)) - 1)", _XW, (),
                                 ("w",), exact=True),
    "softplus_less": Probe("L = sum(log(1 + exp(x)) - w*x)", _XW, (), ("x",), exact=True),
    "log_cosh": Probe("L = sum(w*log(cosh(x)))", _XW, (), ("w",), exact=True),
    "tail": Probe("y = w*(1 + erf(x))", _XW, (), ("w",), exact=True),
    "cancelled": Probe("c = 1 - x*w; y = (1 - c)*w", _XW, exact=True),
    "squares": Probe("L = sum((x - w)**2) - sum((x - v)**2)", {**_XW, "v": ("n",)}, exact=True),
    "odd": Probe("y = w*(3 - 6/(1 + exp(x)))", _XW, (), ("w",), exact=True),
    "exp_rest": Probe("y = w*(exp(x) - 1 - x)", _XW, (), ("w",), exact=True),
    "made_up": Probe("y = w/(1 + exp(-x - s))", {**_XW, "s": ()}, (), ("w",), exact=True),
    "as_one": Probe(_TANH, _CLASSES, ("sum(t, axis=1) == 1",), ("q",), exact=True),
    "less_squares": Probe("L = sum(w/(1 + exp(-x - s)))", {**_XW, "s": ()}, (), ("s",), exact=True),
    "off_whole": Probe(_TANH, _CLASSES, ("sum(t, axis=1) == 1",), ("q",), exact=True),
    "with_features": Probe(_TANH, _CLASSES, ("sum(t, axis=1) == 1",), ("q",), exact=True),
    "from_the_top": Probe("l = log(sum(exp(x))); y = (l - x)*w", _XW, exact=True),
    "less_identity": Probe("p = exp(q); y = p @ v - v", _SQUARE, exact=True),
    "without_own": Probe("y = q @ v - v*sum(q, axis=1)", _SQUARE, exact=True),
    "others": Probe("s = sum(x*w); y = w*(s - x*w)", _XW, exact=True),
    "pairs": Probe("s = sum(x*w); y = w*(s**2 - sum((x*w)**2))", _XW, exact=True),
    **dict.fromkeys(("over_one", "share"), Probe(
        "i = sum(x*w); d = i + sum(x) + sum(w); L = 1 - i/d", _XW, ("x > 0", "w > 0"), exact=True
    )),
    "shares_of_others": Probe("s = cumsum(exp(x)); L = sum(w*(log(s) - x))", _XW, exact=True),
    "near_ratio": Probe("m = (x + w)/2; y = x*(log(x) - log(m))", _XW, ("x > 0", "w > 0"),
                        exact=True),
    "on_diagonal": Probe("s = q @ q; p = exp(s); L = sum(log(sum(p, axis=1)) - sum(q*q.T, axis=1))",
                         {"q": (3, 3)}, exact=True),
    # The upstream gradient and what forward computes for backward.
    "scaled": Probe("L = sum(x)*s", {**_X, "s": ()}),
    "flipped": Probe("y = 1/(1 + exp(-x)); z = (y - 1)*w", _XW),
}

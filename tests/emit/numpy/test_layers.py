"""Layers outside the catalogue, each against 30 digits at ordinary points and at |a| = 1000."""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop import derive

VECTOR = {"x": ("n",)}
LOGITS = {"a": ("N", "n")}
ONE = {"a": ("n",)}
ATTENTION = {"q": ("N", "D"), "k": ("M", "D"), "v": ("M", "H")}
NORM = {"x": ("N", "D"), "g": ("D",), "b": ("D",), "eps": ()}

# text, shapes, assumptions
LAYERS = {
    "softplus": ("y = log(1 + exp(x))", VECTOR, []),
    "silu": ("y = x/(1 + exp(-x))", VECTOR, []),
    "silu by names": ("s = 1/(1 + exp(-x)); y = x*s", VECTOR, []),
    "gelu by tanh": ("y = 0.5*x*(1 + tanh(0.7978845608*(x + 0.044715*x**3)))", VECTOR, []),
    "gelu by sigmoid": ("y = x/(1 + exp(-1.702*x))", VECTOR, []),
    "mish": ("y = x*tanh(log(1 + exp(x)))", VECTOR, []),
    "mish by names": ("s = log(1 + exp(x)); y = x*tanh(s)", VECTOR, []),
    "tanh by exp": ("y = (exp(x) - exp(-x))/(exp(x) + exp(-x))", VECTOR, []),
    "selu": ("y = 1.05*where(x > 0, x, 1.67*(exp(x) - 1))", VECTOR, []),
    "log-cosh": ("L = mean(log((exp(x) + exp(-x))/2))", VECTOR, []),
    "huber": ("L = mean(where(abs(x - t) < 1, (x - t)**2/2, abs(x - t) - 0.5))",
              {"x": ("n",), "t": ("n",)}, []),
    "logistic regression": (
        "z = X@w; s = 1/(1 + exp(-z)); L = -mean(t*log(s) + (1 - t)*log(1 - s))",
        {"X": ("N", "D"), "w": ("D",), "t": ("N",)}, []),
    "attention": ("S = q@k.T/sqrt(q.shape[1]); e = exp(S); P = e/sum(e, axis=1, keepdims=True); "
                  "o = P@v", ATTENTION, []),
    "logsumexp": ("L = log(sum(exp(a)))", ONE, []),
    "softmax with temperature": ("y = exp(a/T)/sum(exp(a/T))", {"a": ("n",), "T": ()}, ["T > 0"]),
    "softmax over axis 0": ("y = exp(a)/sum(exp(a), axis=0)", LOGITS, []),
    "log-softmax": ("y = a - log(sum(exp(a), axis=1, keepdims=True))", LOGITS, []),
    "label smoothing": (
        "y = exp(a)/sum(exp(a), axis=1, keepdims=True); "
        "L = -mean(sum((0.9*t + 0.1/a.shape[1])*log(y), axis=1))",
        {"a": ("N", "n"), "t": ("N", "n")}, ["sum(t, axis=1) == 1"]),
    "kl divergence": ("p = exp(a)/sum(exp(a)); q = exp(b)/sum(exp(b)); L = sum(p*log(p/q))",
                      {"a": ("n",), "b": ("n",)}, []),
    "entropy": ("L = -sum(p*log(p))", {"p": ("n",)}, ["p > 0"]),
    "entropy of softmax": ("p = exp(a)/sum(exp(a)); L = -sum(p*log(p))", ONE, []),
    "mixture": ("L = -log(sum(w*exp(-(x - m)**2/2)))",
                {"x": (), "w": ("n",), "m": ("n",)}, ["w > 0"]),
    "layer norm": ("mu = mean(x, axis=1, keepdims=True); "
                   "v = mean((x - mu)**2, axis=1, keepdims=True); "
                   "y = g*(x - mu)/sqrt(v + eps) + b", NORM, ["eps > 0"]),
    "power": ("y = x**w", {"x": ("n",), "w": ("n",)}, ["x > 0"]),
    "power of one exponent": ("y = x**p", {"x": ("n",), "p": ()}, ["x > 0"]),
    "powers over their sum": ("p = x**T; y = p/sum(p)", {"x": ("n",), "T": ()}, ["x > 0"]),
    "hill function": ("y = x**p/(1 + x**p)", {"x": ("n",), "p": ()}, ["x > 0"]),
    "log of a power": ("y = log(x**p)", {"x": ("n",), "p": ()}, ["x > 0"]),
    "log of a sum of powers": ("L = log(sum(x**p))", {"x": ("n",), "p": ()}, ["x > 0"]),
    "p-norm": ("L = sum(x**p)**(1/p)", {"x": ("n",), "p": ()}, ["x > 0", "p > 0"]),
    "softmax to a power": ("y = (exp(x)/sum(exp(x)))**w", {"x": ("n",), "w": ("n",)}, []),
    "a mask beside tiles": ("y = tile(where(arange(B.shape[-1]) < 1, B, min(r@q.T, axis=1)), 2)",
                            {"B": ("k", "n", "n"), "r": ("n", "d"), "q": ("m", "d")}, []),
    "neighbours that underflow": ("p = erfc(x); L = sum((roll(p, -1)*p)**2)", VECTOR, []),
    "a fast growing sigmoid": ("e = exp(x*x); y = e/(1 + e)", {"x": ("n",)}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name):
    text, shapes, assume = LAYERS[name]
    report = derive(text, shapes=shapes, assume=assume).verify()
    assert report.ok, report.table()


def test_an_underflowed_probability_is_not_raised_to_a_power():
    text = "p = exp(a)/sum(exp(a)); y = p**T/sum(p**T)"
    module = derive(text, shapes={"a": ("n",), "T": ()}).compile()
    a = np.array([-1000.0, 0.0, 700.0])
    with np.errstate(all="raise", under="ignore"):
        out, _ = module.forward(a, 0.125)
        sharp, _ = module.forward(np.array([-0.5, -0.25, -0.75]), 1000.0)
    e = np.exp(0.125 * (a - 700))
    assert np.allclose(out, e / e.sum(), rtol=1e-13, atol=0)
    assert np.allclose(sharp, [np.exp(-250.0), 1, np.exp(-500.0)], rtol=1e-12, atol=0)


def test_a_small_difference_of_exponentials_keeps_its_digits():
    module = derive("y = (exp(x) - exp(-x))/(exp(x) + exp(-x))", shapes=VECTOR).compile()
    x = np.array([20.0, -40.0])
    _, saved = module.forward(x)
    assert np.allclose(module.backward(saved, np.ones(2)).x, 1 / np.cosh(x) ** 2, rtol=1e-13)

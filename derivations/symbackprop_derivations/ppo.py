"""The clipped objective of proximal policy optimisation, as a loss.

    r_i = exp(x_i - p_i)                x, p, a: (n,); x: log-probabilities of the new policy,
    g_i = (1 + eps) a_i where a_i > 0   p: those of the old one, a: advantages
          (1 - eps) a_i elsewhere       r, g: (n,), eps: a scalar
    L   = -1/n Σ_i min(r_i a_i, g_i)

min(r a, g) is min(r a, clip(r, 1 - eps, 1 + eps) a); where it is g there is no gradient.
"""

import numpy as np

from symbackprop.layer import Layer


def ppo(x, p, a, eps):
    r = np.exp(x - p)
    g = np.where(a > 0, (1 + eps) * a, (1 - eps) * a)
    L = -np.mean(np.minimum(r * a, g))
    return L


LAYER = Layer(
    name="ppo",
    summary="clipped objective of a policy",
    forward=ppo,
    shapes={"x": ("n",), "p": ("n",), "a": ("n",), "eps": ()},
    wrt=("x",),
    data=("x", "p", "a"),
    source="Schulman, Wolski, Dhariwal, Radford and Klimov, Proximal Policy Optimization "
    "Algorithms (2017), equation 7; in this form: OpenAI Spinning Up, Proximal Policy "
    "Optimization",
)

"""Direct preference optimisation: the response w is preferred to the response r.

    z_i = beta ((w_i - u_i) - (r_i - v_i))  w, r, u, v, z: (n,), log-probabilities of responses:
    L   = 1/n Σ_i log(1 + exp(-z_i))        w and r under the policy, u and v under the reference
"""

import numpy as np

from symbackprop.layer import Layer


def dpo(w, r, u, v, beta):
    z = beta * ((w - u) - (r - v))
    L = np.mean(np.log(1 + np.exp(-z)))
    return L


LAYER = Layer(
    name="dpo",
    summary="direct preference optimisation",
    forward=dpo,
    shapes={"w": ("n",), "r": ("n",), "u": ("n",), "v": ("n",), "beta": ()},
    wrt=("w", "r"),
    data=("w", "r", "u", "v"),
    source="Rafailov et al., Direct Preference Optimization: Your Language Model is Secretly a "
    "Reward Model (2023), section 4",
)

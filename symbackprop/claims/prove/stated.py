"""The laws of proofs as a reader sees them: a formula, or a name."""

from __future__ import annotations

from symbackprop.claims.prove import laws
from symbackprop.emit.page import Formula, Part, Words
from symbackprop.emit.phrases import same_everywhere
from symbackprop.emit.reasons import named


def _formula(law: laws.Law, latex: str, ascii: str = "") -> tuple[str, Formula]:
    text = laws.statement(law)
    return text, Formula(text, ascii or text, latex)


STATED: dict[str, Part] = dict((
    _formula(laws.minus, r"-(-u) = u"),
    (laws.statement(laws.written_out), Words("{law}, for a number {number}", (
        ("law", Formula("Σ_j f_j = f_1 + … + f_n", "sum_j f_j = f_1 + ... + f_n",
                        r"\sum_{j} f_{j} = f_{1} + \dots + f_{n}")),
        ("number", same_everywhere("n")),
    ))),
    (laws.statement(laws.hyperbolic), Words("definition of the hyperbolic function")),
    (laws.statement(laws.multiplied_out), Words("distributive law")),
    (laws.statement(laws.collected_above), Words("terms collected")),
    _formula(laws.exp_of_sum, r"e^{u + v} = e^{u} e^{v}"),
    _formula(laws.exp_of_log, r"e^{\log u} = u"),
    _formula(laws.log_of_product, r"\log \frac{u v}{w} = \log u + \log v - \log w"),
    _formula(laws.log_of_exp, r"\log e^{u} = u"),
    _formula(laws.sum_of_sums, r"\sum_{j} (f_{j} + g_{j}) = \sum_{j} f_{j} + \sum_{j} g_{j}",
             "sum_j (f_j + g_j) = sum_j f_j + sum_j g_j"),
    _formula(laws.factor_out, r"\sum_{j} c f_{j} = c \sum_{j} f_{j}",
             "sum_j c f_j = c sum_j f_j"),
    _formula(laws.cancelled, r"\frac{c u}{c v} = \frac{u}{v}"),
    _formula(laws.common_denominator, r"u + \frac{v}{w} = \frac{u w + v}{w}"),
    _formula(laws.flat, r"-(u - v) = v - u"),
    _formula(laws.softplus_of_minus, r"\log(1 + e^{-u}) = \log(1 + e^{u}) - u"),
))  # fmt: skip
"""The laws that are stated by a formula; all others are stated by their names."""


def stated(law: str) -> Part:
    """A law of a proof, or of the calculus."""
    return STATED.get(law) or named(law)

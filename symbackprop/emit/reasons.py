"""Why one form is equal to the next, as words and formulas."""

from __future__ import annotations

import re

from symbackprop.algebra.absolute import sign_squared, sign_times
from symbackprop.algebra.functions import BY_HEAD
from symbackprop.algebra.triangles import joined_triangles
from symbackprop.calculus.bridge import (
    APART,
    BOTH,
    CHOICE,
    CHOSEN,
    EVEN,
    LOWERED,
    MET,
    MIRRORED,
    NESTED,
    SQUARE,
    TURNED,
)
from symbackprop.calculus.chains import INSERTED
from symbackprop.calculus.deltas import PICKS
from symbackprop.calculus.one_rule import ELEMENT, FUNCTION
from symbackprop.calculus.places import BLOCKS, PLACES
from symbackprop.calculus.stages import DELTA, FACTS, statement
from symbackprop.calculus.tidy import CANCELS, CONSTANT
from symbackprop.emit.formulas import Formulas, joined
from symbackprop.emit.page import Equation, Formula, Part, Words
from symbackprop.emit.phrases import same_everywhere
from symbackprop.emit.sentences import origin
from symbackprop.emit.steps import Row

_FUNCTION = re.compile(re.escape(FUNCTION).replace(r"\{function\}", r"(\w+)"))

# The laws that are stated by a formula; all others are stated by their names.
STATED: dict[str, Part] = {
    PICKS: Formula(
        "Σ_j δ_jk f_j = f_k", "sum_j delta_jk f_j = f_k", r"\sum_{j} \delta_{jk} f_{j} = f_{k}"
    ),
    CONSTANT: Formula(
        "Σ_j c f_j = c Σ_j f_j", "sum_j c f_j = c sum_j f_j",
        r"\sum_{j} c f_{j} = c \sum_{j} f_{j}",
    ),
    CANCELS: Formula(
        "c u / (c v) = u / v", "c u / (c v) = u / v", r"\frac{c u}{c v} = \frac{u}{v}"
    ),
    TURNED: same_everywhere("-(u - v) = v - u"),
    NESTED: Formula(
        "Σ_jk f_j g_jk = Σ_j f_j Σ_k g_jk", "sum_jk f_j g_jk = sum_j f_j sum_k g_jk",
        r"\sum_{j,k} f_{j} g_{jk} = \sum_{j} f_{j} \sum_{k} g_{jk}",
    ),
    BOTH: same_everywhere("(u - v)(w - x) = (v - u)(x - w)"),
    EVEN: Formula("(u - v)^2 = (v - u)^2", "(u - v)^2 = (v - u)^2", r"(u - v)^{2} = (v - u)^{2}"),
    CHOICE: Formula(
        "-where(c, u, v) = where(c, -u, -v)", "-where(c, u, v) = where(c, -u, -v)",
        r"-\begin{cases} u & c \\ v & \text{otherwise} \end{cases} = "
        r"\begin{cases} -u & c \\ -v & \text{otherwise} \end{cases}",
    ),
    CHOSEN: Formula(
        "where(c, u, 0) = [c] u", "where(c, u, 0) = [c] u",
        r"\begin{cases} u & c \\ 0 & \text{otherwise} \end{cases} = [c]\, u",
    ),
    MET: Formula("[j = k] = δ_jk", "[j = k] = delta_jk", r"[j = k] = \delta_{jk}"),
    LOWERED: Formula("u^(c - 1) = u^c/u", "u^(c - 1) = u^c/u", r"u^{c - 1} = \frac{u^{c}}{u}"),
    PLACES: Formula(
        "Σ_j δ(k,u_j) f_j = Σ_{u_j=k} f_j", "sum_j delta(k,u_j) f_j = sum_{u_j=k} f_j",
        r"\sum_{j} \delta_{k,u_{j}} f_{j} = \sum_{j :\, u_{j} = k} f_{j}",
    ),
    BLOCKS: Formula(
        "Σ_l f_l = Σ_mn f_{(m-1)c+n}", "sum_l f_l = sum_mn f_{(m-1)c+n}",
        r"\sum_{l} f_{l} = \sum_{m,n} f_{(m - 1) c + n}",
    ),
    SQUARE: Formula("u u = u^2", "u u = u^2", r"u u = u^{2}"),
    APART: Formula("(u v)^2 = u^2 v^2", "(u v)^2 = u^2 v^2", r"(u v)^{2} = u^{2} v^{2}"),
    MIRRORED: Formula(
        "exp(-u)/(1 + exp(-u)) = 1/(1 + exp(u))", "exp(-u)/(1 + exp(-u)) = 1/(1 + exp(u))",
        r"\frac{e^{-u}}{1 + e^{-u}} = \frac{1}{1 + e^{u}}",
    ),
    ELEMENT: Formula(
        "∂x_j/∂x_k = δ_jk",
        "dx_j/dx_k = delta_jk",
        r"\frac{\partial x_{j}}{\partial x_{k}} = \delta_{jk}",
    ),
    DELTA: Formula(
        "δ_jk f_k = δ_jk f_j",
        "delta_jk f_k = delta_jk f_j",
        r"\delta_{jk} f_{k} = \delta_{jk} f_{j}",
    ),
    statement(sign_times): Formula(
        "u sign(u) = |u|",
        "u sign(u) = |u|",
        r"u \operatorname{sign}\left(u\right) = \left| u \right|",
    ),
    statement(sign_squared): Words(
        "{law} for {condition}: neither side has a value at {zero}",
        (
            ("law", Formula(
                "sign(u)^2 |u|^-q = |u|^-q",
                "sign(u)^2 |u|^-q = |u|^-q",
                r"\operatorname{sign}\left(u\right)^{2} \left| u \right|^{-q}"
                r" = \left| u \right|^{-q}",
            )),
            ("condition", same_everywhere("q > 0")),
            ("zero", same_everywhere("u = 0")),
        ),
    ),
    statement(joined_triangles): Words(
        "{law}, also under the same sums",
        (
            ("law", Formula(
                "[i > j] f + [j > i] f = f - δ_ij f",
                "[i > j] f + [j > i] f = f - delta_ij f",
                r"\left[ i > j \right] f + \left[ j > i \right] f = f - \delta_{ij} f",
            )),
        ),
    ),
}  # fmt: skip


def reasons(formulas: Formulas, row: Row) -> tuple[Part, ...]:
    """The law that was applied, with its equation, and the facts that were used."""
    told: list[Part] = []
    if row.equation is not None:
        equation = joined(Equation(*map(formulas.show, row.equation)))
        law = Words(row.law)
        if row.law == INSERTED:
            told.append(Words("{equation}, found above", (("equation", equation),)))
        else:
            told.append(Words("{law}: {equation}", (("law", law), ("equation", equation))))
    elif row.law != FACTS:
        told.append(named(row.law))
    for fact in row.facts:
        places = (("fact", joined(formulas.fact(fact))), ("origin", origin(fact)))
        told.append(Words("{fact} ({origin})", places))
    return tuple(told)


def named(law: str) -> Part:
    """A law of the calculus by its name, or by its formula."""
    if law in STATED:
        return STATED[law]
    match = _FUNCTION.fullmatch(law)
    if match is None:
        return Words(law)
    function = BY_HEAD.get(match[1])
    name = same_everywhere(match[1], function.macro if function else rf"\mathrm{{{match[1]}}}")
    return Words(FUNCTION, (("function", name),))

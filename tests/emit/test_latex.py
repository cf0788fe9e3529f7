"""LaTeX of every node and of the joints between them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Abs,
    Add,
    And,
    Expr,
    Float,
    Integer,
    Mul,
    Not,
    Or,
    Pow,
    Rational,
    S,
    exp,
    log,
    sign,
    tanh,
)
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne

from symbackprop.algebra.nodes import (
    Array,
    Delta,
    Index,
    IndexMax,
    IndexSum,
    Iverson,
    Maximum,
    Minimum,
    Where,
    size_symbol,
)
from symbackprop.emit.aligned import prose
from symbackprop.emit.latex import latex, latex_expr, latex_jacobian
from symbackprop.emit.latex_expr import LatexPrinter
from symbackprop.emit.latex_names import Names
from symbackprop.errors import InputError, NotYet
from tests.emit.derivations import AFFINE, CE, SOFTMAX, SOFTMAX_JACOBIAN
from tests.katex import assert_katex, katex_error

n = size_symbol("n")
j, k = Index("j", n), Index("k", n)
A, B, C = Array("a", (n,)), Array("b", (n,)), Array("c", (n,))
a, b, c, b_j = A[k,], B[k,], C[k,], B[j,]
s, W = Array("s")[()], Array("W", (n, n))


def add(*terms: Expr) -> Expr:
    return Add(*terms, evaluate=False)


def mul(*factors: Expr) -> Expr:
    return Mul(*factors, evaluate=False)


def power(base: Expr, exponent: object) -> Expr:
    return Pow(base, exponent, evaluate=False)


def minus(term: Expr) -> Expr:
    return mul(S.NegativeOne, term)


def over(x: Expr, y: Expr) -> Expr:
    return mul(x, power(y, -1))


def total(body: Expr, *bound: Index) -> Expr:
    return IndexSum(body, *(bound or (j,)))


HALF = Rational(1, 2)
FORMS: list[tuple[Expr, str]] = [
    (a, "a_{k}"),
    (W[j, k], "W_{jk}"),
    (s, "s"),
    (n, "n"),
    (Integer(0), "0"),
    (Integer(-2), "-2"),
    (HALF, r"\frac{1}{2}"),
    (Rational(-3, 2), r"-\frac{3}{2}"),
    (Rational(11, 10), "1.1"),
    (Float("0.05"), "0.05"),
    (Rational(1, 10**12), "10^{-12}"),
    (Rational(5, 2 * 10**8), r"2.5 \cdot 10^{-8}"),
    (mul(Rational(1, 100), a), "0.01 a_{k}"),
    (add(a, minus(b)), "a_{k} - b_{k}"),
    (add(minus(a), minus(b)), "-a_{k} - b_{k}"),
    (add(minus(a), b), "b_{k} - a_{k}"),
    (add(a, minus(add(b, minus(c)))), r"a_{k} - \left(b_{k} - c_{k}\right)"),
    (minus(add(a, b)), r"-\left(a_{k} + b_{k}\right)"),
    (mul(Integer(2), add(a, minus(b))), r"2 \left(a_{k} - b_{k}\right)"),
    (mul(a, minus(b)), "-a_{k} b_{k}"),
    (mul(minus(a), minus(b)), "a_{k} b_{k}"),
    (mul(a, add(minus(b), minus(c))), r"a_{k} \left(-b_{k} - c_{k}\right)"),
    (power(add(a, b), 2), r"\left(a_{k} + b_{k}\right)^{2}"),
    (power(minus(a), 2), r"\left(-a_{k}\right)^{2}"),
    (minus(power(a, 2)), "-a_{k}^{2}"),
    (power(mul(a, b), 2), r"\left(a_{k} b_{k}\right)^{2}"),
    (power(power(a, 2), 3), r"\left(a_{k}^{2}\right)^{3}"),
    (power(a, n), "a_{k}^{n}"),
    (power(a, minus(n)), "a_{k}^{-n}"),
    (power(a, HALF), r"\sqrt{a_{k}}"),
    (power(a, Rational(3, 2)), "a_{k}^{3/2}"),
    (power(a, -HALF), r"\frac{1}{\sqrt{a_{k}}}"),
    (power(a, -2), r"\frac{1}{a_{k}^{2}}"),
    (power(power(a, HALF), 2), r"\left(\sqrt{a_{k}}\right)^{2}"),
    (mul(Integer(2), power(Integer(3), a)), r"2 \cdot 3^{a_{k}}"),
    (power(Integer(-2), a), r"\left(-2\right)^{a_{k}}"),
    (over(a, b), r"\frac{a_{k}}{b_{k}}"),
    (power(over(a, b), 2), r"\left(\frac{a_{k}}{b_{k}}\right)^{2}"),
    (over(a, over(b, c)), r"\frac{a_{k} c_{k}}{b_{k}}"),
    (over(over(a, b), c), r"\frac{a_{k}}{b_{k} c_{k}}"),
    (over(add(over(a, b), c), s), r"\frac{\frac{a_{k}}{b_{k}} + c_{k}}{s}"),
    (over(add(a, minus(b)), n), r"\frac{a_{k} - b_{k}}{n}"),
    (mul(HALF, a), r"\frac{a_{k}}{2}"),
    (mul(s, add(a, b), power(n, -1)), r"\frac{s}{n} \left(a_{k} + b_{k}\right)"),
    (minus(mul(power(n, -1), total(b_j))), r"-\frac{1}{n} \sum_{j} b_{j}"),
    (mul(HALF, total(b_j)), r"\frac{1}{2} \sum_{j} b_{j}"),
    (mul(Rational(-3, 2), add(a, b)), r"-\frac{3}{2} \left(a_{k} + b_{k}\right)"),
    (over(total(b_j), total(A[j,])), r"\frac{\sum_{j} b_{j}}{\sum_{j} a_{j}}"),
    (total(mul(A[j,], b_j)), r"\sum_{j} a_{j} b_{j}"),
    (total(add(A[j,], b_j)), r"\sum_{j} \left(a_{j} + b_{j}\right)"),
    (total(minus(b_j)), r"\sum_{j} \left(-b_{j}\right)"),
    (total(mul(A[j,], b_j), j, k), r"\sum_{j,k} a_{j} b_{j}"),
    (power(total(b_j), 2), r"\left(\sum_{j} b_{j}\right)^{2}"),
    (mul(total(b_j), a), r"\left(\sum_{j} b_{j}\right) a_{k}"),
    (mul(a, total(b_j)), r"a_{k} \sum_{j} b_{j}"),
    (add(total(b_j), a), r"\sum_{j} b_{j} + a_{k}"),
    (total(mul(b_j, total(W[j, k], k)), j), r"\sum_{j} b_{j} \sum_{k} W_{jk}"),
    (exp(a), "e^{a_{k}}"),
    (exp(minus(a)), "e^{-a_{k}}"),
    (power(exp(a), 2), r"\left(e^{a_{k}}\right)^{2}"),
    (exp(over(a, b)), r"\exp\left(\frac{a_{k}}{b_{k}}\right)"),
    (exp(total(b_j)), r"\exp\left(\sum_{j} b_{j}\right)"),
    (log(a), r"\log a_{k}"),
    (mul(log(a), b), r"\log\left(a_{k}\right) b_{k}"),
    (mul(b, log(a)), r"b_{k} \log a_{k}"),
    (log(mul(a, b), evaluate=False), r"\log\left(a_{k} b_{k}\right)"),
    (log(add(a, b)), r"\log\left(a_{k} + b_{k}\right)"),
    (log(total(exp(b_j))), r"\log \sum_{j} e^{b_{j}}"),
    (power(log(a), 2), r"\left(\log a_{k}\right)^{2}"),
    (tanh(a), r"\tanh\left(a_{k}\right)"),
    (power(tanh(a), 2), r"\tanh\left(a_{k}\right)^{2}"),
    (sign(a), r"\operatorname{sign}\left(a_{k}\right)"),
    (Abs(a), r"\left| a_{k} \right|"),
    (Maximum(a, S.Zero), r"\max\left(a_{k}, 0\right)"),
    (Minimum(a, b), r"\min\left(a_{k}, b_{k}\right)"),
    (IndexMax(b_j, j), r"\max_{j} b_{j}"),
    (mul(IndexMax(b_j, j), a), r"\left(\max_{j} b_{j}\right) a_{k}"),
    (IndexMax(add(b_j, s), j), r"\max_{j} \left(b_{j} + s\right)"),
    (add(a, minus(IndexMax(b_j, j))), r"a_{k} - \max_{j} b_{j}"),
    (Delta(j, k), r"\delta_{jk}"),
    (mul(a, add(Delta(j, k), minus(b))), r"a_{k} \left(\delta_{jk} - b_{k}\right)"),
    (Iverson(Gt(a, 0)), r"\left[ a_{k} > 0 \right]"),
    (Iverson(Ge(a, b)), r"\left[ a_{k} \ge b_{k} \right]"),
    (Iverson(Lt(a, b)), r"\left[ a_{k} < b_{k} \right]"),
    (Iverson(Le(a, b)), r"\left[ a_{k} \le b_{k} \right]"),
    (Iverson(Eq(a, b)), r"\left[ a_{k} = b_{k} \right]"),
    (Iverson(Ne(a, b)), r"\left[ a_{k} \ne b_{k} \right]"),
    (Iverson(Not(Eq(a, b), evaluate=False)),
     r"\left[ \lnot \left(a_{k} = b_{k}\right) \right]"),
    (mul(b, Iverson(And(Gt(a, 0), Lt(a, 1)))),
     r"b_{k} \left[ a_{k} > 0 \land a_{k} < 1 \right]"),
    (Iverson(Or(Gt(a, 1), And(Gt(a, 0), Gt(b, 0)))),
     r"\left[ a_{k} > 1 \lor \left(a_{k} > 0 \land b_{k} > 0\right) \right]"),
    (Where(Gt(a, 0), a, S.Zero),
     r"\begin{cases} a_{k} & \text{if } a_{k} > 0 \\ 0 & \text{otherwise} \end{cases}"),
    (add(Where(Gt(a, 0), a, S.Zero), b),
     r"\left(\begin{cases} a_{k} & \text{if } a_{k} > 0 \\ 0 & \text{otherwise} \end{cases}"
     r"\right) + b_{k}"),
]  # fmt: skip


@pytest.mark.parametrize(("expr", "expected"), FORMS, ids=[f[1] for f in FORMS])
def test_expressions(expr: Expr, expected: str) -> None:
    shown = LatexPrinter(Names.of("abcsnW")).show(expr)
    assert shown == expected
    assert_katex(shown)


NAMES = [
    ("x", "x_{k}"), ("gamma", r"\gamma_{k}"), ("lambda", r"\lambda_{k}"),
    ("lambda_", r"\lambda_{k}"), ("pi", r"\pi_{k}"),
    ("loss", r"\mathrm{loss}_{k}"), ("W1", "W_{1,k}"), ("W_12", "W_{12,k}"),
    ("beta1", r"\beta_{1,k}"), ("x_hat", r"\hat{x}_{k}"), ("muhat", r"\hat{\mu}_{k}"),
    ("x_bar", r"\bar{x}_{k}"), ("x_max", r"x_{\mathrm{max},k}"), ("x_j", r"x_{\mathrm{j},k}"),
    ("a_b_c", r"\mathrm{a\_b\_c}_{k}"), ("_x", r"\mathrm{\_x}_{k}"), ("exp", r"\mathtt{exp}_{k}"),
    ("log", r"\mathtt{log}_{k}"), ("σ", r"\sigma_{k}"), ("Σ", r"\Sigma_{k}"),
    ("omicron", r"\mathrm{omicron}_{k}"), ("Alpha", r"\mathrm{Alpha}_{k}"),
    ("é", r"\mathrm{u00e9}_{k}"),
    ("жук", r"\mathrm{u0436u0443u043a}_{k}"), ("a%b", r"\mathrm{a\%b}_{k}"),
    ("a#&{}b", r"\mathrm{a\#\&\{\}b}_{k}"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_names(name: str, expected: str) -> None:
    shown = Names.of([name]).element(Array(name, (n,))[k,])
    assert_katex(shown)
    assert shown == expected


def test_no_two_names_look_alike() -> None:
    names = ["W1", "W_1", "x_hat", "xhat", "x__hat", "pi", "π", "S", "N", "E", "I", "Q", "loss"]
    table = Names.of(names)
    shown = [table.name(name).show() for name in names]
    assert len(set(shown)) == len(names), shown
    for text in shown:
        assert_katex(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.from_regex(r"[^\W\d]\w{0,6}", fullmatch=True), max_size=4))
def test_any_identifiers_are_told_apart(names: list[str]) -> None:
    every = {*names, "W1", "W_1", "x_hat", "xhat", "pi", "exp", "L"}
    table = Names.of(every)
    for bold in (False, True):
        shown = {table.name(name).show("ij", bold=bold) for name in every}
        assert len(shown) == len(every)
        assert_katex(" + ".join(sorted(shown)))


def test_upright_words_do_not_run_together() -> None:
    foo, bar = Array("foo")[()], Array("bar")[()]
    assert latex_expr(mul(foo, bar)) == r"\mathrm{foo} \, \mathrm{bar}"


def test_an_array_called_e_is_not_the_exponential() -> None:
    e = Array("e", (n,))
    assert latex_expr(mul(e[k,], exp(a))) == r"e_{k} \exp\left(a_{k}\right)"


def test_an_array_called_delta_is_not_the_kronecker_delta() -> None:
    delta = Array("delta", (n, n))
    expr = mul(delta[j, k], Delta(j, k))
    assert latex_expr(expr) == r"\mathrm{delta}_{ij} \, \delta_{ij}"


def test_a_node_without_latex_is_refused() -> None:
    with pytest.raises(NotYet, match="ImaginaryUnit"):
        latex_expr(S.ImaginaryUnit)


def test_a_scalar_loss() -> None:
    shown = latex(CE)
    assert_katex(shown)
    assert shown == r"""\begin{aligned}
y_{k} &= \frac{e^{a_{k}}}{\sum_{j} e^{a_{j}}} \\
L &= -\sum_{k} t_{k} \log y_{k} \\[6pt]
\frac{\partial L}{\partial a_{k}} &= y_{k} - t_{k} \\[6pt]
& \text{using } \sum_{k} t_{k} = 1 \text{ (assumed)}
\end{aligned}"""


def test_an_upstream_gradient() -> None:
    shown = latex(SOFTMAX)
    assert_katex(shown)
    assert shown.splitlines()[2:] == [
        r"\frac{\partial L}{\partial a_{k}} &= y_{k} \left(\frac{\partial L}{\partial y_{k}} "
        r"- \sum_{j} \frac{\partial L}{\partial y_{j}} y_{j}\right) \\[6pt]",
        r"& \text{where } L \text{ is a scalar computed from } y \\",
        r"& \text{at a = 0 the slope is that of a } > \text{ 0, 50\% of them}",
        r"\end{aligned}",
    ]


def test_matrix_notation() -> None:
    shown = latex(AFFINE, notation="matrix")
    assert_katex(shown)
    assert shown.splitlines()[1:-1] == [
        r"\boldsymbol{Z} &= \boldsymbol{X} \boldsymbol{W} "
        r"+ \mathbf{1} \boldsymbol{b}^{\top} \\[6pt]",
        r"\frac{\partial L}{\partial \boldsymbol{X}} &= "
        r"\frac{\partial L}{\partial \boldsymbol{Z}} \boldsymbol{W}^{\top} \\",
        r"\frac{\partial L}{\partial \boldsymbol{W}} &= "
        r"\boldsymbol{X}^{\top} \frac{\partial L}{\partial \boldsymbol{Z}} \\",
        r"\frac{\partial L}{\partial \boldsymbol{b}} &= "
        r"\left(\frac{\partial L}{\partial \boldsymbol{Z}}\right)^{\top} \mathbf{1} \\[6pt]",
        r"& \text{where } L \text{ is a scalar computed from } \boldsymbol{Z} \\",
        r"& \text{where vectors are columns, } \mathbf{1} \text{ is a column of ones}",
    ]


def test_signs_stand_outside_text() -> None:
    shown = prose("[x >= 0] < |x_1| & 50%")
    assert_katex(shown)
    assert shown == (
        r"\text{[x } \ge \text{ 0] } < \text{ } | \text{x\_1} | \text{ \& 50\%}"
    )


def test_an_unknown_notation() -> None:
    with pytest.raises(InputError, match="'index' or 'matrix'"):
        latex(CE, notation="tensor")


def test_a_jacobian_in_three_forms() -> None:
    shown = latex_jacobian(SOFTMAX_JACOBIAN)
    assert_katex(shown)
    assert shown.splitlines()[1:4] == [
        r"\frac{\partial y_{j}}{\partial a_{k}} &= y_{j} \left(\delta_{jk} - y_{k}\right) \\",
        r"&= \begin{cases} y_{j} \left(1 - y_{j}\right) & j = k \\ "
        r"-y_{j} y_{k} & j \ne k \end{cases} \\",
        r"\frac{\partial \boldsymbol{y}}{\partial \boldsymbol{a}} &= "
        r"\operatorname{diag}\left(\boldsymbol{y}\right) - \boldsymbol{y} \boldsymbol{y}^{\top} \\",
    ]


@pytest.mark.parametrize("tex", [r"\foo", r"\frac{a", "∂", "é", r"\text{a_b}", "a % b"])
def test_the_check_itself_can_fail(tex: str) -> None:
    with pytest.raises(AssertionError):
        assert_katex(tex)


def test_katex_says_what_is_wrong() -> None:
    assert "Undefined control sequence" in katex_error(r"\foo")

"""Helper functions of a generated module, for functions that NumPy has not."""

from __future__ import annotations

from symbackprop.emit.numpy.extended import LINALG

_ELEMENTWISE = '''
def {{name}}(x):
    """{title} of each element, which NumPy has not."""
    x = {{np}}.asarray(x) * 1.0
    return {{np}}.vectorize(math.{function}, otypes=[float])(x).astype(x.dtype)
'''

_ADDED_AT = '''
def {name}(x, at, values):
    """A copy of x with values added at positions, which may repeat."""
    x = x.copy()
    {np}.add.at(x, at, values)
    return x
'''

_OVERLAP_ADDED = '''
def {name}(x, one, two):
    """Sums of x over all i + j = k: i and j along axes of x, the first of which is k's."""
    if x.shape[one] < x.shape[two]:
        x = x.swapaxes(one, two)
    x = {np}.moveaxis(x, two, 0)
    width, *shape = x.shape
    size = shape[one]
    shape[one] = size + width - 1
    total = {np}.zeros(shape, x.dtype)
    windows = {np}.moveaxis(total, one, 0)
    for place, part in enumerate(x):
        windows[place : place + size] += {np}.moveaxis(part, one, 0)
    return total
'''

_SUMS_BEFORE = '''
def {name}(x, axis):
    """Sums of all elements that stand before each one along an axis."""
    total = {np}.zeros_like(x)
    x, rest = ({np}.moveaxis(a, axis, 0) for a in (x, total))
    {np}.cumsum(x[:-1], axis=0, out=rest[1:])
    return total
'''

_GAMMALN = '''
def {name}(x):
    """The logarithm of |Gamma| of each element, which NumPy has not."""

    def of(v):
        try:
            return math.lgamma(v)
        except (ValueError, OverflowError):  # a pole, or beyond the largest float
            return math.inf

    x = {np}.asarray(x) * 1.0
    return {np}.vectorize(of, otypes=[float])(x).astype(x.dtype)
'''

# Above 10 the asymptotic series has all digits of a float; the recurrence leads there.
_DIGAMMA = '''
def {name}(x):
    """The digamma function of each element, which NumPy has not."""

    def of(v):
        if v <= 0:
            return of(1 - v) - math.pi / math.tan(math.pi * v) if v % 1 > 0 else math.nan
        total = 0.0
        while v < 10:
            total, v = total - 1 / v, v + 1
        w = 1 / v / v
        series = 1 / 240 - w * (1 / 132 - w * (691 / 32760 - w / 12))
        series = w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w * series)))
        return total + math.log(v) - 0.5 / v - series

    x = {np}.asarray(x) * 1.0
    return {np}.vectorize(of, otypes=[float])(x).astype(x.dtype)
'''

_TRIGAMMA = '''
def {name}(x):
    """The trigamma function of each element, which NumPy has not."""

    def of(v):
        if v <= 0:
            return (math.pi / math.sin(math.pi * v)) ** 2 - of(1 - v) if v % 1 > 0 else math.nan
        total = 0.0
        while v < 10:
            total, v = total + 1 / v / v, v + 1
        w = 1 / v / v
        series = 1 / 30 - w * (5 / 66 - w * (691 / 2730 - w * 7 / 6))
        series = 1 / 6 - w * (1 / 30 - w * (1 / 42 - w * series))
        return total + (1 + 0.5 / v + w * series) / v

    x = {np}.asarray(x) * 1.0
    return {np}.vectorize(of, otypes=[float])(x).astype(x.dtype)
'''

_EXP_REST = '''
def {name}(x):
    """exp(x) - 1 - x of each element, which NumPy has not: where |x| < 1, x**2 times a series."""
    near = {np}.clip(x, -1, 1)
    series = 1 + near / 18
    for n in range(17, 2, -1):
        series = 1 + near / n * series
    return {np}.where({np}.abs(x) < 1, 0.5 * near**2 * series, {np}.expm1(x) - x)
'''

# 1e-6: beyond it, of sums above 1e10, more than the first power counts.
_SUM_REST = '''
def {name}(x, y):
    """What is lost where x + y is rounded, element by element; 0 where that is above 1e-6."""
    x, y = ({np}.clip(a, -1e300, 1e300) for a in (x, y))
    total = x + y
    part = total - x
    rest = (x - (total - part)) + (y - part)
    return {np}.where({np}.abs(rest) < 1e-6, rest, 0.0)
'''

_BALANCED = '''
def {{name}}(a):
    """{title} of each matrix, rows and columns of which powers of 2 bring near 1 before."""
    size = {{np}}.abs(a)
    rows = {{np}}.frexp(size.max(axis=-1, keepdims=True, initial=0))[1]
    columns = {{np}}.frexp({{np}}.ldexp(size, -rows).max(axis=-2, keepdims=True, initial=0))[1]
    found = {{linalg}}.{function}({{np}}.ldexp(a, -rows - columns))
    return {{np}}.ldexp(found, {exponent})
'''

HELPERS: dict[str, str] = {
    "added_at": _ADDED_AT,
    "overlap_added": _OVERLAP_ADDED,
    "sums_before": _SUMS_BEFORE,
    "erf": _ELEMENTWISE.format(title="The error function", function="erf"),
    "erfc": _ELEMENTWISE.format(title="The complementary error function", function="erfc"),
    "gammaln": _GAMMALN,
    "digamma": _DIGAMMA,
    "trigamma": _TRIGAMMA,
    "exp_rest": _EXP_REST,
    "sum_rest": _SUM_REST,
    "determinant": _BALANCED.format(
        title="The determinant", function="det",
        exponent="(rows.swapaxes(-1, -2) + columns).sum((-2, -1))",
    ),
    "inverse": _BALANCED.format(
        title="The inverse", function="inv", exponent="-(rows + columns).swapaxes(-1, -2)",
    ),
    "linalg": LINALG,
}  # fmt: skip
"""The text of each helper, by the head of its function.

To be filled in: `name`, `np` and `linalg`, what has the functions of matrices.
"""

"""Helper functions of a generated module, for functions that NumPy has not."""

from __future__ import annotations

_ELEMENTWISE = '''
def {{name}}(x):
    """{title} of each element, which NumPy has not."""
    x = {{np}}.asarray(x)
    return {{np}}.vectorize(math.{function}, otypes=[float])(x).astype(x.dtype)
'''

_ADDED_AT = '''
def {name}(x, at, values):
    """A copy of x with values added at positions, which may repeat."""
    x = x.copy()
    {np}.add.at(x, at, values)
    return x
'''

HELPERS: dict[str, str] = {
    "added_at": _ADDED_AT,
    "erf": _ELEMENTWISE.format(title="The error function", function="erf"),
    "erfc": _ELEMENTWISE.format(title="The complementary error function", function="erfc"),
}
"""The text of each helper, by the head of its function; `name` and `np` are to be filled in."""

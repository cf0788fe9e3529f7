"""Helper functions of a fast module."""

from __future__ import annotations

WORKSPACE = '''
{block_bytes} = 512 * 1024  # of a block of the widest array; it is to fit the cache


class {workspace}:
    """Memory that calls may use again, one call at a time.

    What `forward` saved lies in it too, until it is used for the next call.
    """

    def __init__(self):
        self._arrays = {{}}

    def __call__(self, name, shape, dtype):
        """An array of this shape and dtype, with any values."""
        found = self._arrays.get(name)
        if found is None or found.shape != shape or found.dtype != dtype:
            found = self._arrays[name] = {np}.empty(shape, dtype)
        return found
'''

_ROWS = '''
def {rows}(n, width):
    """How many of n rows of so many bytes are in a block; up to 4 may take twice the memory."""
    if 0 < n * width <= {block_bytes}:
        return n
    width = max(1, width)
    return max(1, min(n, max({block_bytes} // width, min(4, 2 * {block_bytes} // width))))
'''

_ONES = '''
@functools.lru_cache(16)
def {ones}(n, dtype):
    """A vector of ones; its product with a matrix is the fastest sum of rows."""
    found = {np}.ones(n, dtype)
    found.setflags(write=False)
    return found
'''

_SHORT = '''
{short_row} = 20  # from here on a row is not short
{many_rows} = 20  # times the length of a short row


def {short}(x):
    """Whether rows are many and short: such are worked on side by side."""
    n = x.shape[-1]
    return 0 < n < {short_row} and x.size > {many_rows} * n * n
'''

_ALONG_ROWS = '''
def {along_rows}(ufunc, x, out):
    """ufunc.reduce(x, axis=-1), column by column where rows are many and short."""
    if not {short}(x):
        ufunc.reduce(x, axis=-1, out=out)
        return
    {np}.copyto(out, x[..., 0])
    for column in range(1, x.shape[-1]):
        ufunc(out, x[..., column], out=out)
'''

_OVER_AXES = '''
def {over_axes}(ufunc, x, axes, out):
    """ufunc.reduce(x, axis=axes), over all but the last one first where rows are short."""
    if x.shape[-1] >= {short_row}:
        ufunc.reduce(x, axis=axes, out=out)
        return
    {along_rows}(ufunc, ufunc.reduce(x, axis=axes[:-1]), out)
'''

_SHIFT = '''
{long_row} = 8192  # the maxima of such rows take no more time than one of all
{unshifted} = 16  # so far from 0 exp needs no shift
{few} = 4096  # elements all of which are looked at as fast as one of each row


def {shift}(x, out, fade=False):
    """What is taken away from rows of x before exp: the largest of each, or a number for all.

    That is the int 0 where no element is large or small, and what is near all of them where rows
    are many and short: then exp and its sums keep their digits, which float16 has too few of. Where
    the largest of a row is from 0 on, others may be as small as they like, and in float64 as soon
    as one is not small: only what is below 1e-300 loses digits by that. fade: whether only numbers
    as small as exp(x) are made of small x.
    """
    n, width = x.shape[-1], x.itemsize
    long = n >= {long_row}
    several = n > 1 and x.size > 0 and width > 2
    if several and not long:
        largest = x.item(x.argmax())  # x.max() takes twice as long
        some = x[..., 0] if fade and width > 4 and x.size >= {few} else x
        if largest < {unshifted} and some.item(some.argmin()) > -{unshifted}:
            return 0
        if {short}(x) and largest < x.item(x.argmin()) + {unshifted}:
            return largest
    {along_rows}({np}.maximum, x, out[..., 0])
    if several and long and out.max() < {unshifted} and out.min() >= 0:
        return 0
    return out
'''

_DIVIDED = '''
{to_divide} = 2000  # elements that are divided in less time than a call more takes


def {divided}(x, d, out):
    """x / d, by 1/d where x has many elements: a product takes less time than a quotient."""
    if x.size < {to_divide}:
        return {np}.divide(x, d, out=out)
    return {np}.multiply(x, {np}.reciprocal(d), out=out)
'''

_SHIFTED = '''
def {shifted}(x, shift, out):
    """x - shift, which is x itself where nothing is taken away."""
    return x if type(shift) is int else {np}.subtract(x, shift, out=out)
'''

_SELECT = '''
def {select}(mask, u, v, out):
    """np.where(mask, u, v) by bits: a copy under a mask takes a branch for each element."""
    if out.dtype.char not in "fd":
        {np}.copyto(out, v)
        {np}.copyto(out, u, where=mask)
        return
    bits = f"i{{out.itemsize}}"
    o, u, v = out.view(bits), *({np}.asarray(x, out.dtype).view(bits) for x in (u, v))
    {np}.bitwise_xor(u, v, out=o)
    {np}.multiply(o, mask, out=o)
    {np}.bitwise_xor(o, v, out=o)
'''

_KEPT = '''
def {kept}(mask, u, out):
    """np.where(mask, u, 0) by bits: a copy under a mask takes a branch for each element."""
    if out.dtype.char not in "fd":
        {np}.copyto(out, 0)
        {np}.copyto(out, u, where=mask)
        return
    bits = f"i{{out.itemsize}}"
    {np}.multiply({np}.asarray(u, out.dtype).view(bits), mask, out=out.view(bits))
'''

_UNWEIGHTED = '''
def {unweighted}(weight, u, out=None):
    """np.where((weight == 0) & (u == -np.inf), 0, u): most u hold no such element."""
    found = u == -{np}.inf
    if out is None:
        out = u.copy()
    if found.any():
        found &= weight == 0
        out[found] = 0
    return out
'''

_CAP = '''
def {cap}(x):
    """A number c: exp(c) is finite in the dtype of x, and 1/exp(c) keeps all digits."""
    return {{2: 9, 4: 87}}.get(x.itemsize, 708)
'''

_BEYOND = '''
def {beyond}(x):
    """Whether an element of x is larger than c, or NaN; most x hold none."""
    return x.size > 0 and not x.item(x.argmax()) <= {cap}(x)
'''

_CAPPED_EXP = '''
def {capped_exp}(x, out=None, some=None):
    """exp(x), but exp(c) where x is larger than c, from a little above which it is infinite.

    some: whether there are such elements, where that is known.
    """
    if {beyond}(x) if some is None else some:
        x = {np}.minimum(x, {cap}(x), out=out)
    return {np}.exp(x, out=out)
'''

_BEYOND_CAP = '''
def {beyond_cap}(x, u, out=None, some=None):
    """u, times exp(c - x) where x is larger than c. some: as for exp(x)."""
    if out is None:
        out = u.copy()
    if {beyond}(x) if some is None else some:
        beyond = x > {cap}(x)
        out[beyond] *= {np}.exp({cap}(x) - x[beyond])
    return out
'''

_WEIGHTED = '''
def {weighted}(weight, u):
    """Sum of weight * u, where -inf of weight 0 counts as 0; only a sum not finite has one."""
    total = {np}.vdot(weight, u)  # of BLAS, which does not warn of 0 * inf
    return total if math.isfinite(total) else {np}.vdot(weight, {unweighted}(weight, u))
'''

_ARRAY = '''
def {array}(out, place, shape, dtype, inputs{computed}):
    """The array for a result, which is new where none is given; ValueError if it does not fit."""
    if out is None:
        return {np}.empty(shape, {dtype})
    if len(out) <= place:
        raise ValueError(f"out holds {{len(out)}} arrays; out[{{place}}] is to be one too")
    found = out[place]
    if not isinstance(found, {np}.ndarray) or found.shape != shape or found.dtype != dtype:
        raise ValueError(f"out[{{place}}] is not an array of shape {{shape}} and dtype {{dtype}}")
    flags = found.flags
    if not flags.writeable:
        raise ValueError(f"out[{{place}}] is read-only")
    own = flags.owndata
    for x in inputs + tuple(out[:place]) if place else inputs:
        if (x is found or not own or not x.flags.owndata) and {np}.may_share_memory(found, x):
            raise ValueError(f"out[{{place}}] shares memory with an input or with another of out")
    return found{unless}
'''

_INTO = '''
def {into}(out, place, x, dtype):
    """A result, computed in float64, in the dtype of the inputs and the memory given for it."""
    if out is None or x.dtype == dtype:
        return x.astype(dtype, copy=False)
    out[place][...] = x
    return out[place]
'''

_ADD_AT = '''
def {add_at}(x, at, values):
    """{np}.add.at(x, at, values); NumPy is 25 times as fast where x has one axis."""
    at = at if isinstance(at, tuple) else (at,)
    if not x.flags.c_contiguous or at[0] is ...:
        {np}.add.at(x, at, values)
        return
    places = 0
    for axis, k in enumerate(at):
        places = places * x.shape[axis] + {np}.asarray(k, {np}.intp)
    rest = x.shape[len(at) :]
    values = {np}.broadcast_to({np}.asarray(values, x.dtype), places.shape + rest)
    width, places, x = math.prod(rest), places.reshape(-1), x.reshape(-1)
    if width == 1:
        {np}.add.at(x, places, values.reshape(-1))
        return
    step, values = {rows}(len(places), width * x.itemsize), values.reshape(len(places), width)
    for lo in range(0, len(places), step):
        inner = places[lo : lo + step, None] * width + {np}.arange(width)
        {np}.add.at(x, inner.reshape(-1), values[lo : lo + step].reshape(-1))
'''

HELPERS: dict[str, str] = {
    "rows": _ROWS, "ones": _ONES, "short": _SHORT, "along_rows": _ALONG_ROWS,
    "over_axes": _OVER_AXES, "shift": _SHIFT,
    "shifted": _SHIFTED, "divided": _DIVIDED,
    "select": _SELECT, "kept": _KEPT, "array": _ARRAY, "unweighted": _UNWEIGHTED,
    "weighted": _WEIGHTED, "cap": _CAP, "beyond": _BEYOND, "capped_exp": _CAPPED_EXP,
    "beyond_cap": _BEYOND_CAP,
    "add_at": _ADD_AT, "into": _INTO,
}  # fmt: skip
"""The text of each helper, which a module has if one of its functions or helpers calls it."""

SAME = {"computed": "", "dtype": "dtype", "unless": ""}
"""What the helpers say of the dtype in which results are computed, where it is their own."""

WIDE = {
    "computed": ", computed", "dtype": "computed",
    "unless": " if dtype == computed else np.empty(shape, computed)",
}  # fmt: skip
"""The same where it may be a wider one."""

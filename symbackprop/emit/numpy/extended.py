"""What modules that compute in np.longdouble have of their own.

The x87 processor's 64 bits, or the 113 of others, in place of float64's 53: what rounding loses in
between is gone when results are rounded to float64. NumPy's linear algebra ends at float64.
"""

from __future__ import annotations

# Nowhere but in Windows' C and on Apple's ARM is a long double no longer than a double.
GUARD = '''
if {np}.finfo({np}.longdouble).nmant < 63:
    raise ImportError("np.longdouble has no more digits than float64 on this machine")
'''

LINALG = '''
class {name}:
    """Functions of np.linalg, which ends at float64, for np.longdouble."""

    def eliminated(a, b):
        """The rows of [a | b] with a diagonal a, and the sign of the order they were taken in."""
        lead = {np}.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        rows = [{np}.broadcast_to(x, lead + x.shape[-2:]) for x in (a, b)]
        rows = {np}.concatenate(rows, axis=-1)
        sign = {np}.ones(lead, rows.dtype)
        for k in range(a.shape[-1]):
            best = {np}.abs(rows[..., k:, k]).argmax(-1) + k
            place = best[..., None, None]
            pivot = {np}.take_along_axis(rows, place, -2)
            {np}.put_along_axis(rows, place, rows[..., k : k + 1, :], -2)
            rows[..., k : k + 1, :] = pivot
            sign = {np}.where(best == k, sign, -sign)
            size = pivot[..., k : k + 1]
            times = rows[..., k : k + 1] / {np}.where(size == 0, 1, size)
            times[..., k, :] = 0
            rows -= times * pivot
        return rows, sign

    def solve(a, b):
        n, columns = a.shape[-1], b[..., None] if b.ndim == 1 else b
        rows, _ = {name}.eliminated(a, columns)
        pivots = {np}.einsum("...ii->...i", rows[..., :n])
        if (pivots == 0).any():
            raise {np}.linalg.LinAlgError("Singular matrix")
        found = rows[..., n:] / pivots[..., None]
        return found[..., 0] if b.ndim == 1 else found

    def inv(a):
        return {name}.solve(a, {np}.eye(a.shape[-1], dtype=a.dtype))

    def det(a):
        rows, sign = {name}.eliminated(a, a[..., :0])
        return sign * {np}.einsum("...ii->...i", rows).prod(-1)

    def slogdet(a):
        rows, sign = {name}.eliminated(a, a[..., :0])
        pivots = {np}.einsum("...ii->...i", rows)
        with {np}.errstate(divide="ignore"):
            return sign * {np}.sign(pivots).prod(-1), {np}.log({np}.abs(pivots)).sum(-1)

    def cholesky(a):
        found = {np}.zeros_like(a)
        for k in range(a.shape[-1]):
            done = found[..., :k]
            rest = a[..., k] - {np}.einsum("...il,...l->...i", done, done[..., k, :])
            size = rest[..., k : k + 1]
            if not (size > 0).all():
                raise {np}.linalg.LinAlgError("Matrix is not positive definite")
            found[..., k:, k] = rest[..., k:] / {np}.sqrt(size)
        return found
'''

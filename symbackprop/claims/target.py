"""What a claim is about: a gradient, a Jacobian, or the value of an array."""

from __future__ import annotations

from dataclasses import dataclass, field

from sympy import Expr, S

from symbackprop.algebra.nodes import Array, Delta, Index, fresh_index
from symbackprop.algebra.trees import arrays, elements, rename
from symbackprop.calculus.jacobian import jacobian
from symbackprop.calculus.result import Jacobian
from symbackprop.claims.setting import Setting
from symbackprop.errors import InputError

GRADIENT, JACOBIAN, VALUE = "gradient", "jacobian", "value"


@dataclass(frozen=True)
class Target:
    """An array of derivatives or values.

    of: what is differentiated, None for the loss. array: what it is differentiated in, or the
    array itself. shape: that of the whole; axes: without those of size 1.
    """

    kind: str
    array: Array
    of: Array | None
    shape: tuple[Expr, ...]

    @property
    def axes(self) -> tuple[Expr, ...]:
        """The sizes of the axes that carry an index."""
        return tuple(size for size in self.shape if size != 1)


@dataclass
class Truth:
    """Writes out the elements of targets, in the arrays of a setting."""

    setting: Setting
    _jacobians: dict[tuple[Array, Array], Jacobian | None] = field(default_factory=dict)

    def gradient(self, array: Array) -> Target:
        """The gradient in an array."""
        return Target(GRADIENT, array, None, array.shape)

    def table(self, of: Array, wrt: Array) -> Target:
        """The Jacobian of one array in another."""
        return Target(JACOBIAN, wrt, of, of.shape + wrt.shape)

    def value(self, array: Array) -> Target:
        """The array itself."""
        return Target(VALUE, array, None, array.shape)

    def element(self, target: Target, places: tuple[Expr, ...]) -> Expr:
        """The true value at these subscripts, one for each axis that carries an index."""
        if target.kind == VALUE:
            return target.array[places]
        if target.kind == JACOBIAN:
            assert target.of is not None
            cut = len(target.of.axes)
            return self.slope(target.of, places[:cut], target.array, places[cut:])
        adjoint = self.adjoint(target.array)
        return S.One if adjoint is None else adjoint[places]

    def written(self, target: Target, places: tuple[Expr, ...]) -> Expr:
        """The same, a gradient by the formula that was derived for it."""
        draft = self.setting.draft(target.array) if target.kind == GRADIENT else None
        if draft is None:
            return self.element(target, places)
        found: Expr = rename(draft.state.expr, dict(zip(draft.indices, places, strict=True)))
        return found

    def adjoint(self, array: Array) -> Array | None:
        """The array of the gradient in an array; None for the loss, where it is 1."""
        setting = self.setting
        if array == setting.loss:
            return None
        draft = setting.draft(array)
        if draft is not None:
            return draft.adjoint
        outputs, upstream = setting.forward.outputs, setting.worked.backward.upstream
        found = next((u for o, u in zip(outputs, upstream, strict=True) if o == array), None)
        if found is None:
            raise InputError(f"the gradient in {array.name} was not derived")
        return found

    def slope(
        self, of: Array, rows: tuple[Expr, ...], wrt: Array, columns: tuple[Expr, ...]
    ) -> Expr:
        """∂of[rows]/∂wrt[columns], written out."""
        found = self._jacobian(of, wrt)
        if found is None:
            return S.Zero
        swap = dict(zip((*found.rows, *found.columns), (*rows, *columns), strict=True))
        written: Expr = rename(found.expr, swap)
        return written

    def check_single(self, of: Array, wrt: Array) -> None:
        """Raises InputError where ∂of/∂wrt may hold other arrays fixed or not."""
        definition = self.setting.forward.definition(of)
        if definition is None or of == wrt:
            return
        own = arrays([definition.expr])
        others = [a.name for a in own if a != wrt and self._depends(a, wrt)]
        if wrt in own and others:
            raise InputError(
                f"∂{of.name}/∂{wrt.name} may hold {min(others)} fixed or not; write it out"
            )

    def _depends(self, array: Array, wrt: Array) -> bool:
        definition = self.setting.forward.definition(array)
        if definition is None:
            return array == wrt
        return any(e.array == wrt or self._depends(e.array, wrt)
                   for e in elements(definition.expr))  # fmt: skip

    def _jacobian(self, of: Array, wrt: Array) -> Jacobian | None:
        key = of, wrt
        if key not in self._jacobians:
            self._jacobians[key] = self._derived(of, wrt)
        return self._jacobians[key]

    def _derived(self, of: Array, wrt: Array) -> Jacobian | None:
        if of == wrt:
            rows, columns = (tuple(fresh_index(n) for n in of.axes) for _ in range(2))
            expr: Expr = S.One
            for i, j in zip(rows, columns, strict=True):
                expr = expr * Delta(i, j)
            return Jacobian(of, wrt, rows, columns, expr)
        try:
            return jacobian(self.setting.forward, of.name, wrt.name)
        except InputError:
            return None


def fresh(target: Target) -> tuple[Index, ...]:
    """New indices for the axes of a target."""
    return tuple(fresh_index(size) for size in target.axes)

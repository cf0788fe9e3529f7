"""What was derived, in the format that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from symbackprop_cli.output import Output, first_shown

if TYPE_CHECKING:
    from symbackprop.claims.prove.prove import Proved
    from symbackprop.claims.verdict import Checked
    from symbackprop.derivation import Derivation
    from symbackprop.derived import Jacobian
    from symbackprop.printing import Printed
    from symbackprop.products import Product


@dataclass(frozen=True)
class Rendering:
    """A format with its options. standalone: a LaTeX document; lang: the language of the words."""

    form: str
    output: Output
    standalone: bool = False
    lang: str = "en"

    def result(self, derived: Derivation | Product, notation: str) -> str:
        """Gradients, or a product with a direction."""
        if self.form == "cost":
            from symbackprop.derivation import Derivation
            from symbackprop.emit.text_cost import text_cost

            assert isinstance(derived, Derivation)
            return text_cost(derived.shown.program.name, derived.cost())
        return self._of(derived, notation=notation)

    def page(self, told: Printed) -> str:
        """A derivation by a route."""
        return self._of(told)

    def verdict(self, found: Checked | Proved, **asked: bool) -> str:
        """What was found about a claim or an equation."""
        return found.json() if self.form == "json" else self._of(found.printed(**asked))

    def table(self, jacobian: Jacobian) -> str:
        """A Jacobian or a Hessian."""
        return self._of(jacobian)

    def steps(self, derivation: Derivation, checks: bool) -> str:
        """Each gradient as a chain of equalities."""
        if self.form == "latex":
            return derivation.steps_latex(
                checks=checks, standalone=self.standalone, lang=self.lang
            )
        if self.form == "markdown":
            return derivation.markdown(steps=True, checks=checks, lang=self.lang)
        if self.form == "html":
            return derivation.html(steps=True, checks=checks, lang=self.lang)
        show = partial(derivation.steps_text, checks=checks, lang=self.lang)
        return first_shown(self.output, show, partial(show, unicode=False))

    def _of(self, derived: Derivation | Product | Jacobian | Printed, **asked: Any) -> str:
        if self.form in ("numpy", "json"):
            from symbackprop.printing import Printed

            assert not isinstance(derived, Printed)
            return derived.numpy_source() if self.form == "numpy" else derived.json()
        asked["lang"] = self.lang
        if self.form == "latex":
            return derived.latex(standalone=self.standalone, **asked)
        if self.form == "markdown":
            return derived.markdown(**asked)
        if self.form == "html":
            return derived.html(**asked)
        show = partial(derived.text, **asked)
        return first_shown(self.output, show, partial(show, unicode=False))

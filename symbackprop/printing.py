"""Pages in the format that is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from symbackprop.emit.page import Page
from symbackprop.emit.translations import translation


@dataclass(frozen=True)
class Printed:
    """A page in every format; lang: the language of its words, "en", "zh" or "es"."""

    page: Page

    def text(self, *, unicode: bool = True, lang: str = "en") -> str:
        """For a terminal of 80 columns."""
        from symbackprop.emit.page_text import page_text

        return page_text(self.page, unicode, words=translation(lang))

    def latex(self, *, standalone: bool = False, lang: str = "en") -> str:
        """Displayed blocks to paste, or a document."""
        if standalone:
            from symbackprop.emit.page_standalone import page_standalone

            return page_standalone(self.page, lang=lang, words=translation(lang))
        from symbackprop.emit.page_latex import page_latex

        return page_latex(self.page, words=translation(lang))

    def markdown(self, *, lang: str = "en") -> str:
        """For GitHub, Obsidian and Jupyter."""
        from symbackprop.emit.page_markdown import page_markdown

        return page_markdown(self.page, words=translation(lang))

    def html(self, *, lang: str = "en") -> str:
        """One file that needs no network."""
        from symbackprop.emit.page_html import page_html

        return page_html(self.page, lang=lang, words=translation(lang))

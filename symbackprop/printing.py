"""Pages in the format that is asked for."""

from __future__ import annotations

from symbackprop.emit.page import Page
from symbackprop.emit.translations import translation


def markdown(page: Page, lang: str) -> str:
    """The page in Markdown."""
    from symbackprop.emit.page_markdown import page_markdown

    return page_markdown(page, words=translation(lang))


def html(page: Page, lang: str) -> str:
    """The page as one file of HTML."""
    from symbackprop.emit.page_html import page_html

    return page_html(page, lang=lang, words=translation(lang))


def document(page: Page, lang: str) -> str:
    """The page as a LaTeX document."""
    from symbackprop.emit.page_standalone import page_standalone

    return page_standalone(page, lang=lang, words=translation(lang))

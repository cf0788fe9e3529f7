"""A picture as PNG, made of its SVG."""

from __future__ import annotations

from symbackprop.emit.figure.extra import needed


def png(svg: str, *, scale: float = 2.0) -> bytes:
    """The pixels of an SVG, `scale` for each of its units.

    Raises MissingExtra where the library for it is not installed.
    """
    resvg = needed("resvg_py")
    return bytes(resvg.svg_to_bytes(svg_string=svg, zoom=round(scale), skip_system_fonts=True))

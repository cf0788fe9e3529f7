"""The signs of LaTeX that the printers write, and the characters that MathML has for them."""

from __future__ import annotations

from collections.abc import Callable

_GREEK = (
    "alpha α beta β gamma γ delta δ epsilon ϵ zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ "
    "nu ν xi ξ pi π rho ρ sigma σ tau τ upsilon υ phi ϕ chi χ psi ψ omega ω Gamma Γ Delta Δ "
    "Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω"
).split()
LETTERS = {rf"\{name}": sign for name, sign in zip(_GREEK[::2], _GREEK[1::2], strict=True)} | {
    r"\partial": "∂", r"\infty": "∞", r"\top": "⊤", r"\ldots": "…",
}  # fmt: skip
OPERATORS = {
    **{c: c for c in "+=<>()[]|/,.:;!"}, "-": "−", r"\le": "≤", r"\ge": "≥", r"\ne": "≠",
    r"\neq": "≠", r"\cdot": "⋅", r"\odot": "⊙", r"\oslash": "⊘", r"\land": "∧", r"\lor": "∨",
    r"\lnot": "¬", r"\lceil": "⌈", r"\rceil": "⌉", r"\bmod": "mod", r"\to": "→", r"\sim": "∼",
    r"\in": "∈", r"\times": "×",
}  # fmt: skip
# What has its indices below it.
LIMITS = {r"\sum": "∑", r"\prod": "∏", r"\max": "max", r"\min": "min"}
FUNCTIONS = {
    rf"\{name}": name
    for name in "exp log ln sin cos tan sinh cosh tanh arcsin arccos arctan det".split()
}
SPACES = {r"\,": 0.17, r"\;": 0.28, r"\ ": 0.33, r"\quad": 1.0, r"\qquad": 2.0}


def _shifted(capital: int, small: int, digit: int = 0) -> Callable[[str], str]:
    """Letters moved to a block of mathematical letters."""

    def move(c: str) -> str:
        if "A" <= c <= "Z":
            return chr(capital + ord(c) - ord("A"))
        if "a" <= c <= "z":
            return chr(small + ord(c) - ord("a"))
        return chr(digit + ord(c) - ord("0")) if digit and "0" <= c <= "9" else c

    return move


_bold_italic = _shifted(0x1D468, 0x1D482)
BOLD = {c: _bold_italic(c) for c in map(chr, range(ord("A"), ord("z") + 1)) if c.isalpha()}
BOLD |= {chr(0x0391 + n): chr(0x1D71C + n) for n in range(25)}
BOLD |= {chr(0x03B1 + n): chr(0x1D736 + n) for n in range(25)}
BOLD |= {"ϵ": "\U0001d750", "ϕ": "\U0001d753", "∂": "\U0001d74f"}
STYLED: dict[str, Callable[[str], str]] = {
    "mathbf": _shifted(0x1D400, 0x1D41A, 0x1D7CE),
    "mathtt": _shifted(0x1D670, 0x1D68A, 0x1D7F6),
    "mathcal": {"L": "ℒ"}.__getitem__,
}

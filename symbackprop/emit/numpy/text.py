"""Text of a generated module: docstrings, calls that fit the line, the helper functions."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

WIDTH = 96
_ELEMENT = re.compile(r"\w\[(?:[^\[\]]|\[[^\[\]]*\])*\]")
_GLUE = "\x00"

PREPARE = '''
def {prepare}(**inputs):
    """The inputs as arrays of one floating dtype; ValueError where a shape does not fit."""
    arrays = {{name: {np}.asarray(x) for name, x in inputs.items()}}
    sizes = {{}}
    for name, shape in {shapes}.items():
        found = arrays[name].shape
        fits = len(found) == len(shape)
        for size, n in zip(shape, found):
            fits = fits and {fits}
        if not fits:
            known = "".join(f", {{s}} = {{sizes[s]}}" for s in shape if s in sizes)
            expected = str(shape).replace("'", "") + known
            raise ValueError(f"{{name}} has shape {{found}}, not {{expected}}")
    kinds = [x.dtype for x in inputs.values() if hasattr(x, "dtype") and x.dtype.kind in "fc"]
    dtype = {np}.result_type(*kinds) if kinds else {np}.dtype(float)
    {returned}
'''

ROUNDED = '''
def {rounded}(x, dtype):
    """A result, computed in {kind}, in the dtype of the inputs."""
    x = {np}.asarray(x, dtype)
    return x if x.ndim else x[()]
'''

UPSTREAM = '''
def {upstream}(value, shape, dtype):
    """An upstream gradient as an array; ValueError if its shape is not that of the output."""
    array = {np}.asarray(value, dtype=dtype)
    if array.shape != shape:
        raise ValueError(f"the upstream gradient has shape {{array.shape}}, the output {{shape}}")
    return array
'''


def filled(template: str, **names: str) -> list[str]:
    """The lines of a helper function, with its names put in."""
    return template.format(**names).strip().split("\n")


def wrapped(text: str, indent: int = 0, hang: int = 4) -> list[str]:
    """A paragraph broken into lines; continuation lines are indented further."""
    # The indices of an element stay together.
    joined = _ELEMENT.sub(lambda element: element[0].replace(" ", _GLUE), text)
    found = textwrap.wrap(
        joined,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_GLUE, " ") for line in found] or [""]


def docstring(lines: Sequence[str], indent: int) -> list[str]:
    """A docstring with these lines; backslashes and quotes in them stay what they are."""
    safe = [line.replace("\\", "\\\\").replace('"""', "'''") for line in lines]
    margin = " " * indent
    if len(safe) == 1 and not safe[0].endswith('"'):
        return [f'{margin}"""{safe[0]}"""']
    rest = [f"{margin}{line}" if line else "" for line in safe[1:]]
    return [f'{margin}"""{safe[0]}', *rest, f'{margin}"""']


def fitted(
    before: str, items: Sequence[str], after: str, indent: int = 0, *, split: bool = False
) -> list[str]:
    """before + the items with commas + after, on one line or with the items on lines between.

    split: never on one line.
    """
    margin = " " * indent
    line = f"{margin}{before}{', '.join(items)}{after}"
    if len(line) <= WIDTH and not split:
        return [line]
    whole = (item.replace(" ", _GLUE) if len(item) < WIDTH // 2 else item for item in items)
    inner = textwrap.wrap(
        ", ".join(whole) + ",", WIDTH, initial_indent=margin + "    ",
        subsequent_indent=margin + "    ", break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [f"{margin}{before}", *(i.replace(_GLUE, " ") for i in inner), f"{margin}{after}"]


def listed(names: Sequence[str]) -> str:
    """a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"

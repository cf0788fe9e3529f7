"""Generated source as a module in memory."""

from __future__ import annotations

import linecache
from hashlib import sha256
from types import ModuleType


def compile_source(source: str) -> ModuleType:
    """The module of a generated source text; tracebacks show its lines.

    source: text that `numpy_source` made, never text of a user.
    """
    name = f"symbackprop_generated_{sha256(source.encode()).hexdigest()[:12]}"
    filename = f"<{name}>"
    module = ModuleType(name)
    module.__file__ = filename
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), module.__dict__)
    return module

"""Building generated C with the system's compiler, once, and loading it.

The shared library is kept in the user's cache folder under a name that tells source, compiler,
flags and processor, so that another of these is another library. It is written under a name of its
own first and then moved, so that two processes may build it at once.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from symbackprop.binding import bound, bound_wholes
from symbackprop.emit.c import CSource
from symbackprop.emit.numpy.compiled import compile_source
from symbackprop.errors import MissingCompiler, MissingExtra

# -ffast-math is not among them: it breaks NaN, infinities and small numbers.
_FLAGS = ("-std=c99", "-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off",
          "-fPIC", "-shared")  # fmt: skip
_BEST = ("-march=native", "-fopenmp")
_NO_THREADS = ("-fopenmp-simd",)
_WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")


def loaded(source: CSource) -> ModuleType:
    """The Python module of a C source, which calls the compiled functions.

    Raises MissingCompiler where there is no C compiler, or where it fails.
    """
    if not source.functions:
        return compile_source(source.python)
    library = _opened(library_path(source.built))
    module = _module(source.shortcuts.python, source, library)
    if source.shortcuts.names:
        table = source.tables["whole"]
        module.__dict__[table] = bound_wholes(library, source.shortcuts.names, module)
    return module


def loaded_for_checks(source: CSource) -> list[ModuleType]:
    """The same, and modules without shortcuts, one for each layout. Raises what `loaded` does."""
    if not source.functions:
        return [loaded(source)]
    short = [loaded(source)] if source.shortcuts.names else []
    return [*short, *(_with_settings(source, s) for s in source.layouts)]


def _with_settings(source: CSource, settings: Mapping[str, int]) -> ModuleType:
    """A module whose library is a copy, with variables of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        library = _opened(shutil.copy(library_path(source.built), folder))
    for name, value in settings.items():
        getattr(library, f"symbackprop_set_{name}")(ctypes.c_ssize_t(value))
    return _module(source.python, source, library)


def _opened(path: str | Path) -> ctypes.CDLL:
    """The library; threads of OpenMP sleep between its loops, unless the user says how they wait.

    OpenMP looks at the environment once, when it is loaded. Threads that spin take the processors
    from BLAS: layers with products of matrices took twice as long.
    """
    if any(name in os.environ for name in _WAITING):
        return ctypes.CDLL(str(path))
    os.environ[_WAITING[0]] = "passive"
    try:
        return ctypes.CDLL(str(path))
    finally:
        os.environ.pop(_WAITING[0], None)


def _module(text: str, source: CSource, library: ctypes.CDLL) -> ModuleType:
    module = compile_source(text)
    module.__dict__[source.tables["loops"]] = bound(library, source.functions)
    return module


def library_path(text: str) -> Path:
    """The shared library of a C text, built if it is not there yet. Raises MissingCompiler."""
    compiler = _compiler()
    folder = cache_folder()
    tried = [(*_FLAGS, *_BEST), (*_FLAGS, *_BEST[:1], *_NO_THREADS), (*_FLAGS, *_NO_THREADS)]
    about = "\n".join([text, compiler, _version(compiler), platform.machine(), _processor()])
    problem = ""
    for flags in tried:
        key = sha256("\n".join([about, *flags]).encode()).hexdigest()[:32]
        path = folder / f"{key}.so"
        if path.exists():
            return path
        problem = _build(text, compiler, flags, path)
        if not problem:
            return path
    raise MissingCompiler(f"the C compiler {compiler} failed: {problem}")


def _compiler() -> str:
    wanted = os.environ.get("CC")
    for name in [wanted] if wanted else ["cc", "gcc", "clang"]:
        found = shutil.which(name)
        if found:
            return found
    missing = f"CC={wanted} is not a command" if wanted else "there is no C compiler"
    raise MissingCompiler(
        f'{missing}; install gcc or clang, or use target="numpy-fast"'
    )


def cache_folder() -> Path:
    """Where libraries are kept: SYMBACKPROP_CACHE, or the user's cache folder."""
    chosen = os.environ.get("SYMBACKPROP_CACHE")
    if chosen:
        return Path(chosen)
    try:
        from platformdirs import user_cache_path
    except ImportError:
        raise MissingExtra("c", "platformdirs") from None
    return Path(user_cache_path("symbackprop"))


def _version(compiler: str) -> str:
    found = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False)
    return found.stdout


def _processor() -> str:
    """What -march=native looks at: a home folder may be shared by several machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def _build(text: str, compiler: str, flags: Sequence[str], path: Path) -> str:
    """Build the library; what the compiler said, where it failed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        source, library = Path(folder, "loops.c"), Path(folder, "loops.so")
        source.write_text(text, encoding="utf-8")
        command = [compiler, *flags, str(source), "-o", str(library), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not library.exists():
            lines = [line for line in done.stderr.splitlines() if "error" in line]
            return (lines or done.stderr.splitlines() or ["it gave no reason"])[0]
        os.replace(library, path)
    return ""

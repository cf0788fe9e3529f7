"""Whether the tests of the C target can run here: there is a C compiler."""

from __future__ import annotations

import os
import shutil

import pytest

needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, (os.environ.get("CC", "cc"), "gcc", "clang"))),
    reason="there is no C compiler",
)

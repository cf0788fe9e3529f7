"""`python -m benchmarks speed [LAYER…]`."""

from __future__ import annotations

import sys

from benchmarks import speed

USAGE = "python -m benchmarks speed [LAYER…]"

if __name__ == "__main__":
    what, *rest = sys.argv[1:] or [""]
    if what != "speed":
        sys.exit(f"usage: {USAGE}")
    if rest[:1] == ["--measure"]:
        speed.measured(rest[1:])
    else:
        speed.main(rest)

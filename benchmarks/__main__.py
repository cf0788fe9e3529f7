"""`python -m benchmarks speed [LAYER…]` and `python -m benchmarks accuracy [TARGET] [POINTS]`."""

from __future__ import annotations

import sys

from benchmarks import accuracy, speed

USAGE = "python -m benchmarks speed [LAYER…] | accuracy [TARGET] [POINTS]"

if __name__ == "__main__":
    what, *rest = sys.argv[1:] or [""]
    if what == "accuracy":
        accuracy.main(rest)
    elif what != "speed":
        sys.exit(f"usage: {USAGE}")
    elif rest[:1] == ["--measure"]:
        speed.measured(rest[1:])
    else:
        speed.main(rest)

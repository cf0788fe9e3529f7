"""`python -m benchmarks speed [--without PEER] [LAYER…]`, and the same for `accuracy`."""

from __future__ import annotations

import sys

from benchmarks import accuracy, readme, speed

USAGE = (
    "python -m benchmarks speed [--without PEER] [LAYER…] | accuracy [TARGET] [SECONDS] [LAYER…] | "
    "readme"
)


def asked(words: list[str]) -> tuple[list[str], list[str]]:
    """The layers that are named, and the peers behind `--without`."""
    places = [n + 1 for n, word in enumerate(words) if word == "--without"]
    layers = [w for n, w in enumerate(words) if w != "--without" and n not in places]
    return layers, [words[n] for n in places if n < len(words)]


if __name__ == "__main__":
    what, *rest = sys.argv[1:] or [""]
    if what == "accuracy":
        accuracy.main(rest)
    elif what == "readme":
        readme.main()
    elif what != "speed":
        sys.exit(f"usage: {USAGE}")
    elif "--measure" in rest:
        speed.measured(*asked([word for word in rest if word != "--measure"]))
    else:
        speed.main(*asked(rest))

"""Random forward passes, each held against NumPy and against 30-digit arithmetic.

    python -m benchmarks.programs [COUNT] [SEED]

Run it in the root of the checkout. Program number i is made from SEED + i alone, so that
`python -m benchmarks.programs 1 NUMBER` repeats it. Exits with 1 if a gradient is wrong or if
anything but a refusal is raised.
"""

from __future__ import annotations

import random
import signal
import sys
import time
from collections import Counter
from statistics import median
from types import FrameType

from benchmarks.measure import close, keep, show
from symbackprop.algebra.registry import clear_caches
from tests.programs.check import AGREES, CRASHED, REFUSED, WRONG, Verdict, check
from tests.programs.generate import generate

LIMIT = 120  # seconds of processor time for one program
SLOW = "slow"


class _Late(BaseException):
    """The time for one program is over. (Nothing that catches an Exception stops it.)"""


def main() -> None:
    """Check the programs, print what did not agree, keep the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    signal.signal(signal.SIGPROF, _late)
    tally: Counter[str] = Counter()
    times = []
    for number in range(seed, seed + count):
        source = generate(random.Random(number).choice)
        start = time.perf_counter()
        signal.setitimer(signal.ITIMER_PROF, LIMIT)
        try:
            verdict = check(source, number)
        except _Late:
            verdict = Verdict(SLOW, f"over {LIMIT} s")
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        clear_caches()  # of thousands of programs they would take gigabytes
        times.append(time.perf_counter() - start)
        tally[verdict.verdict] += 1
        if verdict.verdict != AGREES:
            print(f"#{number} {verdict.verdict}: {verdict.reason}\n{source}\n", flush=True)
    verdicts = sorted({AGREES, WRONG, CRASHED, REFUSED, SLOW, *tally})
    row: dict[str, object] = {"programs": count, "seed": seed}
    row |= {verdict: tally[verdict] for verdict in verdicts}
    row |= {"median seconds": median(times), "slowest": max(times)}
    keep("programs", [row])
    show([row])
    close(tally[WRONG] + tally[CRASHED] + tally[SLOW] > 0)


def _late(signum: int, frame: FrameType | None) -> None:
    raise _Late


if __name__ == "__main__":
    main()

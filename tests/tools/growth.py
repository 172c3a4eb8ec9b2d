"""How the work grows with the input: ``make growth``.

Each case of `growth_cases` is read at four sizes, each twice the one before. What an empty root
takes is subtracted. The exponent of growth may not exceed 1.2.
"""

from __future__ import annotations

import math
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from growth_cases import CASES, Case
from project import COMMAND

STEPS = 4
MAX_EXPONENT = 1.2
MAX_SECONDS = 120
"""Processor time after which a run is ended."""
LEAST = 0.3
"""Seconds of growth below which noise decides."""


def seconds(arguments: Sequence[str]) -> float:
    """The processor time of a run of the command, its helpers included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [COMMAND, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS)),
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(case: Case) -> list[float]:
    """The processor times at the four sizes."""
    times = []
    for step in range(STEPS):
        with tempfile.TemporaryDirectory() as folder:
            times.append(seconds(case.make(Path(folder), case.size << step)))
    return times


def exponent(times: Sequence[float], base: float) -> float:
    """How fast times grow from the first doubling to the last; 0 if they hardly do."""
    first, last = (max(time - base, 0.01) for time in (times[0], times[-1]))
    return math.log2(last / first) / (len(times) - 1) if last > LEAST else 0.0


def main(names: Sequence[str]) -> int:
    """Measure all cases, or those with a name; returns the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["--root", folder, "/"]
        base = min(seconds(arguments) for _ in range(3))
    status = 0
    for name, case in CASES.items():
        if names and name not in names:
            continue
        times = measured(case)
        grown = exponent(times, base)
        if grown > MAX_EXPONENT:
            status = 1
        told = "  ".join(f"{time:6.2f}" for time in times)
        print(f"{name:42} {case.size:>7,} {told}  n^{grown:.1f}", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Times find-libdeps against the shell pipeline that it replaces, in alternating runs.

Usage: bench.py VENV
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

PIPELINE = """
find "$1" -iname '*.so' -exec ldd {} + 2>/dev/null \
    | awk '/=> \\//{print $1}' | sort -u | xargs -r dpkg-query --search 2>/dev/null \
    | cut -d: -f1 | sort -u
"""
"""Written from its description: find, ldd, dpkg-query, cut, sort."""
RUNS = 7


def seconds(command: list[str]) -> float:
    """How long one run takes."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def main(venv: str) -> None:
    """Print the median of each command, and how they compare."""
    commands = {
        "find-libdeps": [str(Path(sys.executable).with_name("find-libdeps")), "-q", venv],
        "ldd pipeline": ["sh", "-c", PIPELINE, "sh", venv],
        "import click": [sys.executable, "-c", "import click"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            times[name].append(seconds(command))
    ours = statistics.median(times["find-libdeps"])
    for name, measured in times.items():
        median = statistics.median(measured)
        print(f"{name:14} {median:7.3f} s   {median / ours:6.2f} x find-libdeps")


if __name__ == "__main__":
    main(sys.argv[1])

"""Asks the machine's dynamic loader and ours about random graphs of libraries.

Usage: fuzz_loader.py COUNT [FIRST]     (make fuzz-loader)

Each graph has the number of its seed; FIRST is the first one. Where the two differ, the smallest
graph that shows it is printed, and the run ends with status 1.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from loader_graphs import UndecidedError, difference, graph, smallest


def main(count: int, first: int = 0) -> int:
    """Ask about `count` graphs; returns the exit status."""
    found = undecided = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed in range(first, first + count):
            try:
                differs = difference(graph(seed), folder)
            except UndecidedError:
                undecided += 1
                continue
            if differs:
                found += 1
                least = smallest(graph(seed), folder)
                print(f"seed {seed}:\n{least}\n{difference(least, folder)}\n", flush=True)
    print(f"{count} graphs: {found} differences, {undecided} undecided")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))

"""Asks a real dynamic loader and ours about the rules of fixtures/loader, and random graphs.

Each graph has the number of its seed. Where the two differ, the smallest graph that shows it is
printed, and the run ends with status 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from glibc import Glibc
from graph_maker import graph
from loader_graphs import UndecidedError, difference, smallest
from mini_root import build, expectation, rules
from our_loader import resolve
from real_loader import ask_the_loader


def main() -> int:
    """Ask about so many graphs; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, help="how many graphs")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first one")
    parser.add_argument("--dlopen", action="store_true", help="programs that open a library")
    parser.add_argument("--root", type=Path, default=Path("/"), help="whose glibc is asked")
    asked = parser.parse_args()
    glibc = Glibc(asked.root.resolve())
    found = undecided = 0
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for told in _wrong_rules(folder, glibc):
            found += 1
            print(told)
        for seed in range(asked.first, asked.first + asked.count):
            given = graph(seed, glibc, opens=asked.dlopen)
            try:
                differs = difference(given, folder, glibc)
            except UndecidedError:
                undecided += 1
                continue
            if differs:
                found += 1
                least = smallest(given, folder, glibc)
                print(f"seed {seed}:\n{least}\n{difference(least, folder, glibc)}\n", flush=True)
    release = ".".join(map(str, glibc.release))
    print(
        f"glibc {release}: {asked.count} graphs in {time.monotonic() - start:.0f} seconds, "
        f"{found} differences, {undecided} undecided"
    )
    return 1 if found else 0


def _wrong_rules(folder: Path, glibc: Glibc) -> Iterator[str]:
    """The rules that one of both loaders does not follow."""
    for rule in rules():
        expected = expectation(rule, glibc)
        if expected.missing_feature:
            continue
        root = folder / rule.name
        root.mkdir()
        build(rule, root, glibc)
        asked = root, expected.object, expected.library_path
        if ask_the_loader(*asked, glibc) != expected.resolution:
            yield f"{rule.name}: glibc does not follow it"
        needs = expected.resolution.needs
        ours = resolve(*asked, glibc=glibc)
        if ours[: len(needs)] != [each.absolute() for each in needs]:
            yield f"{rule.name}: we do not follow it"


if __name__ == "__main__":
    sys.exit(main())

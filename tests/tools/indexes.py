"""Makes the indexes that come with the package, of the releases that `make index` names.

What this machine's apt can't get is said, in one line each, and the others are made all the same. A
file is replaced if the new one has each architecture that the old one has.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from find_libdeps.debian.index import file_name, read_index
from find_libdeps.debian.make_index import Extract, encoded, made_for
from find_libdeps.debian.release import Release, parse_release
from find_libdeps.debian.write_index import write_index
from find_libdeps.errors import ReleaseError
from find_libdeps.process.progress import Tell

INDEXES = Path(__file__).parents[2] / "src" / "find_libdeps" / "debian" / "indexes"
MAX_SIZE = 3_000_000
"""Most bytes of all indexes together: everyone who installs find-libdeps gets them."""

Make = Callable[[Release, str, Tell], Extract]


def make(
    release: Release, architectures: Sequence[str], directory: Path, making: Make, tell: Tell
) -> None:
    """Make the index of a release, or say why it stays as it is.

    Args:
        release: the release.
        architectures: those that it is to have.
        directory: where the file goes.
        making: finds out what the index has of one architecture.
        tell: called with a sentence for all that is not made.
    """
    made = dict[str, Extract]()
    for name in architectures:

        def of_this(sentence: str, name: str = name) -> None:
            tell(f"{release} {name}: {sentence}")

        try:
            made[name] = making(release, name, of_this)
        except ReleaseError as error:
            of_this(str(error))
    file = directory / file_name(release)
    before = read_index(file).architectures if file.exists() else ()
    if lost := [name for name in before if name not in made]:
        kept = f"a new one would lack {' '.join(lost)}"
        tell(f"{release}: the index stays as it is: {kept}")
    elif made:
        write_index(file, encoded(release, made))
        tell(f"{release}: made for {' '.join(made)}, {file.stat().st_size:,} bytes")


def missing(
    releases: Sequence[Release], architectures: Sequence[str], directory: Path
) -> list[str]:
    """What the indexes in a directory lack: releases, architectures, room."""
    found = list[str]()
    for release in releases:
        file = directory / file_name(release)
        known = read_index(file).architectures if file.exists() else ()
        lacking = [name for name in architectures if name not in known]
        found += [f"{release}: no index for {' '.join(lacking)}"] if lacking else []
    size = sum(file.stat().st_size for file in directory.glob("*.index"))
    found += [f"all indexes have {size:,} bytes, not {MAX_SIZE:,}"] if size > MAX_SIZE else []
    return found


def main() -> None:
    """Make them, or with ``--check`` only say what is missing, with status 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("releases", nargs="+", type=parse_release, metavar="RELEASE")
    parser.add_argument("--arch", action="append", required=True, help="may be repeated")
    parser.add_argument("--check", action="store_true", help="make none, and say what is missing")
    words = parser.parse_args()
    if words.check:
        lacking = missing(words.releases, words.arch, INDEXES)
        sys.exit("\n".join(lacking) if lacking else 0)
    for release in words.releases:
        make(release, words.arch, INDEXES, _made, lambda told: print(told, flush=True))


def _made(release: Release, architecture: str, tell: Tell) -> Extract:
    return made_for(release, architecture, tell=tell)


if __name__ == "__main__":
    main()

"""Compares indexes with the packages themselves: what `dpkg-deb --contents` lists, both ways.

For each release a number of packages that its index names are drawn, fetched and listed. Each
library that the index gives to a package has to be in it, in a directory of the loader or of
alternatives, and each library that it has there has to be in the index.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from archives import checked, entries
from find_libdeps.debian.apt import Apt
from find_libdeps.debian.contents import ALTERNATIVES
from find_libdeps.debian.index import embedded_index, file_name
from find_libdeps.debian.make_index import architecture_for, chosen_sources
from find_libdeps.debian.private_apt import private_apt
from find_libdeps.debian.release import Release, parse_release
from indexes import INDEXES

WITHOUT_CONTENTS = [
    word
    for target in ("Contents-deb", "Contents-deb-legacy")
    for word in ("-o", f"Acquire::IndexTargets::deb::{target}::DefaultEnabled=false")
]
_MEMBER = re.compile(r"^[-l]\S+ +\S+ +\d+ \S+ \S+ \./(.+?)(?: -> .*| link to .*)?$", re.MULTILINE)
AT_ONCE = 25
"""Packages that are fetched at once: some have 100 MB."""


def main() -> None:
    """Compare, and say what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("releases", nargs="+", type=parse_release, metavar="RELEASE")
    parser.add_argument("--packages", type=int, default=200, help="how many a release")
    parser.add_argument("--seed", type=int, default=18)
    words = parser.parse_args()
    for release in words.releases:
        for sentence in compare(release, words.packages, random.Random(words.seed)):  # noqa: S311
            print(sentence, flush=True)


def compare(release: Release, count: int, chance: random.Random) -> Iterator[str]:
    """What differs between the index of a release and the packages, and how much was compared."""
    index = embedded_index(release)
    if index is None:
        yield f"{release}: no index"
        return
    architecture = Apt().architecture()
    given = libraries_of((INDEXES / file_name(release)).read_bytes(), architecture)
    chosen = sorted(chance.sample(sorted(given), count))
    right = wrong = 0
    compared = set[str]()
    with private_apt(architecture) as private:
        chosen_sources(private, release)
        private.apt.run("apt-get", "update", "-q", *WITHOUT_CONTENTS)
        told = private.apt.run("apt-cache", "pkgnames").decode().split()
        there = [name for name in chosen if name in set(told)]
        for at in range(0, len(there), AT_ONCE):
            for name, has in fetched(private.apt, there[at : at + AT_ONCE], architecture):
                compared.add(name)
                right += len(given[name] & has)
                wrong += len(given[name] ^ has)
                if more := sorted(given[name] - has):
                    yield f"{release} {name}: only the index has {' '.join(more)}"
                if less := sorted(has - given[name]):
                    yield f"{release} {name}: only the package has {' '.join(less)}"
    rest = sorted(set(chosen) - compared)
    told_gone = f"; not to be had: {' '.join(rest)}" if rest else ""
    yield (
        f"{release} of {index.date}, {architecture}: {len(compared)} packages, "
        f"{right} libraries in both, {wrong} in one only{told_gone}"
    )


def libraries_of(index: bytes, architecture: str) -> dict[str, set[str]]:
    """The libraries and typelibs that an index gives to each package."""
    found: dict[str, set[str]] = defaultdict(set)
    for soname, packages in entries(index, architecture).items():
        for package in packages:
            found[package].add(soname)
    return found


def fetched(apt: Apt, names: list[str], architecture: str) -> Iterator[tuple[str, set[str]]]:
    """Some packages with the libraries and typelibs in them that are found by their names.

    What the archive does not give is left out.
    """
    triplet = architecture_for(architecture).triplet
    with tempfile.TemporaryDirectory(prefix="index-contents-") as directory:
        command = ["apt-get", "-o", "APT::Sandbox::User=root", "download", *names]
        environment = {**os.environ, "APT_CONFIG": str(apt.configuration)}
        done = subprocess.run(command, cwd=directory, env=environment, capture_output=True)
        if done.returncode and len(names) > 1:
            for name in names:
                yield from fetched(apt, [name], architecture)
            return
        for deb in sorted(Path(directory).glob("*.deb")):
            listed = checked("dpkg-deb", "--contents", deb)
            paths = map(PurePosixPath, _MEMBER.findall(listed))
            yield deb.name.partition("_")[0], {p.name for p in paths if is_found(p, triplet)}


def is_found(path: PurePosixPath, triplet: str) -> bool:
    """Whether a file of a package is a library or a typelib that is found by its name."""
    tops = [PurePosixPath(top) / name for top in ("lib", "usr/lib") for name in ("", triplet)]
    if path.suffix == ".typelib":
        return path.parent.name == "girepository-1.0" and path.parent.parent in tops
    is_alternative = path.name in ALTERNATIVES and path.parent.parent in tops
    return ".so" in path.name and (path.parent in tops or is_alternative)


if __name__ == "__main__":
    main()

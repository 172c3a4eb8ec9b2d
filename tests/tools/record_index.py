"""Records what an index says of some libraries, in words, so that tests can make an index of it.

    .venv/bin/python tests/tools/record_index.py RELEASE NAME... > fixtures/pages/RELEASE.txt

A line ``library NAME PACKAGE...`` for each library that has packages, and a line ``package NAME
KIB NEED...`` for each of these and all that they bring; ``|`` stands between those
that meet the same need. `pages.recorded_index` makes an index of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from find_libdeps.debian.index import embedded_index
from find_libdeps.debian.release import Release

ARCHITECTURE = "amd64"


def lines(release: Release, names: Sequence[str]) -> Iterator[str]:
    """What the index that comes with find-libdeps says."""
    index = embedded_index(release)
    if index is None:
        sys.exit(f"there is no index of {release}")
    yield f"date {index.date}"
    yield f"essential {' '.join(sorted(index.essential))}"
    offers = index.offers(names, ARCHITECTURE)
    for name in sorted(offers):
        yield f"library {name} {' '.join(each.name for each in offers[name].packages)}"
    first = [package.name for offer in offers.values() for package in offer.packages]
    costs = index.costs([*first, "apt"], ARCHITECTURE, frozenset())
    for name, each in sorted(costs.known.items() if costs else ()):
        needs = ["|".join(choices) for choices in each.needs]
        yield " ".join(["package", name, str(each.size), *needs])


if __name__ == "__main__":
    distribution, _, version = sys.argv[1].partition(":")
    print("\n".join(lines(Release(distribution, version), sys.argv[2:])))

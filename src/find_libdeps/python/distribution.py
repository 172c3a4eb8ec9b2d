"""Which distribution a file belongs to, from what installers record in ``*.dist-info``.

``RECORD`` lists the files of a distribution, relative to the directory that it was installed into,
and ``METADATA`` has its name (PyPA specifications, "Recording installed projects").
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from io import StringIO
from os import fsdecode
from os.path import normpath
from pathlib import PurePosixPath

from find_libdeps.errors import TreeError
from find_libdeps.python.venv import SITES, Environments
from find_libdeps.roots.tree import Tree

_SUFFIX = ".dist-info"
_NAME = re.compile(rb"^Name:[ \t]*(\S+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, order=True, slots=True)
class Distribution:
    """An installed distribution of Python packages; what pip calls a package."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    def is_called(self, name: str) -> bool:
        """Whether this is its name: case and the kind of dash do not matter (PEP 503)."""
        return _normal(self.name) == _normal(name)


def find_distributions(
    tree: Tree, environment: Environments, paths: Iterable[PurePosixPath]
) -> tuple[tuple[Distribution, ...], Mapping[PurePosixPath, Distribution]]:
    """The distributions installed beside some files, sorted; and the one that each file is from."""
    wanted = {str(path): path for path in paths}
    sites = cache(lambda directory: tuple(_sites(tree, environment, directory)))
    found: list[Distribution] = []
    owners: dict[PurePosixPath, Distribution] = {}
    for site in dict.fromkeys(s for path in wanted.values() for s in sites(path.parent)):
        named = _named_in(f"{site}/", wanted)
        for info in infos(tree, site):
            distribution = _distribution(tree, info)
            found.append(distribution)
            for file in filter(None, map(named, recorded_names(tree, info))):
                owners[file] = distribution
    return tuple(sorted(set(found))), owners


def infos(tree: Tree, site: PurePosixPath) -> Iterator[PurePosixPath]:
    """The ``.dist-info`` of each distribution that is installed into a directory."""
    return (site / name for name in tree.names(site) if name.endswith(_SUFFIX))


def _named_in(
    site: str, wanted: Mapping[str, PurePosixPath]
) -> Callable[[str], PurePosixPath | None]:
    """What finds the wanted path that a name in a RECORD stands for, if there is one.

    Of fifty thousand names few are wanted, so none is made absolute that need not be.
    """
    inside = {t.removeprefix(site): path for t, path in wanted.items() if t.startswith(site)}

    def named(name: str) -> PurePosixPath | None:
        return wanted.get(normpath(site + name)) if name.startswith("../") else inside.get(name)

    return named


def _sites(
    tree: Tree, environment_of: Environments, directory: PurePosixPath
) -> Iterator[PurePosixPath]:
    """The ``site-packages`` that a directory is in, or else those of its virtual environment."""
    for parent in (directory, *directory.parents):
        if parent.name in SITES:
            yield parent
            return
    environment = environment_of(directory)
    if environment is not None:
        library = environment.prefix / "lib"
        yield from (library / name / SITES[0] for name in tree.names(library))


def _distribution(tree: Tree, info: PurePosixPath) -> Distribution:
    name, _, version = info.name.removesuffix(_SUFFIX).partition("-")
    written = _NAME.search(_content(tree, info / "METADATA"))
    return Distribution(fsdecode(written[1]) if written else name, version)


def recorded_names(tree: Tree, info: PurePosixPath) -> Iterable[str]:
    """The names in the RECORD of a ``.dist-info``, relative to the directory that it is in."""
    text = fsdecode(_content(tree, info / "RECORD"))
    # splitting at commas is ten times as fast as csv, and there may be fifty thousand lines
    plain = (line.partition(",")[0] for line in text.split("\n"))
    return _quoted(text) if '"' in text else plain


def _quoted(text: str) -> Iterator[str]:
    """The first column, up to the first line that is not CSV."""
    try:
        yield from (row[0] for row in csv.reader(StringIO(text, newline="")) if row)
    except csv.Error:
        return


def _content(tree: Tree, path: PurePosixPath) -> bytes:
    try:
        return tree.read(path)
    except TreeError:
        return b""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

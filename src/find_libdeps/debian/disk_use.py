"""How much room packages take in a system, by their files: in another system that has them already,
or in their archives.

That is what ``du`` measures once they are installed: the blocks of the files that dpkg unpacks
there, of new directories, and of what dpkg keeps for itself about each package.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from os import fsdecode
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.debian.deb import Deb
from find_libdeps.debian.dpkg import DATABASE, Database
from find_libdeps.debian.path_rules import PathRules
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.tree import Kind, Tree

_BLOCK = 4096
"""Bytes that a file system gives to a file at once: those of ext4, xfs and btrfs."""
_INFO = DATABASE / "info"
USUAL_RECORDS = 32
"""KiB that dpkg takes for what it keeps about a package: 31 on the average of some hundred."""


class _Taking(NamedTuple):
    """A file or a directory that takes room."""

    identity: object
    """Equal for all names of one file, or of one directory."""
    blocks: int


class DiskUse:
    """Measures packages for a system, one after the other.

    What several of them have is counted with the first: a directory, a file by hard links.
    """

    def __init__(self, target: Tree, rules: PathRules) -> None:
        """Prepare to measure.

        Args:
            target: the system where the packages will be installed.
            rules: what its dpkg leaves out.
        """
        self._target = target
        self._rules = rules
        self._counted = set[object]()

    def of_installed(self, package: str, there: Installed) -> int | None:
        """How much a package takes, in KiB, by its files in another system.

        None if it is not there, or lacks a file that dpkg will unpack in this one.

        Raises:
            TreeError: a file can't be looked at.
        """
        shipped = there.database.shipped(package, there.architecture)
        if shipped is None:
            return None
        label, paths = shipped
        return self._taken(there.records.get(label, 0), self._installed(there, paths))

    def of_deb(self, deb: Deb) -> int:
        """How much a package takes, in KiB, by its archive."""
        # dpkg writes the list of its files, and keeps the other files about it (dpkg(1), FILES)
        listed = sum(len(each.path) + 1 for each in deb.files)
        records = sum(map(_blocks, (listed, *deb.records)))
        return self._taken(records, self._packed(deb)) or 0

    def _taken(self, records: int, files: Iterable[_Taking | None]) -> int | None:
        counted = dict[object, int]()
        for each in files:
            if each is None:
                return None
            if each.identity not in self._counted:
                counted.setdefault(each.identity, each.blocks)
        self._counted |= counted.keys()
        return (records + sum(counted.values())) * _BLOCK // 1024

    def _installed(self, there: Installed, paths: Iterable[bytes]) -> Iterator[_Taking | None]:
        """What takes room of a package of a system; None for a file that is not there."""
        tree = there.tree
        for name in map(fsdecode, paths):
            path = PurePosixPath(name)
            entry = tree.entry(path)
            if self._rules.leave_out(name, entry.kind if entry else Kind.FILE):
                continue
            if entry is None:
                yield None
            elif entry.kind is Kind.FILE:
                yield _Taking(entry.identity, _blocks(tree.size(path)))
            elif entry.kind is Kind.DIRECTORY:
                yield from self._directory(path)

    def _packed(self, deb: Deb) -> Iterator[_Taking]:
        """What takes room of an archive."""
        for each in deb.files:
            if self._rules.leave_out(each.path, each.kind):
                continue
            if each.kind is Kind.FILE:
                yield _Taking((deb.package, each.same_as), _blocks(each.size))
            elif each.kind is Kind.DIRECTORY:
                yield from self._directory(PurePosixPath(each.path))

    def _directory(self, path: PurePosixPath) -> Iterator[_Taking]:
        """A directory, if it is new. The target of a link has its place in the inode."""
        if self._target.entry(path) is None:
            for parent in path.parents:  # one of them may be a link, such as /lib
                if place := self._target.resolve(parent):
                    yield _Taking(place / path.relative_to(parent), 1)
                    return


class Installed:
    """The packages of a system that has them."""

    def __init__(self, tree: DirectoryTree, database: Database, architecture: str) -> None:
        """Take a system.

        Args:
            tree: its files.
            database: its packages.
            architecture: whose packages are meant.
        """
        self.tree = tree
        self.database = database
        self.architecture = architecture

    @cached_property
    def records(self) -> Mapping[str, int]:
        """How many blocks dpkg takes for what it keeps about each package, by names of lists."""
        found = Counter[str]()
        for name in self.tree.names(_INFO):
            found[name.rpartition(".")[0]] += _blocks(self.tree.size(_INFO / name))
        return found


def _blocks(size: int) -> int:
    return -(-size // _BLOCK)

"""How much room packages take in a system, by their files in another one that has them already.

That is what ``du`` measures once they are installed: the blocks of the files that dpkg unpacks
there, of new directories, and of what dpkg keeps for itself about each package.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from os import fsdecode
from pathlib import PurePosixPath

from find_libdeps.debian.dpkg import DATABASE, Database
from find_libdeps.debian.path_rules import PathRules
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.tree import Entry, Kind, Tree

_BLOCK = 4096
"""Bytes that a file system gives to a file at once: those of ext4, xfs and btrfs."""
_INFO = DATABASE / "info"
USUAL_RECORDS = 32
"""KiB that dpkg takes for what it keeps about a package: 31 on the average of some hundred."""


class DiskUse:
    """Measures packages of one system for another one, one after the other.

    What several of them have is counted with the first: a directory, a file by hard links.
    """

    def __init__(
        self,
        tree: DirectoryTree,
        database: Database,
        architecture: str,
        target: Tree,
        rules: PathRules,
    ) -> None:
        """Prepare to measure.

        Args:
            tree: the system that has the packages.
            database: its packages.
            architecture: whose packages are meant.
            target: the system where they will be installed.
            rules: what its dpkg leaves out.
        """
        self._tree = tree
        self._database = database
        self._architecture = architecture
        self._target = target
        self._rules = rules
        self._counted = set[tuple[int, int]]()

    def of(self, package: str) -> int | None:
        """How much a package takes, in KiB.

        None if it is not there, or lacks a file that dpkg will unpack in the other system.

        Raises:
            TreeError: a file can't be looked at.
        """
        shipped = self._database.shipped(package, self._architecture)
        if shipped is None:
            return None
        label, paths = shipped
        taken = self._records.get(label, 0)
        counted = set[tuple[int, int]]()
        for name in map(fsdecode, paths):
            path = PurePosixPath(name)
            entry = self._tree.entry(path)
            if self._rules.leave_out(name, entry.kind if entry else Kind.FILE):
                continue
            if entry is None:
                return None
            if entry.identity not in self._counted and entry.identity not in counted:
                counted.add(entry.identity)
                taken += self._blocks(path, entry)
        self._counted |= counted
        return taken * _BLOCK // 1024

    def _blocks(self, path: PurePosixPath, entry: Entry) -> int:
        """How many blocks a path takes. The target of a link has its place in the inode."""
        match entry.kind:
            case Kind.FILE:
                return -(-self._tree.size(path) // _BLOCK)
            case Kind.DIRECTORY:
                return 0 if self._target.entry(path) else 1
        return 0

    @cached_property
    def _records(self) -> Mapping[str, int]:
        """How many blocks dpkg takes for what it keeps about each package, by names of lists."""
        found = Counter[str]()
        for name in self._tree.names(_INFO):
            found[name.rpartition(".")[0]] += -(-self._tree.size(_INFO / name) // _BLOCK)
        return found

"""Wheels among the files of a root, shown as if they were installed.

A wheel appears as an environment at its own path: ``/dist/x.whl/lib/python3/site-packages`` and so
on, so that relative paths between its files are those of an installation. Other wheels that could
be installed with it appear there, too. Reports name its files as the archive does.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from os.path import relpath
from pathlib import PurePosixPath
from typing import BinaryIO
from zipfile import ZipInfo

from find_libdeps.errors import TreeError
from find_libdeps.python.venv import MARK
from find_libdeps.python.wheel import SITE, Wheel, open_wheel
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.tree import Entry, Kind, Tree

_INFO = re.compile(rf"{SITE}/[^/]+\.dist-info/WHEEL\Z")


@dataclass(frozen=True, slots=True)
class WheelFile:
    """A file of a wheel, in one of the environments that have it."""

    wheel: Wheel
    info: ZipInfo
    is_first: bool
    """Whether this is the first environment that has it."""


class WheelTree(DirectoryTree):
    """A directory of this machine, in which wheels appear as environments."""

    def __init__(self, tree: DirectoryTree, paths: Sequence[PurePosixPath]) -> None:
        """Open the wheels at `paths`.

        Raises:
            TreeError: one is damaged, or no wheel; or none is for Linux with glibc.
        """
        super().__init__(tree.root)
        wheels = [open_wheel(tree, path) for path in dict.fromkeys(paths)]
        self.problems = [
            TreeError("scan", wheel.path, f"it is for {wheel.strangers}, not for Linux with glibc")
            for wheel in wheels
            if wheel.strangers
        ]
        """An error for each wheel that is left out."""
        if len(self.problems) == len(wheels):
            raise self.problems[0]
        self._numbers = {wheel: number for number, wheel in enumerate(wheels)}
        self._members: dict[str, WheelFile] = {}
        self._children: dict[str, dict[str, Kind]] = {}
        self._owners: dict[str, set[Wheel]] = {}
        self.prefixes: list[PurePosixPath] = []
        """The directories of the environments."""
        self._written: dict[str, bytes] = {}
        """The files that an installer writes besides the members."""
        self._spread([wheel for wheel in wheels if not wheel.strangers])

    def _spread(self, wheels: Sequence[Wheel]) -> None:
        """Make environments until each wheel is in one, with all wheels that go with it."""
        done: set[Wheel] = set()
        for wheel in wheels:
            if wheel in done:
                continue
            together, here = [wheel], dict(wheel.members)
            for other in wheels:
                if _goes_with(other, together, here):
                    together.append(other)
                    here = {**other.members, **here}
            self._install(together, done)
            done.update(together)

    def _install(self, wheels: Sequence[Wheel], done: set[Wheel]) -> None:
        prefix = str(wheels[0].path)
        self.prefixes.append(wheels[0].path)
        self._written[f"{prefix}/{MARK}"] = b""
        self._add(prefix, MARK, wheels[0])
        for wheel in wheels:
            for place, info in wheel.members.items():
                path = f"{prefix}/{place}"
                if path not in self._members:
                    self._members[path] = WheelFile(wheel, info, wheel not in done)
                    self._add(prefix, place, wheel)
            self._record(prefix, wheel)

    def _record(self, prefix: str, wheel: Wheel) -> None:
        """Add a RECORD of its files, as installers do: the wheel's own RECORD has other paths.

        Source: PyPA specifications, "Recording installed projects".
        """
        (info,) = (place for place in wheel.members if _INFO.match(place))
        record = f"{info.removesuffix('WHEEL')}RECORD"
        self._add(prefix, record, wheel)
        mine = [
            place for place in wheel.members if self._members[f"{prefix}/{place}"].wheel == wheel
        ]
        lines = StringIO()
        csv.writer(lines).writerows((_from_site(place), "", "") for place in mine)
        self._written[f"{prefix}/{record}"] = os.fsencode(lines.getvalue())

    def _add(self, prefix: str, place: str, owner: Wheel) -> None:
        """Add a file to its directory, that to its parent, and so on up to `prefix`."""
        path, kind = f"{prefix}/{place}", Kind.FILE
        while path != prefix:
            directory, _, name = path.rpartition("/")
            children = self._children.setdefault(directory, {})
            if children.get(name) is not Kind.DIRECTORY:
                children[name] = kind
            owners = self._owners.setdefault(directory, set())
            if owner in owners:
                return
            owners.add(owner)
            path, kind = directory, Kind.DIRECTORY

    def _lstat(self, real: str) -> Entry | None:
        if real in self._children:
            return Entry(Kind.DIRECTORY)
        if real in self._written:
            return Entry(Kind.FILE, (-2, 0))
        if member := self._members.get(real):
            # a device number that no file of the machine has
            return Entry(Kind.FILE, (-3 - self._numbers[member.wheel], member.info.header_offset))
        return super()._lstat(real)

    def _names(self, real: str) -> list[tuple[str, Kind]]:
        children = self._children.get(real)
        return super()._names(real) if children is None else list(children.items())

    def _open(self, real: str) -> BinaryIO:
        if real in self._written:
            return BytesIO(self._written[real])
        if member := self._members.get(real):
            return member.wheel.open(member.info)
        return super()._open(real)

    def _content(self, real: str, limit: int) -> bytes | None:
        if real in self._members or real in self._written:
            return Tree._content(self, real, limit)
        return super()._content(real, limit)

    def walk(
        self,
        top: PurePosixPath,
        wanted: Callable[[str], bool],
        on_error: Callable[[TreeError], None],
    ) -> Iterator[tuple[PurePosixPath, Kind]]:
        """See `Tree`; a wheel's file is yielded in the first environment only."""
        for path, kind in super().walk(top, wanted, on_error):
            member = self._members.get(str(path))
            if member is None or member.is_first:
                yield path, kind

    def inflated(self, path: PurePosixPath) -> int:
        """How many bytes a wheel's file has; 0 for another one."""
        member = self._members.get(str(path))
        return member.info.file_size if member else 0

    def name_in_archive(self, path: PurePosixPath) -> PurePosixPath:
        """A wheel's file as reports name it: the path of the wheel, and the name in the archive."""
        if member := self._members.get(str(path)):
            return member.wheel.path / member.info.filename
        for prefix in self.prefixes:
            site = prefix / SITE
            if path.is_relative_to(site):
                # for a place that has no file, the nearest directory tells the wheel
                owners = (self._owners.get(str(parent)) for parent in path.parents)
                wheels = list(next(filter(None, owners), ()))
                return wheels[0].path / path.relative_to(site) if len(wheels) == 1 else path
        return path


def _from_site(place: str) -> str:
    # relpath takes several microseconds, and nearly all members are below
    below = place.removeprefix(f"{SITE}/")
    return below if below != place else relpath(place, SITE)


def _goes_with(wheel: Wheel, others: Sequence[Wheel], places: dict[str, ZipInfo]) -> bool:
    """Whether a wheel can be installed with others: none has another library at the same path."""
    return all(wheel.goes_with(other) for other in others) and not any(
        ".so" in place and places.get(place, info).CRC != info.CRC
        for place, info in wheel.members.items()
    )

"""One wheel: the platforms it is for, and where an installer would put its members.

Nothing is unpacked in advance. The format is described in PyPA's specification "Binary distribution
format".
"""

from __future__ import annotations

import errno
import lzma
import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import BinaryIO
from weakref import finalize
from zipfile import BadZipFile, ZipFile, ZipInfo

from find_libdeps.errors import TreeError
from find_libdeps.python.inflating import Inflated
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.kept import open_content

SITE = "lib/python3/site-packages"
"""Where packages are installed in an environment; without the version, which is not known."""
MAX_MEMBER_SIZE = 4 << 30
"""Most bytes that a member may inflate to; the largest libraries, CUDA's, have about 1 GiB."""
MAX_DEPTH = 100
"""Most parts of a member's path: each takes memory, and a name may have thousands."""
MAX_PATH = 4096
"""Most characters in the name of a member (Linux, PATH_MAX)."""
_METADATA = re.compile(r"([^/-]+)-[^/]+\.dist-info/WHEEL\Z")
_DATA = re.compile(r"[^/]+\.data/(purelib|platlib|scripts|headers|data)/(.+)\Z")
_SCHEME = {"purelib": SITE, "platlib": SITE, "scripts": "bin", "headers": "include", "data": "."}
_PLATFORM = re.compile(r"(?:manylinux(?:_\d+_\d+|\d+)|linux)_(\w+)\Z")
_DAMAGED = (BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError)
"""What zipfile raises for archives that it can't read, and for members that it can't inflate."""


@dataclass(frozen=True, order=True, slots=True)
class WheelTag:
    """A Python, an ABI and a platform that a wheel is for (PEP 425)."""

    python: str
    abi: str
    platform: str

    @property
    def machine(self) -> str | None:
        """``x86_64``, or ``any``; None if the platform is not Linux with glibc."""
        found = _PLATFORM.match(self.platform)
        return found[1] if found else ("any" if self.platform == "any" else None)

    def fits(self, other: WheelTag) -> bool:
        """Whether wheels with these two tags could be installed for one Python."""
        machines = {self.machine, other.machine} - {"any"}
        stable = {"none", "abi3"}.intersection((self.abi, other.abi))
        same_python = bool(stable) or (self.python, self.abi) == (other.python, other.abi)
        return len(machines) < 2 and None not in machines and same_python


@dataclass(frozen=True, eq=False)
class Wheel:
    """An open wheel. Its archive is closed when this object is destroyed."""

    path: PurePosixPath
    """Its path in the tree."""
    project: str
    """The normalised name of the project."""
    tags: frozenset[WheelTag]
    members: Mapping[str, ZipInfo]
    """By their paths in an environment: ``lib/python3/site-packages/pkg/module.so``."""
    archive: ZipFile

    def goes_with(self, other: Wheel) -> bool:
        """Whether both could be installed into one environment."""
        fits = any(mine.fits(its) for mine in self.tags for its in other.tags)
        return fits and self.project != other.project

    @cached_property
    def strangers(self) -> str:
        """The platforms that it is for, if none of them is Linux with glibc; else empty."""
        platforms = sorted(tag.platform for tag in self.tags)
        return "" if any(tag.machine for tag in self.tags) else ", ".join(platforms)

    def open(self, member: ZipInfo) -> BinaryIO:
        """Open a member. Raises OSError if it can't be inflated."""
        if member.file_size > MAX_MEMBER_SIZE:
            raise OSError(errno.EFBIG, f"inflated, it has more than {MAX_MEMBER_SIZE >> 30} GiB")
        try:
            return open_content(_Content(Inflated(self.archive, member)), member.file_size)
        except _DAMAGED as error:
            raise _damaged(error) from None


class _Content:
    """What a member inflates to (`Content`)."""

    def __init__(self, inflated: Inflated) -> None:
        self._inflated = inflated

    def at(self, offset: int, size: int) -> bytes:
        """See `Content`. Raises OSError if it can't be inflated."""
        try:
            return self._inflated.at(offset, size)
        except _DAMAGED as error:
            raise _damaged(error) from None


class _Shared:
    """An open file, which no process reads at another one's position (`Content`)."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def at(self, offset: int, size: int) -> bytes:
        """See `Content`."""
        return os.pread(self._file.fileno(), size, offset)


def open_wheel(tree: DirectoryTree, path: PurePosixPath) -> Wheel:
    """Open the wheel at `path`.

    Raises:
        TreeError: it is damaged, or no wheel.
    """
    stream = tree.open(path)
    try:
        wheel = _read(path, open_content(_Shared(stream), tree.size(path)))
    except (*_DAMAGED, OSError, ValueError) as error:
        stream.close()
        raise TreeError("read the wheel", path, f"damaged: {error}") from None
    except TreeError:
        stream.close()
        raise
    finalize(wheel, stream.close)
    return wheel


def _read(path: PurePosixPath, stream: BinaryIO) -> Wheel:
    archive = ZipFile(stream)
    names = [found for found in map(_METADATA.match, archive.namelist()) if found]
    if len(names) != 1:
        raise TreeError("read the wheel", path, "it has no .dist-info/WHEEL, or several")
    with archive.open(names[0][0]) as metadata:
        text = metadata.read(1 << 20).decode("utf-8", "replace")
    tags = re.findall(r"^Tag: *([^-\s]+)-([^-\s]+)-([^-\s]+)\s*$", text, re.MULTILINE)
    if not tags:
        raise TreeError("read the wheel", path, "its .dist-info/WHEEL has no tag")
    return Wheel(
        path,
        re.sub(r"[._-]+", "-", names[0][1]).lower(),
        frozenset(WheelTag(*tag) for tag in tags),
        {_place(path, info): info for info in archive.infolist() if not info.is_dir()},
        archive,
    )


def _place(wheel: PurePosixPath, member: ZipInfo) -> str:
    """Where an installer puts a member. Raises TreeError if none would put it anywhere."""
    scheme = _DATA.match(member.filename)
    place = PurePosixPath(*((_SCHEME[scheme[1]], scheme[2]) if scheme else (SITE, member.filename)))
    if len(place.parts) > MAX_DEPTH or len(member.filename) > MAX_PATH:
        raise TreeError(
            "read the wheel", wheel, f'its member "{place.name[:80]}" has too long a path'
        )
    if place.is_absolute() or ".." in place.parts or "\0" in member.filename:
        cause = f'its member "{member.filename}" leads out of where it is installed'
        raise TreeError("read the wheel", wheel, cause)
    return str(place)


def _damaged(error: Exception) -> OSError:
    return OSError(errno.EIO, f"damaged: {error}")

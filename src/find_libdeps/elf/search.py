"""Where the dynamic loader looks for one name: glibc's elf/dl-load.c and elf/dl-cache.c."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

from find_libdeps.elf.architecture import Architecture
from find_libdeps.elf.objects import ElfObject
from find_libdeps.elf.outcome import ABSENT, How, Place, Unloadable
from find_libdeps.elf.sonames import Soname

Read: TypeAlias = Callable[[PurePosixPath], "ElfObject | Unloadable | None"]
"""The object at a path, links followed; None where there is no file. For one file it must always
be the same object: the loader knows a file by its device and inode, and so do we by identity."""


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory that exists."""

    place: PurePosixPath
    """Links resolved: equal for two names of one directory."""
    names: Collection[str] | None
    """What is in it; None: it may not be listed."""

    def may_have(self, name: str) -> bool:
        """Whether it is worth a look. What is made of dots is in no listing."""
        return self.names is None or name in self.names or not name.strip(".")


LookInto: TypeAlias = Callable[[PurePosixPath], "Directory | None"]
"""The directory that a path names, links followed; None where there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class LinkMap:
    """An object in a process (glibc's ``struct link_map``)."""

    path: PurePosixPath
    """The path it was opened by; ``$ORIGIN`` is its directory."""
    elf: ElfObject
    loader: LinkMap | None = None
    """The object that first asked for it; None for the one that was asked for by hand."""


@dataclass(frozen=True, slots=True)
class SearchPath:
    """What the loader of one architecture knows besides the objects."""

    architecture: Architecture
    configured: tuple[str, ...] = ()
    """The directories of ld.so.conf."""
    library_path: str = ""
    """The value of LD_LIBRARY_PATH."""
    working_directory: PurePosixPath | None = None
    """Where relative and empty elements start; None: nobody knows, and they lead nowhere."""


@dataclass(frozen=True, slots=True, eq=False)
class SearchList:
    """A list of directories, and which of them exist: the others are never looked into again
    (dl-load.c, ``enum r_dir_status``).
    """

    how: How
    places: tuple[Place, ...]
    """All of them, in order, as places that have nothing."""
    existing: tuple[tuple[int, PurePosixPath, Directory], ...]
    """Those that exist, with their best subdirectories before them: the number of the place that
    each belongs to, its path, and what is there. Of several names for one directory the first.
    """

    def told(self, found: dict[int, list[Place]], end: int | None = None) -> Iterator[Place]:
        """The places up to the one where the search ended, with the files found unusable."""
        for number, place in enumerate(self.places[:end]):
            yield from found.get(number, (place,))


def _chain(link: LinkMap | None) -> Iterator[LinkMap]:
    """An object, who asked for it, who asked for that one, and so on."""
    while link is not None:
        yield link
        link = link.loader


def _fits(elf: ElfObject, requester: ElfObject) -> bool:
    return elf.refusal is None and elf.abi == requester.abi


def _gives_up(elf: ElfObject | Unloadable, requester: ElfObject) -> bool:
    """Whether the loader stops at a file that it can't use; else it looks further.

    It minds the byte order only after the class, and the machine before the rest
    (dl-load.c ``open_verify``).
    """
    if isinstance(elf, Unloadable):
        return True
    if elf.abi.bits != requester.abi.bits:
        return False
    if elf.abi.little_endian != requester.abi.little_endian:
        return True
    return elf.abi == requester.abi


def _is_filed_as(soname: Soname, elf: ElfObject) -> bool:
    """Whether ldconfig files an object of this name under it: its DT_SONAME, if it has one, or
    that up to ``.so``, which is the link for ld(1).
    """
    filed = elf.soname or soname
    return filed == soname or (soname.endswith(".so") and filed.startswith(f"{soname}."))


def _is_below(path: PurePosixPath, directories: Sequence[str]) -> bool:
    return any(str(path).startswith(f"{directory}/") for directory in directories)


def _cause(elf: ElfObject | Unloadable | None, requester: ElfObject) -> str:
    if elf is None:
        return ABSENT
    if isinstance(elf, Unloadable):
        return elf.cause
    if elf.abi != requester.abi:
        return f"it is {elf.abi}, not {requester.abi}"
    return elf.refusal or ABSENT

"""One root: its dynamic loaders and its package database. Each file is read once."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path, PurePosixPath

from find_libdeps.debian.dpkg import read_database
from find_libdeps.debian.package import Package
from find_libdeps.debian.release import Release, name_of_foreign, read_release
from find_libdeps.debian.typelibs import DIRECTORY, Wanted, names_for, wanted_by
from find_libdeps.elf.architecture import architecture_of
from find_libdeps.elf.directories import GlibcRelease, newest_release
from find_libdeps.elf.ldconf import LD_SO_CACHE, configured_directories
from find_libdeps.elf.loader import Loader
from find_libdeps.elf.objects import Abi, ElfObject
from find_libdeps.elf.outcome import ABSENT, Found, How, LinkMap, Missing, Place
from find_libdeps.elf.readers import Reader
from find_libdeps.elf.search_list import SearchPath
from find_libdeps.elf.sonames import Soname, is_any_version, versions_of
from find_libdeps.errors import TreeError
from find_libdeps.needs.object_reader import ObjectReader
from find_libdeps.python.venv import Environments
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.tree import Tree

_FIND_LIBRARY_PROGRAMS = ("/sbin/ldconfig", "/usr/bin/gcc", "/usr/bin/cc", "/usr/bin/ld")
"""The programs that ``ctypes.util.find_library`` runs to find a library by its bare name:
ldconfig(8), or else a compiler or a linker (Lib/ctypes/util.py)."""

_START_FROM_DEBIAN = "start from an image that is based on one, such as python:3.13-slim"


class System:
    """What is known of a root; any number of scans can share it."""

    def __init__(
        self,
        tree: Tree,
        library_path: str = "",
        architecture: str = "",
        reader: Reader = Reader.STRUCT,
    ) -> None:
        """Look at a root.

        Args:
            tree: its files.
            library_path: LD_LIBRARY_PATH of the processes in it.
            architecture: its architecture, in case it has no package database.
            reader: what reads its ELF files.

        Raises:
            DatabaseError: its package database can't be read.
        """
        self.tree = tree
        self.read = ObjectReader(tree, reader)
        self.database = read_database(tree)
        self._configured = configured_directories(tree)
        self._library_path = library_path
        self._architecture = architecture
        self.environment = Environments(tree)
        self.loader = cache(self._loader)
        self.versions = self.read.versions
        """The symbol versions of the object in a file."""
        self._names = cache(tree.names)

    @cached_property
    def release(self) -> Release | None:
        """Its release, by os-release(5); None if unknown."""
        return read_release(self.tree)

    @cached_property
    def foreign(self) -> str | None:
        """The name of its distribution, if that has neither Debian's packages nor its loader."""
        return None if self.database else name_of_foreign(self.tree)

    def refuse_foreign(self, verb: str, name: object, advice: str = _START_FROM_DEBIAN) -> None:
        """Refuse a root of another distribution than Debian and its derivatives.

        Args:
            verb: what was to be done with it, for the message.
            name: what the caller calls it.
            advice: what the user can do, for the message.

        Raises:
            TreeError: it is one.
        """
        if self.foreign:
            cause = f"it is {self.foreign}, and only Debian and its derivatives are known"
            raise TreeError(verb, name, f"{cause}; {advice}")

    @property
    def can_complete_names(self) -> bool:
        """Whether it has a program that ``ctypes.util.find_library`` can run."""
        return any(map(self.tree.resolve, map(PurePosixPath, _FIND_LIBRARY_PROGRAMS)))

    @property
    def has_apt(self) -> bool:
        """Whether packages can be installed in it."""
        return self.tree.resolve(PurePosixPath("/usr/bin/apt-get")) is not None

    @property
    def is_this_machine(self) -> bool:
        """Whether it is this process's own root, so that its programs (apt) can be run."""
        return isinstance(self.tree, DirectoryTree) and self.tree.root == Path("/")

    @cached_property
    def architecture(self) -> str:
        """Its native architecture, as dpkg names it; empty if unknown."""
        return self.database.status.native if self.database else self._architecture

    @cached_property
    def essential(self) -> frozenset[str]:
        """The names of the packages that every system of its release has."""
        packages = self.database.status.essential if self.database else ()
        return frozenset(package.name for package in packages)

    def owners(self, path: PurePosixPath, abi: Abi | None = None) -> tuple[Package, ...]:
        """The packages that ship a path; those of the ABI's architecture first."""
        architecture = architecture_of(abi).name if abi else ""
        return self.database.owners(path, architecture) if self.database else ()

    def has(self, soname: Soname, abi: Abi) -> bool:
        """Whether `find` finds the library."""
        return isinstance(self.find(soname, abi), Found)

    def find(self, soname: Soname, abi: Abi) -> Found | Missing:
        """Search as the loader does for a requester without RPATH and RUNPATH.

        A name in any version (``libmagic.so.*``) is completed as ``ctypes.util.find_library`` does
        it: with the highest version that ldconfig(8) would list. A typelib is searched as GObject's
        repository does.
        """
        if wanted_by(soname) is Wanted.TYPELIB:
            return self._find_typelib(soname, abi)
        requester = LinkMap(PurePosixPath("/"), ElfObject(abi, "ET_DYN"))
        names = [soname]
        if is_any_version(soname):
            names = versions_of(soname, self._names_in_directories(abi))
        outcomes = [self.loader(abi).find(name, requester, requester) for name in names]
        found = (outcome for outcome in outcomes if isinstance(outcome, Found))
        return next(found, outcomes[-1] if outcomes else Missing(()))

    def typelibs(self, name: str, abi: Abi) -> list[Soname]:
        """The typelibs that it has and that a name may stand for, the best first."""
        return names_for(name, (n for d in _typelib_directories(abi) for n in self._names(d)))

    def _find_typelib(self, name: Soname, abi: Abi) -> Found | Missing:
        for known in self.typelibs(name, abi)[:1]:
            for directory in _typelib_directories(abi):
                if known in self._names(directory):
                    return Found(directory / known, How.TYPELIB, ElfObject(abi, "ET_DYN"))
        places = _typelib_directories(abi)
        return Missing(tuple(Place(directory, How.TYPELIB, ABSENT) for directory in places))

    def _names_in_directories(self, abi: Abi) -> set[str]:
        """The names of the files in the system's library directories."""
        directories = (*self._configured, *architecture_of(abi).default_directories)
        return {n for d in directories for n in self._names(PurePosixPath(d))}

    def _loader(self, abi: Abi) -> Loader:
        search = SearchPath(
            architecture_of(abi),
            self._configured,
            self._library_path,
            has_cache=self.tree.has_file(LD_SO_CACHE),
            release=cache(lambda: glibc_release(self.tree, self.read, abi)),
        )
        return Loader(search, self.read, self.read.look_into)


def glibc_release(tree: Tree, read: ObjectReader, abi: Abi) -> GlibcRelease | None:
    """The release of the glibc in a root, by the newest symbol version that its libc.so.6 defines;
    None if there is none. A release that brought no new symbol, such as 2.37, counts as the one
    before.
    """
    for directory in architecture_of(abi).default_directories:
        place = tree.resolve(PurePosixPath(directory, "libc.so.6"))
        if place and (defined := read.versions(place).defined):
            return newest_release(defined)
    return None


def _typelib_directories(abi: Abi) -> tuple[PurePosixPath, ...]:
    """Where GObject's repository looks, in its order (g_irepository_get_search_path)."""
    library = PurePosixPath("/usr/lib")
    return library / architecture_of(abi).triplet / DIRECTORY, library / DIRECTORY

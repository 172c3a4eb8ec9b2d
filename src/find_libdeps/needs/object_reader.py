"""Reads each ELF file of a tree once, for the loader."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple

from find_libdeps.elf.directories import Directory
from find_libdeps.elf.library_names import LibraryNames, read_library_names
from find_libdeps.elf.objects import MAGIC, ElfObject, Versions
from find_libdeps.elf.outcome import TOO_MANY_LINKS, Unloadable
from find_libdeps.elf.readers import Reader, readings_by
from find_libdeps.errors import ElfError, TreeError, tree_error
from find_libdeps.python.extension import initializer, is_tagged
from find_libdeps.roots.tree import Kind, Tree

IDENT = 16
"""Bytes at the beginning of every ELF file (elf(5), EI_NIDENT)."""
NO_ELF, CUT_OFF = Unloadable("invalid ELF header"), Unloadable("file too short")
"""The results for files that are not ELF."""


class FileFacts(NamedTuple):
    """What a reader knows of a file."""

    place: PurePosixPath
    found: ElfObject | Unloadable
    versions: Versions
    names: LibraryNames
    initializer: bool | None
    """Whether it defines the function that makes it a module; None if that was not looked for."""


class ObjectReader:
    """Reads objects for the loader: each file once, even if it has several paths."""

    def __init__(self, tree: Tree, reader: Reader = Reader.STRUCT) -> None:
        self._tree = tree
        self._readings = readings_by(reader)
        self._objects: dict[tuple[int, int], ElfObject] = {}
        self._files: dict[PurePosixPath, ElfObject | Unloadable] = {}
        self._paths: dict[PurePosixPath, ElfObject | Unloadable | None] = {}
        self._directories: dict[PurePosixPath, Directory] = {}
        self._versions: dict[tuple[int, int], Versions] = {}
        self._library_names: dict[PurePosixPath, LibraryNames] = {}
        self._initializers: dict[PurePosixPath, bool] = {}
        """Whether a file without a tag in its name defines the function that makes it a module."""

    def __call__(self, path: PurePosixPath) -> ElfObject | Unloadable | None:
        """The object that `path` names, links followed; see `find_libdeps.elf.search.Read`."""
        try:
            return self._paths[path]
        except KeyError:
            found = self._paths[path] = self._read(path)
            return found

    def _read(self, path: PurePosixPath) -> ElfObject | Unloadable | None:
        real = self._tree.resolve(path)
        entry = self._tree.entry(real) if real else None
        if real is None or entry is None:
            return Unloadable(TOO_MANY_LINKS) if self._tree.is_loop(path) else None
        if entry.kind is not Kind.FILE:
            return Unloadable(f"cannot read file data: it is a {entry.kind.value}")
        return self.at(real)

    def at(self, place: PurePosixPath, *, names: bool = False) -> ElfObject | Unloadable:
        """The object in the regular file at a place.

        Args:
            place: where it is.
            names: find out what its data names, too; see `library_names`.
        """
        try:
            return self._files[place]
        except KeyError:
            found = self._files[place] = self._open(place, names=names)
            return found

    def _open(self, place: PurePosixPath, *, names: bool) -> ElfObject | Unloadable:
        try:
            with self._tree.open_place(place) as stream:
                start = _start(stream, place)
                if not start.startswith(MAGIC):
                    return NO_ELF if len(start) == IDENT else CUT_OFF
                self._look_for_initializer(place, stream)
                if names:
                    with suppress(ElfError):  # what can be loaded is read below
                        self._library_names[place] = read_library_names(stream)
                entry = self._tree.entry(place)
                if entry is None:
                    return self._readings.read_object(stream)
                if entry.identity not in self._objects:
                    self._objects[entry.identity] = self._readings.read_object(stream)
                    with suppress(ElfError):  # such an object loads all the same
                        self._versions[entry.identity] = self._readings.read_versions(stream)
                return self._objects[entry.identity]
        except (ElfError, TreeError) as error:
            return Unloadable(str(error.cause), is_elf=True)  # unopened, it may be ELF

    def facts(self, place: PurePosixPath, *, names: bool) -> FileFacts:
        """What `at` finds out, for the reader of another process."""
        found = self.at(place, names=names)
        is_module = self._initializers.get(place)
        return FileFacts(place, found, self.versions(place), self.library_names(place), is_module)

    def learn(self, facts: Iterable[FileFacts]) -> None:
        """Take over what the reader of another process has found out."""
        for place, found, versions, names, is_module in facts:
            self._files[place], self._library_names[place] = found, names
            if is_module is not None:
                self._initializers[place] = is_module
            entry = self._tree.entry(place)
            if entry and isinstance(found, ElfObject):
                self._objects[entry.identity], self._versions[entry.identity] = found, versions

    def versions(self, place: PurePosixPath) -> Versions:
        """The symbol versions of the object in the regular file at a place, if they can be read."""
        self.at(place)
        entry = self._tree.entry(place)
        return self._versions.get(entry.identity, Versions()) if entry else Versions()

    def library_names(self, place: PurePosixPath) -> LibraryNames:
        """What the data of the object at a place names, if `at` was to find that out first."""
        return self._library_names.get(place, LibraryNames())

    def is_extension_module(self, path: PurePosixPath) -> bool:
        """Whether ``import`` would load the object at `path`.

        A file without a tag in its name may be one too; then it defines ``PyInit_<name>`` (Python/C
        API, "Extension modules").
        """
        if is_tagged(path.name):
            return True
        if initializer(path) and path not in self._initializers:
            with suppress(TreeError), self._tree.open(path) as stream:
                self._look_for_initializer(path, stream)
        return self._initializers.get(path, False)

    def _look_for_initializer(self, path: PurePosixPath, stream: BinaryIO) -> None:
        if symbol := initializer(path):
            self._initializers[path] = False
            with suppress(ElfError):
                self._initializers[path] = self._readings.defines(stream, symbol)

    def look_into(self, path: PurePosixPath) -> Directory | None:
        """The directory that `path` names, listed only once; see `elf.directories.LookInto`."""
        real = self._tree.resolve(path)
        entry = self._tree.entry(real) if real else None
        if real is None or entry is None or entry.kind is not Kind.DIRECTORY:
            return None
        if real not in self._directories:
            try:
                kinds = dict(self._tree.listing_of_kinds(real))
            except TreeError:
                self._directories[real] = Directory(real, None)
            else:
                links = frozenset(name for name, kind in kinds.items() if kind is Kind.LINK)
                self._directories[real] = Directory(real, kinds.keys(), links)
        return self._directories[real]


def _start(stream: BinaryIO, place: PurePosixPath) -> bytes:
    try:
        return stream.read(IDENT)
    except OSError as error:
        raise tree_error("read", place, error) from None

"""The ELF files of a tree, found by their first bytes and each read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.elf.objects import ElfObject
from find_libdeps.elf.outcome import Unloadable
from find_libdeps.errors import ElfError, TreeError
from find_libdeps.needs.object_reader import ObjectReader
from find_libdeps.needs.unscannable import why_not
from find_libdeps.needs.use import Problem, problem
from find_libdeps.python.venv import MARK, SITES
from find_libdeps.roots.tree import Kind, Tree

OTHER_KINDS = frozenset(
    f".{kind}"
    for kind in """
    py pyc pyi pyx pxd pxi typed h hpp c cc cpp cu cuh f f90 inc sip cmake js css html map qml
    qmltypes qm po mo txt md rst json xml svg csv yaml yml toml cfg ini png gif jpg ttf woff woff2
    afm pdf npy npz mat gz zip
    """.split()  # noqa: SIM905
)
"""Suffixes of files that are never ELF, and so are not opened: sources, texts, pictures, fonts and
archives. They are most of every virtualenv.
"""
OTHER_NAMES = frozenset({"METADATA", "RECORD", "WHEEL", "INSTALLER", "REQUESTED", "LICENSE"})
"""Names of files that are never ELF, and that nearly every ``.dist-info`` has."""


_BYTE_CODE = ".pyc"


def may_be_elf(name: str) -> bool:
    """Whether a file of that name may be ELF, and so has to be opened."""
    return name[name.rfind(".") :] not in OTHER_KINDS and name not in OTHER_NAMES


@dataclass(slots=True)
class Inventory:
    """The objects found below the paths to scan."""

    tops: tuple[PurePosixPath, ...]
    """The paths to scan, with no links in them."""
    objects: dict[PurePosixPath, ElfObject] = field(default_factory=dict)
    """Executables and shared objects."""
    names: dict[str, list[PurePosixPath]] = field(default_factory=lambda: defaultdict(list))
    """Paths of objects by each name that can be asked for: of the file or link, and DT_SONAME."""
    links: dict[PurePosixPath, PurePosixPath] = field(default_factory=dict)
    """Links to libraries and directories outside of the paths to scan, and where they lead."""
    problems: list[Problem] = field(default_factory=list)

    def note_names(self, path: PurePosixPath, elf: ElfObject) -> None:
        """Record the names by which an object could be asked for."""
        for name in {path.name, elf.soname or path.name}:
            self.names[name].append(path)

    def holds(self, path: PurePosixPath) -> bool:
        """Whether `path` is one of the paths to scan, or below one."""
        text = f"{path}/"
        return any(text.startswith(f"{top}/") or str(top) == "/" for top in self.tops)


class FileListing(NamedTuple):
    """The files below the paths to scan that have to be read. None has been opened yet."""

    tops: tuple[PurePosixPath, ...]
    """The paths to scan, with no links in them."""
    candidates: tuple[tuple[PurePosixPath, Kind], ...]
    """Files that may be ELF, links that look like libraries, and links to Python packages."""
    sources: tuple[PurePosixPath, ...]
    """Files of Python source."""
    byte_code: tuple[PurePosixPath, ...]
    """Files of Python byte code that no source is beside."""
    environments: tuple[PurePosixPath, ...]
    """Directories of virtual environments."""
    problems: tuple[Problem, ...]


def list_files(
    tree: Tree, tops: Sequence[PurePosixPath], exclude: Sequence[str] = (), *, python: bool = True
) -> FileListing:
    """List the files below `tops`, without opening them.

    Args:
        tree: where to look.
        tops: directories or single files, with no links in their paths.
        exclude: see `take_inventory`.
        python: whether to list sources and byte code, which are most of a virtualenv.
    """

    def on_error(error: TreeError) -> None:
        problems.append(problem(error, is_needed=True))

    candidates = list[tuple[PurePosixPath, Kind]]()
    sources, environments = list[PurePosixPath](), list[PurePosixPath]()
    byte_code = list[PurePosixPath]()
    problems = list[Problem]()
    wanted = _may_be_elf_or_python if python else _may_be_elf_or_mark
    for top in dict.fromkeys(tops):
        entry = tree.entry(top)
        if entry is not None and entry.kind is not Kind.DIRECTORY:
            # own code beside a virtualenv
            if python and top.name.endswith(".py") and len(tops) > 1:
                sources.append(top)
            else:
                candidates.append((top, entry.kind))
            continue
        tree.listing(top)
        for path, kind in tree.walk(top, wanted, on_error):
            name = path.name
            if name.endswith(".py"):
                if kind is Kind.FILE and not is_excluded(path, exclude):
                    sources.append(path)
            elif name.endswith(_BYTE_CODE):
                if not tree.entry(path.with_suffix(".py")) and not is_excluded(path, exclude):
                    byte_code.append(path)
            elif name == MARK:
                environments.append(path.parent)
            elif kind is Kind.FILE or ".so" in name or _is_importable(tree, path):
                candidates.append((path, kind))
    return FileListing(
        tuple(tops),
        tuple(candidates),
        tuple(sources),
        tuple(byte_code),
        tuple(environments),
        tuple(problems),
    )


def _may_be_elf_or_mark(name: str) -> bool:
    return may_be_elf(name) or name == MARK


def _may_be_elf_or_python(name: str) -> bool:
    if name.endswith(_BYTE_CODE):
        # in __pycache__, and only there, the name says for which Python it is: a.cpython-313.pyc
        return name.count(".") == 1
    return name.endswith(".py") or may_be_elf(name) or name == MARK


def take_inventory(
    tree: Tree,
    listing: FileListing,
    read: ObjectReader,
    exclude: Sequence[str] = (),
    *,
    names: bool = False,
) -> Inventory:
    """Find the objects among the files of a listing.

    Args:
        tree: the tree that was listed.
        listing: what `list_files` returned.
        read: reads the objects.
        exclude: patterns (`fnmatch`) of files not to look at: of a name, or of the end of a path.
            The loader still finds these files when others need them.
        names: find out what the data of the objects names, too; see `ObjectReader.library_names`.

    Raises:
        TreeError: a path to scan is neither a directory nor an ELF file.
        ElfError: a path to scan is a damaged ELF file.
    """
    inventory = Inventory(listing.tops, problems=list(listing.problems))
    for path, kind in listing.candidates:
        real = path if kind is Kind.FILE else tree.resolve(path)
        leads_out = kind is Kind.LINK and real is not None and not inventory.holds(real)
        if leads_out and real:
            inventory.links[path] = real
        elf = read.at(path, names=names) if kind is Kind.FILE else read(path)
        if isinstance(elf, Unloadable):
            if elf.is_elf:
                error = ElfError("read", path, elf.cause)
                if path in listing.tops:
                    raise error
                inventory.problems.append(problem(error))
            elif path in listing.tops:
                raise TreeError("scan", path, why_not(path))
            continue
        if elf is None or not elf.is_loadable:
            continue
        inventory.note_names(path, elf)
        if (kind is Kind.FILE or leads_out) and not is_excluded(path, exclude):
            inventory.objects[path] = elf
    return inventory


def _is_importable(tree: Tree, link: PurePosixPath) -> bool:
    """Whether Python may import a package through a link."""
    real = tree.resolve(link) if link.parent.name in SITES else None
    entry = tree.entry(real) if real else None
    return entry is not None and entry.kind is Kind.DIRECTORY


def is_excluded(path: PurePosixPath, patterns: Sequence[str]) -> bool:
    """Whether a pattern matches an end of `path`: ``c``, ``b/c`` or ``a/b/c`` of ``/a/b/c``."""
    if not patterns:
        return False
    ends = ["/".join(path.parts[start:]) for start in range(1, len(path.parts))]
    return any(fnmatchcase(end, pattern) for pattern in patterns for end in ends)


def environments_of(tree: Tree, listing: FileListing) -> list[PurePosixPath]:
    """The virtual environments below the paths to scan, and the nearest that each path is in."""
    ways = ((top, *top.parents) for top in listing.tops)
    around = (next((p for p in way if tree.entry(p / MARK) is not None), None) for way in ways)
    return list(dict.fromkeys((*filter(None, around), *listing.environments)))

"""The ELF files of a tree, found by their first bytes and each read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from find_libdeps.elf.objects import ElfObject
from find_libdeps.elf.outcome import Unloadable
from find_libdeps.errors import ElfError, TreeError
from find_libdeps.needs.object_reader import ObjectReader
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
"""How the names of files end that are not opened: sources, texts, pictures, fonts and archives,
which are never ELF, and the bulk of every virtualenv.
"""
OTHER_NAMES = frozenset({"METADATA", "RECORD", "WHEEL", "INSTALLER", "REQUESTED", "LICENSE"})
"""Files that nearly every ``.dist-info`` has."""


def may_be_elf(name: str) -> bool:
    """Whether a file of that name is worth a look."""
    return name[name.rfind(".") :] not in OTHER_KINDS and name not in OTHER_NAMES


@dataclass(slots=True)
class Inventory:
    """What was found below the paths to scan."""

    tops: tuple[PurePosixPath, ...]
    objects: dict[PurePosixPath, ElfObject] = field(default_factory=dict)
    """Executables and shared objects."""
    names: dict[str, list[PurePosixPath]] = field(default_factory=lambda: defaultdict(list))
    """Every name that one of them could be asked for by: of a file, of a link, DT_SONAME."""
    links: dict[PurePosixPath, PurePosixPath] = field(default_factory=dict)
    """Links to libraries and directories that are not below the tops, and where they lead."""
    problems: list[Problem] = field(default_factory=list)

    def note_names(self, path: PurePosixPath, elf: ElfObject) -> None:
        """Note by which names an object could be asked for."""
        for name in {path.name, elf.soname or path.name}:
            self.names[name].append(path)

    def holds(self, path: PurePosixPath) -> bool:
        """Whether a place is among what is scanned."""
        text = f"{path}/"
        return any(text.startswith(f"{top}/") or str(top) == "/" for top in self.tops)


@dataclass(frozen=True, slots=True)
class Listing:
    """The files below the paths to scan that are worth a look. None has been opened."""

    tops: tuple[PurePosixPath, ...]
    candidates: tuple[tuple[PurePosixPath, Kind], ...]
    """Files that may be ELF, and links by which Python would import one."""
    sources: tuple[PurePosixPath, ...]
    """Files with Python source."""
    environments: tuple[PurePosixPath, ...]
    """Directories of virtual environments."""
    problems: tuple[Problem, ...]


def list_files(tree: Tree, tops: Sequence[PurePosixPath], exclude: Sequence[str] = ()) -> Listing:
    """List the files below `tops`, which are places in the tree with no links in them.

    Args:
        tree: where to look.
        tops: directories, or single files.
        exclude: see `take_inventory`.
    """

    def on_error(error: TreeError) -> None:
        problems.append(problem(error, is_needed=True))

    candidates = list[tuple[PurePosixPath, Kind]]()
    sources, environments = list[PurePosixPath](), list[PurePosixPath]()
    problems = list[Problem]()
    for top in dict.fromkeys(tops):
        entry = tree.entry(top)
        if entry is not None and entry.kind is not Kind.DIRECTORY:
            candidates.append((top, entry.kind))
            continue
        tree.listing(top)
        for path, kind in tree.walk(top, _is_wanted, on_error):
            name = path.name
            if name.endswith(".py"):
                if kind is Kind.FILE and not is_excluded(path, exclude):
                    sources.append(path)
            elif name == MARK:
                environments.append(path.parent)
            elif kind is Kind.FILE or ".so" in name or _is_importable(tree, path):
                candidates.append((path, kind))
    return Listing(
        tuple(tops), tuple(candidates), tuple(sources), tuple(environments), tuple(problems)
    )


def _is_wanted(name: str) -> bool:
    return name.endswith(".py") or may_be_elf(name) or name == MARK


def take_inventory(
    tree: Tree, listing: Listing, read: ObjectReader, exclude: Sequence[str] = ()
) -> Inventory:
    """Find the objects among the files of a listing.

    Args:
        tree: where they are.
        listing: the files.
        read: what reads the objects.
        exclude: patterns (`fnmatch`) of files not to look at: of a name, or of the end of a path.
            Such files still stand there for others to find.

    Raises:
        TreeError: a path to scan is neither a directory nor an ELF file.
        ElfError: it is a damaged one.
    """
    inventory = Inventory(listing.tops, problems=list(listing.problems))
    for path, kind in listing.candidates:
        real = path if kind is Kind.FILE else tree.resolve(path)
        leaves = kind is Kind.LINK and real is not None and not inventory.holds(real)
        if leaves and real:
            inventory.links[path] = real
        elf = read.at(path) if kind is Kind.FILE else read(path)
        if isinstance(elf, Unloadable):
            if elf.is_elf:
                error = ElfError("read", path, elf.cause)
                if path in listing.tops:
                    raise error
                inventory.problems.append(problem(error))
            elif path in listing.tops:
                raise TreeError("scan", path, "it is no ELF file, and no directory")
            continue
        if elf is None or not elf.is_image:
            continue
        inventory.note_names(path, elf)
        if (kind is Kind.FILE or leaves) and not is_excluded(path, exclude):
            inventory.objects[path] = elf
    return inventory


def _is_importable(tree: Tree, link: PurePosixPath) -> bool:
    """Whether Python may import a package through a link."""
    real = tree.resolve(link) if link.parent.name in SITES else None
    entry = tree.entry(real) if real else None
    return entry is not None and entry.kind is Kind.DIRECTORY


def is_excluded(path: PurePosixPath, patterns: Sequence[str]) -> bool:
    """Whether a pattern matches the end of a path, from any of its names on."""
    if not patterns:
        return False
    ends = ["/".join(path.parts[start:]) for start in range(1, len(path.parts))]
    return any(fnmatchcase(end, pattern) for pattern in patterns for end in ends)

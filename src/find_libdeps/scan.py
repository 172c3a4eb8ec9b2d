"""The story: the files of a tree, their needs, where the loader finds each, and whose that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache, partial
from os import PathLike
from pathlib import Path, PurePosixPath

from find_libdeps.contents import Index, decode_index
from find_libdeps.elf import Abi, ElfObject
from find_libdeps.errors import ReleaseError, TreeError
from find_libdeps.inventory import Inventory, take_inventory
from find_libdeps.ldconf import architecture_of
from find_libdeps.loader import Found, LinkMap, Missing, Need
from find_libdeps.release import parse_release
from find_libdeps.report import (
    Bundled,
    FromInterpreter,
    Misfit,
    Nowhere,
    Origin,
    Report,
    Role,
    Shipped,
    Unnamed,
    Unpackaged,
    Use,
    judge,
    library_set,
)
from find_libdeps.system import System
from find_libdeps.target import Target, choose_target
from find_libdeps.tree import DirectoryTree
from find_libdeps.venv import (
    Environment,
    environment_of,
    is_executable,
    is_extension_module,
    is_libpython,
)


def scan_paths(
    paths: Sequence[str | PathLike[str]],
    *,
    root: str | PathLike[str] = "/",
    target: str | PathLike[str] | None = None,
    release: str | None = None,
    index: str | PathLike[str] | None = None,
    library_path: str = "",
    ignore: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> Report:
    """Find the packages that the ELF files below some paths need.

    Nothing that is found is run, and no LD_LIBRARY_PATH of this process counts.

    Args:
        paths: virtualenvs, other directories or single ELF files, as seen inside `root`.
        root: the builder's root directory.
        target: the target's root directory: names are those of its release, and what it has
            is left out. None: a system of the builder's release that has nothing.
        release: the target's release (``debian:13``), if it is not that of `target` or `root`.
        index: a file with the index of that release; None: the one that comes with this package.
        library_path: what LD_LIBRARY_PATH will be in the target.
        ignore: patterns (`fnmatch`) of sonames that something else provides.
        exclude: patterns of files not to look at: of their name, or of the end of their path.

    Raises:
        TreeError: a path, or a root, doesn't exist.
        DatabaseError: a package database can't be used.
        ReleaseError: names of that release are asked for, and no index of it is here.
    """
    tree = DirectoryTree(Path(root))
    tops = [_place(tree, path) for path in paths]
    builder = System(tree, library_path)
    going_to = System(DirectoryTree(Path(target)), library_path) if target else None
    inventory = take_inventory(tree, tops, builder.read, exclude)
    destination = choose_target(
        builder,
        going_to,
        parse_release(release) if release else None,
        _read_index(Path(index)) if index else None,
        {elf.abi for elf in inventory.objects.values()},
    )
    return scan(builder, inventory, destination, ignore)


def scan(
    builder: System, inventory: Inventory, target: Target, ignore: Sequence[str] = ()
) -> Report:
    """Find what the objects of an inventory need in a target; see `scan_paths`."""
    members: dict[Environment | None, list[PurePosixPath]] = defaultdict(list)
    environment = cache(partial(environment_of, builder.tree))
    for path in inventory.objects:
        members[environment(path.parent)].append(path)
    scenes = [_Scene(builder, inventory, ignore, *group) for group in members.items()]
    uses = target.settle(use for scene in scenes for use in scene.uses())
    verdict = judge(uses, target.is_essential)
    return Report(
        paths=inventory.tops,
        release=target.release,
        objects=len(inventory.objects),
        packages=verdict.packages,
        copies=verdict.copies,
        unresolved=verdict.unresolved,
        misfits=tuple(misfit for scene in scenes for misfit in scene.misfits),
        problems=tuple(inventory.problems),
    )


def _read_index(path: Path) -> Index:
    try:
        return decode_index(path.read_bytes(), path.name)
    except OSError as error:
        raise ReleaseError("read the index", path, error.strerror) from None


def _place(tree: DirectoryTree, path: str | PathLike[str]) -> PurePosixPath:
    """Where a path to scan leads inside the root."""
    given = Path(path)
    inside = given.absolute() if tree.root == Path("/") else Path("/") / given
    real = tree.resolve(PurePosixPath(inside))
    if real is None:
        raise TreeError("scan", path, "No such file or directory")
    return real


class _Scene:
    """The scanned objects of one environment, or of none."""

    def __init__(
        self,
        system: System,
        inventory: Inventory,
        ignore: Sequence[str],
        environment: Environment | None,
        paths: Sequence[PurePosixPath],
    ) -> None:
        self._system = system
        self._inventory = inventory
        self._environment = environment
        self._is_ignored = cache(partial(_matches, ignore))
        self._whose = cache(self._find_origin)
        self._siblings = {
            library_set(name): paths[0] for name, paths in sorted(inventory.names.items())
        } | {None: None}
        objects = {path: inventory.objects[path] for path in paths}
        self._modules = {path for path in paths if is_extension_module(system.tree, path)}
        native, self._process = self._interpreter()
        abis = {objects[path].abi for path in self._modules}
        if native is None and len(abis) == 1:
            native = abis.pop()
        reasons = {path: _misfit(elf, native) for path, elf in objects.items()}
        self._objects = {path: elf for path, elf in objects.items() if not reasons[path]}
        self.misfits = [
            Misfit(path, reason, is_error=path in self._modules)
            for path, reason in reasons.items()
            if reason
        ]

    def uses(self) -> Iterator[Use]:
        """What the objects need, each once, and in the role that matters most."""
        done: set[tuple[PurePosixPath, str, object]] = set()
        reached: set[PurePosixPath | None] = set()
        for role, path in _roots(self._objects, self._modules, reached):
            elf = self._objects[path]
            process = () if is_executable(elf) else self._process
            loader = self._system.loader(elf.abi)
            needs, links = loader.load(LinkMap(path, elf), process, self._is_followed)
            reached.add(path)
            reached.update(self._system.tree.resolve(link.path) for link in links)
            for need in needs:
                # a file that was reached by another way is news only if it finds other files
                requester = self._system.tree.resolve(need.requester) or need.requester
                outcome = need.outcome
                key = requester, need.soname, getattr(outcome, "path", outcome)
                if key in done or self._is_ignored(need.soname):
                    continue
                done.add(key)
                if isinstance(outcome, Found) or need.tag.must_be_met:
                    known = Need(requester, need.soname, outcome, need.tag)
                    yield Use(known, elf.abi, role, self._origin(known, elf.abi))

    def _interpreter(self) -> tuple[Abi | None, tuple[LinkMap, ...]]:
        """The ABI of the environment's Python, and what is in its process when it starts."""
        path = self._environment.interpreter if self._environment else None
        elf = self._system.read(path) if path else None
        if path is None or not isinstance(elf, ElfObject):
            return None, ()
        _, links = self._system.loader(elf.abi).load(LinkMap(path, elf))
        return elf.abi, links

    def _is_followed(self, path: PurePosixPath) -> bool:
        """Packages bring what their files need; everything else is followed further."""
        if self._is_ignored(path.name):
            return False
        return isinstance(self._whose(path), Bundled | Unpackaged)

    def _origin(self, need: Need, abi: Abi) -> Origin:
        match need.outcome:
            case Found(path=path):
                return self._whose(path)
            case Missing():
                names = self._inventory.names
                namesakes = (p for p in names.get(need.soname, ()) if self._abi(p) == abi)
                return Nowhere(tuple(namesakes), self._siblings.get(library_set(need.soname)))

    def _find_origin(self, path: PurePosixPath) -> Origin:
        """Whose the file is that the loader opens at `path`."""
        chain = self._system.tree.chain(path)
        prefix = self._environment.prefix if self._environment else None
        if self._inventory.holds(chain[-1]) or prefix in chain[-1].parents:
            return Bundled()
        if is_libpython(path.name) and not self._has_packaged_python(chain[-1]):
            return FromInterpreter()
        if self._system.database is None:
            return Unnamed()
        owners = [self._system.owners(place, self._abi(path)) for place in chain]
        if not owners[-1]:
            return Unpackaged(chain)
        named = dict.fromkeys(group[0] for group in owners if group)
        others = dict.fromkeys(p for group in owners for p in group if p not in named)
        return Shipped(tuple(named), tuple(others))

    def _has_packaged_python(self, library: PurePosixPath) -> bool:
        """Whether the interpreter came in a package, and so its library with it.

        Without an environment nobody knows the interpreter; then the library itself tells.
        """
        base = self._environment.base if self._environment else library
        return base is not None and bool(self._system.owners(base))

    def _abi(self, path: PurePosixPath) -> Abi | None:
        elf = self._system.read(path)
        return elf.abi if isinstance(elf, ElfObject) else None


def _matches(patterns: Sequence[str], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _misfit(elf: ElfObject, native: Abi | None) -> str | None:
    """Why an object can't be loaded beside the others, if so."""
    if elf.is_musl:
        return "linked against musl, which can't be loaded beside glibc"
    if native is not None and elf.abi != native:
        return f"it is for {_name(elf.abi)}, and Python is for {_name(native)}"
    return None


def _name(abi: Abi) -> str:
    architecture = architecture_of(abi)
    return architecture.name if architecture.is_known else str(abi)


def _roots(
    objects: Mapping[PurePosixPath, ElfObject],
    modules: Collection[PurePosixPath],
    reached: Collection[PurePosixPath | None],
) -> Iterator[tuple[Role, PurePosixPath]]:
    """The objects that something loads by their path, those that others need not among them.

    `reached` grows meanwhile: what the extension modules and executables bring in is theirs.
    Of the rest, first what no other of the rest asks for; then what is left, each by itself.
    """
    for path, elf in objects.items():
        if path in modules or is_executable(elf):
            yield Role.REQUIRED, path
    rest = [path for path in objects if path not in reached]
    wanted = {d.soname for path in rest for d in objects[path].dependencies}
    tips = [p for p in rest if p.name not in wanted and objects[p].soname not in wanted]
    for path in (*tips, *rest):
        if path not in reached:
            yield Role.PLUGIN, path

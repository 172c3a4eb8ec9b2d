"""The story: the files of a tree, their needs, where the loader finds each, and whose that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache, partial
from os import PathLike
from pathlib import Path, PurePosixPath

from find_libdeps.dpkg import Database, Package, read_database
from find_libdeps.elf import Abi, ElfObject
from find_libdeps.errors import TreeError
from find_libdeps.inventory import Inventory, ObjectReader, take_inventory
from find_libdeps.ldconf import architecture_of, configured_directories
from find_libdeps.loader import Found, LinkMap, Loader, Missing, Need, SearchPath
from find_libdeps.report import (
    Bundled,
    FromInterpreter,
    Misfit,
    Nowhere,
    Origin,
    Report,
    Role,
    Shipped,
    Unpackaged,
    Use,
    judge,
)
from find_libdeps.tree import DirectoryTree, Tree
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
    library_path: str = "",
    ignore: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> Report:
    """Find the packages that the ELF files below some paths need.

    Nothing that is found is run, and nothing of this process's environment is looked at.

    Args:
        paths: virtualenvs, other directories or single ELF files, as seen inside `root`.
        root: the builder's root directory.
        library_path: what LD_LIBRARY_PATH will be in the target.
        ignore: patterns (fnmatch(3)) of sonames that something else provides.
        exclude: patterns of files not to look at, relative to their path or as a bare name.

    Raises:
        TreeError: a path, or the root, doesn't exist.
        DatabaseError: the package database can't be used.
    """
    tree = DirectoryTree(Path(root))
    tops = tuple(_place(tree, path) for path in paths)
    read = ObjectReader(tree)
    inventory = take_inventory(tree, tops, read, exclude)
    database = read_database(tree)
    scene = _Scene(tree, inventory, read, database, library_path)
    uses = [
        use
        for use in scene.uses()
        if not any(fnmatchcase(use.need.soname, pattern) for pattern in ignore)
    ]
    essential = database.essential if database else frozenset[Package]()
    verdict = judge(uses, essential, has_database=database is not None)
    return Report(
        paths=tops,
        objects=len(inventory.objects),
        packages=verdict.packages,
        copies=verdict.copies,
        unresolved=verdict.unresolved,
        misfits=tuple(scene.misfits),
        problems=tuple(inventory.problems),
    )


def _place(tree: DirectoryTree, path: str | PathLike[str]) -> PurePosixPath:
    """Where a path to scan leads inside the root."""
    given = Path(path)
    inside = given.absolute() if tree.root == Path("/") else Path("/") / given
    real = tree.resolve(PurePosixPath(inside))
    if real is None:
        raise TreeError("scan", path, "No such file or directory")
    return real


class _Scene:
    """One root with its loaders and packages, and the files that are scanned in it."""

    def __init__(
        self,
        tree: Tree,
        inventory: Inventory,
        read: ObjectReader,
        database: Database | None,
        library_path: str,
    ) -> None:
        self._tree = tree
        self._inventory = inventory
        self._read = read
        self._database = database
        self._library_path = library_path
        self._configured = configured_directories(tree)
        self.misfits: list[Misfit] = []
        self._loader = cache(self._make_loader)
        self._whose = cache(self._find_origin)
        self._environment = cache(partial(environment_of, tree))

    def uses(self) -> Iterator[Use]:
        """What all scanned objects need, environment by environment."""
        members: dict[Environment | None, dict[PurePosixPath, ElfObject]] = defaultdict(dict)
        for path, elf in self._inventory.objects.items():
            members[self._environment(path.parent)][path] = elf
        for environment, objects in members.items():
            yield from self._uses_in(environment, objects)

    def _uses_in(
        self, environment: Environment | None, objects: Mapping[PurePosixPath, ElfObject]
    ) -> Iterator[Use]:
        modules = {path for path in objects if is_extension_module(self._tree, path)}
        native, process = self._interpreter(environment)
        abis = {objects[path].abi for path in modules}
        if native is None and len(abis) == 1:
            native = abis.pop()
        fitting = {}
        for path, elf in objects.items():
            reason = _misfit(elf, native)
            if reason:
                self.misfits.append(Misfit(path, reason, is_error=path in modules))
            else:
                fitting[path] = elf
        done: set[tuple[PurePosixPath, str, object]] = set()
        reached: set[PurePosixPath | None] = set()
        for role, path in _roots(fitting, modules, reached):
            elf = fitting[path]
            loader = self._loader(elf.abi)
            running = () if is_executable(elf) else process
            follow = partial(self._is_followed, environment)
            needs, links = loader.load(LinkMap(path, elf), running, follow)
            reached.add(path)
            reached.update(self._tree.resolve(link.path) for link in links)
            for need in needs:
                # the same file reached by another way is no news, unless it finds another file
                requester = self._tree.resolve(need.requester) or need.requester
                outcome = need.outcome
                place = outcome.path if isinstance(outcome, Found) else outcome
                key = (requester, need.soname, place)
                if key not in done:
                    done.add(key)
                    known = Need(requester, need.soname, outcome)
                    yield Use(known, role, self._origin(known, environment, elf.abi))

    def _interpreter(
        self, environment: Environment | None
    ) -> tuple[Abi | None, tuple[LinkMap, ...]]:
        """The ABI of an environment's Python, and what is in its process when it starts."""
        path = environment.interpreter if environment else None
        elf = self._read(path) if path else None
        if path is None or not isinstance(elf, ElfObject):
            return None, ()
        _, links = self._loader(elf.abi).load(LinkMap(path, elf))
        return elf.abi, links

    def _make_loader(self, abi: Abi) -> Loader:
        search = SearchPath(architecture_of(abi), self._configured, self._library_path)
        return Loader(search, self._read)

    def _is_followed(self, environment: Environment | None, path: PurePosixPath) -> bool:
        """Packages bring what their files need; everything else is followed further."""
        return isinstance(self._whose(path, environment), Bundled | Unpackaged)

    def _origin(self, need: Need, environment: Environment | None, abi: Abi) -> Origin:
        match need.outcome:
            case Found(path=path):
                return self._whose(path, environment)
            case Missing():
                objects, names = self._inventory.objects, self._inventory.names
                namesakes = names.get(need.soname, ())
                return Nowhere(
                    tuple(p for p in namesakes if p in objects and objects[p].abi == abi)
                )

    def _find_origin(self, path: PurePosixPath, environment: Environment | None) -> Origin:
        """Whose the file is that the loader opens at `path`."""
        chain = self._tree.chain(path)
        if self._inventory.holds(chain[-1]) or (
            environment is not None and environment.prefix in chain[-1].parents
        ):
            return Bundled()
        if is_libpython(path.name) and not self._has_debians_python(environment, chain[-1]):
            return FromInterpreter()
        elf = self._read(path)
        architecture = architecture_of(elf.abi).name if isinstance(elf, ElfObject) else ""
        owners = [self._owners(place, architecture) for place in chain]
        if not owners[-1]:
            return Unpackaged(chain)
        named = dict.fromkeys(group[0] for group in owners if group)
        others = dict.fromkeys(p for group in owners for p in group if p not in named)
        return Shipped(tuple(named), tuple(others))

    def _has_debians_python(self, environment: Environment | None, library: PurePosixPath) -> bool:
        """Whether the interpreter came in a package, and so its library with it.

        Without an environment nobody knows the interpreter; then the library itself tells.
        """
        base = environment.base if environment else library
        return base is not None and bool(self._owners(base, ""))

    def _owners(self, path: PurePosixPath, architecture: str) -> tuple[Package, ...]:
        return self._database.owners(path, architecture) if self._database else ()


def _misfit(elf: ElfObject, native: Abi | None) -> str | None:
    """Why an object can't be loaded beside the others, if so."""
    if elf.is_musl:
        return "linked against musl, which can't be loaded beside glibc"
    if native is not None and elf.abi != native:
        return f"it is {elf.abi}, and Python is {native}"
    return None


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

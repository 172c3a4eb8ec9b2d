"""The scanned objects of one environment: who loads whom, and where each need is met."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property, partial
from pathlib import PurePosixPath

from find_libdeps.elf.architecture import abi_called, abi_name
from find_libdeps.elf.objects import Abi, ElfObject, is_executable
from find_libdeps.elf.outcome import Found, How, LinkMap, Missing, Need
from find_libdeps.elf.sonames import Soname, is_host_injected, library_set
from find_libdeps.needs.inventory import Inventory
from find_libdeps.needs.packages import PythonPackage
from find_libdeps.needs.system import System
from find_libdeps.needs.use import (
    Bundled,
    FromInterpreter,
    Misfit,
    Nowhere,
    Origin,
    Role,
    Shipped,
    Unnamed,
    Unpackaged,
    Use,
)
from find_libdeps.python.extension import of_another_python, version_of_libpython
from find_libdeps.python.loads import Load
from find_libdeps.python.venv import Environment, share_package

QT_WITHOUT_SCREEN = "plugins/platforms/libqoffscreen.so"
"""Qt's windows need a platform plugin: without any, QGuiApplication ends the process. This is the
one that works everywhere, so it is no more optional than QtGui itself."""


@dataclass(frozen=True, slots=True)
class Start:
    """An object that something loads by its path, into a process of the environment."""

    link: LinkMap
    process: tuple[LinkMap, ...]
    """What is loaded before it; nothing before a program."""
    role: Role
    brings: frozenset[PurePosixPath | None] = frozenset()
    """The files that come into the process with it, and that no package has; its own among them."""


class ScannedEnvironment:
    """The scanned objects of one environment, or of none."""

    def __init__(
        self,
        system: System,
        inventory: Inventory,
        ignore: Sequence[str],
        environment: Environment | None,
        paths: Sequence[PurePosixPath],
        *,
        thorough: bool = False,
    ) -> None:
        """Look at some of the inventory's objects.

        Args:
            system: the root that they are in.
            inventory: all that is scanned.
            ignore: patterns of sonames that something else provides.
            environment: the virtualenv that the objects are in.
            paths: the objects.
            thorough: follow what is found in packages, too, instead of trusting what they declare.
        """
        self.system = system
        self.packages: Sequence[PythonPackage] = ()
        """The Python packages of the environment that load libraries."""
        self._thorough = thorough
        self._inventory = inventory
        self.environment = environment
        self.is_ignored = cache(partial(_matches, ignore))
        """Whether something else provides a soname."""
        self._whose = cache(self._find_origin)
        self._is_followed = cache(self._follows)
        self._prefix = f"{environment.prefix}/".replace("//", "/") if environment else None
        self._siblings = {
            library_set(name): paths[0] for name, paths in sorted(inventory.names.items())
        } | {None: None}
        objects = {path: inventory.objects[path] for path in paths}
        self._modules = {path for path in paths if system.read.is_extension_module(path)}
        native, self.process = self._interpreter()
        """What is in the process of its Python when that starts, the program first."""
        abis = {objects[path].abi for path in self._modules or paths}
        if native is None and len(abis) == 1:
            native = abis.pop()
        self.abi = native or abi_called(system.architecture)
        """The ABI of its Python, or of the system's where nobody knows it."""
        self._loaded = {path for path in paths if path.match(QT_WITHOUT_SCREEN)}
        self._load = cache(self._find_needs)
        self._objects, self.misfits = _sorted_out(objects, self._modules, native)

    def load_modules(self) -> None:
        """Do what takes longest, and needs no packages, ahead of time."""
        for path in self._objects:
            if path in self._modules:
                self._load(Role.REQUIRED, path)

    def add_packages(self, packages: Sequence[PythonPackage]) -> None:
        """Have the sources of the environment count, too."""
        self.packages = packages
        self._loaded |= set(filter(self._is_loaded_by_path, self._objects))

    def _is_loaded_by_path(self, path: PurePosixPath) -> bool:
        """Whether the source of its package loads a file.

        One of which something is missing is no more than a plugin if that happens on demand only.
        Of the others that is not worth finding out.
        """
        naming = [package for package in self.packages if package.names_file(path)]
        if not naming:
            return False
        _, needs = self._load(Role.REQUIRED, path)
        is_whole = not any(
            isinstance(need.outcome, Missing)
            and need.tag.must_be_met
            and not (self.is_ignored(need.soname) or is_host_injected(need.soname))
            for need in needs
        )
        return is_whole or any(package.names_at_import(path) for package in naming)

    def uses(self) -> Iterator[Use]:
        """What the objects need, each once, and in the role that matters most."""
        done: set[tuple[PurePosixPath, str, object]] = set()
        seen: set[int] = set()
        for start, needs in self._loadings:
            path, elf = start.link.path, start.link.elf
            if self._is_way_out(path):
                # not the link but its end brings what it needs, and comes in that package
                need = Need(path, Soname(path.name), Found(path, How.PATH, elf))
                yield Use(need, elf.abi, start.role, self._whose(path))
                continue
            for need in needs:
                if id(need) in seen:  # the loader tells the same in many processes
                    continue
                seen.add(id(need))
                # a file that was reached by another way is news only if it finds other files
                requester = self._place(need.requester)
                outcome = need.outcome
                key = requester, need.soname, getattr(outcome, "path", outcome)
                if key in done or self.is_ignored(need.soname):
                    continue
                done.add(key)
                if isinstance(outcome, Found) or need.tag.must_be_met:
                    known = Need(requester, need.soname, outcome, need.tag)
                    yield Use(known, elf.abi, start.role, self._origin(known, elf.abi))

    @cached_property
    def starts(self) -> tuple[Start, ...]:
        """The objects that something loads by their path, and that others need not among them."""
        return tuple(start for start, _ in self._loadings)

    @cached_property
    def _loadings(self) -> list[tuple[Start, tuple[Need, ...]]]:
        """What each of them needs, it and what it brings in that no package has."""
        loadings = []
        reached: set[PurePosixPath | None] = set()
        for role, path in _roots(self._objects, self._modules | self._loaded, reached):
            start, needs = self._load(role, path)
            reached |= start.brings
            loadings.append((start, needs))
        return loadings

    def _find_needs(self, role: Role, path: PurePosixPath) -> tuple[Start, tuple[Need, ...]]:
        elf = self._objects[path]
        link, process = LinkMap(path, elf), () if is_executable(elf) else self.process
        needs, links = tuple[Need, ...](), tuple[LinkMap, ...]()
        if not self._is_way_out(path):
            needs, links = self.system.loader(elf.abi).load(link, process, self._is_followed)
        brings = {path, *(self.system.tree.resolve(each.path) for each in links)}
        return Start(link, process, role, frozenset(brings)), needs

    def _is_way_out(self, path: PurePosixPath) -> bool:
        """Whether a scanned path is a link to what a package ships."""
        return path in self._inventory.links and isinstance(self._whose(path), Shipped)

    def is_inside(self, place: PurePosixPath) -> bool:
        """Whether a place is in the environment, or among what is scanned."""
        mine = self._prefix is not None and str(place).startswith(self._prefix)
        return mine or self._inventory.holds(place)

    def _interpreter(self) -> tuple[Abi | None, tuple[LinkMap, ...]]:
        """The ABI of the environment's Python, and what is in its process when it starts."""
        path = self.environment.interpreter if self.environment else None
        elf = self.system.read(path) if path else None
        if path is None or not isinstance(elf, ElfObject):
            return None, ()
        _, links = self.system.loader(elf.abi).load(LinkMap(path, elf))
        return elf.abi, links

    def _place(self, path: PurePosixPath) -> PurePosixPath:
        """Where a requester is among what was scanned."""
        if path in self._inventory.links:
            return path
        return self.system.tree.resolve(path) or path

    def _follows(self, path: PurePosixPath) -> bool:
        """Packages bring what their files need; everything else is followed further."""
        if self.is_ignored(path.name):
            return False
        return self._thorough or isinstance(self._whose(path), Bundled | Unpackaged)

    def uses_of_notes(self, roles: Collection[Role]) -> Iterator[tuple[bool, list[Use]]]:
        """What the objects in some roles say that they load by themselves: whether they must, by
        which names.

        As with dlopen(3), the object's own RUNPATH counts; an RPATH handed down to it doesn't.
        """
        counts = frozenset[PurePosixPath | None]().union(
            *(start.brings for start in self.starts if start.role in roles)
        )
        for path, elf in self._objects.items():
            if path not in counts:
                continue
            loader, link = self.system.loader(elf.abi), LinkMap(path, elf)
            for note in elf.notes:
                needs = [Need(path, n, loader.find(n, link, link)) for n in note.sonames]
                yield (
                    note.priority == "required",
                    [
                        Use(need, elf.abi, Role.DLOPEN, self._origin(need, elf.abi))
                        for need in needs
                        if not self.is_ignored(need.soname)
                    ],
                )

    def uses_of(self, package: PythonPackage, load: Load) -> list[Use]:
        """What a place in a package's source may load, name by name; none if it brings that."""
        if self.abi is None or any(map(package.brings, load.sonames)):
            return []
        needs = (
            Need(load.path, soname, self.system.find(soname, self.abi))
            for soname in load.sonames
            if not self.is_ignored(soname)
        )
        return [
            Use(need, self.abi, Role.DLOPEN, self._origin(need, self.abi), load.line)
            for need in needs
        ]

    def _origin(self, need: Need, abi: Abi) -> Origin:
        """Where a need is met, in the builder."""
        match need.outcome:
            case Found(path=path):
                return self._whose(path)
            case Missing():
                names = self._inventory.names.get(need.soname, ())
                here = self.environment.prefix if self.environment else PurePosixPath("/")
                namesakes = tuple(p for p in names if here in p.parents and self._abi(p) == abi)
                own = any(share_package(path, need.requester) for path in namesakes)
                sibling = self._siblings.get(library_set(need.soname))
                return Nowhere(namesakes, sibling, own or self._is_interpreters(need.soname))

    def _find_origin(self, path: PurePosixPath) -> Origin:
        """Whose the file is that the loader opens at `path`."""
        chain = self.system.tree.chain(path)
        if self.is_inside(chain[-1]):
            return Bundled()
        if self._is_interpreters(path.name, chain[-1]):
            return FromInterpreter()
        if self.system.database is None:
            return Unnamed()
        places = (*self.system.tree.links_above(path), *chain)
        owners = [self.system.owners(place, self._abi(path)) for place in places]
        if not owners[-1]:
            if chain[0] in self._inventory.links:
                return Bundled()
            if not self._thorough:
                self.system.database.must_know(chain[-1])
            return Unpackaged(chain)
        named = dict.fromkeys(group[0] for group in owners if group)
        if len(named) > 1 and self._is_found_without(path, chain[-1]):
            named = dict.fromkeys(owners[-1][:1])
        others = dict.fromkeys(p for group in owners for p in group if p not in named)
        return Shipped(tuple(named), tuple(others))

    def _is_found_without(self, path: PurePosixPath, file: PurePosixPath) -> bool:
        """Whether the loader would come to a file without the link at `path`, which another package
        has: as it does to ``libLLVM``, whose ``-dev`` package has a link in a place of its own.
        """
        abi = self._abi(path)
        outcome = self.system.find(Soname(path.name), abi) if abi else None
        if not isinstance(outcome, Found) or outcome.path == path:
            return False
        return self.system.tree.chain(outcome.path) == (file,)

    def _is_interpreters(self, soname: str, library: PurePosixPath | None = None) -> bool:
        """Whether it is the library of an interpreter that came in no package.

        Without an environment nobody knows the interpreter; then the library itself tells.
        """
        base = self.environment.base if self.environment else library
        is_library = version_of_libpython(soname) is not None
        return is_library and base is not None and not self.system.owners(base)

    def _abi(self, path: PurePosixPath) -> Abi | None:
        elf = self.system.read(path)
        return elf.abi if isinstance(elf, ElfObject) else None


def _matches(patterns: Sequence[str], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _sorted_out(
    objects: Mapping[PurePosixPath, ElfObject],
    modules: Collection[PurePosixPath],
    native: Abi | None,
) -> tuple[dict[PurePosixPath, ElfObject], list[Misfit]]:
    """The objects that something may load, and what is to say of the others."""
    reasons = {path: _misfit(elf, native) for path, elf in objects.items()}
    misfits = [Misfit(p, reason, is_error=p in modules) for p, reason in reasons.items() if reason]
    fitting = {path: elf for path, elf in objects.items() if not reasons[path]}
    strangers = of_another_python({p: elf for p, elf in fitting.items() if p in modules})
    for path, other in strangers.items():
        if other.is_missed:
            reason = f"it is for Python {other.python}, in a directory of {other.directory}"
            misfits.append(Misfit(path, reason, is_error=True, python=other.python))
    return {path: elf for path, elf in fitting.items() if path not in strangers}, misfits


def _misfit(elf: ElfObject, native: Abi | None) -> str | None:
    """Why an object can't be loaded beside the others, if so."""
    if elf.is_musl:
        return "linked against musl, which can't be loaded beside glibc"
    if native is not None and elf.abi != native:
        return f"it is for {abi_name(elf.abi)}, and Python is for {abi_name(native)}"
    return None


def _roots(
    objects: Mapping[PurePosixPath, ElfObject],
    loaded: Collection[PurePosixPath],
    reached: Collection[PurePosixPath | None],
) -> Iterator[tuple[Role, PurePosixPath]]:
    """The objects that something loads by their path, those that others need not among them.

    `reached` grows meanwhile: what executables, extension modules and other files that Python
    loads bring in is theirs.
    Of the rest, first what no other of the rest asks for; then what is left, each by itself.
    """
    for path, elf in objects.items():
        if path in loaded or is_executable(elf):
            yield Role.REQUIRED, path
    rest = [path for path in objects if path not in reached]
    wanted = {d.soname for path in rest for d in objects[path].dependencies}
    tips = [p for p in rest if p.name not in wanted and objects[p].soname not in wanted]
    for path in (*tips, *rest):
        if path not in reached:
            yield Role.PLUGIN, path


def scanned_environments(
    builder: System,
    inventory: Inventory,
    ignore: Sequence[str],
    packages: Callable[[], Sequence[PythonPackage]],
    *,
    thorough: bool = False,
) -> list[ScannedEnvironment]:
    """What was found, by the environment that it is in; see `ScannedEnvironment`.

    The packages are asked for once all is done that needs none of them.
    """
    environment = builder.environment
    objects: dict[Environment | None, list[PurePosixPath]] = defaultdict(list)
    for path in inventory.objects:
        objects[environment(path.parent)].append(path)
    new = partial(ScannedEnvironment, builder, inventory, ignore, thorough=thorough)
    scenes = {each: new(each, paths) for each, paths in objects.items()}
    for scene in scenes.values():
        scene.load_modules()
    sources: dict[Environment | None, list[PythonPackage]] = defaultdict(list)
    for package in packages():
        sources[environment(package.site)].append(package)
    for each in (*sources, *filter(None, map(environment, inventory.tops))):
        scenes.setdefault(each, new(each, []))
    for each, scene in scenes.items():
        scene.add_packages(sources[each])
    return list(scenes.values())

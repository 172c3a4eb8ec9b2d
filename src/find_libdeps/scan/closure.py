"""All files that an environment needs to run, for a target without a package manager.

The list of packages relies on Debian's ``Depends``. Here every need is followed to its end:
libraries of libraries, libc, the dynamic loader, and the Python that the environment was made from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from find_libdeps.debian.typelibs import Wanted, references, wanted_by
from find_libdeps.elf.architecture import architecture_of
from find_libdeps.elf.objects import Abi, ElfObject
from find_libdeps.elf.outcome import Found, How, LinkMap, Missing, Need
from find_libdeps.elf.sonames import Soname, is_any_version, is_host_injected
from find_libdeps.errors import TreeError
from find_libdeps.needs.environment import ScannedEnvironment
from find_libdeps.needs.system import System
from find_libdeps.needs.use import Nowhere, Offered, Problem, Role, Use, problem
from find_libdeps.python.venv import Environment, standard_library
from find_libdeps.report.report import Files
from find_libdeps.roots.paths import way
from find_libdeps.roots.tree import MAX_FILE_SIZE, Tree

LOADED_BY_LIBC = ("libgcc_s.so.1", "libnss_dns.so.2", "libnss_files.so.2")
"""Libraries that glibc loads by name: to end a thread (pthread_exit(3)), and, before version 2.34,
to look up hosts and users (nss(5))."""
NOT_TO_RUN = ("site-packages", "dist-packages", "test", "config-")
"""Prefixes of the directories in a standard library that are not copied: virtual environments do
not see them, or only tests and builds need them."""
CACHE = PurePosixPath("/etc/ld.so.cache")
LDCONFIG = PurePosixPath("/sbin/ldconfig")


def files_to_copy(
    environments: Sequence[ScannedEnvironment],
    roles: Collection[Role],
    uses: Sequence[Use],
    target: System | None,
) -> Files:
    """Collect the files that the scanned files need to run, without the scanned files themselves.

    Args:
        environments: what was scanned.
        roles: the roles of the objects that count.
        uses: the needs that count, both of objects and by name.
        target: where the files go; what it has is not copied. None if it has nothing.
    """
    closures = [_Closure(each, target) for each in environments]
    by_name = [use for use in uses if use.role in (Role.DLOPEN, Role.MAY_LOAD)]
    for closure in closures:
        closure.add_python()
        closure.add_objects(roles)
        closure.add_loaded(by_name)
    offered = [
        use
        for use in uses
        if isinstance(use.origin, Offered) and isinstance(use.need.outcome, Missing)
    ]
    return Files(
        tuple(sorted({place for closure in closures for place in closure.places()})),
        (*offered, *(use for closure in closures for use in closure.absent.values())),
        tuple(each for closure in closures for each in closure.problems),
    )


class _Closure:
    """The files that one environment needs; the ``add_`` methods collect them."""

    def __init__(self, environment: ScannedEnvironment, target: System | None) -> None:
        self.absent: dict[tuple[PurePosixPath, Soname], Use] = {}
        self.problems: list[Problem] = []
        self._environment = environment
        self._scanned = environment.objects
        self._system = self._scanned.system
        self._tree = self._system.tree
        self._target = target
        self._paths: dict[PurePosixPath, None] = {}
        self._known: set[PurePosixPath] = set()

    def places(self) -> Iterator[PurePosixPath]:
        """The files and links to copy, each in its real directory."""
        for path in self._paths:
            for place in way(self._tree, path):
                there = self._target and self._target.tree.entry(place)
                if not (there or self._scanned.origins.is_inside(place)):
                    yield place

    def add_python(self) -> None:
        """Add the interpreter, the links to it, and its standard library with what that loads."""
        environment = self._scanned.environment
        if environment is None:
            return
        if environment.interpreter is None:
            cause = "it leads to no Python, which its files need to run"
            error = TreeError("follow", environment.prefix / "bin/python", cause)
            self.problems.append(problem(error, is_needed=True))
            return
        directory = environment.prefix / "bin"
        programs = (directory / name for name in self._tree.names(directory))
        self._add_paths(p for p in programs if self._tree.resolve(p) == environment.interpreter)
        self._load(environment.interpreter, ())
        for path in _standard_library(self._tree, environment):
            self._add_paths([path])
            if self._system.read.is_extension_module(path):
                self._load(path, self._scanned.process, if_complete=True)

    def add_objects(self, roles: Collection[Role]) -> None:
        """Add the scanned objects in some roles, and what they load."""
        for entry in self._environment.entries:
            if entry.role in roles:
                self._load(entry.link.path, entry.process)
        if self._scanned.abi and self._environment.entries:
            self._add_loader(self._scanned.abi)

    def add_loaded(self, uses: Iterable[Use]) -> None:
        """Add what is loaded by name, and ldconfig(8) where ctypes runs it."""
        for use in uses:
            match use.need.outcome:
                case Found(path=path) if use.wanted is Wanted.TYPELIB:
                    self._add_typelib(path, use.abi)
                case Found(path=path) if use.abi == self._scanned.abi:
                    self._load(path, self._scanned.process)
                    if is_any_version(use.need.soname):
                        self._load(LDCONFIG, ())
                        self._add_paths([CACHE])

    def _add_typelib(self, path: PurePosixPath, abi: Abi) -> None:
        """Add a typelib, the typelibs that it depends on, and the libraries that these load."""
        waiting = [path]
        while waiting:
            path = waiting.pop()
            place = self._tree.resolve(path)
            if path in self._known or place is None:
                continue
            self._known.add(path)
            self._add_paths([path])
            content = self._tree.content(place, MAX_FILE_SIZE) or b""
            for name in references(content, little_endian=abi.little_endian):
                need = Need(path, name, self._system.find(name, abi))
                match need.outcome:
                    case Found(path=found) if wanted_by(name) is Wanted.TYPELIB:
                        waiting.append(found)
                    case Found(path=found) if self._is_wanted(found):
                        self._load(found, self._scanned.process)
                    case Missing() if not self._scanned.is_ignored(name):
                        use = Use(need, abi, Role.DLOPEN, Nowhere())
                        self.absent.setdefault((path, name), use)

    def _add_loader(self, abi: Abi) -> None:
        """Add the dynamic loader, and what libc itself loads."""
        self._add_paths([PurePosixPath(architecture_of(abi).loader)])
        for name in LOADED_BY_LIBC:
            outcome = self._system.find(Soname(name), abi)
            if isinstance(outcome, Found):
                self._load(outcome.path, self._scanned.process)

    def _add_paths(self, paths: Iterable[PurePosixPath]) -> None:
        self._paths.update(dict.fromkeys(paths))

    def _load(
        self, path: PurePosixPath, process: Sequence[LinkMap], *, if_complete: bool = False
    ) -> None:
        """Add an object and all that it loads; with `if_complete`, only if nothing is missing."""
        elf = self._system.read(path)
        if path in self._known or not isinstance(elf, ElfObject):
            return
        self._known.add(path)
        loader = self._system.loader(elf.abi)
        needs, links = loader.load(LinkMap(path, elf), process, self._is_wanted)
        missing = [n for n in needs if isinstance(n.outcome, Missing) and n.tag.must_be_met]
        if if_complete and missing:
            return
        mapped = {link.path for link in links}
        self._add_paths(mapped)
        if elf.interpreter:
            self._add_paths([PurePosixPath("/", elf.interpreter)])
            self._add_loader(elf.abi)
        if any(_is_found_by_cache_only(need, elf.abi, mapped) for need in needs):
            self._add_paths([CACHE])
        for need in missing:
            is_reported = self._scanned.origins.is_inside(need.requester)
            if not (is_reported or self._scanned.is_ignored(need.soname)):
                use = Use(need, elf.abi, Role.REQUIRED, Nowhere())
                self.absent.setdefault((need.requester, need.soname), use)

    def _is_wanted(self, path: PurePosixPath) -> bool:
        """Whether to add a library, and all that it needs: nothing else provides it."""
        if self._scanned.origins.is_inside(self._tree.resolve(path) or path):
            return True
        name, elf = Soname(path.name), self._system.read(path)
        if self._scanned.is_ignored(name) or is_host_injected(name):
            return False
        return not (self._target and isinstance(elf, ElfObject) and self._target.has(name, elf.abi))


def _is_found_by_cache_only(need: Need, abi: Abi, mapped: Collection[PurePosixPath]) -> bool:
    """Whether the loader would not find a library without ld.so.cache.

    The loader does not read ld.so.conf: ldconfig(8) writes its directories into the cache.
    """
    found = need.outcome
    if not isinstance(found, Found) or found.how is not How.LD_SO_CONF or found.path not in mapped:
        return False
    directories = architecture_of(abi).default_directories
    return not any(found.path.is_relative_to(directory) for directory in directories)


def _standard_library(tree: Tree, environment: Environment) -> Iterator[PurePosixPath]:
    """The files and links of the standard library that an environment uses."""
    top = standard_library(tree, environment)
    for path, _ in tree.walk(top, bool, lambda error: None) if top else ():
        parts = path.relative_to(top).parts if top else ()
        if not any(part.startswith(NOT_TO_RUN) for part in parts[:-1]):
            yield path

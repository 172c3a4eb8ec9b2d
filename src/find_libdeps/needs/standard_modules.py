"""What the standard modules need that sources import: a package of Debian's, or libraries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import PurePosixPath

from find_libdeps.debian.package import Package
from find_libdeps.elf.architecture import architecture_of
from find_libdeps.elf.objects import ElfObject
from find_libdeps.elf.outcome import Found, How, LinkMap, Missing, Need
from find_libdeps.elf.sonames import Soname
from find_libdeps.elf.symbols import defines
from find_libdeps.errors import ElfError, TreeError
from find_libdeps.importing.standard_modules import ModuleImport, module_imports, words_of
from find_libdeps.needs.environment import ScannedEnvironment
from find_libdeps.needs.scanned_objects import ScannedObjects
from find_libdeps.needs.system import System
from find_libdeps.needs.target import Target
from find_libdeps.needs.use import (
    OWN_CODE,
    InTarget,
    Line,
    Nowhere,
    Offered,
    Origin,
    Role,
    Shipped,
    Use,
    Way,
)
from find_libdeps.python.reach import names_imported_by, source_at
from find_libdeps.python.survey import PackageSurvey
from find_libdeps.roots.tree import Tree

_SPLIT = "the packages of Debian's Python"
"""`Offered.source` of the packages that Debian splits off."""
_USUAL = (PurePosixPath("/usr/local/bin/python3"), PurePosixPath("/usr/bin/python3"))
"""The Pythons that run what is in no virtualenv."""


def uses_of_standard_modules(
    environments: Iterable[ScannedEnvironment], packages: Sequence[PackageSurvey], target: Target
) -> Iterator[Use]:
    """The needs of standard modules that importing the scanned packages imports.

    Args:
        environments: what is scanned.
        packages: the sources of those that may import one.
        target: where they go.
    """
    for environment in environments:
        scanned = environment.objects
        tree = scanned.system.tree
        here = [p for p in packages if scanned.system.environment(p.site) == scanned.environment]
        read = partial(source_at, tree)
        words = _words(environment, read) if here else {}
        imports = [
            found
            for package in here
            for found in module_imports(package.sources, read, words.get(package.name, ()))
        ]
        known = {(each.module, each.path, each.line) for each in imports}
        reached = environment.loads.modules
        imports += [each for each in reached if (each.module, each.path, each.line) not in known]
        python = _python(scanned) if imports else None
        if python:
            for each in imports:
                yield from _uses(each, python, scanned, target)


def _words(
    environment: ScannedEnvironment, read: Callable[[str], bytes | None]
) -> dict[str, set[str]]:
    """For each package that own code imports, the texts beside that: they may choose a plugin."""
    found = defaultdict[str, set[str]](set)
    for source in environment.own_sources:
        text = read(source.path) or b""
        words = set(words_of(text))
        for name in names_imported_by(source, text).all if words else ():
            found[name.partition(".")[0]] |= words
    return found


def _python(scanned: ScannedObjects) -> PurePosixPath | None:
    """The Python that runs the scanned files; None if it is not known."""
    if scanned.environment:
        return scanned.environment.base
    return next(filter(None, map(scanned.system.tree.resolve, _USUAL)), None)


def _uses(
    imported: ModuleImport, python: PurePosixPath, scanned: ScannedObjects, target: Target
) -> Iterator[Use]:
    """The needs of one standard module."""
    system = scanned.system
    if scanned.is_ignored(imported.module.extension):
        return
    if system.owners(python):
        if imported.module.package:
            yield _use_of_package(imported, python, scanned, target)
        return
    there = target.system if target.system and target.system.tree.resolve(python) else system
    extension = _extension(there.tree, python, imported.module.extension)
    if extension:
        yield from _uses_of_libraries(imported, extension, there, scanned)
    elif not _is_built_in(imported.module.extension, scanned):
        yield _use(imported, Missing(()), Nowhere(is_own=True), scanned)


def _use_of_package(
    imported: ModuleImport, python: PurePosixPath, scanned: ScannedObjects, target: Target
) -> Use:
    """The need for the package that Debian has split off."""
    name, system = imported.module.extension, scanned.system
    if target.system and _extension(target.system.tree, python, name):
        return _use(imported, Missing(()), InTarget(), scanned)
    extension = _extension(system.tree, python, name)
    owners = system.owners(extension) if extension else ()
    if extension and owners and target.is_builders:
        found = Found(extension, How.PATH, ElfObject(scanned.abi_of_names, "ET_DYN"))
        return _use(imported, found, Shipped(owners[:1]), scanned)
    architecture = architecture_of(scanned.abi_of_names).name
    is_foreign = architecture != target.architecture
    package = Package(imported.module.package or "", architecture, foreign=is_foreign)
    return _use(imported, Missing(()), Offered(package, (), _SPLIT), scanned)


def _uses_of_libraries(
    imported: ModuleImport, extension: PurePosixPath, system: System, scanned: ScannedObjects
) -> Iterator[Use]:
    """The needs of an extension module of a Python that no package has brought."""
    elf = system.read(extension)
    if not isinstance(elf, ElfObject):
        return
    needs, _ = system.loader(elf.abi).load(LinkMap(extension, elf), scanned.process)
    for need in needs:
        if need.requester == extension and not scanned.is_ignored(need.soname):
            origin = scanned.origins.of(need, elf.abi)
            if system is not scanned.system:
                origin = InTarget() if isinstance(need.outcome, Found) else Nowhere()
            yield Use(need, elf.abi, Role.REQUIRED, origin, way=_way(imported))


def _use(
    imported: ModuleImport, outcome: Found | Missing, origin: Origin, scanned: ScannedObjects
) -> Use:
    """The need for a standard module, by a line of source."""
    path = PurePosixPath(imported.path)
    need = Need(path, Soname(imported.module.extension), outcome)
    return Use(
        need,
        scanned.abi_of_names,
        Role.DLOPEN,
        origin,
        imported.line,
        at_import=imported.root != OWN_CODE,
        way=_way(imported),
        is_needed=True,
        is_reached=imported.root == OWN_CODE,
    )


def _way(imported: ModuleImport) -> Way:
    return Way(imported.root, (Line(PurePosixPath(imported.path), imported.line),))


def _extension(tree: Tree, python: PurePosixPath, name: str) -> PurePosixPath | None:
    """The file of an extension module in the standard library of a Python."""
    for prefix in python.parents:
        for version in tree.names(prefix / "lib"):
            if version.startswith("python3.") and python.name in ("python3", version):
                directory = prefix / "lib" / version / "lib-dynload"
                for file in tree.names(directory):
                    if file.partition(".")[0] == name:
                        return tree.resolve(directory / file)
    return None


def _is_built_in(name: str, scanned: ScannedObjects) -> bool:
    """Whether a Python has an extension module in itself, or in its libpython."""
    for link in scanned.process:
        with suppress(ElfError, TreeError, OSError), scanned.system.tree.open(link.path) as stream:
            if defines(stream, f"PyInit_{name}"):
                return True
    return False

"""Which modules lead to code that loads libraries: those have to be evaluated, and no others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.errors import TreeError
from find_libdeps.python.import_words import ImportedNames, imported_names, is_dynamic
from find_libdeps.python.survey import PackageSurvey, Source
from find_libdeps.roots.tree import MAX_FILE_SIZE, Tree


class Importer(NamedTuple):
    """A source, with what its words say that it imports."""

    source: Source
    imports: ImportedNames
    is_dynamic: bool
    """Whether it imports modules whose names are computed."""

    @property
    def path(self) -> str:
        """Its file."""
        return self.source.path

    @property
    def module(self) -> str:
        """Its dotted name."""
        return self.source.module

    @property
    def top(self) -> str:
        """The top-level package, or module, that it is in."""
        return self.module.partition(".")[0]


def importers(tree: Tree, package: PackageSurvey) -> list[Importer]:
    """The sources of a package, read for a second time: most environments need no second time."""
    return [
        Importer(source, names_imported_by(source, content), is_dynamic(content))
        for source in package.sources
        if (content := source_at(tree, source.path)) is not None
    ]


def source_at(tree: Tree, path: str) -> bytes | None:
    """The bytes of a source; None if it can't be read any more."""
    try:
        return tree.content(PurePosixPath(path), MAX_FILE_SIZE)
    except TreeError:
        return None


def names_imported_by(source: Source, content: bytes) -> ImportedNames:
    """What a source may import."""
    parts = source.module.split(".")
    return imported_names(content, parts if source.is_package else parts[:-1], source.module)


def find_leading(sources: Iterable[Importer], targets: Collection[str]) -> frozenset[str]:
    """Follow imports backwards from the modules with some dotted names.

    Returns:
        The paths of the sources of these modules, and of those that lead to them.
    """
    # what imports modules by computed names may import each of its package's
    tops = {target.partition(".")[0] for target in targets}
    return _following(
        sources,
        lambda source: source.module in targets or (source.is_dynamic and source.top in tops),
        lambda source: source.imports.all,
    )


def find_importing(sources: Iterable[Importer], paths: Collection[str]) -> frozenset[str]:
    """Follow imports outside of functions backwards from some sources; returns the paths."""
    return _following(
        sources, lambda source: source.path in paths, lambda source: source.imports.at_import
    )


def _following(
    sources: Iterable[Importer],
    is_target: Callable[[Importer], bool],
    imports: Callable[[Importer], frozenset[str]],
) -> frozenset[str]:
    rest = list(sources)
    new = [source for source in rest if is_target(source)]
    reached = {source.path for source in new}
    while new:
        rest = [source for source in rest if source.path not in reached]
        names = {source.module for source in new}
        new = [source for source in rest if not names.isdisjoint(imports(source))]
        reached |= {source.path for source in new}
    return frozenset(reached)

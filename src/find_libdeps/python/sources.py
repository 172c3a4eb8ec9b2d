"""The Python packages among some source files, and what their source loads by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.errors import TreeError
from find_libdeps.python.loads import Load, find_loads, is_worth_parsing
from find_libdeps.python.module import MAX_SOURCE_SIZE, Module, parse
from find_libdeps.python.venv import SITES
from find_libdeps.roots.tree import Tree

_NOT_FOR_USE = frozenset({"test", "tests", "testing", "conftest.py"})
"""Names of directories and files whose code no application runs."""


class PackageSources(NamedTuple):
    """The source files of a top-level package, or module."""

    site: PurePosixPath
    """The directory on ``sys.path`` that it is in."""
    name: str
    paths: tuple[PurePosixPath, ...]


@dataclass(frozen=True, slots=True)
class Loading:
    """A top-level package, or module, whose source loads libraries."""

    site: PurePosixPath
    """The directory on ``sys.path`` that it is in."""
    name: str
    loads: tuple[Load, ...]


def by_package(
    sources: Iterable[PurePosixPath], tops: Sequence[PurePosixPath]
) -> list[PackageSources]:
    """The packages and modules among some Python files, without tests.

    `tops` are directories on ``sys.path``, besides ``site-packages``.
    """
    packages: dict[tuple[PurePosixPath, str], list[PurePosixPath]] = defaultdict(list)
    for directory, files in groupby(sources, lambda path: path.parent):
        site = _site(directory, tops)
        parts = directory.relative_to(site).parts
        if _NOT_FOR_USE.isdisjoint(parts):
            for path in files:
                if path.name not in _NOT_FOR_USE:
                    packages[site, parts[0] if parts else path.stem].append(path)
    return [PackageSources(*package, tuple(paths)) for package, paths in packages.items()]


def find_loading(tree: Tree, sources: PackageSources) -> tuple[Loading | None, list[TreeError]]:
    """The libraries that a package loads, if any; and an error for each file that can't be read."""
    problems: list[TreeError] = []
    modules = list[tuple[PurePosixPath, bytes]]()
    for path in sources.paths:
        try:
            source = tree.content(path, MAX_SOURCE_SIZE)
        except TreeError as error:
            problems.append(error)
            continue
        if source is not None and is_worth_parsing(source):
            modules.append((path, source))
    loads = find_loads(_parsed(sources.site, modules))
    return Loading(sources.site, sources.name, tuple(loads)) if loads else None, problems


def gathered(
    found: Iterable[tuple[Loading | None, list[TreeError]]],
) -> tuple[list[Loading], list[TreeError]]:
    """What `find_loading` found in several packages, joined and sorted by name."""
    loads, problems = list[Loading](), list[TreeError]()
    for loading, unread in found:
        loads += [loading] if loading else []
        problems += unread
    return (
        sorted(loads, key=lambda loading: (loading.site, loading.name)),
        sorted(problems, key=lambda problem: str(problem.name)),
    )


def _site(directory: PurePosixPath, tops: Iterable[PurePosixPath]) -> PurePosixPath:
    """The directory on ``sys.path`` that the modules in a directory are imported from."""
    for parent in (directory, *directory.parents):
        if parent.name in SITES or parent in tops:
            return parent
    return directory


def _dotted(parts: tuple[str, ...]) -> str:
    names = (*parts[:-1], parts[-1].removesuffix(".py"))
    return ".".join(names[:-1] if names[-1] == "__init__" and len(names) > 1 else names)


def _parsed(
    site: PurePosixPath, modules: Iterable[tuple[PurePosixPath, bytes]]
) -> Iterator[Module]:
    parsed = (parse(source, p, _dotted(p.relative_to(site).parts)) for p, source in modules)
    return filter(None, parsed)

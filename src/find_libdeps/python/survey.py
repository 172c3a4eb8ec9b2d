"""Which Python sources of a root may load a library.

Nothing is parsed: bytes are searched for words. So this takes a hundredth of the time that parsing
takes, and only few sources have to be evaluated afterwards.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from pathlib import PurePosixPath
from typing import NamedTuple

from find_libdeps.errors import TreeError
from find_libdeps.process.workers import forked_helpers
from find_libdeps.python.code_words import has_word
from find_libdeps.python.venv import SITES
from find_libdeps.roots.tree import MAX_FILE_SIZE, Tree

_NOT_FOR_USE = frozenset({"test", "tests", "testing", "conftest.py", "examples", "_examples"})
"""Names of directories and files whose code no application runs."""
_TESTS = frozenset({"test", "tests"})
BYTE_CODE = "byte code without its source"
"""Why a file of Python is not evaluated."""
LOADERS = (
    *("find_library", "CDLL", "PyDLL", "LoadLibrary", "dlopen", "cdll", "pydll"),
    "load_extension",
)
"""Names of functions and objects that load libraries."""
NAMESPACES = ("gi.repository", "require_version", "require_versions")
"""Names of PyGObject that ask for a part of GObject's repository."""
_LOADERS = tuple(name.encode() for name in LOADERS)
_NAMESPACES = tuple(name.encode() for name in NAMESPACES)


_SELDOM_THERE = (b"tkinter", b"turtle", b"dbm", b"readline")
_IMPORT = re.compile(rb"[ \t]*(?:import|from)\b.*\b(?:_?tkinter|turtle|dbm|_gdbm|readline)\b")
"""Words of imports of `find_libdeps.python.standard_library`."""


class PackageSources(NamedTuple):
    """The source files of a top-level package, or module."""

    site: PurePosixPath
    """The directory on ``sys.path`` that it is in."""
    name: str
    paths: tuple[PurePosixPath, ...]


class Source(NamedTuple):
    """A source file, as far as words tell."""

    path: str
    module: str
    """Its dotted name."""
    may_load: bool
    """Whether it has words of code that loads libraries."""
    is_package: bool
    """Whether it is the ``__init__.py`` of a package."""
    may_import: bool = False
    """Whether it has words of an import of a standard module that a Python may lack."""


class PackageSurvey(NamedTuple):
    """The sources of a top-level package, or module, and the errors of those that can't be read."""

    site: PurePosixPath
    name: str
    sources: tuple[Source, ...]
    problems: tuple[TreeError, ...]
    is_own: bool = False
    """Whether it is the application's own code."""


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


def _site(directory: PurePosixPath, tops: Iterable[PurePosixPath]) -> PurePosixPath:
    """The directory on ``sys.path`` that the modules in a directory are imported from."""
    for parent in (directory, *directory.parents):
        if parent.name in SITES or parent in tops:
            return parent
    return directory


def is_in_tests(directory: str) -> bool:
    """Whether a directory holds tests that are installed with a package: a quarter of all source.

    No survey has them, and hardly any module imports them.
    """
    _, site, below = f"{directory}/".rpartition("-packages/")
    return bool(site) and not _TESTS.isdisjoint(below.split("/"))


def survey(tree: Tree, package: PackageSources) -> PackageSurvey:
    """Search the sources of a package."""
    found, problems = list[Source](), list[TreeError]()
    start = len(str(package.site)) + 1 if str(package.site) != "/" else 1
    for path in package.paths:
        try:
            content = tree.content(path, MAX_FILE_SIZE)
        except TreeError as error:
            problems.append(error)
            continue
        if content is None:
            problems.append(TreeError("read", path, f"more than {MAX_FILE_SIZE >> 20} MiB"))
            continue
        found.append(_searched(str(path), str(path)[start:], content))
    return PackageSurvey(package.site, package.name, tuple(found), tuple(problems))


def largest_first(packages: Iterable[PackageSources]) -> list[PackageSources]:
    """Packages for several processes to search: none of the largest is left for the end."""
    return sorted(packages, key=lambda package: len(package.paths), reverse=True)


def in_order(surveyed: Iterable[PackageSurvey]) -> list[PackageSurvey]:
    """What packages say, in an order that does not depend on who has searched them."""
    return sorted(surveyed, key=lambda package: (package.site, package.name))


@contextmanager
def surveys(
    tree: Tree, packages: Iterable[PackageSources]
) -> Iterator[Callable[[], list[PackageSurvey]]]:
    """Search the sources of packages in forked helpers while the caller works.

    Yields:
        A function that waits until all are searched, and returns what they say, in order.
    """
    ordered = largest_first(packages)
    with forked_helpers(partial(survey, tree), ordered, can_fork=tree.can_be_shared) as results:
        yield lambda: in_order(results())


def _searched(path: str, place: str, content: bytes) -> Source:
    parts = place.removesuffix(".py").split("/")
    is_package = parts[-1] == "__init__"
    package = parts[:-1]
    module = ".".join(package if is_package else parts)
    may_import = any(_has_in_import(content, word) for word in _SELDOM_THERE)
    return Source(path, module, _may_load(content), is_package, may_import)


def _has_in_import(content: bytes, word: bytes) -> bool:
    """Whether a word is in a line that imports what is seldom there."""
    at = content.find(word)
    while at >= 0:
        if _IMPORT.match(content, content.rfind(b"\n", 0, at) + 1):
            return True
        end = content.find(b"\n", at)
        at = content.find(word, end) if end >= 0 else -1
    return False


def _may_load(content: bytes) -> bool:
    if any(word in content for word in (b"ctypes", b"dlopen", b"find_library", b"load_extension")):
        return any(has_word(content, word) for word in _LOADERS)
    return b"gi" in content and any(has_word(content, word) for word in _NAMESPACES)

"""The directories that ``/etc/ld.so.conf`` adds to the dynamic loader's search.

The cache, ``/etc/ld.so.cache``, is not read: in images it is stale or missing, and what ldconfig(8)
would put into it follows from the configuration and the directories.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from find_libdeps.errors import TreeError
from find_libdeps.roots.tree import Tree

MAX_INCLUDES = 64
"""Most levels of files that include each other."""
MAX_PATTERNS = 1_000
"""Most patterns of files to include: each is compared with all names of a directory."""
LD_SO_CONF = PurePosixPath("/etc/ld.so.conf")
"""Where the configuration starts; what it includes is mostly in a directory named alike."""
LD_SO_CACHE = PurePosixPath("/etc/ld.so.cache")
"""Where ldconfig(8) writes the loader's cache."""


def configured_directories(tree: Tree) -> tuple[str, ...]:
    """The directories in a root's ``ld.so.conf``, includes followed, in order and each once.

    It is read as by ``parse_conf`` in glibc's elf/ldconfig.c. ``#`` starts a comment anywhere.
    ``include`` takes patterns, relative to the including file; what they match is sorted. ``hwcap``
    is obsolete and ignored. ``directory=type`` is an old way to write a directory.

    Raises:
        TreeError: one of the files can't be read.
    """
    return tuple(dict.fromkeys(_directories(tree, LD_SO_CONF, _Read())))


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read before: again, it would add nothing."""

    files: set[PurePosixPath] = field(default_factory=set)
    patterns: set[PurePosixPath] = field(default_factory=set)


def _directories(tree: Tree, conf: PurePosixPath, before: _Read, depth: int = 0) -> Iterator[str]:
    real = tree.resolve(conf)
    if real is None or real in before.files or depth > MAX_INCLUDES:
        return
    before.files.add(real)
    if not tree.has_file(real):
        return
    text = tree.read(real).decode("utf-8", "surrogateescape")
    for line in text.splitlines():
        match line.split("#")[0].split():
            case []:
                pass
            case ["include", *patterns]:
                for pattern in (conf.parent / each for each in patterns):
                    yield from _included(tree, conf, pattern, before, depth)
            case [word, _, *_] if word.lower() == "hwcap":
                pass
            case words:
                directory = " ".join(words).split("=")[0].rstrip("/ ") or "/"
                if directory.startswith("/"):
                    yield directory


def _included(
    tree: Tree, conf: PurePosixPath, pattern: PurePosixPath, before: _Read, depth: int
) -> Iterator[str]:
    """The directories in the files that a pattern in `conf` matches."""
    if pattern in before.patterns:
        return
    if len(before.patterns) >= MAX_PATTERNS:
        raise TreeError("read", conf, f"more than {MAX_PATTERNS:,} patterns of files to include")
    before.patterns.add(pattern)
    for file in _glob(tree, pattern):
        yield from _directories(tree, file, before, depth + 1)


def _glob(tree: Tree, pattern: PurePosixPath) -> list[PurePosixPath]:
    """What a pattern matches inside the tree, sorted (glob(3))."""
    found = [PurePosixPath("/")]
    for part in pattern.parts[1:]:
        if any(c in part for c in "*?["):
            # one name for each directory: links may give it any number of them
            places: dict[PurePosixPath | None, PurePosixPath] = {}
            for directory in found:
                places.setdefault(tree.resolve(directory), directory)
            found = [
                directory / name
                for directory in places.values()
                for name in tree.names(directory)
                if fnmatchcase(name, part) and (part[0] == "." or name[0] != ".")
            ]
        else:
            found = [directory / part for directory in found]
    return found

"""The directories that ``/etc/ld.so.conf`` adds to the dynamic loader's search.

The cache, ``/etc/ld.so.cache``, is not read: in images it is stale or missing, and what ldconfig(8)
would put into it follows from the configuration and the directories.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from find_libdeps.roots.tree import Tree

MAX_INCLUDES = 64
"""Most levels of files that include each other."""
LD_SO_CONF = PurePosixPath("/etc/ld.so.conf")
"""Where the configuration starts; what it includes is mostly in a directory named alike."""


def configured_directories(tree: Tree) -> tuple[str, ...]:
    """The directories in a root's ``ld.so.conf``, includes followed, in order and each once.

    It is read as by ``parse_conf`` in glibc's elf/ldconfig.c. ``#`` starts a comment anywhere.
    ``include`` takes patterns, relative to the including file; what they match is sorted. ``hwcap``
    is obsolete and ignored. ``directory=type`` is an old way to write a directory.

    Raises:
        TreeError: one of the files can't be read.
    """
    return tuple(dict.fromkeys(_directories(tree, LD_SO_CONF, set())))


def _directories(
    tree: Tree, conf: PurePosixPath, seen: set[PurePosixPath], depth: int = 0
) -> Iterator[str]:
    real = tree.resolve(conf)
    if real is None or real in seen or depth > MAX_INCLUDES:
        return
    seen.add(real)
    if not tree.has_file(real):
        return
    text = tree.read(real).decode("utf-8", "surrogateescape")
    for line in text.splitlines():
        match line.split("#")[0].split():
            case []:
                pass
            case ["include", *patterns]:
                for pattern in patterns:
                    for included in _glob(tree, conf.parent / pattern):
                        yield from _directories(tree, included, seen, depth + 1)
            case [word, _, *_] if word.lower() == "hwcap":
                pass
            case words:
                directory = " ".join(words).split("=")[0].rstrip("/ ") or "/"
                if directory.startswith("/"):
                    yield directory


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

"""Unpacks each layer of an image into memory, and lays it over the lower ones.

The result is that of a container engine with overlayfs (OCI image specification, "Image Layer
Filesystem Changeset"; kernel documentation, "Overlay Filesystem"). A directory is merged with a
directory below it. Anything else replaces what is below it, and so does a directory over a link.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import TypeAlias

from find_libdeps.errors import TreeError, tree_error
from find_libdeps.roots.keeper import Keeper
from find_libdeps.roots.kept import Kept
from find_libdeps.roots.paths import Entry, Kind, follow
from find_libdeps.roots.tar import DIRECTORY, FILE, HARD_LINK, SYMLINK, Member

MAX_MEMBERS = 4 << 20
"""Members of one layer; the largest images have some hundred thousand files."""
MAX_PATH = 4096
"""Bytes of a name or of a link's target (PATH_MAX)."""
MAX_PROBLEMS = 1000
"""Most members that are reported because they can't be unpacked."""
NO_TARGET = "No such file or directory, but a hard link to it"
"""The cause in errors on hard links whose target does not exist."""
WHITEOUT = ".wh."
"""Prefix of whiteouts: ``.wh.name`` hides ``name`` in the lower layers."""
OPAQUE = ".wh..wh..opq"
"""The whiteout that hides all that lower layers have in its directory."""


@dataclass(slots=True, eq=False)
class File:
    """A file, a link or a device: anything except a directory. Hard links share one `File`."""

    entry: Entry
    kept: Kept | None = None
    """The kept parts of a regular file; None for anything else."""


@dataclass(slots=True, eq=False)
class LowerLink:
    """A hard link whose target is not in its own layer."""

    target: str


@dataclass(slots=True, eq=False)
class Folder:
    """A directory of a layer, or of all layers."""

    children: dict[str, Node] = field(default_factory=dict)
    whiteouts: set[str] | None = None
    """Names that are hidden in lower layers."""
    is_opaque: bool = False
    """Whether all names in lower layers are hidden."""


Node: TypeAlias = File | LowerLink | Folder


@dataclass(slots=True, eq=False)
class Layer:
    """What one layer has, or one archive of files."""

    root: Folder = field(default_factory=Folder)
    links: list[LowerLink] = field(default_factory=list)
    """Hard links whose targets are not here, but maybe in a lower layer."""
    problems: list[TreeError] = field(default_factory=list)
    """Errors on the members that are left out, at most `MAX_PROBLEMS`."""


class Unpacker(Layer):
    """Unpacks the members of one archive.

    Members that no tool could unpack are left out, and reported.
    """

    def __init__(self, keeper: Keeper, is_layer: bool) -> None:
        """Begin with an empty directory.

        Args:
            keeper: keeps the needed parts of regular files.
            is_layer: treat names that start with ``.wh.`` as whiteouts, not as ordinary files.
        """
        super().__init__()
        self._keeper = keeper
        self._is_layer = is_layer
        self._folders: dict[str, tuple[str, Folder]] = {}
        self._members = 0

    def add(self, member: Member) -> None:
        """Unpack a member. Raises ImageError: it can't be read, or there are too many."""
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise member.stream.refuse(f"more than {MAX_MEMBERS} members")
        try:
            self._add(member)
        except OSError as error:
            if len(self.problems) < MAX_PROBLEMS:
                self.problems.append(tree_error("unpack", member.name, error))

    def _add(self, member: Member) -> None:
        parent, _, name = normal(member.name).rpartition("/")
        if not name:
            return
        place, folder = self._parent(parent)
        if self._is_layer and name.startswith(WHITEOUT):
            _hide(folder, name)
            return
        old = folder.children.get(name)
        if member.type == DIRECTORY:
            if not isinstance(old, Folder):
                self._put(folder, name, Folder(), old)
        elif member.type == HARD_LINK:
            node = self._linked(member.link)
            if isinstance(node, Folder) and node is not old:
                raise OSError(errno.EPERM, "it is a hard link to a directory")
            self._put(folder, name, node, old)
        else:
            self._put(folder, name, self._file(member, f"{place}/{name}"), old)

    def _put(self, folder: Folder, name: str, node: Node, old: Node | None) -> None:
        """Put a node into a directory, in place of `old`."""
        if node is old:
            return
        if old is not None:
            self._folders.clear()
        folder.children[name] = node

    def _file(self, member: Member, path: str) -> File:
        if member.type == FILE:
            return File(new_entry(Kind.FILE), self._keeper.keep(member, path))
        if member.type == SYMLINK:
            _check_length(member.link)
            return File(new_entry(Kind.LINK, member.link))
        return File(new_entry(Kind.OTHER))

    def _linked(self, target: str) -> Node:
        """The file that a hard link names. A symlink at the end is not followed (link(2))."""
        path = normal(target)
        try:
            node = find(self.root, path)
        except OSError:
            node = None
        if node is None:
            node = LowerLink(target)
            self.links.append(node)
        return node

    def _parent(self, path: str) -> tuple[str, Folder]:
        """The place of a member's directory, and the directory. It is made if it is missing."""
        try:
            return self._folders[path]
        except KeyError:
            found = self._folders[path] = _walk(self.root, path, make=True)
            return found


_inodes = count(1)


def new_entry(kind: Kind, target: str = "") -> Entry:
    """An entry with an identity of its own."""
    return Entry(kind, (0, next(_inodes)), target)


def _hide(folder: Folder, name: str) -> None:
    """Apply a whiteout to its directory."""
    hidden = name.removeprefix(WHITEOUT)
    if name == OPAQUE:
        folder.is_opaque = True
    elif not hidden.startswith(WHITEOUT):  # private files of aufs
        folder.whiteouts = {*(folder.whiteouts or ()), hidden}


def _check_length(text: str) -> None:
    if len(os.fsencode(text)) > MAX_PATH:
        raise _error(errno.ENAMETOOLONG)


def normal(path: str) -> str:
    """A member's name as an absolute path, empty for the root; ``..`` stops at the root.

    ``..`` removes the name before it, even that of a link. Docker does the same, because it unpacks
    after chroot(2); tar leaves such members out.

    Raises:
        OSError: no file can have this name.
    """
    if len(path) > MAX_PATH // 4:
        _check_length(path)
    if "\0" in path:
        raise OSError(errno.EINVAL, "a name with a null byte")
    parts = list[str]()
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part and part != ".":
            parts.append(part)
    return "/" + "/".join(parts) if parts else ""


def _walk(root: Folder, path: str, make: bool) -> tuple[str, Folder]:
    """The place of the directory that `path` names, and the directory.

    Args:
        root: where the path starts. Links are followed inside it.
        path: the path.
        make: make missing directories, also those that links lead to (as containerd does).

    Raises:
        OSError: there is no such directory, and none can be made.
    """
    folders = {"": root}

    def look(place: str) -> Entry | None:
        parent, _, name = place.rpartition("/")
        node = folders[parent].children.get(name)
        if node is None and make:
            node = folders[parent].children[name] = Folder()
        if isinstance(node, Folder):
            if len(place) >= MAX_PATH and place.count("/") >= MAX_PATH // 2:
                raise _error(errno.ENAMETOOLONG)
            folders[place] = node
        return _LOWER_LINK if isinstance(node, LowerLink) else entry_of(node)

    way = follow(look, "/", path)
    if way.failure:
        raise _error(way.failure)
    place = way.end.rstrip("/")
    if place not in folders:
        raise _error(errno.ENOTDIR)
    return place, folders[place]


_LOWER_LINK = Entry(Kind.OTHER)
"""Stands for a `LowerLink`, which leads to a file of any kind, never to a directory."""


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def find(root: Folder, path: str) -> Node | None:
    """What is at `path`, or None. A link at the end is not followed."""
    parent, _, name = path.rpartition("/")
    try:
        return _walk(root, parent, make=False)[1].children.get(name)
    except OSError:
        return None


def lay_over(root: Folder, layer: Folder, links: Iterable[LowerLink]) -> list[TreeError]:
    """Lay a layer over those below it. Changes `root`, not `layer`.

    Returns:
        Errors on hard links whose target does not exist, at most `MAX_PROBLEMS`.
    """
    lower = {id(link): find(root, normal(link.target)) for link in links}
    pending, lost = [(root, layer)], list[TreeError]()
    while pending:
        below, above = pending.pop()
        if above.is_opaque and above is not layer:  # overlayfs always merges the roots
            below.children.clear()
        for name in above.whiteouts or ():
            if name not in above.children:  # else the whiteout is replaced by that
                below.children.pop(name, None)
        for name, node in above.children.items():
            if isinstance(node, Folder):
                old = below.children.get(name)
                if not isinstance(old, Folder):
                    old = below.children[name] = Folder()
                pending.append((old, node))
            elif isinstance(node, File):
                below.children[name] = node
            else:
                below.children.pop(name, None)
                target = lower[id(node)]
                if isinstance(target, File):
                    below.children[name] = target
                else:
                    lost.append(TreeError("unpack", node.target, NO_TARGET))
    return lost[:MAX_PROBLEMS]


_DIRECTORY = Entry(Kind.DIRECTORY)


def entry_of(node: Node | None) -> Entry | None:
    """What lstat(2) would say of a node; None for a `LowerLink`."""
    match node:
        case File(entry=entry):
            return entry
        case Folder():
            return _DIRECTORY
        case _:
            return None

"""Which package ships a path: the package database of one root, as dpkg keeps it.

Reads ``/var/lib/dpkg/status``, ``info/*.list`` and ``diversions`` (dpkg(1), FILES), or the
``status.d`` of distroless images. dpkg itself is not run, so any root will do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from os import fsencode
from pathlib import PurePosixPath
from types import MappingProxyType

from find_libdeps.debian.package import Package, checked
from find_libdeps.debian.status import PACKAGE_FIELD, Status
from find_libdeps.errors import DatabaseError, TreeError
from find_libdeps.roots.tree import Kind, Tree

DATABASE = PurePosixPath("/var/lib/dpkg")
"""The directory of the package database: all that is read here is below it."""
_MARKS = (b".so", b".typelib")
"""Parts of the paths that most scans look up; a twentieth of all paths have one."""
_NO_PATH = re.compile(rb"\n[^/]")


class FileLists:
    """The lists of files that packages ship, to look up paths in."""

    def __init__(self, contents: Sequence[tuple[str, bytes]]) -> None:
        """Take the name and the content of each list."""
        self._contents = contents
        self._marked = cache(self._paths_with)

    def having(self, path: bytes) -> Sequence[str]:
        """The names of the lists that have a path, in the order of `contents`."""
        mark = next((mark for mark in _MARKS if mark in path), None)
        return (self._marked(mark) if mark else self._files).get(path, ())

    def of(self, name: str) -> list[bytes] | None:
        """The paths of one list; None if there is none of that name."""
        contents = (content for label, content in self._contents if label == name)
        content = next(contents, None)
        return None if content is None else content.split(b"\n")[:-1]

    def _paths_with(self, mark: bytes) -> Mapping[bytes, Sequence[str]]:
        found: dict[bytes, list[str]] = defaultdict(list)
        for label, content in self._contents:
            at = content.find(mark)
            while at >= 0:
                end = content.find(b"\n", at)
                found[content[content.rfind(b"\n", 0, at) + 1 : end]].append(label)
                at = content.find(mark, end)
        return found

    @cached_property
    def _files(self) -> Mapping[bytes, Sequence[str]]:
        found: dict[bytes, list[str]] = defaultdict(list)
        for label, content in self._contents:
            for line in content.split(b"\n"):
                found[line].append(label)
        return found


class Database:
    """The package database of one root."""

    def __init__(
        self,
        status: Status,
        files: FileLists,
        diversions: Sequence[tuple[bytes, bytes, str]],
        aliases: Sequence[tuple[str, str]],
        gaps: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.status = status
        self._gaps = gaps
        self._files = files
        self._diverted = {source: (target, by) for source, target, by in diversions}
        self._original = {target: (source, by) for source, target, by in diversions}
        self._aliases = aliases

    def owners(self, path: PurePosixPath, architecture: str = "") -> tuple[Package, ...]:
        """The packages that ship the file at `path`, the likeliest first.

        Links in the parents of `path` must be resolved. A path has several owners if one package is
        installed for several architectures, or one replaced a file of another by force; then those
        of `architecture` come first.
        """
        labels = {label for p in self._spellings(path) for label in self._shippers(fsencode(p))}
        packages = {package for label in labels for package in self._installed(label)}
        return tuple(sorted(packages, key=lambda p: (p.architecture != architecture, p)))

    def shipped(self, name: str, architecture: str) -> tuple[str, list[bytes]] | None:
        """The name of the list of an installed package, and where its paths are after diversions.

        None if it is not installed, or has no list.
        """
        for label in (name, f"{name}:{architecture}"):
            architectures = {package.architecture for package in self._installed(label)}
            paths = self._files.of(label) if architectures & {architecture, "all"} else None
            if paths is not None:
                return label, [self._place(path, name) for path in paths]
        return None

    def _place(self, path: bytes, package: str) -> bytes:
        """Where a package's file is, after diversions (dpkg-divert(1))."""
        target, by = self._diverted.get(path, (path, package))
        return path if by == package else target

    def check_has_no_owner(self, path: PurePosixPath) -> None:
        """Check that a path for which `owners` returned nothing really has no owner.

        Raises:
            DatabaseError: a list that can't be used may have the path; or a list has it, but its
                package is not in the status file. In ``/usr/local`` packages put no files (Debian
                Policy 9.1.2), so there the first does not count.
        """
        labels = (label for p in self._spellings(path) for label in self._shippers(fsencode(p)))
        gaps = {
            f"{label}.list": f"it has that path, and {DATABASE}/status no such package"
            for label in labels
            if not self.status.named(label.partition(":")[0])
        }
        if not path.is_relative_to("/usr/local"):
            gaps |= self._gaps
        for name, cause in sorted(gaps.items())[:1]:
            # not joined by PurePath: an absolute name would replace the directory
            cause = f'cannot use "{DATABASE}/info/{name}": {cause}'
            raise DatabaseError("tell which package has", path, cause)

    def _spellings(self, path: PurePosixPath) -> Iterator[str]:
        """The forms in which packages may list a path: before or after the /usr merge (DEP-17)."""
        text = str(path)
        yield text
        for alias, directory in self._aliases:
            if text.startswith(f"{directory}/"):
                yield alias + text[len(directory) :]

    def _shippers(self, path: bytes) -> Iterator[str]:
        """The lists of the packages whose file is at `path`, after diversions (dpkg-divert(1))."""
        shippers = self._files.having(path)
        if path in self._diverted:
            _, by = self._diverted[path]
            yield from (label for label in shippers if label.partition(":")[0] == by)
        else:
            yield from shippers
        if path in self._original:
            source, by = self._original[path]
            others = self._files.having(source)
            yield from (label for label in others if label.partition(":")[0] != by)

    def _installed(self, label: str) -> Iterator[Package]:
        """The installed packages of the list with this name, such as ``libc6:amd64`` or ``tar``."""
        name, _, architecture = label.partition(":")
        for stanza in self.status.named(name):
            if stanza.installed and architecture in ("", stanza.package.architecture):
                yield checked(stanza.package, DATABASE)


def read_database(tree: Tree) -> Database | None:
    """The package database of a root, or None if it has none.

    Raises:
        DatabaseError: it can't be read.
    """
    status, texts = DATABASE / "status", list[bytes]()
    try:
        if tree.entry(status):
            texts += _paragraphs(tree.read(status))
        files, gaps = _lists(tree)
        for name in tree.names(DATABASE / "status.d"):
            if not name.endswith(".md5sums"):
                texts += tree.read(DATABASE / "status.d" / name).split(b"\n\n")
        diversions = _diversions(tree)
    except TreeError as error:
        raise DatabaseError("read the package database", error.name, error.cause) from None
    denied = sorted(path for path in tree.denied if path.startswith(f"{DATABASE}"))
    if denied:
        raise DatabaseError("read the package database", denied[0], "Permission denied")
    found = Status(texts)
    if not found:
        return None
    gaps |= dict.fromkeys(found.missing_lists(tree.names(DATABASE / "info")), "it is not there")
    return Database(found, files, diversions, tuple(_aliases(tree)), gaps)


def _paragraphs(status: bytes) -> list[bytes]:
    """The stanzas of a status file. Like dpkg, refuses what dpkg would not have written.

    Raises:
        TreeError: it is damaged.
    """
    # dpkg keeps CR LF in descriptions, which packages of third parties may have
    cause = _flaw(status if b"\n\r\n" in status else status.replace(b"\r\n", b"\n"))
    texts = status.split(b"\n\n")
    if any(len(PACKAGE_FIELD.findall(text)) != 1 for text in texts if text.strip()):
        cause = cause or "a paragraph has no Package field, or several"
    if cause:
        raise TreeError("read", DATABASE / "status", cause)
    return texts


def _flaw(content: bytes) -> str:
    """What is wrong with the content of a text file; empty if nothing is."""
    if content and not content.endswith(b"\n"):
        return "it is cut off: its last line has no end"
    if b"\r" in content and b"\r\n" in content:  # looking for one byte first is ten times as fast
        return "its lines end in CR LF"
    return "it is no text" if b"\0" in content else ""


def _lists(tree: Tree) -> tuple[FileLists, dict[str, str]]:
    """The lists of a root; and the names of those that can't be used, with the cause."""
    lists, gaps = list[tuple[str, bytes]](), dict[str, str]()
    for name, content in tree.contents(DATABASE / "info", ".list"):
        if isinstance(content, TreeError):
            gaps[name] = str(content.cause)
        elif cause := _flaw(content) or _flaw_of_list(content):
            gaps[name] = cause
        else:
            lists.append((name.removesuffix(".list"), content))
    # distroless images have no lists, but md5sums of regular files, without the leading slash
    for name in tree.names(DATABASE / "status.d"):
        if name.endswith(".md5sums"):
            lines = tree.read(DATABASE / "status.d" / name).split(b"\n")
            paths = (line.partition(b"  ")[2].removeprefix(b"./") for line in lines)
            content = b"".join(b"/%s\n" % path.removeprefix(b"/") for path in paths)
            lists.append((name.removesuffix(".md5sums"), content))
    return FileLists(lists), gaps


def _flaw_of_list(content: bytes) -> str:
    return "not all of its lines are absolute paths" if _NO_PATH.search(content) else ""


def _diversions(tree: Tree) -> list[tuple[bytes, bytes, str]]:
    """Each diversion: the path, where the file is instead, and the package that diverts it."""
    path = DATABASE / "diversions"
    if not tree.entry(path):
        return []
    content = tree.read(path)
    if cause := _flaw(content):
        raise TreeError("read", path, cause)
    lines = content.split(b"\n")[:-1]
    if len(lines) % 3:
        raise DatabaseError("read", path, f"{len(lines)} lines, which is no multiple of three")
    records = zip(lines[::3], lines[1::3], lines[2::3], strict=True)
    return [(source, to, by.decode("utf-8", "replace")) for source, to, by in records]


def _aliases(tree: Tree) -> Iterator[tuple[str, str]]:
    """The links in the root directory, such as ``/lib``, and the directories they lead to."""
    for name in tree.names(PurePosixPath("/")):
        link = PurePosixPath("/") / name
        entry = tree.entry(link)
        if entry and entry.kind is Kind.LINK:
            end = tree.resolve(link)
            if end is not None:
                yield str(link), str(end)

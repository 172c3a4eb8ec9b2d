"""Who ships a path: the package database of one root, as dpkg keeps it.

Read are ``/var/lib/dpkg/status``, ``info/*.list`` and ``diversions`` (dpkg(1), FILES), or
distroless' ``status.d``. Nothing is asked of dpkg itself, so that any root will do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from os import fsencode
from pathlib import PurePosixPath
from types import MappingProxyType

from find_libdeps.errors import DatabaseError, TreeError
from find_libdeps.tree import Kind, Tree

DATABASE = PurePosixPath("/var/lib/dpkg")

_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+\Z")
"""Debian Policy 5.6.7."""
_ARCHITECTURE = re.compile(r"[a-z0-9][a-z0-9-]*\Z")
_VERSION = re.compile(r"[0-9A-Za-z.+:~-]*\Z")
"""Debian Policy 5.6.12."""
_DEPENDENCY = re.compile(r"\s*([a-z0-9][a-z0-9+.-]+)")
"""A name, whatever version and architecture follow. python-debian's patterns need minutes for a
clause of nothing but spaces, and it prints what it does not understand.
"""
_FIELDS = ["Package", "Architecture", "Version", "Status", "Essential", "Priority"]
_FIELDS += ["Pre-Depends", "Depends"]
_LINE = re.compile(
    rb"^(%s):[ \t]*(.*?)[ \t]*(?:\n([ \t])|$)" % "|".join(_FIELDS).encode(),
    re.MULTILINE | re.IGNORECASE,
)
"""One of these fields: its name, its value, and the beginning of a line that belongs to it, too."""
_PACKAGE_FIELD = re.compile(rb"^Package:[ \t]*(.*?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_ARCHITECTURE_FIELD = re.compile(rb"^Architecture:[ \t]*(\S+)", re.MULTILINE | re.IGNORECASE)
_ESSENTIAL_FIELD = re.compile(rb"^Essential:[ \t]*yes", re.MULTILINE | re.IGNORECASE)
_INSTALLED = re.compile(rb"^Status:[ \t]*\S+ \S+ installed[ \t]*$", re.MULTILINE | re.IGNORECASE)
_SO = b".so"
_NO_PATH = re.compile(rb"\n[^/]")
_HAS_NO_FILES = ("config-files", "not-installed", "half-installed")
"""States (dpkg(1)) in which a package's libraries are not on the disk, or not to be relied on."""


@dataclass(frozen=True, order=True, slots=True)
class Package:
    """An installed package."""

    name: str
    architecture: str
    """``amd64``, or ``all``."""
    version: str = field(default="", compare=False)
    foreign: bool = False
    """Whether its architecture is not the root's own."""
    pinned: bool = field(default=False, compare=False)
    """Whether just this version is wanted."""

    def __str__(self) -> str:
        """The name as apt-get(8) takes it: qualified only where it must be."""
        name = f"{self.name}:{self.architecture}" if self.foreign else self.name
        return f"{name}={self.version}" if self.pinned else name


@dataclass(frozen=True, slots=True)
class _Stanza:
    """What the status file says of one package."""

    package: Package
    state: str
    essential: bool
    depends: str
    """Pre-Depends and Depends, as written."""
    priority: str

    @property
    def installed(self) -> bool:
        """Whether its files are on the disk."""
        return self.state not in _HAS_NO_FILES


class Status:
    """The stanzas of a status or Packages file, each parsed when somebody asks for it."""

    def __init__(self, texts: Iterable[bytes]) -> None:
        self._texts: dict[str, list[bytes]] = defaultdict(list)
        for text in texts:
            for name in _PACKAGE_FIELD.findall(text)[:1]:
                self._texts[name.decode("utf-8", "replace")].append(text)
        self.named = cache(self._parse)

    def __bool__(self) -> bool:
        return bool(self._texts)

    @cached_property
    def native(self) -> str:
        """The root's own architecture: that of dpkg, or of the first package that has one."""
        for name in ("dpkg", *self._texts):
            for text in self._texts.get(name, ()):
                for architecture in _ARCHITECTURE_FIELD.findall(text)[:1]:
                    if architecture != b"all":
                        return str(architecture.decode("utf-8", "replace"))
        return "all"

    @cached_property
    def architectures(self) -> frozenset[str]:
        """The architectures that packages are installed of."""
        texts = (text for texts in self._texts.values() for text in texts)
        fields = (_ARCHITECTURE_FIELD.search(text) for text in texts)
        return frozenset(field[1].decode("utf-8", "replace") for field in fields if field)

    @cached_property
    def essential(self) -> frozenset[Package]:
        """What every system of this release has: Debian Policy 3.8, and what that depends on.

        Only a dependency without alternatives on a real package is followed: where several could
        satisfy it, the target may have another one than the builder.
        """
        marked = (n for n, texts in self._texts.items() if any(map(_ESSENTIAL_FIELD.search, texts)))
        queue = [s for name in marked if (s := self._here(name)) and s.essential]
        closure = {stanza.package for stanza in queue}
        for stanza in queue:
            for name in _sure_dependencies(stanza.depends):
                dependency = self._here(name)
                if dependency and dependency.package not in closure:
                    closure.add(dependency.package)
                    queue.append(dependency)
        return frozenset(closure)

    def without_list(self, names: Collection[str]) -> Iterator[str]:
        """The lists that installed packages should have, and that are not among those of `names`.

        Those of distroless images, which have none, don't say that they are installed.
        """
        lists = {name.partition(":")[0].removesuffix(".list") for name in names if ".list" in name}
        for name in self._texts.keys() - lists:
            if any(map(_INSTALLED.search, self._texts[name])):
                yield f"{name}.list"

    def priority(self, name: str) -> str:
        """The Priority of a package (Debian Policy 2.5), as its section's editors have it."""
        return next((stanza.priority for stanza in self.named(name)), "")

    def _here(self, name: str) -> _Stanza | None:
        """The installed package of that name for the root's own architecture."""
        found = self.named(name) if name in self._texts else ()
        return next((s for s in found if s.installed and not s.package.foreign), None)

    def _parse(self, name: str) -> tuple[_Stanza, ...]:
        return tuple(_stanza(text, self.native) for text in self._texts.get(name, ()))


class Lists:
    """Which lists have a path."""

    def __init__(self, contents: Sequence[tuple[str, bytes]]) -> None:
        """Take the names of lists, and their lines."""
        self._contents = contents

    def having(self, path: bytes) -> Sequence[str]:
        """The names of the lists that have a path, in their order."""
        return (self._libraries if _SO in path else self._files).get(path, ())

    @cached_property
    def _libraries(self) -> Mapping[bytes, Sequence[str]]:
        """A twentieth of all; most scans ask for no others."""
        found: dict[bytes, list[str]] = defaultdict(list)
        for label, content in self._contents:
            at = content.find(_SO)
            while at >= 0:
                end = content.find(b"\n", at)
                found[content[content.rfind(b"\n", 0, at) + 1 : end]].append(label)
                at = content.find(_SO, end)
        return found

    @cached_property
    def _files(self) -> Mapping[bytes, Sequence[str]]:
        found: dict[bytes, list[str]] = defaultdict(list)
        for label, content in self._contents:
            for line in content.split(b"\n"):
                found[line].append(label)
        return found


class Database:
    """The packages of one root."""

    def __init__(
        self,
        status: Status,
        files: Lists,
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
        """The packages that ship the file at `path`, whose parents are resolved; likeliest first.

        Several own one path where they are one package for several architectures, or where one
        replaced a file of the other by force. Those of `architecture` come first then.
        """
        labels = {label for p in self._spellings(path) for label in self._shippers(fsencode(p))}
        packages = {package for label in labels for package in self._installed(label)}
        return tuple(sorted(packages, key=lambda p: (p.architecture != architecture, p)))

    def must_know(self, path: PurePosixPath) -> None:
        """Make sure that a path without an owner really has none.

        Raises:
            DatabaseError: a list can't be used that may have it; none would have what is in
                ``/usr/local`` (Debian Policy 9.1.2). Or its owner is not in the status file.
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
            # not by a slash of PurePath: no name may lead away from here
            cause = f'cannot use "{DATABASE}/info/{name}": {cause}'
            raise DatabaseError("tell which package has", path, cause)

    def _spellings(self, path: PurePosixPath) -> Iterator[str]:
        """A path as a package may have listed it: before or after the /usr merge (DEP-17)."""
        text = str(path)
        yield text
        for alias, directory in self._aliases:
            if text.startswith(f"{directory}/"):
                yield alias + text[len(directory) :]

    def _shippers(self, path: bytes) -> Iterator[str]:
        """Who put the file at `path` there, as dpkg-divert(1) moves them."""
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
        """The packages of a list file's name, such as ``libc6:amd64`` or ``tar``."""
        name, _, architecture = label.partition(":")
        for stanza in self.status.named(name):
            if stanza.installed and architecture in ("", stanza.package.architecture):
                yield checked(stanza.package)


def read_database(tree: Tree) -> Database | None:
    """The package database of a root, or None where it has none.

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
    gaps |= dict.fromkeys(found.without_list(tree.names(DATABASE / "info")), "it is not there")
    return Database(found, files, diversions, tuple(_aliases(tree)), gaps)


def _paragraphs(status: bytes) -> list[bytes]:
    """The stanzas of a status file. Like dpkg we refuse what nobody but dpkg should have written.

    Raises:
        TreeError: it is damaged.
    """
    # third parties' descriptions may have lines with CR LF, and dpkg keeps them
    cause = _flaw(status if b"\n\r\n" in status else status.replace(b"\r\n", b"\n"))
    texts = status.split(b"\n\n")
    if any(len(_PACKAGE_FIELD.findall(text)) != 1 for text in texts if text.strip()):
        cause = cause or "a paragraph has no Package field, or several"
    if cause:
        raise TreeError("read", DATABASE / "status", cause)
    return texts


def _flaw(content: bytes) -> str:
    """What is wrong with a file of whole lines."""
    if content and not content.endswith(b"\n"):
        return "it is cut off: its last line has no end"
    if b"\r" in content and b"\r\n" in content:  # one byte is found ten times as fast
        return "its lines end in CR LF"
    return "it is no text" if b"\0" in content else ""


def _lists(tree: Tree) -> tuple[Lists, dict[str, str]]:
    """Each listed path, and the names of the lists that have it; the lists that can't be used, and
    why.
    """
    lists, gaps = list[tuple[str, bytes]](), dict[str, str]()
    for name, content in tree.contents(DATABASE / "info", ".list"):
        if isinstance(content, TreeError):
            gaps[name] = str(content.cause)
        elif cause := _flaw(content) or _flaw_of_list(content):
            gaps[name] = cause
        else:
            lists.append((name.removesuffix(".list"), content))
    # distroless images: no lists, but sums of the regular files, written without the first slash
    for name in tree.names(DATABASE / "status.d"):
        if name.endswith(".md5sums"):
            lines = tree.read(DATABASE / "status.d" / name).split(b"\n")
            paths = (line.partition(b"  ")[2].removeprefix(b"./") for line in lines)
            content = b"".join(b"/%s\n" % path.removeprefix(b"/") for path in paths)
            lists.append((name.removesuffix(".md5sums"), content))
    return Lists(lists), gaps


def _flaw_of_list(content: bytes) -> str:
    return "not all of its lines are absolute paths" if _NO_PATH.search(content) else ""


def _diversions(tree: Tree) -> list[tuple[bytes, bytes, str]]:
    """Records of three lines: the path, where it went, and the package that wants it so."""
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
    """The links of the root that merge ``/lib`` into ``/usr/lib`` and the like, and their ends."""
    for name in tree.names(PurePosixPath("/")):
        link = PurePosixPath("/") / name
        entry = tree.entry(link)
        if entry and entry.kind is Kind.LINK:
            end = tree.resolve(link)
            if end is not None:
                yield str(link), str(end)


def _plain_fields(text: bytes) -> dict[str, str]:
    """The fields that count, each on one line, as dpkg writes them; nothing where it isn't so.

    python-debian reads the same, and whatever else there may be; but a scan could be half done
    before it is imported.
    """
    found: dict[str, str] = {}
    if not text.startswith(b"Package:"):
        return {}
    for name, value, more in _LINE.findall(text):
        field = name.decode()
        if more or field in found or not value.isascii():
            return {}
        found[field] = value.decode()
    return found


def _fields(text: bytes) -> Mapping[str, str]:
    from debian.deb822 import Deb822  # takes as long as reading all lists

    parsed: Mapping[str, str] = Deb822(text.decode("utf-8", "replace"), fields=_FIELDS)
    return parsed


def _stanza(text: bytes, native: str) -> _Stanza:
    """What one paragraph says, with the defaults of a distroless image."""
    parsed = _plain_fields(text) or _fields(text)
    architecture = parsed.get("Architecture", native)
    return _Stanza(
        Package(
            parsed.get("Package", ""),
            architecture,
            parsed.get("Version", ""),
            foreign=architecture not in (native, "all"),
        ),
        state=([*parsed.get("Status", "").split()] or ["installed"])[-1],
        essential=parsed.get("Essential") == "yes",
        depends=", ".join(parsed[f] for f in ("Pre-Depends", "Depends") if f in parsed),
        priority=parsed.get("Priority", ""),
    )


def _sure_dependencies(depends: str) -> Iterator[str]:
    """The names of packages that have no alternative (Debian Policy 7.1)."""
    for clause in depends.split(","):
        name = _DEPENDENCY.match(clause)
        if name and "|" not in clause:
            yield name[1]


def checked(package: Package, source: object = DATABASE) -> Package:
    """Refuse what isn't fit for a command line, wherever it came from.

    Raises:
        DatabaseError: a name, an architecture or a version is malformed.
    """
    for what, text, syntax in (
        ("package name", package.name, _NAME),
        ("architecture", package.architecture, _ARCHITECTURE),
        ("version", package.version, _VERSION),
    ):
        if not syntax.match(text):
            cause = f"in {source}, not the syntax of Debian Policy 5.6"
            raise DatabaseError(f"use the {what}", text, cause)
    return package

"""The stanzas of dpkg's status file, and of apt's Packages files (deb822(5))."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, cached_property
from typing import NamedTuple

from find_libdeps.debian.package import NAME, Package

_DEPENDENCY = re.compile(rf"\s*({NAME})")
"""The package name at the start of a dependency. python-debian could parse the rest, too; but its
patterns need minutes for a clause of spaces only, and it prints what it does not understand.
"""
_FIELDS = ["Package", "Architecture", "Version", "Status", "Essential", "Priority"]
_FIELDS += ["Pre-Depends", "Depends", "Provides", "Source"]
_LINE = re.compile(
    rb"^(%s):(.*)(\n[ \t])?" % "|".join(_FIELDS).encode(), re.MULTILINE | re.IGNORECASE
)
"""One of these fields: its name, its value, and the start of a continuation line, if any.
Blanks are stripped later: a pattern that strips them needs quadratic time."""
PACKAGE_FIELD = re.compile(rb"^Package:(.*)$", re.MULTILINE | re.IGNORECASE)
_ARCHITECTURE_FIELD = re.compile(rb"^Architecture:[ \t]*(\S+)", re.MULTILINE | re.IGNORECASE)
_ESSENTIAL_FIELD = re.compile(rb"^Essential:[ \t]*yes", re.MULTILINE | re.IGNORECASE)
_BLANKS = re.compile(r"[ \t]+")
_INSTALLED = re.compile(rb"^Status:[ \t]*\S+ \S+ installed[ \t]*$", re.MULTILINE | re.IGNORECASE)
_HAS_NO_FILES = ("config-files", "not-installed", "half-installed")
"""States (dpkg(1)) in which a package's files are not on the disk, or not all of them."""


class _Stanza(NamedTuple):
    """What the status file says of one package."""

    package: Package
    state: str
    essential: bool
    depends: str
    """Pre-Depends and Depends, as written."""
    priority: str
    provides: str

    @property
    def installed(self) -> bool:
        """Whether its files are on the disk."""
        return self.state not in _HAS_NO_FILES


class Status:
    """The stanzas of a status or Packages file, each parsed when it is first used."""

    def __init__(self, texts: Iterable[bytes]) -> None:
        self._texts: dict[str, list[bytes]] = defaultdict(list)
        for text in texts:
            for name in PACKAGE_FIELD.findall(text)[:1]:
                self._texts[name.strip(b" \t").decode("utf-8", "replace")].append(text)
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
        """The architectures of the packages."""
        texts = (text for texts in self._texts.values() for text in texts)
        fields = (_ARCHITECTURE_FIELD.search(text) for text in texts)
        return frozenset(field[1].decode("utf-8", "replace") for field in fields if field)

    @cached_property
    def installed(self) -> frozenset[str]:
        """The names of the installed packages but foreign ones, and those that they provide."""
        stanzas = (stanza for name in self._texts if (stanza := self._native_stanza(name)))
        return frozenset(
            name
            for stanza in stanzas
            for name in (stanza.package.name, *_sure_dependencies(stanza.provides))
        )

    @cached_property
    def essential(self) -> frozenset[Package]:
        """What every system has: the essential packages (Debian Policy 3.8), and what they need.

        A dependency with alternatives, or on a virtual package, is not followed: the target may
        satisfy it with another package than the builder.
        """
        marked = (n for n, texts in self._texts.items() if any(map(_ESSENTIAL_FIELD.search, texts)))
        queue = [s for name in marked if (s := self._native_stanza(name)) and s.essential]
        closure = {stanza.package for stanza in queue}
        for stanza in queue:
            for name in _sure_dependencies(stanza.depends):
                dependency = self._native_stanza(name)
                if dependency and dependency.package not in closure:
                    closure.add(dependency.package)
                    queue.append(dependency)
        return frozenset(closure)

    def missing_lists(self, names: Collection[str]) -> Iterator[str]:
        """The lists that installed packages should have, but that are not among `names`.

        Packages of distroless images have no lists. They have no Status field either, so that none
        is expected.
        """
        lists = {name.partition(":")[0].removesuffix(".list") for name in names if ".list" in name}
        for name in self._texts.keys() - lists:
            if any(map(_INSTALLED.search, self._texts[name])):
                yield f"{name}.list"

    def priority(self, name: str) -> str:
        """The Priority of a package (Debian Policy 2.5), or nothing."""
        return next((stanza.priority for stanza in self.named(name)), "")

    def version(self, name: str, architecture: str) -> str:
        """The version of a package for an architecture, or nothing."""
        packages = (stanza.package for stanza in self.named(name))
        return next((p.version for p in packages if p.architecture == architecture), "")

    def _native_stanza(self, name: str) -> _Stanza | None:
        """The installed package of that name for the root's own architecture."""
        found = self.named(name) if name in self._texts else ()
        return next((s for s in found if s.installed and not s.package.foreign), None)

    def _parse(self, name: str) -> tuple[_Stanza, ...]:
        return tuple(_stanza(text, self.native) for text in self._texts.get(name, ()))


def _plain_fields(text: bytes) -> dict[str, str]:
    """The `_FIELDS` of a stanza in the plain form that dpkg writes; empty for any other form.

    python-debian can read every form, but its import takes about half as long as a scan.
    """
    found: dict[str, str] = {}
    if not text.startswith(b"Package:"):
        return {}
    for name, value, more in _LINE.findall(text):
        field = name.decode()
        if more or field in found or not value.isascii():
            return {}
        found[field] = value.decode().strip(" \t")
    return found


def _fields(text: bytes) -> Mapping[str, str]:
    from debian.deb822 import Deb822  # its import takes as long as reading all lists

    # python-debian's own patterns need quadratic time for a long run of blanks
    short = _BLANKS.sub(" ", text.decode("utf-8", "replace"))
    parsed: Mapping[str, str] = Deb822(short, fields=_FIELDS)
    return parsed


def _stanza(text: bytes, native: str) -> _Stanza:
    """Parse a stanza. The defaults are for distroless images, which leave fields out."""
    parsed = _plain_fields(text) or _fields(text)
    architecture = parsed.get("Architecture", native)
    return _Stanza(
        Package(
            parsed.get("Package", ""),
            architecture,
            parsed.get("Version", ""),
            foreign=architecture not in (native, "all"),
            source=parsed.get("Source", ""),
        ),
        state=([*parsed.get("Status", "").split()] or ["installed"])[-1],
        essential=parsed.get("Essential") == "yes",
        depends=", ".join(parsed[f] for f in ("Pre-Depends", "Depends") if f in parsed),
        priority=parsed.get("Priority", ""),
        provides=parsed.get("Provides", ""),
    )


def _sure_dependencies(depends: str) -> Iterator[str]:
    """The dependencies that have no alternative, by name (Debian Policy 7.1)."""
    for clause in depends.split(","):
        name = _DEPENDENCY.match(clause)
        if name and "|" not in clause:
            yield name[1]

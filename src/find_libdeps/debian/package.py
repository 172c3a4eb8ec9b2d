"""A Debian package, and the syntax of its name (Debian Policy 5.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from find_libdeps.errors import DatabaseError

NAME = "[a-z0-9][a-z0-9+.-]+"
"""The syntax of a package's name (Debian Policy 5.6.7), as a regular expression."""
_ARCHITECTURE = "[a-z0-9][a-z0-9-]*"
_VERSION = "[0-9A-Za-z.+:~-]"
"""A character of a version (Debian Policy 5.6.12), as a regular expression."""
_REQUEST = re.compile(rf"{NAME}(:{_ARCHITECTURE})?(={_VERSION}+)?\Z")
_FIELDS = tuple(re.compile(rf"{each}\Z") for each in (NAME, _ARCHITECTURE, f"{_VERSION}*"))


@dataclass(frozen=True, order=True, slots=True)
class Package:
    """A package for one architecture, installed or not."""

    name: str
    architecture: str
    """``amd64``, or ``all``."""
    version: str = field(default="", compare=False)
    foreign: bool = False
    """Whether its architecture differs from the root's own."""
    pinned: bool = field(default=False, compare=False)
    """Whether exactly this version is wanted."""
    source: str = field(default="", compare=False)
    """Its field Source (Debian Policy 5.6.1): ``gcc-14 (14.2-19)``, empty where nothing differs."""

    @property
    def built_from(self) -> tuple[str, str]:
        """The source package, and its version."""
        name, _, version = self.source.partition(" ")
        return name or self.name, version.strip("() ") or self.version

    @property
    def qualified_name(self) -> str:
        """The name, with the architecture where that is not the root's own."""
        return f"{self.name}:{self.architecture}" if self.foreign else self.name

    def __str__(self) -> str:
        """The name as apt-get(8) takes it: qualified only where it must be."""
        name = self.qualified_name
        return f"{name}={self.version}" if self.pinned else name


def checked(package: Package, source: object) -> Package:
    """Return a package whose fields are valid, and so safe on a command line.

    Args:
        package: the package to check.
        source: where its name comes from, for the error.

    Raises:
        DatabaseError: a name, an architecture or a version is malformed.
    """
    texts = (package.name, package.architecture, package.version)
    names = ("package name", "architecture", "version")
    for what, text, syntax in zip(names, texts, _FIELDS, strict=True):
        if not syntax.match(text):
            cause = f"in {source}, not the syntax of Debian Policy 5.6"
            raise DatabaseError(f"use the {what}", text, cause)
    return package


def is_request(word: str) -> bool:
    """Whether apt-get(8) takes a word as a package: a name, maybe with ``:amd64`` or ``=1.0``."""
    return _REQUEST.match(word) is not None

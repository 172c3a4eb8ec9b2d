"""A Debian package, and the syntax of its name (Debian Policy 5.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from find_libdeps.errors import DatabaseError

_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+\Z")
"""Debian Policy 5.6.7."""
_ARCHITECTURE = re.compile(r"[a-z0-9][a-z0-9-]*\Z")
_VERSION = re.compile(r"[0-9A-Za-z.+:~-]*\Z")
"""Debian Policy 5.6.12."""


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


def checked(package: Package, source: object) -> Package:
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


_WORD = re.compile(r"[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?(=[0-9A-Za-z.+:~-]+)?\Z")
"""``name``, ``name:architecture``, and either with ``=version``, as apt-get takes them."""

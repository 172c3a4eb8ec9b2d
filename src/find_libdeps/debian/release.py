"""Releases of Debian and its derivatives, as people and ``os-release`` name them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from find_libdeps.debian.derivatives import DERIVATIVES, is_of_family, parent_called, parent_in
from find_libdeps.debian.series import Series, series_called
from find_libdeps.errors import ReleaseError
from find_libdeps.roots.tree import Tree

OS_RELEASE = (PurePosixPath("/etc/os-release"), PurePosixPath("/usr/lib/os-release"))
"""Where a root says which release it is: the first that is there (os-release(5))."""

_OTHERS = frozenset(
    """
    almalinux alpine amzn arch azurelinux centos chainguard fedora gentoo mariner nixos ol opensuse
    opensuse-leap opensuse-tumbleweed photon rhel rocky sles void wolfi
    """.split()  # noqa: SIM905
)
"""Distributions that have none of Debian's packages (os-release(5), ID)."""
_PARENTS = ("debian", "ubuntu")
_FORM = re.compile(r"(?:[a-z0-9][a-z0-9._-]*:)?[a-z0-9][a-z0-9._]*")
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]*")
"""A value of os-release that may name a release; any other one, such as shell code, names none."""


@dataclass(frozen=True, order=True, slots=True)
class Release:
    """A release of a distribution, which decides the names and contents of packages."""

    distribution: str
    """``debian``, ``ubuntu``: os-release(5), ID."""
    version: str
    """``13``, ``24.04``: os-release(5), VERSION_ID; ``testing`` for what Debian releases next."""
    derivative: str = field(default="", compare=False)
    """The derivative that has its packages, and was meant: ``linuxmint:22``; mostly empty."""

    def __str__(self) -> str:
        return f"{self.distribution}:{self.version}"

    @property
    def codename(self) -> str:
        """The directory of the release in its archive; the version itself if no other is known."""
        known = series_called(self.version, self.distribution)
        return known.codename if known else self.version

    @property
    def has_archive(self) -> bool:
        """Whether it is Debian's or Ubuntu's own, so that an index can be made of its archive."""
        return self.distribution in _PARENTS


def parse_release(text: str) -> Release:
    """Parse ``debian:13``, or another name that people use for it.

    ``13``, ``debian13``, ``debian:trixie`` and ``trixie`` are the same; so are ``testing``, its
    code name, its number, and ``sid``. ``raspbian:13`` has Debian's packages.

    Raises:
        ReleaseError: the text names no release.
    """
    if not text.isprintable() or not _FORM.fullmatch(text.lower()):
        raise ReleaseError("use the release", text, _advice(text))
    distribution, _, version = text.lower().rpartition(":")
    if not distribution and (match := re.fullmatch(r"([a-z]+)(\d[\d.]*)", version)):
        distribution, version = match.groups()
    if own := series_called(version, distribution):
        return _release(own)
    if not distribution and version in DERIVATIVES:
        distribution, version = version, ""
    if distribution in DERIVATIVES:
        if parent := parent_called(distribution, version):
            return _release(parent, f"{distribution}:{version}" if version else distribution)
        cause = "it has the packages of a release of Debian or Ubuntu; name that, as in debian:13"
        raise ReleaseError("use the release", text, cause)
    if not distribution:
        raise ReleaseError("use the release", text, _advice(text))
    if distribution in _OTHERS:
        cause = "only Debian and its derivatives have packages that are known; try debian:13"
        raise ReleaseError("use the release", text, cause)
    return Release(distribution, version)


def _advice(text: str) -> str:
    """What to do about a name of no release."""
    if re.fullmatch(r"[\w./-]+:[\w.-]+", text):
        return "that is an image; pass it with --target"
    return "expected a name and a version: debian:13"


def read_release(tree: Tree) -> Release | None:
    """The release that the os-release(5) of a root names, or None.

    Raises:
        TreeError: os-release can't be read.
    """
    settings = _os_release(tree)
    distribution, version = settings.get("ID", ""), settings.get("VERSION_ID", "")
    if distribution in _PARENTS and (own := series_called(version, distribution)):
        return _release(own)
    if parent := parent_in(settings):
        is_itself = distribution == parent.distribution and not version
        return _release(parent, "" if is_itself else _name(settings))
    if distribution == "debian" and not version:
        version = "testing"
    is_release = _VALUE.fullmatch(distribution) and _VALUE.fullmatch(version)
    return Release(distribution, version) if is_release else None


def _release(series: Series, derivative: str = "") -> Release:
    return Release(series.distribution, series.version, derivative)


def _name(settings: Mapping[str, str]) -> str:
    """What to call a derivative: its ID, or its name if it has its parent's ID, and its version."""
    distribution, version = settings.get("ID", ""), settings.get("VERSION_ID", "")
    name = settings.get("NAME", "").lower().replace(" ", "-")
    names = (name, distribution) if distribution in _PARENTS else (distribution, name)
    known = next(filter(_VALUE.fullmatch, names), "")
    return f"{known}:{version}" if known and _VALUE.fullmatch(version) else known


def name_of_foreign(tree: Tree) -> str | None:
    """What a root's distribution is called, if its os-release(5) says that it is not of Debian's
    family; None if it is, and where nothing tells.

    Raises:
        TreeError: os-release can't be read.
    """
    settings = _os_release(tree)
    distribution = settings.get("ID", "")
    if not distribution or is_of_family(settings):
        return None
    return settings.get("PRETTY_NAME") or settings.get("NAME") or distribution


def _os_release(tree: Tree) -> dict[str, str]:
    """The variables in the os-release(5) of a root; empty if there is none."""
    settings: dict[str, str] = {}
    file = next(filter(tree.has_file, OS_RELEASE), None)
    text = tree.read(file).decode("utf-8", "replace") if file else ""
    for line in text.splitlines():
        key, _, value = line.partition("=")
        settings[key] = _unquoted(value)
    return settings


def _unquoted(value: str) -> str:
    """A value without its quotes. Those of names of releases have no escapes in them."""
    value = value.strip()
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if is_quoted else value

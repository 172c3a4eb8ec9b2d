"""Releases of Debian and its derivatives, as people and ``os-release`` name them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from find_libdeps.errors import ReleaseError
from find_libdeps.roots.tree import Tree

OS_RELEASE = (PurePosixPath("/etc/os-release"), PurePosixPath("/usr/lib/os-release"))
"""Where a root says which release it is: the first that is there (os-release(5))."""


_CODENAMES = {
    "debian": {
        "11": "bullseye",
        "12": "bookworm",
        "13": "trixie",
        "14": "forky",
        "testing": "testing",
    },
    "ubuntu": {"20.04": "focal", "22.04": "jammy", "24.04": "noble", "26.04": "resolute"},
}
"""The directory of each release in its archive (the suite or code name)."""
_NAMES_OF_TESTING: dict[str, dict[str, str]] = {
    "debian": dict.fromkeys(("forky", "sid", "unstable"), "testing"),
    "ubuntu": {},
}
"""Names of what is to be released next."""
_OTHERS = frozenset(
    """
    almalinux alpine amzn arch azurelinux centos chainguard fedora gentoo mariner nixos ol opensuse
    opensuse-leap opensuse-tumbleweed photon rhel rocky sles void wolfi
    """.split()  # noqa: SIM905
)
"""Distributions that have none of Debian's packages (os-release(5), ID)."""
_FORM = re.compile(r"(?:[a-z0-9][a-z0-9._-]*:)?[a-z0-9][a-z0-9._]*")
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]*")
"""A value of os-release that may name a release; any other one, such as shell code, names none."""


@dataclass(frozen=True, order=True, slots=True)
class Release:
    """A release of a distribution, which decides the names and contents of packages."""

    distribution: str
    """``debian``, ``ubuntu``: os-release(5), ID."""
    version: str
    """``13``, ``24.04``: os-release(5), VERSION_ID; ``testing`` if Debian has none yet."""

    def __str__(self) -> str:
        return f"{self.distribution}:{self.version}"

    @property
    def codename(self) -> str:
        """The directory of the release in its archive; the version itself if no other is known."""
        return _CODENAMES.get(self.distribution, {}).get(self.version, self.version)


def parse_release(text: str) -> Release:
    """Parse ``debian:13``, or another name that people use for it.

    ``13``, ``debian13``, ``debian:trixie`` and ``trixie`` are the same; so are, for Debian's own,
    ``testing``, its code name, and ``sid``, since their os-release(5) names no version.

    Raises:
        ReleaseError: the text names no release.
    """
    if not text.isprintable() or not _FORM.fullmatch(text.lower()):
        raise ReleaseError("use the release", text, _advice(text))
    distribution, _, version = text.lower().rpartition(":")
    if not distribution and (match := re.fullmatch(r"([a-z]+)(\d[\d.]*)", version)):
        distribution, version = match.groups()
    for each, known in _CODENAMES.items():
        numbers = {name: number for number, name in known.items()} | _NAMES_OF_TESTING[each]
        version_here = numbers.get(version, version)
        if distribution == each or (not distribution and version_here in known):
            return Release(each, version_here)
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
    if distribution == "debian" and not version:
        version = "testing"
    is_release = _VALUE.fullmatch(distribution) and _VALUE.fullmatch(version)
    return Release(distribution, version) if is_release else None


def name_of_foreign(tree: Tree) -> str | None:
    """What a root's distribution is called, if its os-release(5) says that it is not of Debian's
    family; None if it is, and where nothing tells.

    Raises:
        TreeError: os-release can't be read.
    """
    settings = _os_release(tree)
    distribution = settings.get("ID", "")
    if not distribution or not {"debian", "ubuntu"}.isdisjoint(
        (distribution, *settings.get("ID_LIKE", "").split())
    ):
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

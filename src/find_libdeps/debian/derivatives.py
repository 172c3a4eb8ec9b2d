"""Derivatives of Debian and Ubuntu: which release of these has the packages that they have.

Most say so in their os-release(5). For the others there is a rule, or a table of their own names.
"""

from __future__ import annotations

from collections.abc import Mapping

from find_libdeps.debian.series import Series, series_called

_FAMILY = frozenset(("debian", "ubuntu"))
_SAME_NUMBERS = {"raspbian": "debian", "pop": "ubuntu", "neon": "ubuntu"}
"""Derivatives whose releases have the numbers of their parent's."""
_ROLLING = frozenset(("kali", "parrot"))
"""Derivatives that follow Debian's testing; Parrot did so before its release 5."""
_OWN_NAMES = (
    ("devuan", "3", "beowulf", "buster"),
    ("devuan", "4", "chimaera", "bullseye"),
    ("devuan", "5", "daedalus", "bookworm"),
    ("devuan", "6", "excalibur", "trixie"),
    ("devuan", "7", "freia", "forky"),
    ("devuan", "", "ceres", "sid"),
    ("parrot", "5", "ara", "bullseye"),
    ("parrot", "6", "lory", "bookworm"),
    ("parrot", "7", "echo", "trixie"),
    ("kali", "", "kali-rolling", "sid"),
)
"""A derivative, the first number and the code name of its release, and the parent's code name."""
_OTHERS = frozenset("devuan elementary linuxmint lmde mx zorin".split())  # noqa: SIM905
DERIVATIVES = frozenset((*_SAME_NUMBERS, *_ROLLING, *_OTHERS))
"""Distributions that have the packages of another one: os-release(5), ID."""


def is_of_family(settings: Mapping[str, str]) -> bool:
    """Whether an os-release is Debian's, Ubuntu's, or that of a derivative.

    One that does not tell what it is like may have a code name of these all the same (Peppermint).
    """
    own, likes = settings.get("ID", ""), settings.get("ID_LIKE", "").split()
    if not _FAMILY.isdisjoint((own, *likes)):
        return True
    return bool(own and not likes and _by_code_name(settings))


def parent_in(settings: Mapping[str, str]) -> Series | None:
    """The release whose packages a system has, by its os-release; None if nothing tells."""
    if not is_of_family(settings):
        return None
    version, full = settings.get("VERSION_ID", ""), settings.get("DEBIAN_VERSION_FULL", "")
    return (
        _by_code_name(settings)
        or next(filter(None, map(_by_own_name, _words(settings, "VERSION_CODENAME"))), None)
        or series_called(full.partition(".")[0], "debian")
        or parent_called(settings.get("ID", ""), version)
    )


def parent_called(distribution: str, version: str) -> Series | None:
    """The release whose packages a derivative has, by the derivative's ID and number or code name.

    None if no rule tells.
    """
    if parent := _SAME_NUMBERS.get(distribution):
        return series_called(version, parent)
    own = _by_own_name(version, distribution)
    return own or (series_called("testing", "debian") if distribution in _ROLLING else None)


def _by_code_name(settings: Mapping[str, str]) -> Series | None:
    """By the code names of Debian or Ubuntu in an os-release.

    What is derived from Ubuntu may name Ubuntu's parent, too; what is derived from Debian may name
    a release of Ubuntu, for programs that know no other.
    """
    keys = ["DEBIAN_CODENAME", "UBUNTU_CODENAME"]
    if "ubuntu" in (settings.get("ID"), *settings.get("ID_LIKE", "").split()):
        keys.reverse()
    names = (name for key in (*keys, "VERSION_CODENAME") for name in _words(settings, key))
    return next(filter(None, map(series_called, names)), None)


def _words(settings: Mapping[str, str], key: str) -> list[str]:
    """A value's first two words: before its release Devuan's next one is ``excalibur/ceres``."""
    return settings.get(key, "").lower().replace("/", " ").split(maxsplit=2)[:2]


def _by_own_name(name: str, distribution: str = "") -> Series | None:
    """By the number or the code name of a derivative's release; by that alone without an ID."""
    number = name.partition(".")[0]
    for each, own_number, code_name, parent in _OWN_NAMES:
        names = (own_number, code_name) if distribution else (code_name,)
        if number and number in names and distribution in ("", each):
            return series_called(parent)
    return None

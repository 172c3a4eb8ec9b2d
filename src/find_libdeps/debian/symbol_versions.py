"""Which symbol versions the C library and the runtime libraries of GCC have, by their packages.

glibc defines ``GLIBC_2.38`` from its version 2.38 on, libgcc ``GCC_12.0.0`` from that of GCC. The
numbers of libstdc++ are those of its manual, "ABI Policy and Guidelines", section "History":
https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html.
"""

from __future__ import annotations

import re

_OF_STDCXX = {
    8: (25, 11),
    9: (28, 12),
    10: (28, 12),
    11: (29, 13),
    12: (30, 13),
    13: (32, 14),
    14: (33, 15),
    15: (34, 16),
    16: (36, 17),
}
"""By the version of GCC the last numbers of ``GLIBCXX_3.4.x`` and of ``CXXABI_1.3.x``."""
_SINCE = {"GLIBC_ABI_DT_RELR": (2, 36)}
"""The versions of glibc that other names are from."""


def has_version(package: str, version: str, symbol_version: str) -> bool:
    """Whether a package has a symbol version, such as ``GLIBC_2.38``.

    True if that is not known: a name of another kind, or a GCC that is newer than the table.

    Args:
        package: ``libc6``, ``libgcc-s1`` or ``libstdc++6``.
        version: of the package, in Debian's form: ``2.36-9+deb12u10``.
        symbol_version: as a file needs it.
    """
    numbers = _numbers(re.sub(r"^\d+:", "", version))
    prefix, _, rest = symbol_version.rpartition("_")
    wanted = _numbers(rest)
    match package, prefix:
        case "libc6", _ if symbol_version in _SINCE:
            return numbers[:2] >= _SINCE[symbol_version]
        case ("libc6", "GLIBC") | ("libgcc-s1", "GCC"):
            return not wanted or numbers[: len(wanted)] >= wanted
        case "libstdc++6", "GLIBCXX" | "CXXABI" if numbers[:1] and numbers[0] in _OF_STDCXX:
            base = (3, 4) if prefix == "GLIBCXX" else (1, 3)
            last = _OF_STDCXX[numbers[0]][0 if prefix == "GLIBCXX" else 1]
            return wanted[:2] != base or wanted <= (*base, last)
    return True


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers at the beginning of a version: 2 and 36 of ``2.36-9``."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()

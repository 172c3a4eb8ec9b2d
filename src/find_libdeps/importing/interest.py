"""Which asks matter: those that a package of the release could meet."""

from __future__ import annotations

from find_libdeps.importing.values import Unknown
from find_libdeps.importing.world import Ask, By

_OF_GLIBC = frozenset("c m dl pthread rt util resolv anl".split())  # noqa: SIM905
"""The stems of the libraries that are there wherever Python is."""
_OF_MACOS = "objc"
"""The runtime of macOS. Debian's libobjc, of gcc, is another library."""
_FILES = tuple(f"lib{stem}.so" for stem in (*_OF_GLIBC, _OF_MACOS))


def is_of_interest(ask: Ask) -> bool:
    """Whether a package of the release could meet an ask."""
    match ask:
        case Ask(name=None) | Ask(by=By.EXTENSION | By.MODULE):
            return False
        case Ask(by=By.FIND_LIBRARY, name=str(name)):
            return name not in _OF_GLIBC and name != _OF_MACOS
        case Ask(by=By.DLOPEN | By.CFFI, name=str(name)):
            return not is_everywhere(name)
    return True


def is_everywhere(library: object) -> bool:
    """Whether a library that is opened is there wherever Python is; None is the program itself."""
    return library is None or (isinstance(library, str) and library.startswith(_FILES))


def calls_for_packages(ask: Ask) -> bool:
    """Whether a package may be listed for an ask, or nobody knows: not for a file that is there."""
    return is_of_interest(ask) and (
        isinstance(ask.name, Unknown) or "/" not in str(ask.name) or not ask.answer
    )

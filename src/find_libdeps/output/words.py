"""The words that several kinds of output share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from find_libdeps.elf.outcome import ABSENT, Found, How, Missing
from find_libdeps.errors import printable
from find_libdeps.needs.use import Role, Use


class Paint(Protocol):
    """Gives a text a colour, as `click.style` does."""

    def __call__(self, text: str, *, fg: str) -> str:
        """The text in a colour of that name."""
        ...


def plain(text: str, *, fg: str) -> str:
    """No colour at all."""
    return text


RULES = {
    How.PATH: "by its path",
    How.LOADED: "loaded already by that time",
    How.RPATH: "by an RPATH",
    How.LD_LIBRARY_PATH: "by LD_LIBRARY_PATH",
    How.RUNPATH: "by its requester's RUNPATH",
    How.LD_SO_CONF: "by ld.so.conf",
    How.DEFAULT: "in one of the loader's own directories",
}
"""By which rule the loader finds a library."""


def requester(use: Use) -> str:
    """Who asks: a file, or a line of one."""
    line = "" if use.line is None else f":{use.line}"
    return f"{printable(use.need.requester)}{line}"


def requester_with_role(use: Use) -> str:
    """Who asks, and what that is to the application, unless it is required."""
    match use.role, use.at_import:
        case Role.REQUIRED, _:
            return requester(use)
        case Role.DLOPEN, True:
            kind = "loads it when it is imported"
        case Role.DLOPEN, False:
            kind = "loads it on demand"
        case Role.DLOPEN, None:
            kind = "loads it by its name" if use.line else "says so in .note.dlopen"
        case _:
            kind = "plugin"
    return f"{requester(use)} ({kind})"


def distribution_of(use: Use) -> str:
    """Which distribution brought who asks."""
    return printable(use.distribution or "files that no distribution has recorded")


def found(use: Use) -> str:
    """The file that was found; empty where none was."""
    outcome = use.need.outcome
    return printable(outcome.path) if isinstance(outcome, Found) else ""


def places(use: Use) -> Iterator[str]:
    """Where the requester's loader looks, in its order; the system's directories in one line."""
    outcome = use.need.outcome
    usual = []
    for place in outcome.places if isinstance(outcome, Missing) else ():
        if place.how in (How.LD_SO_CONF, How.DEFAULT) and place.cause == ABSENT:
            usual.append(printable(place.path))
        else:
            cause = "" if place.cause == ABSENT else f": {place.cause}"
            yield f"looked in {printable(place.path)} ({place.how.value}){cause}"
    if usual:
        yield f"looked in the system's {', '.join(dict.fromkeys(usual))}"

"""The modules of the standard library that a Python may lack.

Debian splits off ``tkinter`` and ``dbm.gnu``; slim images lack libraries of these and of
``readline``.
"""

from __future__ import annotations

from typing import NamedTuple


class StandardModule(NamedTuple):
    """A module of the standard library that needs an extension module with libraries."""

    name: str
    extension: str
    """The extension module."""
    importers: tuple[str, ...]
    """The modules whose import leads there."""
    package: str | None
    """Debian's package, if that is not part of ``python3``."""


STANDARD_MODULES = (
    StandardModule("tkinter", "_tkinter", ("tkinter", "_tkinter", "turtle"), "python3-tk"),
    StandardModule("dbm.gnu", "_gdbm", ("dbm.gnu", "_gdbm"), "python3-gdbm"),
    StandardModule("readline", "readline", ("readline",), None),
)
SELDOM_THERE = frozenset(name for module in STANDARD_MODULES for name in module.importers)
"""The modules whose import leads to one of these."""


def is_module(name: str) -> bool:
    """Whether what is needed is the extension module of such a module, and no library."""
    return any(name == module.extension for module in STANDARD_MODULES)

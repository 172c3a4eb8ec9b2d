"""Which program a command of a shell runs first."""

from __future__ import annotations

import re

_WORD = r"""(?:[^\s;|&<>()'"\\$`#]+|'[^']*'|"[^"$`\\]*")+"""
_FIRST = re.compile(rf"\s*(?:\w+=(?:{_WORD})?\s+)*({_WORD})(?=$|[\s;|&<>)])")
"""What is set for the program alone, then its name. Of a name with a variable in it nothing is
known.
"""
_BUILTIN = frozenset(
    """
    . : alias bg break case cd command continue eval exec exit export fg for function getopts hash
    if jobs local popd pushd read readonly return set shift source time times trap type ulimit umask
    unalias unset until wait while
    """.split()  # noqa: SIM905
)
"""What the shell does itself, and no program of that name."""


def first_program(command: str) -> str | None:
    """The program that ``sh -c`` runs first for a command; None if the shell does it itself, or
    only the shell could tell.
    """
    found = _FIRST.match(command)
    name = re.sub("['\"]", "", found[1]) if found else ""
    return name if name and name not in _BUILTIN else None

"""Which program a command of a shell runs first."""

from __future__ import annotations

import re

_WORD = r"""(?:[^\s;|&<>()'"\\$`#]+|'[^']*'|"[^"$`\\]*")+"""
_FIRST = re.compile(rf"\s*(?:\w+=(?:{_WORD})?\s+)*({_WORD})(?=\Z|[\s;|&<>)])")
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


def first_program(command: str, *, is_whole: bool = True) -> str | None:
    """The program that ``sh -c`` runs first for a command; None if the shell does it itself, or
    only the shell could tell.

    Args:
        command: what the shell is told.
        is_whole: whether nothing may follow.
    """
    found = _FIRST.match(command)
    if found and found.end() == len(command) and not is_whole:
        return None
    name = re.sub("['\"]", "", found[1]) if found else ""
    return name if name and name not in _BUILTIN else None

"""Everything that can go wrong by our own judgement, under one root.

One grammar for all of it: ``cannot <verb> "<name>": <cause>``.
"""

from __future__ import annotations


def printable(text: object) -> str:
    """`text` on one line, with whatever a terminal could act upon escaped.

    Names come from trees that nobody vouches for; file names may hold newlines, escape
    sequences or bytes that are no text at all (kept as surrogates, see `os.fsdecode`).
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def quoted(text: object) -> str:
    """`text` as one word of a shell: people paste what they are advised to do."""
    return "'" + str(text).replace("'", "'\\''") + "'"


class FindLibdepsError(Exception):
    """The root: every error that this package raises by intent is one of its children."""

    def __init__(self, verb: str, name: object, cause: object) -> None:
        super().__init__(verb, name, cause)
        self.verb = verb
        self.name = name
        self.cause = cause

    def __str__(self) -> str:
        return f'cannot {self.verb} "{printable(self.name)}": {printable(self.cause)}'


class TreeError(FindLibdepsError):
    """A file, a directory or a whole root can't be read."""


class ElfError(FindLibdepsError):
    """A file's bytes are not an object that the loader would load; `cause` has its words."""


class DatabaseError(FindLibdepsError):
    """The package database says something that can't be used, such as a malformed name."""


class ReleaseError(FindLibdepsError):
    """A release, or an index of one, can't be used or made."""


class ListError(FindLibdepsError):
    """A committed list can't be read."""


class ConfigError(FindLibdepsError):
    """A pyproject.toml can't be read, or its table says something that no command knows."""


class ImageError(FindLibdepsError):
    """An image can't be read, or an archive of one."""

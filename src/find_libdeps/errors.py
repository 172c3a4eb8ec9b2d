"""The errors that this package raises, with one base class.

All messages have one form: ``cannot <verb> "<name>": <cause>``.
"""

from __future__ import annotations

import errno

SCARCE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Errors of a process that gets no more descriptors or memory."""


def printable(text: object) -> str:
    """`text` on one line, with every character escaped that a terminal could act upon.

    Names come from untrusted trees: file names may hold newlines, escape sequences, or bytes that
    are not text (kept as surrogates, see `os.fsdecode`).
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def quoted(text: object) -> str:
    """`text` as one word for a shell, or for ENV: users paste the commands that messages advise."""
    from shlex import quote  # imported here: most runs advise nothing

    return quote(printable(text))


class FindLibdepsError(Exception):
    """The base class of all errors that this package raises on purpose."""

    def __init__(self, verb: str, name: object, cause: object) -> None:
        super().__init__(verb, name, cause)
        self.verb = verb
        self.name = name
        self.cause = cause

    def __str__(self) -> str:
        return f'cannot {self.verb} "{printable(self.name)}": {printable(self.cause)}'


class TreeError(FindLibdepsError):
    """A file, a directory or a whole root can't be read."""


class ScarcityError(FindLibdepsError):
    """This process gets no more descriptors or memory, whatever the file is that it works on."""


class ElfError(FindLibdepsError):
    """The loader would not load a file as an object; `cause` is the loader's own message."""


class DatabaseError(FindLibdepsError):
    """The package database has an entry that can't be used, such as a malformed name."""


class ReleaseError(FindLibdepsError):
    """A release can't be used, or its index can't be read or made."""


class ListError(FindLibdepsError):
    """A committed list of packages can't be read."""


class ConfigError(FindLibdepsError):
    """A pyproject.toml can't be read, or its table has a key or value that no command accepts."""


class ImageError(FindLibdepsError):
    """An image can't be read, or an archive of one."""


class CacheError(FindLibdepsError):
    """What is known of images can't be kept, or not where it is to be kept."""


class ObservationError(FindLibdepsError):
    """What a run asked for can't be written or read."""


class FleetError(FindLibdepsError):
    """A cluster can't be used."""


def tree_error(verb: str, name: object, problem: OSError) -> TreeError:
    """Make the error that a system call on a file means.

    Raises:
        ScarcityError: it says nothing of the file.
    """
    if problem.errno in SCARCE:
        raise ScarcityError(verb, name, problem.strerror) from None
    return TreeError(verb, name, problem.strerror)

"""The files that come with this package, wherever it is: in a directory, or in a zipapp."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any, cast

_PACKAGE = Path(__file__).parent
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, 0)
"""Errors that mean there is no such file; a zipapp has 0."""


def package_data(name: str) -> bytes | None:
    """The bytes of a file, named from the package's directory on; None if there is no such file.

    importlib.resources can do that, too, but its import takes longer than most searches.
    """
    loader = cast(Any, __spec__).loader
    try:
        content: bytes = loader.get_data(str(_PACKAGE / name))
    except ValueError:  # no file can have that name
        return None
    except OSError as error:
        if error.errno not in _NOT_THERE:
            raise
        return None
    return content

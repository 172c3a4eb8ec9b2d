"""Where this user's caches are (XDG Base Directory Specification)."""

from __future__ import annotations

import os
from pathlib import Path


def cache_directory() -> Path | None:
    """This package's directory in the user's cache; None for a user without a home."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        top = named if named.is_absolute() else Path("~/.cache").expanduser()
    except RuntimeError:
        return None
    return top / "find-libdeps"

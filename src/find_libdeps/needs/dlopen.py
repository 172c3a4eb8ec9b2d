"""Which libraries that are loaded by name count, as a choice."""

from __future__ import annotations

from enum import Enum


class Dlopen(Enum):
    """Which of the libraries that Python source loads by name count."""

    NONE = "none"
    AT_IMPORT = "import"
    """Those that importing a package loads; the others are hints."""
    ALL = "all"

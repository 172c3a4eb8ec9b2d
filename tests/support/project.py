"""Where the project's files are, and its command."""

from __future__ import annotations

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FIXTURES = PROJECT / "fixtures"
RECIPES = FIXTURES / "recipes"
SUPPORT = PROJECT / "tests" / "support"

COMMAND = str(Path(sys.executable).with_name("find-libdeps"))
"""The command, as it is installed beside the Python that runs the tests."""

"""`make pyz`, of a copy of this checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from project import PROJECT

NEEDED = "src", "pyproject.toml", "README.md", "LICENSE", "tests/tools/pyz.sh"


def checkout_with_pyz(copy: Path) -> Path:
    """Make a copy of the checkout and its ``dist/find-libdeps.pyz``, which this returns."""
    for name in NEEDED:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        take = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
        take(PROJECT / name, copy / name)
    subprocess.run(["sh", "tests/tools/pyz.sh", sys.executable], cwd=copy, check=True)
    return copy / "dist/find-libdeps.pyz"

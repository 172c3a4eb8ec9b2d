"""Single files of npm's packages, for judges that are written in JavaScript."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest

from programs import need


def file_of_package(package: str, member: str, folder: Path) -> Path:
    """A file of a package, without its dependencies; skips where npm can't get it.

    Args:
        package: its name and version.
        member: the file's path in the package.
        folder: where to put it.
    """
    need("npm")
    if subprocess.run(
        ["npm", "pack", "--silent", package], cwd=folder, capture_output=True
    ).returncode:
        pytest.skip(f"npm can't get {package}")
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as members:
        content = members.extractfile(f"package/{member}")
        assert content
        file = folder / Path(member).name
        file.write_bytes(content.read())
    archive.unlink()
    return file

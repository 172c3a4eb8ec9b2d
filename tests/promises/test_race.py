"""A root that changes while it is read: nothing outside is read even then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from project import COMMAND
from traced import made

RUNS = 20
RECIPE = """
venv /venv
so /venv/lib/python3.13/site-packages/kit/_kit.abi3.so needs=libinside.so.1
source kit/__init__.py <<'END'
import ctypes
ctypes.CDLL("libinside.so.2")
END
"""
EXCHANGE = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
one, other = map(os.fsencode, sys.argv[1:])
AT_FDCWD, RENAME_EXCHANGE = -100, 2
while not libc.renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE):
    pass
sys.exit(os.strerror(ctypes.get_errno()))
"""


@pytest.mark.thorough
def test_a_directory_that_a_link_replaces_leads_nowhere(tmp_path: Path) -> None:
    """Again and again, while the command runs (rename(2), RENAME_EXCHANGE)."""
    root = made(RECIPE, tmp_path)
    site = root / "venv/lib/python3.13/site-packages"
    outside = tmp_path / "outside"
    outside.mkdir()
    for file in (site / "kit").iterdir():
        content = file.read_bytes().replace(b"libinside", b"libcanary")
        (outside / file.name).write_bytes(content)
    link = tmp_path / "link"
    link.symlink_to(outside)
    assert "libinside" in _told(root).stdout
    exchanging = subprocess.Popen([sys.executable, "-c", EXCHANGE, site / "kit", link])
    try:
        told = [_told(root) for _ in range(RUNS)]
        if exchanging.poll() is not None:
            pytest.skip("this file system can't exchange two names")
    finally:
        exchanging.kill()
        exchanging.wait()
    assert {each.returncode for each in told} <= {0, 1, 2}
    assert [each.stdout for each in told if "libcanary" in each.stdout + each.stderr] == []


def _told(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "--root", root, "--format", "json", "/venv"],
        capture_output=True,
        text=True,
        check=False,
    )

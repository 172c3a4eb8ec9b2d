"""Targets that are no roots, and the command that is advised in their place."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from find_libdeps.audit.audit import audit_root
from find_libdeps.errors import TreeError
from project import COMMAND
from spelled import IS_ROOT, pack, write


def refused(target: Path | str) -> str:
    """Why a target is not audited."""
    with pytest.raises(TreeError) as error:
        audit_root(target)
    assert error.value.verb == "audit"
    assert error.value.name == target
    return str(error.value.cause)


def advised(cause: str) -> subprocess.CompletedProcess[str]:
    """What the advised command says."""
    words = shlex.split(cause[cause.index("find-libdeps audit") :])
    return subprocess.run([COMMAND, *words[1:]], capture_output=True, text=True)


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A virtual environment whose Python is gone; the working directory is the one above it."""
    (tmp_path / "my app/bin").mkdir(parents=True)
    (tmp_path / "my app/pyvenv.cfg").write_text("home = /nowhere\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "my app"


@pytest.mark.parametrize("spelling", ["my app", "./my app/", "{tmp}/my app"])
def test_virtual_environment(spelling: str, venv: Path) -> None:
    """This system is audited in its place, with a path that may be relative."""
    cause = refused(spelling.format(tmp=venv.parent))
    assert cause.startswith("it is a virtual environment; run find-libdeps audit / ")
    assert f"missing-interpreter: {venv}/bin/python: " in advised(cause).stdout


def test_virtual_environment_in_a_root(venv: Path) -> None:
    """The root that is around it is audited in its place."""
    (venv.parent / "etc").mkdir()
    (venv.parent / "etc/os-release").write_text("ID=debian\n")
    cause = refused("my app")
    assert cause == (f"it is a virtual environment; run find-libdeps audit {venv.parent} '/my app'")
    assert "missing-interpreter: /my app/bin/python: " in advised(cause).stdout


def test_root_with_a_virtual_environment_at_its_top(venv: Path) -> None:
    """What has an os-release is a root."""
    (venv / "etc").mkdir()
    (venv / "etc/os-release").write_text("ID=debian\n")
    assert [each.name for each in audit_root(venv).findings] == ["/bin/python"]


def test_relative_path_in_another_root(venv: Path) -> None:
    """It starts at that root, whatever the working directory is."""
    (venv / "etc").mkdir()
    (venv / "etc/os-release").write_text("ID=debian\n")
    assert str(audit_root(venv, ["bin"]).paths[0]) == "/bin"
    with pytest.raises(TreeError, match="No such file or directory"):
        audit_root(venv, ["my app"])


def test_archive_of_a_virtual_environment(tmp_path: Path) -> None:
    """Nothing tells which root it belongs to."""
    archive = write(tmp_path / "venv.tar", pack("pyvenv.cfg: x", "bin/"))
    assert refused(archive) == "it is a virtual environment; audit the image that it is in"


def test_directory_above_a_root(tmp_path: Path) -> None:
    """As umoci(1) and runc(8) have it."""
    (tmp_path / "rootfs/usr/lib").mkdir(parents=True)
    (tmp_path / "rootfs/usr/lib/os-release").write_text("ID=debian\nVERSION_ID=13\n")
    cause = refused(tmp_path)
    assert cause == (
        f"the root of a system is below it, in rootfs; run find-libdeps audit {tmp_path}/rootfs"
    )
    assert advised(cause).stdout == "0 ELF files, debian:13: 0 errors, 0 warnings\n"


@pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
def test_directory_that_may_not_be_listed() -> None:
    """It is not called empty."""
    with TemporaryDirectory() as closed:
        os.seteuid(65534)
        try:
            cause = refused(closed)
        finally:
            os.seteuid(0)
    assert cause == "Permission denied"

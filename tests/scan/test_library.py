"""What callers of the library get, wherever it runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipapp
from pathlib import Path

import pytest

import find_libdeps
from find_libdeps.scan.scan import scan_paths
from project import COMMAND, PROJECT

SOURCE = 'import ctypes\nctypes.CDLL("libpq.so.5")\n'
PACKAGE = "libpq5:amd64"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A system of Debian with one package in a virtualenv, which loads a library at import."""
    package = tmp_path / "root/venv/lib/python3.13/site-packages/kit"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(SOURCE)
    (tmp_path / "root/etc").mkdir()
    (tmp_path / "root/etc/os-release").write_text("ID=debian\nVERSION_ID=13\n")
    (tmp_path / "root/venv/pyvenv.cfg").write_text("version = 3.13.1\n")
    return tmp_path / "root"


def test_it_lists_its_names() -> None:
    """Before any of them is imported: editors complete them."""
    ask = "import find_libdeps; print(*dir(find_libdeps))"
    listed = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert set(find_libdeps.__all__) <= set(listed.stdout.split())


def test_a_single_path_is_one_path(root: Path) -> None:
    """A text is no sequence of characters; nor is it for patterns, and for audits."""
    one = find_libdeps.scan_paths("/venv", root=root)
    assert one == find_libdeps.scan_paths(["/venv"], root=root)
    assert one == find_libdeps.scan_paths(Path("/venv"), root=root)
    assert [str(package) for package in one.to_install()] == [PACKAGE]
    assert find_libdeps.scan_paths("/venv", root=root, ignore="libpq.*").packages == ()
    assert find_libdeps.scan_paths("/venv", root=root, exclude="kit/*").packages == ()
    audit = find_libdeps.audit_root(root, "/venv")
    assert audit == find_libdeps.audit_root(root, ["/venv"])
    assert audit.install
    assert not find_libdeps.audit_root(root, "/venv", ignore="libpq.*").install


def test_results_are_told_in_a_line_and_in_json(root: Path) -> None:
    """The JSON is that of the command."""
    report = find_libdeps.scan_paths("/venv", root=root)
    audit = find_libdeps.audit_root(root)
    assert repr(report) == "<Report of /venv for debian:13: 1 to install, 0 unresolved>"
    assert repr(audit) == "<Audit of /, debian:13: 2 errors, 0 warnings, 0 notes>"
    for result, arguments in (
        (report, ["/venv", "--root", root, "--format", "json"]),
        (audit, ["audit", root, "--format", "json"]),
    ):
        ran = subprocess.run(
            [COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False
        )
        assert json.loads(result.to_json()) == json.loads(ran.stdout)


def test_it_runs_from_a_zip_archive(root: Path, tmp_path: Path) -> None:
    """Its indexes, and its models of Python's modules, are read from the archive."""
    shutil.copytree(
        PROJECT / "src/find_libdeps",
        tmp_path / "app/find_libdeps",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    app = tmp_path / "app.pyz"
    zipapp.create_archive(tmp_path / "app", app, main="find_libdeps.__main__:run")
    for arguments, expected in (
        (["/venv", "--root", root], f"{PACKAGE}\n"),
        (["index", "list"], None),
    ):
        own = subprocess.run(
            [COMMAND, *map(str, arguments)], capture_output=True, text=True, check=True
        )
        packed = subprocess.run(
            [sys.executable, app, *arguments], capture_output=True, text=True, check=True
        )
        assert (packed.stdout, packed.stderr) == (expected or own.stdout, "")


def test_it_needs_neither_docstrings_nor_assertions(root: Path) -> None:
    """Nor what ``PYTHON...`` variables and the working directory would bring."""
    python = [sys.executable, "-OO", "-I", "-m", "find_libdeps"]
    ran = subprocess.run(
        [*python, "/venv", "--root", root], capture_output=True, text=True, check=True
    )
    assert (ran.stdout, ran.stderr) == (f"{PACKAGE}\n", "")


def test_it_runs_where_processors_cannot_be_counted_exactly(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS, without `os.sched_getaffinity`."""
    monkeypatch.delattr("os.sched_getaffinity")
    assert [str(package) for package in scan_paths("/venv", root=root).to_install()] == [PACKAGE]


def test_warnings_about_other_sources_are_not_shown(root: Path) -> None:
    """Python warns of what it parses; users can't mend that."""
    (root / "venv/lib/python3.13/site-packages/kit/__init__.py").write_text(
        SOURCE + "import re\nre.compile('\\d')\nif 1 is 1: pass\neval('\"\\\\d\" is 1')\n"
    )
    ran = subprocess.run(
        [COMMAND, "/venv", "--root", root], capture_output=True, text=True, check=True
    )
    assert (ran.stdout, ran.stderr) == (f"{PACKAGE}\n", "")

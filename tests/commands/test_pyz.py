"""`make pyz`: one file, under a Python that has none of the packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mini_root
from one_file import checkout_with_pyz
from programs import need
from project import FIXTURES
from spelled import pack, write

pytestmark = pytest.mark.thorough  # it gets the packages from the network


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file, made of a copy of this checkout."""
    return checkout_with_pyz(tmp_path_factory.mktemp("pyz") / "copy")


def told(*words: str | Path) -> str:
    """What a command prints, on both streams."""
    done = subprocess.run(words, capture_output=True, text=True)
    return f"{done.stdout}{done.stderr}{done.returncode}"


def test_file_calls_the_program_for_zstd(file: Path, tmp_path: Path) -> None:
    """A zipapp can't hold a compiled module; where the program is missing, that is a sentence."""
    need("zstd")
    layer = pack("etc/", "etc/os-release: ID=debian")
    path = write(
        tmp_path / "x.tar.zst",
        subprocess.run(["zstd", "-c"], input=layer, capture_output=True).stdout,
    )
    words = (sys.executable, "-IS", file, "audit", path)
    assert told(*words) == told(sys.executable, "-m", "find_libdeps", "audit", path)
    if sys.version_info < (3, 14):
        without = told("env", "PATH=/nowhere", *words)
        assert without.endswith(": it needs the program zstd, which is not installed\n2")


def test_file_says_what_the_installed_command_says(file: Path, tmp_path: Path) -> None:
    """Indexes and schemas come along, and nothing is taken from this environment."""
    root = tmp_path / "root"
    root.mkdir()
    mini_root.build(FIXTURES / "scan/source_loads_on_demand", root)
    for words in (
        ("--version",),
        ("index", "list"),
        ("--root", root, "/venv"),
        ("-f", "json", "--dlopen=all", "--root", root, "/venv"),
        ("audit", root),
    ):
        installed = told(sys.executable, "-m", "find_libdeps", *words)
        # -I and -S: no packages but those in the file
        assert told(sys.executable, "-IS", file, *words) == installed
    assert "libcairo2" in told(sys.executable, "-IS", file, "--root", root, "/venv")


def test_anybody_runs_it_and_this_python_compiles_nothing(file: Path) -> None:
    """An image may run it as another user; most of the time to start would go into compiling."""
    assert file.stat().st_mode & 0o777 == 0o755
    program = "import sys; sys.path.insert(0, sys.argv[1]); from find_libdeps.commands import main"
    where = told(sys.executable, "-ISc", f"{program}; print(main.__file__)", file)
    assert where.startswith(f"{file}/find_libdeps/commands/main.pyc")

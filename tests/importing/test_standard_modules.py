"""Which sources certainly import a standard module; CPython, without that module, is the judge."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from find_libdeps.importing.standard_modules import module_imports
from find_libdeps.python.reach import source_at
from find_libdeps.python.survey import by_package, survey
from find_libdeps.roots.directory import DirectoryTree

RULES = {
    "plain": "import tkinter",
    "of a part": "from tkinter import ttk",
    "several": "import os, tkinter as tk",
    "the part of a package": "from dbm import gnu",
    "by another module": "import turtle",
    "all of another module": "from turtle import *",
    "beside another one": "import os, readline",
    "in a class": "class C:\n    import tkinter",
    "for another version of Python": (
        "import sys\nif sys.version_info[0] == 2:\n    import Tkinter\nelse:\n    import tkinter"
    ),
    "Python 2 first": "try:\n    import Tkinter\nexcept ImportError:\n    import tkinter",
    "Python 2 last": "try:\n    import tkinter\nexcept ImportError:\n    import Tkinter",
    "raised again": "try:\n    import tkinter\nexcept ImportError:\n    raise RuntimeError",
    "another exception": "try:\n    import tkinter\nexcept OSError:\n    pass",
    "finally": "try:\n    pass\nfinally:\n    import tkinter",
    "swallowed": "try:\n    import tkinter\nexcept ImportError:\n    tkinter = None",
    "bare": "try:\n    import tkinter\nexcept:\n    pass",
    "suppressed": ("import contextlib\nwith contextlib.suppress(ImportError):\n    import tkinter"),
    "in a function": "def f():\n    import tkinter",
    "elsewhere": "import sys\nif sys.platform == 'win32':\n    import tkinter",
    "for types": "import typing\nif typing.TYPE_CHECKING:\n    import tkinter",
    "in a text": "'import tkinter'",
}
WITHOUT = """
import sys
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in ("tkinter", "_tkinter", "_gdbm", "dbm.gnu", "readline"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Finder)
sys.path.insert(0, sys.argv[1])
import rule
"""


def told(site: Path) -> list[str]:
    """The modules that importing what is in a directory certainly imports."""
    tree, top = DirectoryTree(), PurePosixPath(site)
    sources = sorted(map(PurePosixPath, site.rglob("*.py")))
    surveys = [survey(tree, package) for package in by_package(sources, [top])]
    return [
        found.module.name
        for each in surveys
        for found in module_imports(each.sources, lambda path: source_at(tree, path))
    ]


def fails(site: Path) -> bool:
    """Whether CPython can't import the rule in a directory without these modules."""
    command = [sys.executable, "-c", WITHOUT, str(site)]
    return subprocess.run(command, capture_output=True).returncode != 0


@pytest.mark.parametrize("name", RULES)
def test_an_import_ends_without_what_it_certainly_imports(name: str, tmp_path: Path) -> None:
    """What is told is what the import ends without, and nothing else."""
    (tmp_path / "rule.py").write_text(RULES[name])
    assert bool(told(tmp_path)) == fails(tmp_path)


@pytest.mark.parametrize(
    ("package", "is_certain"), [("from . import part", True), ("", False)], ids=str
)
def test_parts_count_that_the_package_imports(
    package: str, is_certain: bool, tmp_path: Path
) -> None:
    """A module that nothing imports may never be."""
    (tmp_path / "rule").mkdir()
    (tmp_path / "rule/__init__.py").write_text(package)
    (tmp_path / "rule/part.py").write_text("import tkinter")
    assert told(tmp_path) == (["tkinter"] if is_certain else [])
    assert fails(tmp_path) == is_certain

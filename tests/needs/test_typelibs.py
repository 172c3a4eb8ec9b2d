"""Which typelibs a program imports, and which packages have them: PyGObject and dpkg judge."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine
from find_libdeps import scan_paths
from find_libdeps.report.report import Report

PROGRAMS = {
    "newest": "from gi.repository import Soup",
    "required": """
import gi
gi.require_version("Soup", "2.4")
from gi.repository import Soup
""",
    "tried": """
import gi
for version in ("9.0", "2.4"):
    try:
        gi.require_version("Soup", version)
        break
    except ValueError:
        pass
from gi.repository import Gio, Soup
""",
    "loaded already": """
import gi
from gi.repository import Soup
try:
    gi.require_version("Soup", "2.4")
except ValueError:
    from gi.repository import Gtk
""",
    "with another one": """
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk, Gdk
""",
}
"""Each imports namespaces that Debian has in several versions."""

BARE = """
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3-gi
"""
ALL = """
FROM find-libdeps-test/typelibs:bare
RUN apt-get update && apt-get install -y --no-install-recommends \\
    gir1.2-gtk-3.0 gir1.2-gtk-4.0 gir1.2-soup-2.4 gir1.2-soup-3.0
"""
TELL = """
import json, subprocess, sys, warnings
warnings.simplefilter("ignore")
exec(sys.argv[1])
import gi
repository = gi.Repository.get_default()
for name in repository.get_loaded_namespaces():
    path = repository.get_typelib_path(name)
    owner = subprocess.check_output(["dpkg", "-S", path], text=True).partition(":")[0]
    print(json.dumps([path.rpartition("/")[2], owner]))
"""
"""Runs a program, and prints each typelib that was loaded, and its package."""


def tag(name: str) -> str:
    """The tag of an image of these tests."""
    return f"find-libdeps-test/typelibs:{name}"


def real(image: str, program: str) -> dict[str, str]:
    """The typelibs that PyGObject loads for a program, and their packages."""
    told = engine.output(tag(image), "python3", "-c", TELL, program)
    return dict(json.loads(line) for line in told.splitlines())


def scanned(root: Path, program: str) -> Report:
    """What we say of the program in a root."""
    app = root / "app"
    shutil.rmtree(app, ignore_errors=True)
    (app / "gi").mkdir(parents=True)
    (app / "gi" / "__init__.py").touch()
    (app / "program.py").write_text(program)
    return scan_paths(["/app"], root=root)


def typelibs(report: Report) -> dict[str, str]:
    """The typelibs of a report, and their packages."""
    return {u.need.soname: p.package.name for p in report.packages for u in p.uses}


@pytest.fixture(scope="module")
def roots(images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian 13 with PyGObject only, and one with all typelibs."""
    folder = tmp_path_factory.mktemp("roots")
    for name, dockerfile in (("bare", BARE), ("all", ALL)):
        engine.build(dockerfile, tag(name))
        engine.unpack(tag(name), folder / name)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_typelibs_are_those_that_pygobject_loads(roots: Path, program: str) -> None:
    """Where all versions are there, ours are those that are loaded; each with its package."""
    ours, theirs = typelibs(scanned(roots / "all", program)), real("all", program)
    assert ours.items() <= theirs.items()
    named = re.findall(r"import ([A-Z]\w+(?:, \w+)*)$", program, re.MULTILINE)
    namespaces = {name for names in named for name in names.split(", ")}
    assert {name.partition("-")[0] for name in ours} == namespaces


def test_programs_work_with_what_the_index_names(roots: Path) -> None:
    """They fail where PyGObject is alone, and work with the packages of their lists."""
    listed = set[str]()
    for program in PROGRAMS.values():
        with pytest.raises(engine.CommandError, match=r"ImportError|ValueError"):
            real("bare", program)
        report = scanned(roots / "bare", program)
        assert all(u.source != "dpkg" for u in report.packages if "glib" not in u.package.name)
        listed |= {str(package) for package in report.to_install()}
    engine.build(
        f"{BARE}RUN apt-get install -y --no-install-recommends {' '.join(listed)}", tag("listed")
    )
    for program in PROGRAMS.values():
        assert real("listed", program)

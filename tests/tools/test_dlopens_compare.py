"""The measuring of dlopen(3): what ld.so says of real objects, and what is made of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import dlopens_uses
from dlopens import listed_uses
from dlopens_compare import NotTold, Verdict, judge, row, totals
from dlopens_heard import Ask, Heard, joined, read_asks
from programs import need

SOURCE = """
#include <dlfcn.h>
int load(const char *name) { return dlopen(name, RTLD_NOW) != 0; }
"""
REAL_LINES = """\
import ctypes
load = ctypes.CDLL("{0}/libload.so").load
load(b"libnowhere.so.1")
ctypes.CDLL("libpython_asks.so.1")
load(b"{0}/libfound.so")
load(b"libnowhere.so.1")
exit("enough")
"""


def test_real_objects_are_heard(tmp_path: Path) -> None:
    """Each name once, with the object that asks and the file; not what ctypes is asked for."""
    need("cc")
    (tmp_path / "a.c").write_text(SOURCE)
    for name in ("libload.so", "libfound.so"):
        compiler = ("cc", "-shared", "-fPIC", "-o", str(tmp_path / name), str(tmp_path / "a.c"))
        subprocess.run(compiler, check=True)
    (tmp_path / "lines").write_text(REAL_LINES.format(tmp_path))
    environment = {"LD_DEBUG": "files,libs", "LD_DEBUG_OUTPUT": str(tmp_path / "loader")}
    command = (sys.executable, "-IB", dlopens_uses.__file__, str(tmp_path))
    subprocess.run(command, env=environment, check=True)
    load, found = str(tmp_path / "libload.so"), str(tmp_path / "libfound.so")
    assert read_asks(tmp_path.glob("loader.*"), str(tmp_path)) == (
        Ask(found, load, found),
        Ask("libnowhere.so.1", load, ""),
    )
    ends = (tmp_path / "ends").read_text().splitlines()
    assert [end.partition(":")[0].strip('"') for end in ends] == [
        *("", "", "", "OSError", "", "", "SystemExit"),
    ]


LINES = "import x\nx.connect('DRIVER=libdriver.so;SERVER=y')\n"
OBJECT = "/venvs/x/lib/python3.13/site-packages/x.libs/libx.so"
NAMES = (
    "libasked.so.1",
    "/usr/lib/x86_64-linux-gnu/libasked.so.2",
    "libneeded.so.1",
    "libvendor.so",
    "libcuda.so.1",
    "libc.so.6",
    "libown.so",
    "/opt/vendor/libx.so",
    "driver",
    "libdriver.so",
    "Missed.so",
    "libMissed.so.1",
)
HEARD = Heard(
    "x", "1.0", LINES, (), tuple(Ask(name, OBJECT, "") for name in NAMES), ("", "E: e"), 3
)
REPORT: dict[str, Any] = {
    "packages": [{"name": "libneeded1", "needs": [{"soname": "libneeded.so.1"}]}],
    "hints": [
        {"name": name, "needs": [{"soname": soname, "role": role}]}
        for name, soname, role in (
            ("libasked1", "libasked.so.1", "may-load"),
            ("libother1", "libother.so.1", "may-load"),
            ("libsource1", "libsource.so.1", "dlopen"),
        )
    ],
    "may_load": [{"soname": "libvendor.so"}, {"soname": "libsdk.so"}],
    "unresolved": [],
}
PACKAGES = {"libMissed.so.1": ("libmissed1",), "libc.so.6": ("libc6",)}


def test_each_name_has_a_verdict() -> None:
    """Another version of a name that is told is told, too; hints of source are not judged here."""
    verdict = judge(
        HEARD,
        REPORT,
        frozenset({"libown.so"}),
        lambda name: PACKAGES.get(name, ()),
        frozenset({"libc6"}),
        lambda ask: f"of {ask.name}",
    )
    missed = NotTold(Ask("libMissed.so.1", OBJECT, ""), "libmissed1", "of libMissed.so.1")
    assert verdict == Verdict(
        frozenset({"needed"}),
        frozenset({"asked"}),
        frozenset({"vendor"}),
        {
            "essential packages": frozenset({"c"}),
            "named by the lines": frozenset({"driver"}),
            "own files": frozenset({"own"}),
            "paths of other files": frozenset({"/opt/vendor/libx"}),
            "the graphics driver": frozenset({"cuda"}),
        },
        (missed,),
        frozenset({"libother1"}),
        frozenset({"sdk"}),
    )
    assert row(HEARD, verdict) == (
        "x 1.0: listed 1, hinted 1, of no package 1, essential packages 1, named by the lines 1,"
        " own files 1, paths of other files 1, the graphics driver 1,"
        " never asked 1 packages, 1 other libraries, 1 of 3 statements worked\n"
        "    NOT TOLD libMissed.so.1, which libmissed1 has, by x.libs/libx.so: of libMissed.so.1"
    )
    sums = totals([verdict, verdict])
    assert sums["libraries told by a hint"] == 2
    assert sums["NOT TOLD, and a package has it"] == 2


def test_what_was_found_once_was_found() -> None:
    """Several runs of one package are joined."""
    found, not_found = Ask("a.so", OBJECT, "/a.so"), Ask("a.so", OBJECT, "")
    assert joined([found], [not_found]) == joined([not_found], [found]) == (found,)


def test_the_list_can_be_read() -> None:
    """Each paragraph has a name of its own, and lines of Python."""
    uses = listed_uses()
    assert len(uses) >= 40
    assert len({each.name for each in uses}) == len(uses)
    for each in uses:
        compile(each.lines, each.name, "exec")

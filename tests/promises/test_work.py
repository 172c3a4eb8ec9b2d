"""How much is done for a list: files that are opened, modules that are imported, programs run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from traced import made, traced

RECIPE = """
release 13
venv /venv
SITE=/venv/lib/python3.13/site-packages
so "/usr/lib/$TRIPLET/libpq.so.5" needs=libssl.so.3
so "/usr/lib/$TRIPLET/libssl.so.3"
so "/usr/lib/$TRIPLET/libmagic.so.1"
package libpq5:amd64 "/usr/lib/$TRIPLET/libpq.so.5"
package libssl3:amd64 "/usr/lib/$TRIPLET/libssl.so.3"
package libmagic1:amd64 "/usr/lib/$TRIPLET/libmagic.so.1"
so "$SITE/db/_one.cpython-313-$TRIPLET.so" needs=libpq.so.5 \\
    needs=libown-1234abcd.so runpath='$ORIGIN'
so "$SITE/db/_two.cpython-313-$TRIPLET.so" needs=libpq.so.5 needs=libssl.so.3
so "$SITE/db.libs/libown-1234abcd.so" needs=libssl.so.3
ln "$ROOT$SITE/db.libs/libown-1234abcd.so" "$ROOT$SITE/db/libown-1234abcd.so"
program /venv/bin/tool needs=libpq.so.5
mkdir "$ROOT$SITE/db-1.0.dist-info"
for name in METADATA RECORD WHEEL INSTALLER; do
    printf 'Name: db\n' >"$ROOT$SITE/db-1.0.dist-info/$name"
done
printf '#!/venv/bin/python\n' >"$ROOT/venv/bin/script"
source magic/__init__.py <<'EOF'
from .loading import magic
EOF
source magic/loading.py <<'EOF'
import ctypes.util
magic = ctypes.CDLL(ctypes.util.find_library("magic"))
EOF
source db/__init__.py <<'EOF'
from . import _one
EOF
for name in db.h data.json notes.txt stub.pyi page.html table.csv picture.png; do
    echo text >"$ROOT$SITE/db/$name"
done
"""
WITHOUT_CAUSE = re.compile(r"\.(?:h|json|txt|pyi|html|csv|png)$|/(?:WHEEL|INSTALLER)$")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A virtualenv with modules, a program and a library by name, and much else."""
    return made(RECIPE, tmp_path)


def test_each_file_is_opened_once(root: Path, tmp_path: Path) -> None:
    """By whichever process reads it; but where a source loads a library, sources are read again.

    Once to see who imports it, and those that lead to it to be looked at, and to be evaluated. The
    library itself is read again if one process looks, and another one evaluates.
    """
    calls, told = traced(["--root", str(root), "/venv"], tmp_path)
    assert told.splitlines()[:3] == ["libmagic1", "libpq5", "libssl3"]
    opened = Counter(
        found[1]
        for call in calls
        if call.name == "openat"
        if (found := re.search(rf"= \d+<{re.escape(str(root))}([^>]*)>$", call.words))
        if (root / found[1].lstrip("/")).is_file()
    )
    assert len(opened) > 15
    often = {path: count for path, count in opened.items() if count > 1}
    assert {Path(path).name for path in often if Path(path).suffix != ".py"} <= {"libmagic.so.1"}
    assert {path for path, count in often.items() if count > 2} <= {
        path for path in often if Path(path).parent.name == "magic"
    }
    assert max(often.values()) <= 4
    assert [path for path in opened if WITHOUT_CAUSE.search(path)] == []
    started = [call.words for call in calls if call.name.startswith("exec")]
    assert len(started) == 1, "our own"


WHEEL = """
release 13
for number in 1 2 3 4 5 6 7 8; do
    so "/dist/one/one/_one$number.abi3.so" needs=libpq.so.5
    printf 'import ctypes\\nctypes.CDLL("libmagic.so.1")\\n' >"$ROOT/dist/one/one/_$number.py"
done
wheel one cp38-abi3-manylinux2014_x86_64
"""


def test_wheel_is_opened_once_and_read_by_several_processes(tmp_path: Path) -> None:
    """A forked process reads the archive at positions of its own, through the same descriptor."""
    root = made(WHEEL, tmp_path)
    wheel = next(root.glob("dist/*.whl"))
    calls, told = traced(["--root", str(root), f"/dist/{wheel.name}"], tmp_path)
    assert told.splitlines()[0] == "libpq5"
    of_wheel = [call for call in calls if f"<{wheel}>" in call.words]
    assert [call.is_first for call in of_wheel if call.name == "openat"] == [True]
    assert {call.name for call in of_wheel} <= {
        "openat",
        "pread64",
        "close",
        "newfstatat",
        "fstat",
        "ioctl",
    }


IMPORTED = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from find_libdeps.__main__ import run
run()
"""
"""A program for Python: the command, which names what it has imported in the end."""


def imported_by(*arguments: str) -> set[str]:
    """The modules that a run of the command imports."""
    command = [sys.executable, "-c", IMPORTED, *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0
    return set(done.stderr.split())


def test_nothing_is_imported_in_vain(root: Path) -> None:
    """What few commands need would take as long to import as all the rest."""
    modules = imported_by("--quiet", "--root", str(root), "/venv")
    imported = {name.partition(".")[0] for name in modules}
    assert "find_libdeps" in imported
    rarely = {"docker", "debian", "elftools", "requests", "tarfile", "zipfile", "subprocess"}
    if sys.version_info < (3, 11):
        rarely.remove("subprocess")  # Python's own uuid, which click imports, wants it there
    assert imported & rarely == set()


@pytest.mark.parametrize("command", [[], ["audit"], ["why"]], ids=" ".join)
def test_help_needs_nothing_that_scans(command: list[str]) -> None:
    """Help, and a mistake in the options, wait for nothing but the command line."""
    folders = {
        name.split(".")[1] for name in imported_by(*command, "--help") if name.count(".") > 1
    }
    ours = {"scan", "audit", "report", "debian", "python", "roots"}
    assert folders & ours == set()

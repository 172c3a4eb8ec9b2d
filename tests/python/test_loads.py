"""Reading Python sources: Python itself is the judge of conditions, and all of it can be read."""

from __future__ import annotations

import ast
import os
import platform
import sys
import sysconfig
from pathlib import Path, PurePosixPath

import pytest

from find_libdeps.python.loads import find_loads
from find_libdeps.python.module import parse
from find_libdeps.python.on_linux import holds_on_linux
from find_libdeps.roots.directory import DirectoryTree

CONDITIONS = (
    "sys.platform == 'linux'",
    "sys.platform != 'darwin'",
    "'win32' == sys.platform or sys.platform in ('linux', 'cygwin')",
    "sys.platform not in ['linux', 'darwin']",
    "sys.platform.startswith('linux')",
    "sys.platform.startswith(('win', 'darwin'))",
    "not sys.platform.endswith('bsd')",
    "os.name == 'nt'",
    "os.name == 'posix' and sys.platform == 'darwin'",
    "platform.system() == 'Windows'",
    "platform.system().lower() == 'linux'",
    "WINDOWS",
    "not WINDOWS and SYSTEM == 'Linux'",
    "True",
    "0",
)
CONSTANTS = "WINDOWS = os.name == 'nt'\nSYSTEM = platform.system()\n"


@pytest.mark.skipif(sys.platform != "linux", reason="judged by the Python of a Linux machine")
@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_hold_as_python_on_linux_says(condition: str) -> None:
    """What asks for the platform is told what Python tells, or at least nothing else."""
    module = parse(CONSTANTS.encode(), PurePosixPath("/m.py"), "m")
    assert module
    names = {"os": os, "sys": sys, "platform": platform}
    exec(CONSTANTS, names)  # noqa: S102
    truth = bool(eval(condition, names))  # noqa: S307
    told = holds_on_linux(module, ast.parse(condition, mode="eval").body)
    assert told in (truth, None)
    assert told is not None or condition.startswith("'")


@pytest.mark.parametrize(
    "condition", ["sys.version_info > (3, 8)", "shutil.which('x')", "os.environ.get('A')", "x == y"]
)
def test_what_the_platform_does_not_decide_is_open(condition: str) -> None:
    """Both branches of such a condition count."""
    module = parse(b"", PurePosixPath("/m.py"), "m")
    assert module
    assert holds_on_linux(module, ast.parse(condition, mode="eval").body) is None


@pytest.mark.thorough
def test_the_whole_standard_library_can_be_read() -> None:
    """No source makes the reader fail, and ctypes' own loads are among what it finds.

    Python's tests of itself, more than half of all, are not among them: Debian ships them apart.
    """
    top = PurePosixPath(Path(sysconfig.get_path("stdlib")).resolve())
    tree = DirectoryTree()
    found = tree.walk(top, lambda name: name.endswith(".py"), print)
    modules = [
        parse(tree.read(path), path, path.stem)
        for path, _ in found
        if {"site-packages", "test", "idlelib", "lib2to3"}.isdisjoint(path.parts)
    ]
    loads = find_loads([module for module in modules if module])
    assert len(modules) > 500
    assert any("libc.so.*" in load.sonames for load in loads)


@pytest.mark.thorough
def test_folded_functions_have_their_bodies_back() -> None:
    """Of the standard library, with the places of everything in them."""
    judged = 0
    for path in sorted(Path(os.__file__).parent.glob("*.py")):
        source = path.read_bytes()
        whole, folded = (parse(source, PurePosixPath("/m.py"), "m") for _ in range(2))
        if whole and folded:
            folded.fold()
            for name, functions in whole.functions.items():
                for one, other in zip(functions, folded.functions[name], strict=True):
                    bodies = one.body, folded.body_of(other)
                    first, second = (ast.Module(body, []) for body in bodies)
                    assert ast.dump(first, include_attributes=True) == ast.dump(
                        second, include_attributes=True
                    )
                    judged += 1
    assert judged > 1000


def test_odd_escapes_in_a_source_warn_nobody(recwarn: pytest.WarningsRecorder) -> None:
    """Python's warnings about somebody else's source are not passed on."""
    assert parse(b"'\\('", PurePosixPath("/m.py"), "m")
    assert list(recwarn) == []


def test_source_that_python_refuses_is_no_module() -> None:
    """A syntax error, an empty byte or another encoding is nobody's load."""
    for source in (b"print 'two'", b"\0", b"\xff\xfe", b"(" * 5000):
        assert parse(source, PurePosixPath("/m.py"), "m") is None

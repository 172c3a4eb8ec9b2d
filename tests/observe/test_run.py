"""Commands that are watched: what is heard of them, and that nothing else changes for them."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import programs
import rule_site
from project import COMMAND
from watched import Watched, opener, watched

BROKEN = "libbroken-by-intent.so.9"
"""A library that no machine has."""
PYTHON = sys.executable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where commands run. Temporary files of the watcher have a directory of their own."""
    made = tmp_path / "here"
    made.mkdir()
    (tmp_path / "tmp").mkdir()
    return made


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that opens what its words name."""
    programs.need("cc")
    file = tmp_path / "opener"
    file.write_bytes(opener())
    file.chmod(0o755)
    return file


def python(folder: Path, source: str, *options: str) -> list[str]:
    """The command that runs a source of Python."""
    (folder / "asks.py").write_text(textwrap.dedent(source))
    return [PYTHON, *options, str(folder / "asks.py")]


def test_program_opens_what_is_there_and_what_is_not(folder: Path, program: Path) -> None:
    """What is found is the file that the process itself says it has."""
    seen = watched([program, "libz.so.1", BROKEN, "/no/such/libz.so"], folder)
    there = seen.stdout.split()[1].decode()
    assert Path(there).is_absolute()
    assert seen.asked(requester=str(program), via="dlopen") == [
        {"requester": str(program), "name": "/no/such/libz.so", "via": "dlopen"}
        | {"outcome": "not found"},
        {"requester": str(program), "name": BROKEN, "via": "dlopen", "outcome": "not found"},
        {"requester": str(program), "name": "libz.so.1", "via": "dlopen"}
        | {"outcome": "found", "path": there},
    ]
    (needed,) = seen.asked(requester=str(program), via="needed")
    assert (needed["name"], needed["outcome"]) == ("libc.so.6", "found")


def test_file_that_is_loaded_already_is_found_by_its_other_name(
    folder: Path, program: Path
) -> None:
    """The loader says nothing then, but for the end of the search."""
    found = watched([program, "libz.so.1"], folder).stdout.split()[1].decode()
    (folder / "another.so").symlink_to(found)
    seen = watched([program, "libz.so.1", str(folder / "another.so"), BROKEN], folder)
    (asked,) = seen.asked(name=str(folder / "another.so"))
    assert asked["outcome"] == "found"
    (asked,) = seen.asked(name=BROKEN)
    assert asked["outcome"] == "not found"


def test_lines_of_python_are_told(folder: Path) -> None:
    """Of ctypes and of find_library, with what came of it."""
    source = f"""\
        import ctypes.util
        from ctypes.util import find_library
        ctypes.CDLL("libz.so.1")
        print(find_library("z"), find_library("broken-by-intent"))
        try:
            ctypes.CDLL("{BROKEN}")
        except OSError as error:
            print(error)
        ctypes.CDLL(None)
    """
    seen = watched(python(folder, source), folder)
    told = {
        (each["line"], each["name"], each["via"], each["outcome"])
        for each in seen.asked(requester=str(folder / "asks.py"))
    }
    assert told == {
        (3, "libz.so.1", "ctypes", "found"),
        (4, "z", "find_library", "found"),
        (4, "broken-by-intent", "find_library", "not found"),
        (6, BROKEN, "ctypes", "not found"),
    }
    (asked,) = seen.asked(via="ctypes", outcome="found")
    maps = subprocess.run(
        [
            PYTHON,
            "-c",
            "import ctypes; ctypes.CDLL('libz.so.1'); print(open('/proc/self/maps').read())",
        ],
        capture_output=True,
        text=True,
    ).stdout
    assert str(Path(asked["path"]).resolve()) in maps
    assert seen.asked(via="find_library", outcome="found")[0]["path"] == "libz.so.1"
    assert seen.document["prefixes"] == [os.path.realpath(sys.prefix)]


def test_library_that_is_loaded_already_is_found(folder: Path) -> None:
    """The second time the loader says nothing."""
    source = """\
        import ctypes
        ctypes.CDLL("libz.so.1")
        ctypes.CDLL("libz.so.1")
    """
    seen = watched(python(folder, source), folder)
    first, second = seen.asked(name="libz.so.1", via="ctypes")
    assert (first["line"], second["line"]) == (2, 3)
    assert first["path"] == second["path"]


def test_line_that_calls_cffi_is_told(folder: Path) -> None:
    """With cffi's own way to the loader, whose compiled half no audit event tells of."""
    (folder / "cffi").mkdir()
    (folder / "cffi/__init__.py").write_text("from .api import FFI\n")
    (folder / "cffi/api.py").write_text(
        "import ctypes\nclass FFI:\n    def dlopen(self, name, flags=0):\n        return name\n"
    )
    source = """\
        import cffi
        assert cffi.FFI().dlopen("libz.so.1") == "libz.so.1"
        assert cffi.FFI.dlopen.__qualname__ == "FFI.dlopen"
    """
    seen = watched(python(folder, source), folder)
    assert (seen.status, seen.stderr) == (0, b"")
    (asked,) = seen.asked(via="cffi")
    assert (asked["line"], asked["name"]) == (2, "libz.so.1")


@pytest.mark.parametrize("name", ["mod_zephyr", "mod_zephyr.so"])
def test_line_that_loads_an_extension_of_sqlite_is_told(folder: Path, name: str) -> None:
    """By the name that SQLite has opened. Not every Python can do it, so the event is made here."""
    (folder / "mod_zephyr.so").write_bytes(rule_site.library("mod_zephyr.so"))
    source = f"""\
        import ctypes, sys
        sqlite, database = ctypes.CDLL("libsqlite3.so.0"), ctypes.c_void_p()
        sqlite.sqlite3_open(b":memory:", ctypes.byref(database))
        sqlite.sqlite3_enable_load_extension(database, 1)
        sys.audit("sqlite3.load_extension", database, {name!r})
        sqlite.sqlite3_load_extension(database, {name.encode()!r}, None, None)
    """
    seen = watched(["env", f"LD_LIBRARY_PATH={folder}", *python(folder, source)], folder)
    (asked,) = seen.asked(via="sqlite")
    assert (asked["line"], asked["name"], asked["outcome"]) == (5, "mod_zephyr.so", "found")


def test_children_are_heard(folder: Path, program: Path) -> None:
    """Programs that are started, forks of Python, and programs that take another's place."""
    source = f"""\
        import ctypes, os, subprocess, sys
        subprocess.run([{str(program)!r}, "libbroken-one.so.1"], check=True)
        if os.fork() == 0:
            try:
                ctypes.CDLL("libbroken-two.so.2")
            except OSError:
                pass
            os.execl({str(program)!r}, "opener", "libbroken-three.so.3")
        os.wait()
        os.execl("/bin/sh", "sh", "-c", "{program} libbroken-four.so.4; exec {program} z.so.5")
    """
    seen = watched(python(folder, source), folder)
    missed = {(each["name"], each["via"]) for each in seen.asked(outcome="not found")}
    assert missed >= {
        ("libbroken-one.so.1", "dlopen"),
        ("libbroken-two.so.2", "ctypes"),
        ("libbroken-three.so.3", "dlopen"),
        ("libbroken-four.so.4", "dlopen"),
        ("z.so.5", "dlopen"),
    }
    assert ("libbroken-two.so.2", "dlopen") not in missed


def test_python_that_takes_no_listener_is_heard_by_the_loader(folder: Path) -> None:
    """With -I no line is known; the module that asks is."""
    source = f"""\
        import ctypes
        try:
            ctypes.CDLL("{BROKEN}")
        except OSError:
            pass
    """
    seen = watched(python(folder, source, "-I"), folder)
    (asked,) = seen.asked(name=BROKEN)
    assert asked["via"] == "dlopen"
    assert "line" not in asked
    assert "python" in asked["requester"] or "_ctypes" in asked["requester"]


SAYS_ALL = """\
    import os, sys
    print(sys.stdin.read(), end="")
    print(sys.path, sys.argv, "sitecustomize" in sys.modules, [*sys.flags])
    print([type(each) for each in sys.meta_path[-3:]], sorted(sys.modules))
    print("to stderr", file=sys.stderr)
    wanted = "LD_DEBUG", "LD_DEBUG_OUTPUT", "PYTHONPATH"
    print({name: value for name, value in os.environ.items() if name not in wanted})
    print(os.getpgrp() == os.getpgid(os.getppid()))
    sys.exit(3)
"""


def test_nothing_changes_for_the_command(folder: Path) -> None:
    """Its input, both outputs, its status, variables, modules and files are the same."""
    command = python(folder, SAYS_ALL)
    # readline, which pytest may have imported, adds variables that os.environ does not have
    environment = dict(os.environ)
    alone = subprocess.run(
        command, cwd=folder, input=b"to stdin\n", capture_output=True, env=environment
    )
    before = sorted(folder.rglob("*"))
    seen = watched(command, folder, b"to stdin\n")
    assert (seen.status, seen.stdout, seen.stderr) == (3, alone.stdout, alone.stderr)
    assert b"to stdin" in seen.stdout
    assert b"to stderr" in seen.stderr
    assert sorted(folder.rglob("*")) == before


def test_path_of_the_user_stays(folder: Path) -> None:
    """With a PYTHONPATH, and a sitecustomize in it, which runs."""
    (folder / "own").mkdir()
    (folder / "own/sitecustomize.py").write_text("print('the own one', __file__)\n")
    variables = {"PYTHONPATH": str(folder / "own"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = python(folder, SAYS_ALL)
    alone = subprocess.run(
        command, cwd=folder, input=b"", capture_output=True, env={**os.environ, **variables}
    )
    seen = watched(command, folder, environment=variables)
    assert b"the own one" in alone.stdout
    assert (seen.stdout, seen.stderr) == (alone.stdout, alone.stderr)


@pytest.mark.parametrize("mistake", ["import no_such_module", "1 / 0"])
def test_mistake_in_the_sitecustomize_of_the_user_shows_as_ever(folder: Path, mistake: str) -> None:
    """It is the user's, so whatever it does is as without us."""
    (folder / "own").mkdir()
    (folder / "own/sitecustomize.py").write_text(mistake)
    variables = {"PYTHONPATH": str(folder / "own"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = python(folder, "print('here')")
    alone = subprocess.run(
        command, cwd=folder, capture_output=True, env={**os.environ, **variables}
    )
    seen = watched(command, folder, environment=variables)
    assert alone.stderr or alone.returncode
    assert (seen.status, seen.stdout, seen.stderr) == (
        alone.returncode,
        alone.stdout,
        alone.stderr,
    )


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["true"], 0),
        (["sh", "-c", "exit 3"], 3),
        (["sh", "-c", "kill -TERM $$"], -signal.SIGTERM),
        (["sh", "-c", "kill -KILL $$"], -signal.SIGKILL),
        (["sh", "-c", "kill -SEGV $$"], -signal.SIGSEGV),
    ],
)
def test_status_is_that_of_the_command(folder: Path, words: list[str], status: int) -> None:
    """Whoever runs us sees what the command did, also how a signal ended it."""
    seen = watched(words, folder)
    assert (seen.status, seen.stdout, seen.stderr) == (status, b"", b"")
    assert seen.document["processes"] == 1


def test_command_that_cannot_be_run(folder: Path) -> None:
    """One sentence, and the status that env(1) has."""
    seen = watched(["./no-such-command"], folder)
    assert (seen.status, seen.stdout, seen.document) == (127, b"", None)
    assert seen.stderr == (
        b'find-libdeps: cannot run "./no-such-command": No such file or directory\n'
    )
    (folder / "data").write_text("no program")
    (folder / "data").chmod(0o644)
    seen = watched(["./data"], folder)
    assert (seen.status, seen.stdout, seen.document) == (126, b"", None)
    assert seen.stderr == b'find-libdeps: cannot run "./data": Permission denied\n'
    for words, status in (["./no-such-command"], 127), (["./data"], 126):
        alone = subprocess.run(["env", *words], cwd=folder, capture_output=True)
        assert alone.returncode == status


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("no/such/folder/observed.json", "its directory does not exist"),
        (".", "it is a directory"),
    ],
)
def test_file_that_cannot_be_written_is_told_before_the_run(
    folder: Path, output: str, why: str
) -> None:
    """Not after an hour of tests."""
    command = [COMMAND, "observe", "-o", output, "--", "touch", "it-ran"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f'find-libdeps: cannot write "{output}": {why}\n'
    assert not (folder / "it-ran").exists()


def until(condition: Path) -> None:
    """Wait for a file."""
    for _ in range(600):
        if condition.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{condition} has not come")


SLEEPS = """\
    import ctypes, signal, sys, time
    def stop(number, frame):
        ctypes.CDLL("libz.so.1")
        print("cleaned up", flush=True)
        sys.exit(5)
    signal.signal(getattr(signal, sys.argv[1]), stop)
    open("started", "w").close()
    time.sleep(60)
"""


@pytest.mark.parametrize(
    ("name", "to_group"), [("SIGINT", True), ("SIGTERM", False), ("SIGHUP", False)]
)
def test_signals_are_for_the_command(folder: Path, name: str, to_group: bool) -> None:
    """What a terminal sends to both, and what somebody sends to us: it ends, then we write."""
    file = folder / "observed.json"
    words = [COMMAND, "observe", "-o", str(file), "--", *python(folder, SLEEPS), name]
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, start_new_session=True)
    until(folder / "started")
    number = getattr(signal, name)
    os.killpg(process.pid, number) if to_group else process.send_signal(number)
    stdout, _ = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (5, b"cleaned up\n")
    asked = json.loads(file.read_text())["asked"]
    assert any(each["via"] == "ctypes" and each["name"] == "libz.so.1" for each in asked)


def test_nothing_is_left(folder: Path, tmp_path: Path) -> None:
    """No temporary file, whatever the command did."""
    for words in ["true"], ["sh", "-c", "kill $$"], ["./no-such-command"]:
        watched(words, folder, environment={"TMPDIR": str(tmp_path / "tmp")})
    assert list((tmp_path / "tmp").iterdir()) == []


def test_process_that_outlives_the_command_is_told_of(folder: Path, tmp_path: Path) -> None:
    """Its programs would write to stdout if the directory were gone: so that stays."""
    told = 'until [ -e "$LD_DEBUG_OUTPUT.$!" ]; do sleep 0.1; done'  # the loader is in it
    command = ["sh", "-c", f"sleep 60 > /dev/null 2>&1 & echo $!; {told}"]
    seen = watched(command, folder, environment={"TMPDIR": str(tmp_path / "tmp")})
    number = int(seen.stdout)
    (left,) = (tmp_path / "tmp").glob("find-libdeps-*")
    assert seen.status == 0
    assert seen.stderr.decode().splitlines() == [
        f"find-libdeps: note: not heard to the end: a process that still runs ({number})",
        f"    remove {left} when it has ended",
    ]
    os.kill(number, signal.SIGTERM)


@pytest.mark.skipif(os.geteuid() != 0, reason="no root permission")
def test_process_that_changes_its_user_is_heard(folder: Path, program: Path) -> None:
    """Its loader may write into the file that it began as another user, and not to stdout."""
    programs.need("setpriv")
    nobody = pwd.getpwnam("nobody").pw_uid
    for each in (program, *program.parents[:3]):
        each.chmod(0o755)
    words = ["setpriv", f"--reuid={nobody}", "--clear-groups", str(program), BROKEN]
    seen = watched(words, folder)
    assert (seen.status, seen.stdout, seen.stderr) == (0, f"{BROKEN} \n".encode(), b"")
    assert seen.asked(name=BROKEN, outcome="not found")


def test_program_without_a_loader_tells_nothing(folder: Path, tmp_path: Path) -> None:
    """A static program is no error, and nothing is said of it."""
    programs.need("cc")
    (tmp_path / "static.c").write_text("int main(void) { return 7; }\n")
    built = subprocess.run(
        ["cc", "-static", "-o", str(tmp_path / "static"), str(tmp_path / "static.c")],
        capture_output=True,
    )
    if built.returncode != 0:
        pytest.skip("no static libc is installed")
    seen = watched([tmp_path / "static"], folder)
    assert (seen.status, seen.stdout, seen.stderr) == (7, b"", b"")
    assert (seen.document["processes"], seen.document["asked"]) == (0, [])


def test_what_is_known_of_old_pythons(folder: Path) -> None:
    """A Python of another version than ours says the same, if there is one."""
    others = [each for each in ("python3", "/usr/bin/python3") if programs.missing(each) is None]
    for other in others:
        command = python(folder, "import ctypes\nctypes.CDLL('libz.so.1')\n")
        seen: Watched = watched([other, *command[1:]], folder)
        assert (seen.status, seen.stderr) == (0, b"")
        assert [each["line"] for each in seen.asked(via="ctypes")] == [2]

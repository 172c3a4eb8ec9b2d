"""What the command does when its surroundings fail: a sentence, a status, nothing left behind."""

from __future__ import annotations

import errno
import io
import os
import resource
import shutil
import signal
import subprocess
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from click.testing import Result

from find_libdeps.commands.main import main
from find_libdeps.debian.write_index import write_index
from find_libdeps.errors import ReleaseError
from programs import need
from runner import CliRunner
from traced import COMMAND, made, traced

RECIPE = """
release 13
venv /venv
site=/venv/lib/python3.13/site-packages
package libfoo1:amd64 "/usr/lib/$TRIPLET/libfoo.so.1"
so "/usr/lib/$TRIPLET/libfoo.so.1" needs=libc.so.6
so "$site/_foo.cpython-313-$TRIPLET.so" needs=libfoo.so.1 needs=libpq.so.5
so "$site/_b$(printf 'a\\303\\244\\377')r.cpython-313-$TRIPLET.so" needs=libfoo.so.1
echo 'import ctypes; ctypes.CDLL("libcups.so.2")' | source cups/__init__.py
printf '/usr/local/lib\\n' >"$ROOT/etc/ld.so.conf"
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with something of everything that a scan reads."""
    return made(RECIPE, tmp_path_factory.mktemp("faults"))


def run(
    root: Path,
    *arguments: str,
    within: str = '"$@"',
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """A run of the command on the virtualenv in a root, in a shell's words around it."""
    words = [*COMMAND, *(arguments or ("--root", str(root), "/venv"))]
    return subprocess.run(
        ["sh", "-c", within, "sh", *words], capture_output=True, cwd="/", env=environment
    )


EVERY = [["--root={root}", "/venv"], ["audit", "{root}"], ["index", "list"], ["--help"]]


@pytest.mark.parametrize("arguments", EVERY, ids=" ".join)
def test_output_that_cannot_be_written_is_told(root: Path, arguments: Sequence[str]) -> None:
    """A full disk, or no stdout at all: the list would be short, and nobody would know."""
    words = [word.replace("{root}", str(root)) for word in arguments]
    for shell, cause in (
        ('"$@" >/dev/full', "No space left on device"),
        ('"$@" >&-', "Bad file descriptor"),
    ):
        done = run(root, *words, within=shell)
        assert done.returncode == 2
        told = done.stderr.decode().splitlines()
        assert told[-1] == f"find-libdeps: cannot write the output: {cause}"
        assert "Traceback" not in done.stderr.decode()


@pytest.mark.parametrize("arguments", EVERY, ids=" ".join)
def test_closed_pipe_ends_the_command_as_others_end(root: Path, arguments: Sequence[str]) -> None:
    """Whoever reads no more wants no more: SIGPIPE, and no word of it."""
    words = [word.replace("{root}", str(root)) for word in arguments]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*COMMAND, *words], stdout=writing, stderr=subprocess.PIPE, cwd="/")
    os.close(writing)
    assert done.returncode == -signal.SIGPIPE
    assert b"Traceback" not in done.stderr
    assert b"Broken pipe" not in done.stderr


@pytest.mark.parametrize("shell", ['"$@" 2>/dev/full', '"$@" 2>&-', '"$@" <&- 2>/dev/null'])
def test_stderr_decides_nothing(root: Path, shell: str) -> None:
    """The list and the status are the same, whether anybody hears why or not."""
    intact, done = run(root), run(root, within=shell)
    assert (done.returncode, done.stdout) == (intact.returncode, intact.stdout)


PLAIN = {"PATH": os.environ["PATH"]}


@pytest.mark.parametrize(
    "surroundings",
    [
        PLAIN,
        PLAIN | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        PLAIN | {"LC_ALL": "xx_YY.ISO-8859-1", "PYTHONIOENCODING": "ascii:strict"},
        PLAIN
        | {"HOME": "/nonexistent", "TMPDIR": "/nonexistent", "LD_LIBRARY_PATH": "/nonexistent"},
    ],
    ids=" ".join,
)
def test_environment_decides_nothing(root: Path, surroundings: Mapping[str, str]) -> None:
    """No home, no locale, no temporary directory: the same bytes, of names that are no text."""
    intact, done = run(root), run(root, environment=surroundings)
    assert (done.returncode, done.stdout, done.stderr) == (
        intact.returncode,
        intact.stdout,
        intact.stderr,
    )
    assert intact.stdout == b"libcups2t64\nlibfoo1\nlibpq5\n"


def test_working_directory_that_is_gone_matters_to_relative_paths_only(
    root: Path, tmp_path: Path
) -> None:
    """Where nothing is relative to it, nobody asks for it."""
    shell = f'mkdir "{tmp_path}/gone" && cd "{tmp_path}/gone" && rmdir "{tmp_path}/gone" && "$@"'
    intact, done = run(root), run(root, within=shell)
    assert (done.returncode, done.stdout) == (intact.returncode, intact.stdout), done.stderr
    done = run(root, "venv", within=shell)
    assert done.returncode == 2
    cause = b'cannot scan "venv": the working directory is gone'
    assert done.stderr == b"find-libdeps: %s\n" % cause


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_in_any_stage_ends_the_command(
    root: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """It ends by that signal, without a word, and nothing stays behind it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    calls, _ = traced(["--root", str(root), "/venv"], tmp_path)
    opened = [call.words for call in calls if call.is_first and call.name == "openat"]
    first = next(at for at, words in enumerate(opened, 1) if "/commands/" in words)
    # a helper may read any of the sources, and what stands in for modules, in its place
    shared = [w for w in opened if ".py" in w and (str(root) in w or "/models/" in w)]
    certain = len(opened) - len(shared)
    for at in range(first + 2, certain, max((certain - first) // 4, 1)):
        inject = f"inject=openat:signal={number.name}:when={at}"
        done = subprocess.run(
            ["strace", "-o", os.devnull, "-e", inject, *COMMAND, "--root", str(root), "/venv"],
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert (done.returncode, done.stdout, done.stderr) == (-number, b"", b""), opened[at - 1]
    assert list(folder.iterdir()) == []


def test_without_further_processes_one_does_it_all(root: Path, tmp_path: Path) -> None:
    """The limit of processes (fork(2), EAGAIN) is no limit for us."""
    if len(os.sched_getaffinity(0)) > 1:
        calls, _ = traced(["--root", str(root), "/venv"], tmp_path)
        assert any(call.is_first and call.name.startswith(("clone", "fork")) for call in calls)
    inject = "inject=clone,clone3,fork,vfork:error=EAGAIN"
    shell = f'strace -o /dev/null -e {inject} "$@"'
    intact, done = run(root), run(root, within=shell)
    assert (done.returncode, done.stdout, done.stderr) == (
        intact.returncode,
        intact.stdout,
        intact.stderr,
    )


def test_ignored_signal_stays_ignored(root: Path, tmp_path: Path) -> None:
    """As nohup(1) wants it."""
    traced(["--version"], tmp_path)
    inject = "inject=openat:signal=SIGHUP:when=100+20"
    shell = f'trap "" HUP; strace -o /dev/null -e {inject} "$@"'
    intact, done = run(root), run(root, within=shell)
    assert (done.returncode, done.stdout) == (intact.returncode, intact.stdout)


Call = tuple[str, str]
"""A system call, and the path that it is about."""


class Faults:
    """Counts system calls on the files of a root, and lets some of them fail."""

    def __init__(self, root: Path, code: int) -> None:
        self._root, self._code = str(root), code
        self.calls: list[Call] = []
        self.fails: Callable[[Call], bool] = lambda _: False

    def happen(self, name: str, path: object) -> None:
        """Count a call. Raises OSError: it fails."""
        if str(path).startswith(self._root):
            self.calls.append((name, str(path)))
            if self.fails(self.calls[-1]):
                raise OSError(self._code, os.strerror(self._code), path)

    def around(self, name: str) -> Callable[..., object]:
        """The same call of `os`, on a path or a descriptor."""
        call = getattr(os, name)

        def calling(path: object, *others: object, **names: object) -> object:
            if isinstance(path, int):
                self.happen(name, os.readlink(f"/proc/self/fd/{path}"))
            elif names.get("dir_fd") is not None:
                start = os.readlink(f"/proc/self/fd/{names['dir_fd']}")
                self.happen(name, os.path.normpath(f"{start}/{path}"))
            else:
                self.happen(name, path)
            return call(path, *others, **names)

        return calling

    def stream(self, descriptor: int, _: str, buffering: int = -1) -> io.FileIO | io.BufferedReader:
        """A file whose reading may fail."""
        happen, path = self.happen, os.readlink(f"/proc/self/fd/{descriptor}")

        class Raw(io.FileIO):
            def readinto(self, buffer: object) -> int:
                happen("readinto", path)
                return super().readinto(buffer)  # type: ignore[arg-type]

            def read(self, size: int = -1, /) -> bytes:  # type: ignore[override]
                happen("read", path)
                return super().read(size)

        return io.BufferedReader(Raw(descriptor)) if buffering else Raw(descriptor)

    def during(self, words: Sequence[str], fails: Callable[[Call], bool]) -> Result:
        """What the command does meanwhile."""
        self.calls, self.fails = [], fails
        result = CliRunner().invoke(main, words)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise AssertionError(self.calls[-1]) from result.exception
        assert result.exit_code != 2 or result.stdout == ""
        return result


def faults(root: Path, code: int, patched: pytest.MonkeyPatch) -> Faults:
    """Puts itself between the command and the kernel."""
    made = Faults(root, code)
    calls = {name: made.around(name) for name in ("stat", "scandir", "open", "read")}
    for name, call in calls.items():
        patched.setattr(os, name, call)
    patched.setattr(os, "fdopen", made.stream)
    patched.setattr(os, "sched_getaffinity", lambda _: {0})  # all in one process, to be counted
    return made


@pytest.mark.parametrize("code", [errno.ENOENT, errno.EACCES])
@pytest.mark.parametrize("arguments", EVERY[:2], ids=" ".join)
def test_files_may_vanish_at_any_time(
    root: Path, arguments: Sequence[str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From any call on, everything is gone, or forbidden: an answer or a sentence."""
    words = [word.replace("{root}", str(root)) for word in arguments]
    made = faults(root, code, monkeypatch)
    made.during(words, lambda _: False)
    count = len(made.calls)
    for number in range(1, count, 3):
        made.during(words, lambda _, number=number: len(made.calls) >= number)  # type: ignore[misc]
    assert count > 50


@pytest.mark.parametrize("arguments", EVERY[:2], ids=" ".join)
def test_what_cannot_be_read_is_told_wherever_it_is(
    root: Path, arguments: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bad blocks in any file, directory or inode: no list is shorter without a word about it."""
    words = [word.replace("{root}", str(root)) for word in arguments]
    made = faults(root, errno.EIO, monkeypatch)
    intact = made.during(words, lambda _: False)
    calls = dict.fromkeys(made.calls)
    silent = []
    for call in calls:
        if arguments[0] == "audit" and "/dpkg/info/" in call[1]:
            continue  # what nobody has shipped is looked at: it only sees more
        result = made.during(words, call.__eq__)
        if (result.stdout, result.exit_code) != (intact.stdout, intact.exit_code):
            told = result.stdout + result.stderr
            silent += [call] if os.strerror(errno.EIO) not in told else []
    assert silent == []
    assert len(calls) > 50


def test_file_that_may_not_be_read_is_told(root: Path, tmp_path: Path) -> None:
    """Not everybody is root: a file or a directory without permission is one problem each."""
    other = tmp_path / "root"
    shutil.copytree(root, other, symlinks=True)
    site = other / "venv/lib/python3.13/site-packages"
    (site / "closed").mkdir()
    (site / "_foo.abi3.so").write_bytes(b"\x7fELF")
    for path in (site / "closed", site / "_foo.abi3.so"):
        path.chmod(0)
    shell = '"$@"'
    if os.geteuid() == 0:
        shell = 'setpriv --bounding-set=-all --inh-caps=-all "$@"'
    done = run(other, within=shell)
    told = done.stderr.decode()
    assert done.stdout == run(root).stdout
    assert 'cannot list "/venv/lib/python3.13/site-packages/closed": Permission denied' in told
    assert 'cannot read "/venv/lib/python3.13/site-packages/_foo.abi3.so": Permission' in told
    assert done.returncode == 1
    (other / "var/lib/dpkg/status").chmod(0)
    done = run(other, within=shell)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b'database "/var/lib/dpkg/status": Permission denied\n' in done.stderr


def test_memory_that_is_not_there_is_one_sentence(root: Path, tmp_path: Path) -> None:
    """An index that grows to 60 MB when it is unpacked, where there is no room for it."""
    (tmp_path / "large.index").write_bytes(zlib.compress(bytes(60 << 20)))
    words = ["--root", str(root), "--index", str(tmp_path / "large.index"), "/venv"]
    done = run(root, *words, within='ulimit -v 90000 && "$@"')
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"find-libdeps: cannot go on: out of memory\n"


def least_memory() -> int:
    """What Python takes when it has only imported what the command begins with, in kB."""
    code = (
        "import click, re; print(open('/proc/self/status').read().split('VmPeak:')[1].split()[0])"
    )
    done = subprocess.run([*COMMAND[:1], "-c", code], capture_output=True, check=True, text=True)
    return int(done.stdout)


def test_too_little_memory_makes_no_list_shorter(root: Path) -> None:
    """The list, or one sentence; never a traceback, nor a source that is passed over for it."""
    intact, least = run(root), least_memory()
    ends = set()
    for more in range(500, 16_000, 3_000):
        done = run(root, within=f'ulimit -v {least + more} && "$@"')
        ends.add(done.returncode)
        if done.returncode == intact.returncode:
            assert (done.stdout, done.stderr) == (intact.stdout, intact.stderr)
        else:
            assert (done.returncode, done.stdout) == (2, b"")
            assert done.stderr == b"find-libdeps: cannot go on: out of memory\n"
    assert 2 in ends


def test_too_few_descriptors_make_no_list_shorter(root: Path) -> None:
    """The list, or one sentence that says so: none of its files is to blame."""
    intact = run(root)
    ends = set()
    for limit in range(6, 30, 2):
        done = run(root, within=f'ulimit -n {limit} && "$@"')
        ends.add(done.returncode)
        if done.returncode == intact.returncode:
            assert (done.stdout, done.stderr) == (intact.stdout, intact.stderr)
        else:
            assert (done.returncode, done.stdout) == (2, b"")
            assert done.stderr.endswith(b": Too many open files\n")
            assert done.stderr.count(b"\n") == 1
    assert ends == {intact.returncode, 2}


def test_index_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """Where there is no room the old one stays, and nothing beside it."""
    place = tmp_path / "my.index"
    write_index(place, b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(ReleaseError, match=r'cannot write the index ".*my.index": File too'):
            write_index(place, b"new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    with pytest.raises(ReleaseError, match='cannot write the index "/dev/full": No space left'):
        write_index("/dev/full", b"new")
    with pytest.raises(ReleaseError, match="No such file or directory"):
        write_index(tmp_path / "none" / "my.index", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("my.index", b"old")]


@pytest.mark.thorough
def test_index_without_a_network_is_one_sentence_and_nothing_is_left(tmp_path: Path) -> None:
    """Apt's own words, and its lists are gone again."""
    need("apt-get")
    words = ["index", "make", "debian:13", "--source", "deb http://127.0.0.1:9/debian trixie main"]
    done = subprocess.run(
        [*COMMAND, *words, "-o", "my.index"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path), "no_proxy": "*"},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith('find-libdeps: cannot run "apt-get update": ')
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []

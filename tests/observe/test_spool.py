"""The directory that watched processes write into: nothing is lost, and nothing is kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from find_libdeps.needs.observation import Asked, Outcome, Via
from find_libdeps.observe import spool as spools
from find_libdeps.observe.heard import Heard
from find_libdeps.observe.spool import Spool


class Kept(Spool):
    """A spool that keeps what it reads."""

    def __init__(self, directory: Path) -> None:
        self.lines: list[tuple[int, bytes]] = []
        super().__init__(directory, self._keep, self._keep)

    def _keep(self, process: int, lines: bytes) -> None:
        self.lines.append((process, lines))


@pytest.fixture
def spool(tmp_path: Path) -> Kept:
    """An empty one."""
    return Kept(tmp_path)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[int]:
    """The file of a process that has it open, as a loader has."""
    file = os.open(tmp_path / "ld.7", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    yield file
    os.close(file)


def test_file_is_read_while_it_is_written(spool: Kept, writer: int) -> None:
    """Whole lines only; the rest when it is there."""
    os.write(writer, b"one\ntw")
    spool.read()
    assert spool.lines == [(7, b"one\n")]
    os.write(writer, b"o\nthree")
    spool.read()
    spool.read()
    assert spool.lines[1:] == [(7, b"two\n")]
    spool.read(is_last=True)
    assert spool.lines[2:] == [(7, b"three")]
    assert spool.is_complete


def test_file_that_nobody_writes_to_is_removed(spool: Kept, tmp_path: Path) -> None:
    """As soon as it was read to its end, also a line without an end."""
    (tmp_path / "ld.7").write_bytes(b"one\ntwo")
    (tmp_path / "python.8").write_bytes(b"three\n")
    spool.read()
    assert sorted(spool.lines) == [(7, b"one\ntwo"), (8, b"three\n")]
    assert list(tmp_path.iterdir()) == []
    assert spool.processes == 1


def test_next_program_of_a_process_begins_a_new_file(
    spool: Kept, writer: int, tmp_path: Path
) -> None:
    """While the first one is still read."""
    os.write(writer, b"one\n")
    spool.read()
    (tmp_path / "ld.7").write_bytes(b"another\n")
    os.write(writer, b"two\n")
    spool.read()
    assert sorted(spool.lines) == [(7, b"another\n"), (7, b"one\n"), (7, b"two\n")]


def test_file_that_grows_too_large_is_emptied(
    spool: Kept, writer: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that runs for days does not fill the disk; that something may be lost is said."""
    monkeypatch.setattr(spools, "MAX_FILE", 10)
    os.write(writer, b"one\n")
    spool.read()
    assert spool.is_complete
    os.write(writer, b"two\nthree\n")
    spool.read()
    assert [file.stat().st_size for file in tmp_path.iterdir()] == [0]
    os.write(writer, b"four\n")
    spool.read()
    assert b"".join(lines for _, lines in spool.lines) == b"one\ntwo\nthree\nfour\n"
    assert not spool.is_complete


def test_line_without_an_end_is_not_kept(
    spool: Kept, writer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is passed over, and what follows is read."""
    monkeypatch.setattr(spools, "MAX_LINE", 10)
    os.write(writer, b"x" * 25 + b"\none\n")
    spool.read()
    assert spool.lines[-1][1].endswith(b"\none\n")
    assert not spool.is_complete


def test_other_files_are_left_alone(spool: Kept, tmp_path: Path) -> None:
    """What no process of the command wrote."""
    (tmp_path / "ld.txt").write_bytes(b"one\n")
    (tmp_path / "notes").mkdir()
    spool.read(is_last=True)
    assert spool.lines == []
    assert sorted(file.name for file in tmp_path.iterdir()) == ["ld.txt", "notes"]


@pytest.mark.parametrize(
    "line",
    [
        b"no tuple",
        b"__import__('os')._exit(9)",
        b"(7, 'ctypes', 'libz.so.1', None, '/x.py'",
        b"(7, 'ctypes', 3, None, '/x.py', 1)",
        b"(7, 'magic', 'libz.so.1', None, '/x.py', 1)",
        b"(" * 10_000,
        b"\xff",
    ],
)
def test_what_no_listener_wrote_is_said(line: bytes) -> None:
    """Nothing of it is run, and what stands beside it counts."""
    heard = Heard()
    heard.of_python(7, line + b"\n(7, 'cffi', 'libz.so.1', None, '/x.py', 1)\n")
    observation = heard.observation()
    asked = Asked("/x.py", 1, "libz.so.1", Via.CFFI, Outcome.UNKNOWN)
    assert observation.asked == (asked,)
    assert not observation.is_complete

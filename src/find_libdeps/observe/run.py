"""Runs a command of the user's, and watches which libraries its processes ask for.

The command gets our stdin, stdout and stderr, our process group, and two variables more. By
LD_DEBUG and LD_DEBUG_OUTPUT the dynamic loader of each process tells what it does, in a directory
of ours (ld.so(8)). PYTHONPATH begins with another one, from which Python gets a listener.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import NamedTuple

from find_libdeps.errors import ObservationError
from find_libdeps.needs.observation import Observation
from find_libdeps.observe.heard import Heard
from find_libdeps.observe.spool import Spool
from find_libdeps.package_data import package_data

_INTERVAL = 0.5
"""Seconds between two looks into the directory."""
_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""Signals that somebody sends to us, and means the command."""
_OF_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
"""Signals that a terminal sends to the command as to us: it decides, and we outlive it."""
_SOURCES = {"start_listener.py": "sitecustomize.py", "listener.py": "find_libdeps_listener.py"}
"""What each Python gets, and by which names."""

_NOBODY = 0xFFFFFFFF
_WRITABLE_BY_ALL = struct.pack("<I" + 3 * "HHI", 2, 1, 7, _NOBODY, 4, 7, _NOBODY, 32, 7, _NOBODY)
"""What acl(5) calls a default list, for owner, group and others: files in the directory can be
written by all, whatever the umask. One process may write to its file as one user, then as another.
"""


class Run(NamedTuple):
    """A run that has ended."""

    status: int
    """Its exit status; of one that a signal has ended, the number of that, negative."""
    observation: Observation
    left: tuple[int, ...]
    """Processes that still run."""
    directory: Path
    """Where these go on writing; it is gone if there are none."""


def run_observed(command: Sequence[str]) -> Run:
    """Run a command, and hear what its processes ask for.

    Raises:
        OSError: it can't be started.
        ObservationError: nothing could be heard of it, since its directory can't be made.
    """
    heard = Heard()
    directory, inner = _private_directory()
    try:
        spool = Spool(inner, heard.of_loader, heard.of_python)
        with _signals_for() as started, _reading(spool):
            process = subprocess.Popen(  # noqa: S603 - what the user asks for
                command, env=_environment(os.environ, directory, spool), close_fds=False
            )
            started(process)
            status = process.wait()
        heard.processes = spool.processes
        heard.is_complete &= spool.is_complete
        left = tuple(_processes_that_write_to(spool.loaders_output))
        return Run(status, heard.observation(), left, directory)
    finally:
        # their new programs would write to stdout if the directory were gone
        if not any(_processes_that_write_to(str(inner))):
            shutil.rmtree(directory, ignore_errors=True)


def _private_directory() -> tuple[Path, Path]:
    """A directory of ours, and one in it that any process can write to which knows its name.

    Processes may change their user: the loader of one that can't write there writes to stdout.
    """
    try:
        directory = Path(tempfile.mkdtemp(prefix="find-libdeps-"))
        sources, inner = directory / "python", directory / secrets.token_hex(16)
        sources.mkdir()
        inner.mkdir()
        for source, name in _SOURCES.items():
            (sources / name).write_bytes(package_data(f"observe/{source}") or b"")
            (sources / name).chmod(0o644)
        sources.chmod(0o755)
        inner.chmod(0o733)
        with suppress(OSError):  # not every file system has such lists
            os.setxattr(inner, "system.posix_acl_default", _WRITABLE_BY_ALL)
        directory.chmod(0o711)
    except OSError as error:
        raise ObservationError("use", tempfile.gettempdir(), error.strerror) from None
    return directory, inner


def _environment(ours: Mapping[str, str], directory: Path, spool: Spool) -> dict[str, str]:
    """The environment of the command."""
    path = ours.get("PYTHONPATH")
    return {
        **ours,
        "LD_DEBUG": "files,libs",
        "LD_DEBUG_OUTPUT": spool.loaders_output,
        "PYTHONPATH": f"{directory}/python:{path}" if path else f"{directory}/python",
    }


@contextmanager
def _reading(spool: Spool) -> Iterator[None]:
    """Read what comes while the command runs, and the rest when it has ended."""
    has_ended, failures = Event(), list[Exception]()

    def read() -> None:
        try:
            while not has_ended.wait(_INTERVAL):
                spool.read()
        except Exception as error:
            failures.append(error)

    reader = Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        has_ended.set()
        reader.join()
    if failures:
        raise failures[0]
    spool.read(is_last=True)


@contextmanager
def _signals_for() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """Let the command have the signals that we get, and outlive them.

    Yields:
        A function that is told the process of the command; what came before goes to it, too.
    """
    processes, early = list[subprocess.Popen[bytes]](), list[int]()

    def handle(number: int, _: FrameType | None) -> None:
        if not processes:
            early.append(number)
        elif number in _FORWARDED:
            processes[0].send_signal(number)

    def started(process: subprocess.Popen[bytes]) -> None:
        processes.append(process)
        for number in early:
            process.send_signal(number)

    numbers = (*_FORWARDED, *_OF_TERMINAL)
    before = {each: signal.getsignal(each) for each in numbers}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # which the command inherits
            signal.signal(number, handle)
    try:
        yield started
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _processes_that_write_to(output: str) -> Iterator[int]:
    """The processes that still have our variables."""
    mark = os.fsencode(f"LD_DEBUG_OUTPUT={output}")
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                variables = Path("/proc", name, "environ").read_bytes()
            except OSError:  # gone, or another user's
                continue
            if mark in variables:
                yield int(name)

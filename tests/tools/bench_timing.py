"""Commands that are run in turn, with the time and the memory that each run takes."""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

TIME_LIMIT = 600
"""Seconds after which a command counts as one that can't do the work."""

ANY_STATUS = range(126)
"""For tools whose exit status counts what they did not find; from 126 on, a shell found no tool."""


class CannotRun(Exception):  # noqa: N818 -- it reads as a sentence: why a row is left out
    """A command, or a whole part, has to be left out; says why."""


@dataclass(frozen=True, slots=True)
class Command:
    """What is timed."""

    name: str
    arguments: Sequence[str]
    program: str = ""
    """What has to be installed for it; empty: what its arguments start with."""
    package: str = ""
    """The Debian package that has the program."""
    statuses: Collection[int] = (0,)
    """The exit statuses that say that the work was done."""
    directory: Path | None = None
    """Where it is run."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command."""

    seconds: float
    processor: float
    """Seconds of processor time, its own and the kernel's: steadier on a busy machine."""
    peak: int
    """The most that its processes had at a time, in bytes, as far as it was seen; and no less than
    the largest of them had. In that the kernel counts what the process had before exec(2): nothing
    smaller than the benchmark itself is ever seen.
    """


@dataclass(frozen=True, slots=True)
class Measured:
    """All runs of a command."""

    command: Command
    runs: Sequence[Run]

    @property
    def seconds(self) -> float:
        """The median."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def spread(self) -> str:
        """The shortest and the longest, in seconds."""
        seconds = [run.seconds for run in self.runs]
        return f"{min(seconds):.3f} to {max(seconds):.3f}"

    @property
    def processor(self) -> float:
        """The median of the processor times, in seconds."""
        return statistics.median(run.processor for run in self.runs)

    @property
    def peak(self) -> int:
        """The largest of all, in bytes."""
        return max(run.peak for run in self.runs)


def run(command: Command, *, watched: bool = False) -> Run:
    """Run a command once, its output thrown away.

    Args:
        command: what is run.
        watched: whether the memory of all its processes together is looked at meanwhile.

    Raises:
        CannotRun: it is not installed, fails or takes too long.
    """
    program = command.program or command.arguments[0]
    if shutil.which(program) is None:
        install = f": apt-get install {command.package}" if command.package else ""
        raise CannotRun(f"{program} is not installed{install}")
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command.arguments,
            cwd=command.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
        limit = threading.Timer(TIME_LIMIT, os.killpg, (process.pid, signal.SIGKILL))
        limit.start()
        with watching(process.pid) if watched else nullcontext([0]) as sizes:
            _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        limit.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if seconds >= TIME_LIMIT:
            raise CannotRun(f"it has not ended after {TIME_LIMIT} s")
        if process.returncode not in command.statuses:
            errors.seek(0)
            lines = errors.read().decode(errors="replace").splitlines() or [""]
            raise CannotRun(f"exit status {process.returncode}: {lines[-1]}")
    peak = max(usage.ru_maxrss * 1024, *sizes)
    return Run(seconds, usage.ru_utime + usage.ru_stime, peak)


@contextmanager
def watching(pid: int) -> Iterator[list[int]]:
    """Note the size of a process and all below it, in bytes, fifty times a second."""
    sizes, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            sizes.append(sum(map(_size, _family(pid))))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield sizes
    finally:
        ended.set()
        thread.join()


def _family(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in children.read_text().split():
                yield from _family(int(child))


def _size(pid: int) -> int:
    """What a process takes; of what it shares with others only its part (proc(5), Pss)."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def alternate(commands: Sequence[Command], times: int) -> list[Measured]:
    """Run all commands in turn, several times.

    One that can't do the work is left out, and a line says why.
    """
    runs: dict[int, list[Run]] = {number: [] for number in range(len(commands))}
    for each in range(times):
        for number in list(runs):
            try:
                runs[number].append(run(commands[number], watched=each == 0))
            except CannotRun as reason:
                print(f"    {commands[number].name} is left out: {reason}", flush=True)
                del runs[number]
    return [Measured(commands[number], runs[number]) for number in runs]


def print_table(measured: Sequence[Measured]) -> None:
    """Print medians, the spread, the ratios of the medians to the first row's, and peak memory."""
    width = max(len(each.command.name) for each in measured)
    print(f"    {'':{width}}        time          spread     ratio   processor    memory")
    for each in measured:
        ratio = each.seconds / measured[0].seconds
        print(
            f"    {each.command.name:{width}}  {each.seconds:8.3f} s  {each.spread:>16}"
            f"  {ratio:6.3f} x"
            f"  {each.processor:8.3f} s  {each.peak / 1e6:6.0f} MB",
            flush=True,
        )

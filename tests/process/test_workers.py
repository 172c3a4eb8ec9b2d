"""Work that other processes share: its results, and what is left of these processes."""

from __future__ import annotations

import mmap
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from find_libdeps.process import workers
from find_libdeps.process.workers import MAX_PORTIONS, forked_helpers

if len(os.sched_getaffinity(0)) < 2:
    pytest.skip("one processor has nothing to share", allow_module_level=True)


def no_children() -> bool:
    """Whether this process has none, not even one that nobody has waited for."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


@pytest.mark.parametrize("count", [0, 1, 2, MAX_PORTIONS - 1, MAX_PORTIONS, 3 * MAX_PORTIONS + 1])
def test_results_are_in_the_order_of_the_items(count: int) -> None:
    """However many there are."""
    with forked_helpers(lambda item: item * item, range(count)) as results:
        assert results() == [item * item for item in range(count)]
    assert no_children()


def appears(path: Path) -> bool:
    """Whether another process makes a file, in half a minute."""
    for _ in range(3000):
        if path.exists():
            return True
        time.sleep(0.01)
    return False


def test_work_is_shared(tmp_path: Path) -> None:
    """Whoever is free takes the next item: the first go to another process, meanwhile."""
    here, has_begun, is_shared = os.getpid(), tmp_path / "begun", tmp_path / "shared"

    def who(item: int) -> tuple[int, bytes]:
        if os.getpid() == here:
            is_shared.touch()
        else:
            has_begun.touch()
            assert appears(is_shared)
        return os.getpid(), bytes(10_000)

    with forked_helpers(who, range(60)) as results:
        assert appears(has_begun)
        processes, data = zip(*results(), strict=True)
    assert processes[0] != os.getpid()
    assert os.getpid() in processes
    assert set(data) == {bytes(10_000)}
    assert no_children()


def test_error_is_raised_here() -> None:
    """As if the work had been done here."""
    with forked_helpers(int, ["6", "seven"]) as results, pytest.raises(ValueError, match="seven"):
        results()
    assert no_children()


def test_process_that_dies_is_replaced() -> None:
    """Out of memory, say: then it is this process that does the work."""
    here = os.getpid()

    def work(item: int) -> int:
        return item if os.getpid() == here else os._exit(1)

    with forked_helpers(work, range(10)) as results:
        time.sleep(0.1)
        assert results() == list(range(10))
    assert no_children()


ENDLESS = r"""
import os, sys, threading
from find_libdeps.process.workers import forked_helpers

def work(item):
    os.write(1, f"{os.getpid()}\n".encode())  # whole, whoever else writes
    while True:
        pass

with forked_helpers(work, range(2)) as results:
    results()
"""


def test_helpers_end_with_the_process_that_they_help() -> None:
    """Even if that is killed, and can clean up nothing."""
    with subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE) as running:
        assert running.stdout
        computing = {int(running.stdout.readline()) for _ in range(2)}
        assert running.pid in computing
        running.kill()
    (helper,) = computing - {running.pid}
    for _ in range(3000):
        if not is_running(helper):
            return
        time.sleep(0.01)
    os.kill(helper, signal.SIGKILL)
    pytest.fail("it goes on alone")


def is_running(process: int) -> bool:
    """Whether a process does anything yet; one that nobody has waited for does not (proc(5))."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_work_that_takes_too_much_memory_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A helper has a bound on its memory, which is far above what it needs."""
    monkeypatch.setattr(workers, "MAX_MEMORY", 64 << 20)
    here = os.getpid()

    def work(item: int) -> bool:
        if os.getpid() == here:
            time.sleep(0.05)  # so that the helper has some work, too
            return True
        with mmap.mmap(-1, 200 << 20) as held:
            held[:] = bytes(len(held))
            time.sleep(60)
        return False

    with forked_helpers(work, range(20)) as results:
        assert results() == [True] * 20
    assert no_children()


MAP_NORESERVE = 0x4000
"""Of Linux (mman.h); Python has no name for it."""


def test_addresses_that_are_taken_already_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process may have mapped more than a helper may take."""
    monkeypatch.setattr(workers, "_processors", lambda: 2)
    size, flags = 2 * workers.MAX_MEMORY, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE
    done = mmap.mmap(-1, 4)

    def work(item: int) -> int:
        held = [item] * (1 << 21)
        done[item] = 1
        return held[0] + len(held)

    with mmap.mmap(-1, size, flags=flags), forked_helpers(work, range(4)) as results:
        for _ in range(6000):
            if done[:] == b"\1" * 4:  # by the helper alone
                break
            time.sleep(0.01)
        assert done[:] == b"\1" * 4
        assert results() == [item + (1 << 21) for item in range(4)]


def test_results_that_nobody_asks_for() -> None:
    """The work ends where its block ends."""
    with forked_helpers(lambda item: threading.Event().wait(), [1]):
        pass
    assert no_children()


def test_beside_other_threads_there_is_no_copy() -> None:
    """One of them might hold a lock, which the copy would never see released."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        with forked_helpers(lambda item: os.getpid(), [1, 2]) as results:
            time.sleep(0.1)
            assert results() == [os.getpid()] * 2
    finally:
        done.set()
        thread.join()

"""Work that a second process does: its result, and what is left of that process."""

from __future__ import annotations

import os
import threading

import pytest

from find_libdeps.aside import aside

if len(os.sched_getaffinity(0)) < 2:
    pytest.skip("one processor has nothing to share", allow_module_level=True)


def no_children() -> bool:
    """Whether this process has none, not even one that nobody has waited for."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


def test_result_comes_from_another_process() -> None:
    """However large it is: more than a pipe holds."""
    with aside(lambda: (os.getpid(), bytes(1 << 20))) as result:
        process, data = result()
    assert process != os.getpid()
    assert data == bytes(1 << 20)
    assert no_children()


def test_error_is_raised_here() -> None:
    """As if the work had been done here."""

    def fail() -> int:
        return int("seven")

    with aside(fail) as result, pytest.raises(ValueError, match="seven"):
        result()
    assert no_children()


def test_process_that_dies_is_replaced() -> None:
    """Out of memory, say: then it is this process that does the work."""
    here = os.getpid()
    with aside(lambda: os.getpid() if os.getpid() == here else os._exit(1)) as result:
        assert result() == here
    assert no_children()


def test_result_that_nobody_asks_for() -> None:
    """The work ends where its block ends."""
    with aside(threading.Event().wait):
        pass
    assert no_children()


def test_beside_other_threads_there_is_no_copy() -> None:
    """One of them might hold a lock, which the copy would never see released."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        with aside(os.getpid) as result:
            assert result() == os.getpid()
    finally:
        done.set()
        thread.join()

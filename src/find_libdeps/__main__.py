"""The entry point of ``find-libdeps`` and of ``python -m find_libdeps``."""

import errno
import gc
import os
import sys

_FAILED = 2
"""As in `find_libdeps.commands.main`, which can't be imported where memory is short."""


def run() -> None:
    """Run the command; see `find_libdeps.commands.main`."""
    try:
        _run()
    except Exception as error:
        if lack := _lack(error):
            try:
                os.write(2, f"find-libdeps: cannot go on: {lack}\n".encode())
            finally:
                os._exit(_FAILED)  # what Python does at the end may fail, too
        import traceback  # seldom needed

        traceback.print_exc()
        sys.exit(_FAILED)  # a bug must not end with 1, which means that something is unresolved


def _run() -> None:
    # each import may fail where memory or descriptors are short
    from find_libdeps.process.signals import ending_by_signals
    from find_libdeps.process.streams import open_streams, restart_in_utf8

    with ending_by_signals():
        gc.disable()  # a short process with few cycles: collecting would take a third of its time
        restart_in_utf8()
        open_streams()
        from find_libdeps.commands.main import main

        main(prog_name="find-libdeps")


def _lack(error: Exception) -> str:
    """What this process gets no more of, if it failed for that; otherwise empty.

    Where memory is short, CPython may raise a SystemError or a SyntaxError, too.
    """
    try:
        bytes(1 << 24)
    except MemoryError:
        return "out of memory"
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
        return os.strerror(error.errno)
    return "out of memory" if isinstance(error, MemoryError) else ""


if __name__ == "__main__":
    run()

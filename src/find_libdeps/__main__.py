"""The entry point of ``find-libdeps`` and of ``python -m find_libdeps``."""

import gc
import sys

from find_libdeps.process.signals import ending_by_signals
from find_libdeps.process.streams import open_streams, restart_in_utf8


def run() -> None:
    """Run the command; see `find_libdeps.commands.main`."""
    with ending_by_signals():
        gc.disable()  # a short process with few cycles: collecting would take a third of its time
        restart_in_utf8()
        open_streams()
        try:
            from find_libdeps.commands.main import FAILED, main

            main(prog_name="find-libdeps")
        except Exception:  # a bug must not end with 1, which means that something is unresolved
            import traceback  # seldom needed

            traceback.print_exc()
            sys.exit(FAILED)


if __name__ == "__main__":
    run()

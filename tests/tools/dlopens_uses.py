"""Runs lines of Python that use a package, one statement after the other, whatever fails before.

    LD_DEBUG=files,libs LD_DEBUG_OUTPUT=FOLDER/loader python -IB dlopens_uses.py FOLDER

The lines are in FOLDER/lines. FOLDER/ends gets a line for each statement when it has ended: a text
in JSON, empty or the exception. A statement that crashes ends all; so it has no line.
"""

from __future__ import annotations

import ast
import json
import os
import signal
import sys
from pathlib import Path

SECONDS = 40
"""For one statement; what does not come back to Python by then goes on until the container ends."""


def out_of_time(*_: object) -> None:
    """What SIGALRM does."""
    raise TimeoutError("not done")


def main(folder: str) -> None:
    """Run the lines."""
    names: dict[str, object] = {"__name__": "__main__"}
    signal.signal(signal.SIGALRM, out_of_time)
    source = Path(folder, "lines").read_text()
    with Path(folder, "ends").open("w", buffering=1) as ends:
        for statement in ast.parse(source).body:
            module, end = ast.Module([statement], []), ""
            signal.alarm(SECONDS)
            try:
                exec(compile(module, "<lines>", "exec"), names)  # noqa: S102 -- that is its purpose
            except BaseException as error:
                end = f"{type(error).__name__}: {error}"[:200]
            signal.alarm(0)
            ends.write(json.dumps(end) + "\n")
    os._exit(0)  # what is loaded at exit is not loaded by the use


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A root by a recipe, and what the command asks of the kernel, told by strace(1)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import mini_root
from glibc import LoaderOutOfReachError
from programs import need

COMMAND = [sys.executable, "-m", "find_libdeps"]


def made(recipe: str, folder: Path) -> Path:
    """A root below `folder` by a recipe of the kind that `fixtures/scan` has."""
    (folder / "recipe").mkdir()
    (folder / "recipe" / "build").write_text(f'. "$FIXTURES/scan/root"\n{recipe}')
    (folder / "root").mkdir()
    try:
        mini_root.build(folder / "recipe", folder / "root")
    except LoaderOutOfReachError as reason:
        pytest.skip(str(reason))
    return folder / "root"


@dataclass(frozen=True)
class Call:
    """A system call that succeeded or failed."""

    is_first: bool
    """Whether the process that was started made it, and not one that it has started."""
    name: str
    words: str
    """Its arguments and its result, as strace prints them; descriptors with their paths."""


def traced(arguments: Sequence[str], folder: Path) -> tuple[list[Call], str]:
    """The system calls of a run of the command, and what it printed on stdout and stderr."""
    need("strace")
    log = folder / "calls"
    done = subprocess.run(
        ["strace", "-ff", "-y", "-s", "4096", "-o", log, *COMMAND, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    logs = sorted((int(path.suffix[1:]), path) for path in folder.glob("calls.*"))
    if not logs:
        pytest.skip("strace may trace nothing here")
    calls = [
        Call(number == 0, *found)
        for number, (_, path) in enumerate(logs)
        for found in re.findall(r"^(\w+)\((.*)$", path.read_text("utf-8", "replace"), re.MULTILINE)
    ]
    return calls, done.stdout + done.stderr

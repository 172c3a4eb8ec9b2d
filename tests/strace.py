"""What a process asks of the kernel, told by strace(1)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "find_libdeps"]


@dataclass(frozen=True)
class Call:
    """A system call that succeeded or failed."""

    name: str
    words: str
    """Its arguments and its result, as strace prints them; descriptors with their paths."""


def traced(arguments: Sequence[str], folder: Path) -> tuple[list[Call], str]:
    """The system calls of a run of the command, and what it printed on stdout and stderr."""
    if not shutil.which("strace"):
        pytest.skip("no strace")
    log = folder / "calls"
    done = subprocess.run(
        ["strace", "-f", "-y", "-s", "4096", "-o", log, *COMMAND, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    text = log.read_text("utf-8", "replace")
    if "ptrace" in done.stderr and not text:
        pytest.skip("strace may trace nothing here")
    calls = re.findall(r"^\d+ +(\w+)\((.*)$", text, re.MULTILINE)
    return [Call(*found) for found in calls], done.stdout + done.stderr

"""Work grows as its input does. ``make growth`` measures it; here, what grows faster never ends."""

from __future__ import annotations

import resource
import subprocess
from pathlib import Path

import pytest

from growth_cases import CASES
from project import COMMAND

TIMES = 4
"""How many times the smallest size of a case its input has here."""
SECONDS = 20
"""Processor time, ten times what the slowest case takes; work that grows as a square takes more."""


@pytest.mark.thorough
@pytest.mark.parametrize("name", CASES)
def test_more_input_takes_no_more_than_its_time(name: str, tmp_path: Path) -> None:
    """The kernel ends a process that has used up its processor time."""
    case = CASES[name]
    done = subprocess.run(
        [COMMAND, *case.make(tmp_path, TIMES * case.size)],
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS)),
        check=False,
    )
    assert done.returncode in (0, 1, 2)
    assert b"Traceback" not in done.stderr

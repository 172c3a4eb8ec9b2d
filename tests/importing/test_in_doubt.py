"""Code that depends on what nobody can know: nothing that CPython may ask for is left out, and what
is certain is asked for always.
"""

from __future__ import annotations

import json
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from doubtful_programs import Doubter
from examples import EXAMPLES
from find_libdeps.importing.evaluator import evaluate_import
from find_libdeps.importing.values import Unknown
from find_libdeps.importing.world import By
from made_programs import compiles
from project import SUPPORT
from small_world import SmallWorld

A_PROCESS = 20
"""How many programs a process of CPython runs."""
RUNS = 8
"""How often each, with other coins."""


@given(st.integers(0, 2**32))
@settings(derandomize=True, deadline=None, max_examples=max(EXAMPLES // 10, 1))
def test_nothing_that_may_be_asked_for_is_left_out(seed: int) -> None:
    """Nor is anything certain that is asked for in some runs only."""
    programs = list(filter(compiles, (Doubter(seed + n).program() for n in range(A_PROCESS))))
    recorder = [sys.executable, "-I", "-W", "ignore", str(SUPPORT / "recorded.py"), str(RUNS)]
    told = subprocess.run(
        recorder, input=json.dumps(programs), capture_output=True, text=True, check=True
    )
    for program, runs in zip(programs, json.loads(told.stdout), strict=True):
        assert wrong(program, runs) == [], program


def wrong(program: str, runs: list[tuple[list[str], str]]) -> list[str]:
    """The names that the evaluator leaves out, or wrongly calls certain.

    What a run asks for that ends by an exception does not count: such an import fails.
    """
    found = evaluate_import(SmallWorld({"rule.py": program, "chance.so": b""}), "rule")
    asks = [ask for ask in found.asks if ask.by is By.FIND_LIBRARY]
    names = {ask.name for ask in asks if isinstance(ask.name, str)}
    is_vague = bool(found.cuts) or any(isinstance(ask.name, Unknown) for ask in asks)
    whole = [asked for asked, end in runs if end == "imported"]
    certain = [ask.name for ask in asks if ask.is_certain and isinstance(ask.name, str)]
    lacking = [name for asked in whole for name in asked if name not in names]
    return [
        *([] if is_vague else lacking),
        *(name for name in certain if any(name not in asked for asked in whole)),
    ]

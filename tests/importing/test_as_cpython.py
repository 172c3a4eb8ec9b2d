"""The evaluator computes what CPython does: random programs, which tell their values by asking."""

from __future__ import annotations

import json
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from examples import EXAMPLES
from find_libdeps.importing.values import Unknown
from made_programs import Maker, compiles
from project import SUPPORT
from small_world import evaluated

A_RUN = 20
"""How many programs a process of CPython runs."""


@given(st.integers(0, 2**32))
@settings(derandomize=True, deadline=None, max_examples=max(EXAMPLES // 10, 1))
def test_the_evaluator_asks_as_cpython_does(seed: int) -> None:
    """The asks are equal, in order, up to the first that the evaluator calls unknown."""
    programs = list(filter(compiles, (Maker(seed + n).program() for n in range(A_RUN))))
    recorder = [sys.executable, "-I", "-W", "ignore", str(SUPPORT / "recorded.py"), "1"]
    told = subprocess.run(
        recorder, input=json.dumps(programs), capture_output=True, text=True, check=True
    )
    for program, ((asks, end),) in zip(programs, json.loads(told.stdout), strict=True):
        assert difference(program, asks, end) is None, program


def difference(program: str, asks: list[str], end: str) -> tuple[object, object] | None:
    """What the evaluator says and CPython does not, or the other way round; None if nothing."""
    found = evaluated(program)
    ours: list[object] = [ask.name for ask in found.asks]
    is_sure = all(ask.is_certain for ask in found.asks) and not found.cuts
    if not is_sure:
        # it may follow more ways than one, but may leave out none
        lacking = [name for name in asks if name not in ours]
        is_vague = found.cuts or any(isinstance(name, Unknown) for name in ours)
        return (ours, lacking[0]) if lacking and not is_vague else None
    for one, other in zip([*ours, found.end], [*asks, end], strict=False):
        if isinstance(one, Unknown):
            return None
        if one != other:
            return one, other
    return None if len(ours) == len(asks) else (ours, asks)

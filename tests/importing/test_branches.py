"""What a branch on an unknown condition sets may be set, or not: also outside of its function."""

from __future__ import annotations

import pytest

from find_libdeps.importing.values import Alternatives
from small_world import evaluator

START = """
import time
from ctypes.util import find_library
NAME = "before"
class Holder:
    name = "before"
holder = Holder()
"""


@pytest.mark.parametrize(
    ("way", "other", "expected"),
    [
        ("NAME = 'one'", "NAME = 'other'", {"one", "other"}),
        ("NAME = 'one'", "pass", {"one", "before"}),
        ("NAME = 'one'; return", "pass", {"one", "before"}),
        ("NAME = 'one'; raise ValueError", "pass", {"before"}),
    ],
)
def test_a_global_name_may_be_what_either_way_sets(
    way: str, other: str, expected: set[str]
) -> None:
    """The names of the module are joined, as those of the function are."""
    branch = f"    if time.time():\n        {way}\n    else:\n        {other}\n"
    body = f"def set():\n    global NAME\n{branch}set()\n"
    machine = evaluator(START + body)
    module = machine.import_module("rule")
    found = machine.attribute(module, "NAME")
    assert set(found.values if isinstance(found, Alternatives) else [found]) == expected


def test_an_attribute_may_be_what_either_way_sets() -> None:
    """The attributes of an object are joined, too."""
    body = "if time.time():\n    holder.name = 'one'\nelse:\n    holder.name = 'other'\n"
    machine = evaluator(START + body)
    found = machine.attribute(machine.attribute(machine.import_module("rule"), "holder"), "name")
    assert isinstance(found, Alternatives)
    assert set(found.values) == {"one", "other"}

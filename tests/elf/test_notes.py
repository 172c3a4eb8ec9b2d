"""Dlopen notes of a real library: those of Debian 13's libsystemd."""

from __future__ import annotations

import json

import pytest

import engine
from project import RECIPES

PROGRAM = """
import json
from find_libdeps.elf.reader import read_object
with open("/usr/lib/x86_64-linux-gnu/libsystemd.so.0", "rb") as stream:
    print(json.dumps([[note.sonames, note.priority] for note in read_object(stream).notes]))
"""


@pytest.mark.recipe("psycopg2")
def test_notes_of_libsystemd_are_read(images: None) -> None:
    """Each of them names the library of one compression or cipher, and none is required."""
    dockerfile = (RECIPES / "psycopg2" / "Dockerfile").read_text()
    engine.build(dockerfile, "find-libdeps-test/notes:builder", stage="builder")
    python = "/opt/find-libdeps/bin/python"
    told = json.loads(engine.output("find-libdeps-test/notes:builder", python, "-c", PROGRAM))
    assert sorted(sonames[0] for sonames, _ in told) == [
        "libgcrypt.so.20",
        "liblz4.so.1",
        "liblzma.so.5",
        "libzstd.so.1",
    ]
    assert {priority for _, priority in told} <= {"recommended", "suggested"}

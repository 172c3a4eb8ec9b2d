"""Which names SQLite opens for an extension: SQLite itself is the judge, heard by its loader."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import rule_site
from small_world import asked

NAME = "mod_zephyr"

JUDGE = """
import ctypes, sys

sqlite, database = ctypes.CDLL("libsqlite3.so.0"), ctypes.c_void_p()
sqlite.sqlite3_open(b":memory:", ctypes.byref(database))
sqlite.sqlite3_enable_load_extension(database, 1)
sqlite.sqlite3_load_extension(database, sys.argv[1].encode(), None, None)
"""
"""What `sqlite3.Connection.load_extension` does; not every Python is built with that."""

PROGRAM = """
import sqlite3

connection = sqlite3.connect(":memory:")
connection.enable_load_extension(True)
try:
    connection.load_extension({name!r})
except sqlite3.OperationalError:
    pass
"""

OF_ANYTHING = "import socket\nsocket.connection().load_extension({name!r})\n"
"""A connection that nobody knows, or a bot."""


@pytest.mark.parametrize("there", ["", NAME, f"{NAME}.so", f"{NAME}.so.so"])
@pytest.mark.parametrize("name", [NAME, f"{NAME}.so"])
def test_names_are_tried_as_sqlite_does(name: str, there: str, tmp_path: Path) -> None:
    """The name as it is, then with an ending; https://sqlite.org/loadext.html."""
    if reason := rule_site.unjudged():
        pytest.skip(reason)
    libraries = [there] if there else []
    for library in libraries:
        (tmp_path / library).write_bytes(rule_site.library(library))
    environment = {"LD_DEBUG": "files", "LD_LIBRARY_PATH": str(tmp_path)}
    command = [sys.executable, "-ISc", JUDGE, name]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    told = re.findall(rf"file=({NAME}\S*) \[0\];  dynamically loaded by \S*libsqlite3", done.stderr)
    assert told == asked(PROGRAM.format(name=name), libraries)


def test_what_nobody_knows_may_be_a_connection() -> None:
    """If there is such an extension: bots have a method of that name, too."""
    source = OF_ANYTHING.format(name=NAME)
    assert asked(source, [f"{NAME}.so"]) == [f"{NAME}.so"]
    assert asked(source) == []

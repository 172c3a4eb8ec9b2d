"""What `--format dockerfile` prints, pasted into a Dockerfile as it is."""

from __future__ import annotations

import re

import pytest

import engine
from project import RECIPES

pytestmark = pytest.mark.recipe("no-apt")

BUILDER = """
RUN printf 'int own(void) { return 7; }' > own.c \\
    && gcc -shared -Wl,-soname,libown.so.1 -o /usr/local/lib/libown.so.1.2 own.c \\
    && ln -s libown.so.1.2 /usr/local/lib/libown.so.1 && ldconfig \\
    && printf 'int own(void); int ours(void) { return own(); }' > ours.c \\
    && gcc -shared -o /venv/ours.so ours.c /usr/local/lib/libown.so.1
"""
"""A library that no package has, behind a link, and a file of the venv that needs it."""

TARGET = """
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3 \\
    && rm -rf /var/lib/apt/lists/*
COPY --from=builder /venv /venv
"""

CHECK = "import ctypes; print(ctypes.CDLL('/venv/ours.so').ours())"


@pytest.fixture(scope="module")
def built(images: None) -> str:
    """A target with the pasted lines, in a Dockerfile whose builder has all kinds of libraries."""
    builder = (RECIPES / "no-apt" / "Dockerfile").read_text().partition("FROM scratch")[0] + BUILDER
    engine.build(builder, "find-libdeps-test/dockerfile:builder", stage="builder")
    command = "find-libdeps", "-q", "--format", "dockerfile", "/venv"
    lines = engine.output("find-libdeps-test/dockerfile:builder", *command)
    engine.build(builder + TARGET + lines, "find-libdeps-test/dockerfile:target")
    return lines


def test_pasted_lines_make_the_target_work(built: str) -> None:
    """Packages are installed and the file is copied: what needs either works."""
    target = "find-libdeps-test/dockerfile:target"
    engine.output(target, "/mnt/no-apt/check", mount=RECIPES)
    assert engine.output(target, "/venv/bin/python", "-c", CHECK) == "7\n"


def test_lines_are_what_a_person_would_write(built: str) -> None:
    """One package a line, and one COPY a directory, with the link to the file."""
    size, *lines = built.splitlines()
    assert re.fullmatch(r"# [\d.]+ MB \(\d+ packages\), by apt for a target .*", size)
    assert lines == [
        "RUN apt-get update \\",
        "    && apt-get install -y --no-install-recommends \\",
        "        libpq5 \\",
        "        libzbar0t64 \\",
        "    && rm -rf /var/lib/apt/lists/*",
        "COPY --from=builder /usr/local/lib/libown.so.1 /usr/local/lib/libown.so.1.2"
        " /usr/local/lib/",
        "RUN ldconfig",
    ]

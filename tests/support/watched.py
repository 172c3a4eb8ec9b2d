"""Commands that are run under ``find-libdeps observe``, and what is written of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator

from glibc import output

SCHEMA = json.loads(files("find_libdeps").joinpath("observed.schema.json").read_text())
OPENER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **words) {
    for (int each = 1; each < count; each++) {
        struct link_map *map = 0;
        void *it = dlopen(words[each], RTLD_NOW);
        if (it) dlinfo(it, RTLD_DI_LINKMAP, &map);
        printf("%s %s\n", words[each], map ? map->l_name : "");
    }
}
"""
"""Opens what its words name, and says what it got, by its own list of what is loaded."""


@cache
def opener() -> bytes:
    """That program."""
    with TemporaryDirectory() as name:
        source = Path(name, "opener.c")
        source.write_text(OPENER)
        output("cc", "-o", f"{name}/opener", str(source))
        return Path(name, "opener").read_bytes()


class Watched(NamedTuple):
    """A command that has ended."""

    status: int
    stdout: bytes
    stderr: bytes
    document: Any
    """What was written of it; None if nothing was."""

    def asked(self, **wanted: object) -> list[dict[str, Any]]:
        """What it asked for, of which some keys have these values."""
        asked: list[dict[str, Any]] = self.document["asked"]
        return [each for each in asked if wanted.items() <= each.items()]


def watched(
    command: Sequence[str | Path],
    folder: Path,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> Watched:
    """Run a command in a folder, and watch it; the document is written beside that."""
    file = folder.parent / f"{folder.name}.observed.json"
    # its own Python must not run what `environment` has for the command's
    words = [
        sys.executable,
        "-Im",
        "find_libdeps",
        "observe",
        "-o",
        str(file),
        "--",
        *map(str, command),
    ]
    variables = {**os.environ, **(environment or {})}
    done = subprocess.run(words, cwd=folder, input=stdin, capture_output=True, env=variables)
    document = json.loads(file.read_text()) if file.exists() else None
    if document is not None:
        Draft202012Validator(SCHEMA).validate(document)
    return Watched(done.returncode, done.stdout, done.stderr, document)

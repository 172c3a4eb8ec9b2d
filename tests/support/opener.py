"""Programs that open a library by dlopen(3), themselves or through a library of theirs.

They are compiled once, and linked for each set of words.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from glibc import output
from real_loader import OPENS

CALLER = "libcaller.so"
"""The library that a program calls to open another; it is beside the program."""

_PROGRAM = f"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>

void *call_dlopen(const char *name);

int main(int count, char **words) {{
    fputs("{OPENS}\\n", stderr);
    if (!(words[1][0] == 'i' ? dlopen(words[2], RTLD_NOW) : call_dlopen(words[2]))) {{
        fprintf(stderr, "it can't be opened: %s\\n", dlerror());
        return 1;
    }}
    struct link_map *map;
    dlinfo(dlopen(NULL, RTLD_NOW), RTLD_DI_LINKMAP, &map);
    for (; map; map = map->l_next) puts(map->l_name);
}}
"""
_CALLER = """
#include <dlfcn.h>
void *call_dlopen(const char *name) { return dlopen(name, RTLD_NOW); }
"""


@cache
def opener(needs: Sequence[str] = (), rpath: str = "", runpath: str = "") -> bytes:
    """A program that needs some libraries and `CALLER`.

    Its first word is ``itself``, or ``other`` for `CALLER`; the second one is what that opens. Then
    it prints the paths of all objects in the process.
    """
    return _linked(_PROGRAM, (*needs, f"$ORIGIN/{CALLER}"), rpath, runpath)


@cache
def caller(rpath: str = "", runpath: str = "") -> bytes:
    """The library `CALLER`."""
    return _linked(_CALLER, (), rpath, runpath, "-shared", f"-Wl,-soname,{CALLER}")


def _linked(source: str, needs: Sequence[str], rpath: str, runpath: str, *words: str) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "it.o").write_bytes(_compiled(source))
        stubs = [folder / f"stub{number}.so" for number in range(len(needs))]
        (folder / "stub.o").write_bytes(_compiled(_CALLER))
        for stub, need in zip(stubs, needs, strict=True):  # the linker copies their DT_SONAME
            output("ld", "-shared", "-soname", need, "-o", str(stub), str(folder / "stub.o"))
        tags = f"-Wl,--{'disable' if rpath else 'enable'}-new-dtags"
        paths = ["-Xlinker", "-rpath", "-Xlinker", rpath or runpath] if rpath or runpath else []
        made = folder / "made"
        parts = [str(folder / "it.o"), *map(str, stubs)]
        output("cc", "-o", str(made), *words, "-Wl,--no-as-needed", tags, *paths, *parts)
        return made.read_bytes()


@cache
def _compiled(source: str) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "it.c").write_text(source, encoding="utf-8")
        output("cc", "-c", "-fPIC", "-o", f"{name}/it.o", f"{name}/it.c")
        return Path(name, "it.o").read_bytes()

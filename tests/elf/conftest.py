"""Small ELF files of many kinds, made by the compiler of this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from programs import need

SOURCE = """
int PyInit_module(void) { return 0; }
static int PyInit_hidden(void) { return 0; }
extern int PyInit_elsewhere(void);
int call(void) { return PyInit_hidden() + PyInit_elsewhere(); }
"""
NOTE = r"""
.section .note.dlopen, "a", %note
.align 4
.long 4, 2f - 1f, 0x407c0c0a
.asciz "FDO"
1: .asciz "[{\"soname\": [\"libz.so.1\"], \"priority\": \"suggested\", \"feature\": \"gzip\"}]"
2: .align 4
.section .note.GNU-stack, "", %progbits
"""
"""What a library says of another that it loads by itself (UAPI.12)."""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with small objects of many kinds, from one source."""
    need("cc")
    top = tmp_path_factory.mktemp("elf")
    (top / "a.c").write_text(SOURCE)
    (top / "note.s").write_text(NOTE)
    (top / "main.c").write_text("int main(void) { return 0; }")
    for output, *words in (
        (
            "gnu.so",
            "-shared",
            "-Wl,--hash-style=gnu",
            "-Wl,-soname,libx.so.1",
            "-Wl,--default-symver",
            "a.c",
        ),
        ("sysv.so", "-shared", "-Wl,--hash-style=sysv", "a.c", "note.s"),
        ("object.o", "-c", "a.c"),
        ("pie", "-pie", "-fPIE", "main.c"),
        ("static", "-static", "-nostdlib", "-Wl,-e,main", "main.c"),
        ("static-pie", "-static-pie", "-nostdlib", "-fPIE", "-Wl,-e,main", "main.c"),
    ):
        subprocess.run(["cc", "-fPIC", "-o", output, *words], cwd=top, check=True)
    subprocess.run(["objcopy", "--only-keep-debug", "gnu.so", "gnu.debug"], cwd=top, check=True)
    return top

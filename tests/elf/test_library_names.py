"""The names of libraries in the data of objects, beside binutils, and beside a loader at work."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from find_libdeps.elf import library_names
from find_libdeps.elf.library_names import LibraryNames, read_library_names
from programs import need

DECLARED = "extern void *dlopen(const char *, int);\n"
OPENS = f"""{DECLARED}void *load(int n)
{{
    static const char *const names[] = {{ NAMES }};
    return dlopen(names[n], 1);
}}
"""
RUST = DECLARED + (
    'const char text[] = "IS_BINDINGlibvulkan.so.1Cannot loadlibEGL.so.1libEGL.socalled";\n'
    "void *load(int n) { return dlopen(text + n, 1); }\n"
)
PROGRAM = f"""{DECLARED}int main(int count, char **words)
{{
    (void)words;
    dlopen("libnowhere_a.so.1", 1);
    dlopen("libnowhere_b.so", 2);
    dlopen("/nowhere/libnowhere_c.so.2", 1);
    if (count > 1)
        dlopen("libnowhere_d.so.3", 1);
    return 0;
}}
"""


def compiled(directory: Path, source: str, *words: str) -> Path:
    """An object of a source in C, made by the compiler of this machine."""
    need("cc", "readelf", "strings")
    (directory / "a.c").write_text(source)
    path = directory / "object"
    command = [
        "cc",
        "-O1",
        *(words or ("-shared", "-fPIC")),
        "-o",
        str(path),
        str(directory / "a.c"),
    ]
    subprocess.run(command, check=True)
    return path


def found(path: Path) -> LibraryNames:
    """What the data of an object names."""
    with path.open("rb") as stream:
        return read_library_names(stream)


def names(path: Path) -> list[str]:
    """The names, sorted."""
    assert not found(path).unsearched
    return sorted(found(path).names)


def opening(*texts: str) -> str:
    """A source that may open each of some texts."""
    return OPENS.replace("NAMES", ", ".join(f'"{text}"' for text in texts))


def strings_of(path: Path) -> set[str]:
    """What binutils takes for strings in the read-only data."""
    dump = subprocess.run(
        ["readelf", "-p", ".rodata", str(path)], check=True, capture_output=True, text=True
    )
    return set(re.findall(r"^ +\[ *[0-9a-f]+\]  (.*)$", dump.stdout, re.MULTILINE))


def test_whole_strings_are_names(tmp_path: Path) -> None:
    """As binutils shows them; other strings are none, nor are names that are put together."""
    texts = ["libpulse.so.0", "libpulse.so", "libstdc++.so.6", "libQt6-x_1.so.1.2.3"]
    others = ["lib%s.so.1", "no.so", "libfoo.sock", "lib.so", "cannot load libgone.so", "libfoo"]
    path = compiled(tmp_path, opening(*texts, *others))
    assert names(path) == sorted(texts)
    assert set(names(path)) <= strings_of(path)


def test_a_path_ends_with_a_name(tmp_path: Path) -> None:
    """Linkers store a name as the end of a path that is stored, too: only that is a string then."""
    path = compiled(tmp_path, opening("/usr/lib/libGL.so.1", "libGL.so.1", "/opt/libsdk.so"))
    assert names(path) == ["libGL.so.1"]
    assert "libGL.so.1" not in strings_of(path)


def test_strings_without_an_end(tmp_path: Path) -> None:
    """Those of Rust stand one behind the other, as winit's of X11: a name begins behind a `.so`."""
    assert names(compiled(tmp_path, RUST)) == ["libEGL.so.1", "libvulkan.so.1"]
    names_of_x11 = "libX11-xcb.soXSetEventQueueOwnerlibXcursor.so.1libxk.solibxk-x11.so.0"
    path = compiled(tmp_path, opening(names_of_x11, "libboost.solver.so.1"))
    assert names(path) == ["libXcursor.so.1", "libboost.solver.so.1", "libxk-x11.so.0"]


@pytest.mark.parametrize("style", ["gnu", "sysv", "both"])
def test_only_who_calls_dlopen_is_searched(tmp_path: Path, style: str) -> None:
    """By whichever hash table its symbols are looked up."""
    words = "-shared", "-fPIC", f"-Wl,--hash-style={style}"
    source = opening("libpulse.so.0")
    assert names(compiled(tmp_path, source, *words)) == ["libpulse.so.0"]
    assert names(compiled(tmp_path, source.replace("dlopen", "dlopen2"), *words)) == []
    defined = f"{source.replace('extern', '')}void *dlopen(const char *a, int b) {{ return 0; }}"
    assert names(compiled(tmp_path, defined, *words)) == []


def test_without_section_headers(tmp_path: Path) -> None:
    """The segments that nobody can write to have the data, also if they have the code, too."""
    for layout in ("separate-code", "noseparate-code"):
        path = compiled(tmp_path, opening("libpulse.so.0"), "-shared", "-fPIC", f"-Wl,-z,{layout}")
        data = bytearray(path.read_bytes())
        assert data[4] == 2, "64 bits"
        data[0x28:0x30], data[0x3C:0x40] = bytes(8), bytes(4)  # e_shoff; e_shnum, e_shstrndx
        path.write_bytes(data)
        assert strings_of(path) == set()
        # its tables are in these segments, too: what it needs is left out by who asks
        assert names(path) == ["libc.so.6", "libpulse.so.0"]


def test_what_is_not_searched_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more data than the bound, the beginning is searched, and the rest is counted."""
    fields, values = "char a[16], big[3000000], b[16]", '"libfirst.so.1", "", "liblast.so.1"'
    big = f"const struct {{ {fields}; }} data = {{ {values} }};\n"
    path = compiled(tmp_path, opening("x").replace(DECLARED, DECLARED + big))
    assert names(path) == ["libfirst.so.1", "liblast.so.1"]
    monkeypatch.setattr(library_names, "MAX_SEARCHED", 2_000_000)
    told = found(path)
    assert told.names == ("libfirst.so.1",)
    assert 1_000_000 < told.unsearched < 1_100_000
    monkeypatch.setattr(library_names, "MAX_SEARCHED", 1 << 27)
    monkeypatch.setattr(library_names, "MAX_NAMES", 1)
    assert found(path).unsearched


def test_names_at_the_edges_of_what_is_read_at_once(tmp_path: Path) -> None:
    """Each name is found once and whole, wherever it stands."""
    texts = [f"lib{number:04}-{'x' * 40}.so.{number}" for number in range(1000)]
    path = compiled(tmp_path, opening(*texts))
    whole = found(path)
    assert sorted(whole.names) == sorted(texts)
    before = library_names._CHUNK
    try:
        for size in (200, 1000, 4093):
            library_names._CHUNK = size
            assert found(path).names == whole.names
    finally:
        library_names._CHUNK = before


def test_a_loader_is_asked_for_what_is_found(tmp_path: Path) -> None:
    """ld.so says which names it was asked for: all that are loaded are found, and others may be."""
    path = compiled(tmp_path, PROGRAM, "-fPIE", "-pie")
    environment = {**os.environ, "LD_DEBUG": "libs"}
    asked = set[str]()
    for words in ([], ["all"]):
        done = subprocess.run(
            [str(path), *words], env=environment, capture_output=True, text=True, check=True
        )
        asked |= set(re.findall(r"find library=(libnowhere\S+) ", done.stderr))
        assert asked <= set(names(path))
    assert names(path) == sorted({*asked, "libnowhere_c.so.2"}), "a path is opened, not looked for"

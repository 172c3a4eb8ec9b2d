"""Reading ELF files: readelf is the judge, and no input raises anything but an ElfError."""

from __future__ import annotations

import io
import re
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.enums import ENUM_E_MACHINE
from elftools.elf.gnuversions import GNUVerDefSection, GNUVerNeedSection
from elftools.elf.segments import InterpSegment
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import EXAMPLES
from find_libdeps.elf.objects import ElfObject, Tag, Versions
from find_libdeps.elf.reader import MAGIC, defines, read_object, read_versions
from find_libdeps.elf.sonames import Soname
from find_libdeps.errors import ElfError
from programs import need

SOURCE = """
int PyInit_module(void) { return 0; }
static int PyInit_hidden(void) { return 0; }
extern int PyInit_elsewhere(void);
int call(void) { return PyInit_hidden() + PyInit_elsewhere(); }
"""


def read(path: Path) -> ElfObject:
    """The object in a file."""
    with path.open("rb") as stream:
        return read_object(stream)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with small objects of many kinds, from one source."""
    need("cc")
    top = tmp_path_factory.mktemp("elf")
    (top / "a.c").write_text(SOURCE)
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
        ("sysv.so", "-shared", "-Wl,--hash-style=sysv", "a.c"),
        ("object.o", "-c", "a.c"),
        ("pie", "-pie", "-fPIE", "main.c"),
        ("static", "-static", "-nostdlib", "-Wl,-e,main", "main.c"),
        ("static-pie", "-static-pie", "-nostdlib", "-fPIE", "-Wl,-e,main", "main.c"),
    ):
        subprocess.run(["cc", "-fPIC", "-o", output, *words], cwd=top, check=True)
    subprocess.run(["objcopy", "--only-keep-debug", "gnu.so", "gnu.debug"], cwd=top, check=True)
    return top


def told_by_readelf(path: Path) -> tuple[object, ...]:
    """The same facts, in the words of readelf."""
    done = subprocess.run(
        ["readelf", "-hldW", str(path)], capture_output=True, text=True, check=False
    )
    text = done.stdout
    names = {t.name: re.findall(rf"\({t.name}\).*\[(.*)\]", text) for t in Tag}
    one = {
        tag: (re.findall(rf"\({tag}\).*\[(.*)\]", text) or [None])[-1]
        for tag in ("SONAME", "RPATH", "RUNPATH")
    }
    interpreter = re.search(r"program interpreter: (.*)\]", text)
    flags = re.search(r"\(FLAGS_1\)\s+Flags: (.*)", text)
    kind = re.search(r"Type:\s+(\w+)", text)
    return (
        f"ET_{kind[1]}" if kind else None,
        names["NEEDED"],
        names["FILTER"],
        one,
        interpreter[1] if interpreter else None,
        "NODEFLIB" in flags[1].split() if flags else False,
        "PIE" in flags[1].split() if flags else False,
    )


def told_by_us(elf: ElfObject) -> tuple[object, ...]:
    """Our facts in the same order."""
    return (
        elf.elf_type,
        [d.soname for d in elf.dependencies if d.tag is Tag.NEEDED],
        [d.soname for d in elf.dependencies if d.tag is Tag.FILTER],
        {"SONAME": elf.soname, "RPATH": elf.rpath, "RUNPATH": elf.runpath},
        elf.interpreter,
        elf.no_default_directories,
        elf.is_pie,
    )


def test_facts_are_those_of_readelf(compiled: Path) -> None:
    """What readelf prints of objects of every kind, and of this machine's own, is what we read."""
    need("readelf")
    candidates = sorted(compiled.iterdir()) + sorted(Path("/usr/bin").iterdir())[::7]
    judged = 0
    for path in candidates:
        if path.suffix == ".debug" or not path.is_file():
            continue
        with path.open("rb") as stream:
            if stream.read(4) != MAGIC:
                continue
        assert told_by_us(read(path)) == told_by_readelf(path), path
        judged += 1
    assert judged > 20


def test_kinds_that_are_no_libraries_say_why(compiled: Path) -> None:
    """Static programs, relocatable objects and debug files have no needs, and raise nothing."""
    refusals = {
        path.name: read(path).refusal for path in sorted(compiled.iterdir()) if path.suffix != ".c"
    }
    assert refusals == {
        "gnu.debug": "object file has no dynamic section",
        "gnu.so": None,
        "object.o": "only ET_DYN and ET_EXEC can be loaded",
        "pie": "cannot dynamically load position-independent executable",
        "static": "cannot dynamically load executable",
        "static-pie": "cannot dynamically load position-independent executable",
        "sysv.so": None,
    }


@pytest.mark.parametrize("name", ["gnu.so", "sysv.so"])
def test_symbol_is_defined_only_if_others_can_see_it(compiled: Path, name: str) -> None:
    """A dynamic symbol is found by either hash table; static and undefined ones are not."""
    with (compiled / name).open("rb") as stream:
        told = {
            symbol: defines(stream, f"PyInit_{symbol}")
            for symbol in ("module", "hidden", "elsewhere", "unheard_of")
        }
    assert told == {"module": True, "hidden": False, "elsewhere": False, "unheard_of": False}


def told_by_sections(path: Path) -> Versions:
    """The versions of a file by its section headers, as pyelftools reads them."""
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        asked = elf.get_section_by_name(".gnu.version_r")
        own = elf.get_section_by_name(".gnu.version_d")
        return Versions(
            tuple(
                (
                    Soname(library.name or ""),
                    tuple(v.name for v in versions if not v["vna_flags"] & 2),
                )
                for library, versions in asked.iter_versions()
            )
            if isinstance(asked, GNUVerNeedSection)
            else (),
            frozenset(next(names).name for _, names in own.iter_versions())
            if isinstance(own, GNUVerDefSection)
            else None,
        )


@pytest.mark.thorough
def test_versions_are_those_in_the_sections() -> None:
    """The versions found by the dynamic table are those that the section headers lead to."""
    judged = 0
    for path in sorted(Path("/usr/lib").glob("*-linux-gnu*/*.so.*")):
        with path.open("rb") as stream:
            if stream.read(4) != MAGIC:
                continue
            assert read_versions(stream) == told_by_sections(path), path
        judged += 1
    assert judged > 20


def told_by_pyelftools(path: Path) -> tuple[object, ...]:
    """The facts of an object, read by pyelftools."""
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        dynamic = next((s for s in elf.iter_segments() if isinstance(s, DynamicSegment)), None)
        tags = list(dynamic.iter_tags()) if dynamic else []
        interpreter = next((s for s in elf.iter_segments() if isinstance(s, InterpSegment)), None)
        return (
            (elf.elfclass, elf.little_endian, elf["e_machine"]),
            elf["e_type"],
            [vars(tag)["needed"] for tag in tags if tag.entry.d_tag == "DT_NEEDED"],
            *(
                next((getattr(t, n) for t in tags if t.entry.d_tag == f"DT_{n.upper()}"), None)
                for n in ("soname", "rpath", "runpath")
            ),
            bool(dynamic),
            interpreter.get_interp_name() if interpreter else None,
        )


@pytest.mark.thorough
def test_facts_are_those_of_pyelftools() -> None:
    """Every object of this machine's library directories, and of this virtualenv."""
    judged = 0
    for top in ("/usr/lib", "/usr/bin", sys.prefix):
        for path in sorted(Path(top).rglob("*")):
            if path.is_symlink() or not path.is_file() or "debug" in path.parts:
                continue  # what is only for debuggers has a table without content
            with path.open("rb") as stream:
                if stream.read(4) != MAGIC:
                    continue
            elf = read(path)
            ours = (
                (elf.abi.bits, elf.abi.little_endian, elf.abi.machine),
                elf.elf_type,
                [d.soname for d in elf.dependencies if d.tag is Tag.NEEDED],
                *(elf.soname, elf.rpath, elf.runpath, elf.is_dynamic, elf.interpreter),
            )
            if elf.is_image:
                assert ours == told_by_pyelftools(path), path
                judged += 1
    assert judged > 100


def test_machines_are_called_as_in_pyelftools() -> None:
    """Those that we name ourselves, and the others."""
    for name, number in ENUM_E_MACHINE.items():
        if name.startswith("EM_"):
            header = MAGIC + bytes([2, 1, 1, 0]).ljust(12, b"\0") + struct.pack("<2H44x", 1, number)
            assert ENUM_E_MACHINE[read_object(io.BytesIO(header)).abi.machine] == number


def test_weak_version_is_not_needed(compiled: Path) -> None:
    """The loader only wonders at a weak version that is not there (VER_FLG_WEAK)."""
    program = compiled / "pie"
    with program.open("rb") as stream:
        section = ELFFile(stream).get_section_by_name(".gnu.version_r")
        assert section is not None
        first_flags = section["sh_offset"] + 16 + 4
    (_, versions), *_ = told_by_sections(program).needed
    content = bytearray(program.read_bytes())
    content[first_flags] = 2
    (_, without), *_ = read_versions(io.BytesIO(content)).needed
    assert without == versions[1:]


OPERATIONS = [read_object, lambda stream: defines(stream, "PyInit_module"), read_versions]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_truncation_is_an_object_or_an_elf_error(compiled: Path, operation: object) -> None:
    """A file cut anywhere is refused, or read as far as the loader would read it."""
    whole = (compiled / "gnu.so").read_bytes()
    assert callable(operation)
    for size in range(len(whole)):
        with suppress(ElfError):
            operation(io.BytesIO(whole[:size]))


@settings(max_examples=20 * EXAMPLES)
@given(data=st.data())
def test_every_damage_is_an_object_or_an_elf_error(compiled: Path, data: st.DataObject) -> None:
    """Whatever stands in the headers and tables, nothing but an ElfError comes out."""
    whole = bytearray((compiled / "gnu.so").read_bytes())
    interesting = st.one_of(
        st.integers(0, 0x400), st.integers(0x1000, len(whole) - 8), st.integers(0, len(whole) - 8)
    )
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(interesting)
        value = data.draw(st.sampled_from([b"\0", b"\xff", b"\x7f", b"\x01", b"\x80"]))
        width = data.draw(st.sampled_from([1, 2, 4, 8]))
        whole[at : at + width] = value * width
    for operation in OPERATIONS:
        assert callable(operation)
        with suppress(ElfError):
            operation(io.BytesIO(bytes(whole)))

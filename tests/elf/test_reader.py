"""Reading ELF files: readelf is the judge, and the section headers are."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerDefSection, GNUVerNeedSection

from find_libdeps.elf.bounds import MAX_STRINGS
from find_libdeps.elf.objects import MAGIC, ElfObject, Tag, Versions
from find_libdeps.elf.reader import read_object
from find_libdeps.elf.sonames import Soname
from find_libdeps.elf.symbols import defines, read_versions
from programs import need


def read(path: Path) -> ElfObject:
    """The object in a file."""
    with path.open("rb") as stream:
        return read_object(stream)


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
        path.name: read(path).refusal
        for path in sorted(compiled.iterdir())
        if path.suffix not in (".c", ".s")
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


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("style", ["gnu", "sysv"])
def test_symbol_is_found_among_many(tmp_path: Path, style: str) -> None:
    """A library may define more symbols than names are taken from one file."""
    source, output = tmp_path / "many.c", tmp_path / "many.so"
    source.write_text("".join(f"int f{number};" for number in range(MAX_STRINGS + 1000)))
    command = ["cc", "-shared", f"-Wl,--hash-style={style}", "-o", str(output), str(source)]
    subprocess.run(command, check=True)
    with output.open("rb") as stream:
        assert defines(stream, f"f{MAX_STRINGS + 999}")
        assert not defines(stream, f"f{MAX_STRINGS + 1000}")


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

"""Two readers, one answer: what `struct` unpacks and what pyelftools reads is the same.

The fixtures of scans, audits and the loader's rules run with both readers as well, in
`tests/scan/test_scan.py` and `tests/elf/test_loader.py`.
"""

from __future__ import annotations

import io
import re
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from elftools.elf.enums import ENUM_E_MACHINE
from hypothesis import given, settings
from hypothesis import strategies as st

import fuzz_elf
from examples import EXAMPLES
from find_libdeps.elf.bounds import MAX_NOTES_SIZE
from find_libdeps.elf.objects import MAGIC, DlopenNote
from find_libdeps.elf.readers import Reader, readings_by
from find_libdeps.elf.sonames import Soname
from find_libdeps.errors import ElfError, ImageError

Operations = tuple[Callable[[io.BytesIO], object], ...]
OURS, THEIRS = (fuzz_elf.operations(reader) for reader in Reader)


def both(data: bytes) -> tuple[list[object], list[object]]:
    """What comes out of one object by either reader: facts, or the causes of a refusal."""
    ours = [fuzz_elf.outcome(operation, data) for operation in OURS]
    return ours, [fuzz_elf.outcome(operation, data) for operation in THEIRS]


def objects_of_this_machine() -> Iterator[Path]:
    """All of its libraries and programs, and those of this virtualenv."""
    for top in ("/usr/lib", "/usr/bin", sys.prefix):
        for path in sorted(Path(top).rglob("*")):
            if not path.is_symlink() and path.is_file():
                with path.open("rb") as stream:
                    if stream.read(4) == MAGIC:
                        yield path


@pytest.mark.thorough
def test_every_object_of_this_machine_is_read_alike() -> None:
    """The facts of each; of every fourth its versions, and whether it defines some symbol, too.

    Objects of other systems, which both refuse, are some machines' test programs (arch-test).
    """
    (ours, our_versions, our_symbols), (theirs, their_versions, their_symbols) = map(
        readings_by, Reader
    )
    judged = 0
    for path in objects_of_this_machine():
        with path.open("rb") as stream:
            try:
                facts = ours(stream)
            except ElfError as refusal:
                with pytest.raises(ElfError, match=re.escape(str(refusal))):
                    theirs(stream)
                continue
            assert facts == theirs(stream), path
            if judged % 4 == 0:
                assert our_versions(stream) == their_versions(stream), path
                assert our_symbols(stream, "main") == their_symbols(stream, "main"), path
        judged += 1
    assert judged > 100


def test_objects_of_every_kind_are_read_alike(compiled: Path) -> None:
    """Libraries, programs, relocatable objects and files of debug information."""
    for path in sorted(compiled.iterdir()):
        ours, theirs = both(path.read_bytes())
        assert ours == theirs, path


@pytest.mark.parametrize("reader", Reader)
def test_notes_are_read(compiled: Path, reader: Reader) -> None:
    """A library that loads another by itself says so in a note."""
    with (compiled / "sysv.so").open("rb") as stream:
        notes = readings_by(reader).read_object(stream).notes
    assert notes == (DlopenNote((Soname("libz.so.1"),), "suggested", "gzip"),)


def test_machines_and_types_are_called_as_in_pyelftools() -> None:
    """Machines that we name ourselves, those that we don't, and one that nobody knows."""
    machines = {n for name, n in ENUM_E_MACHINE.items() if name.startswith("EM_")} | {0xFEED}
    numbers = [(1, machine) for machine in machines]
    numbers += [(kind, 62) for kind in (0, 1, 4, 5, 0xFE00, 0xFF00, 0xFFFF)]
    for kind, machine in numbers:
        ident = MAGIC + bytes([2, 1, 1, 0]).ljust(12, b"\0")
        ours, theirs = both(ident + struct.pack("<2H44x", kind, machine))
        assert ours == theirs


def test_every_truncation_is_read_or_refused_alike(compiled: Path) -> None:
    """A file cut anywhere is refused, or read as far as the loader would read it."""
    whole = (compiled / "gnu.so").read_bytes()
    for size in range(len(whole)):
        if size < 512 or not size % 64:
            ours, theirs = both(whole[:size])
            assert ours == theirs, size
        else:
            for operation in OURS:
                fuzz_elf.outcome(operation, whole[:size])


@settings(max_examples=5 * EXAMPLES)
@given(data=st.data())
def test_every_damage_is_read_or_refused_alike(compiled: Path, data: st.DataObject) -> None:
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
    ours, theirs = both(bytes(whole))
    assert ours == theirs


@pytest.mark.thorough
def test_hostile_objects_are_read_or_refused_alike() -> None:
    """Objects made by hand, which promise more than any loader takes or lead in circles."""
    for number, data in enumerate(fuzz_elf.crafted()):
        ours, theirs = both(data)
        assert ours == theirs, number


def assembled(data: bytes, *segments: tuple[int, int, int, int]) -> bytes:
    """An object whose program headers (type, offset, address, size) are followed by some data."""
    ident = MAGIC + bytes((2, 1, 1)) + bytes(9)
    rest = struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, len(segments), 0, 0, 0)
    headers = (
        struct.pack("<IIQQQQQQ", kind, 4, offset, address, 0, size, size, 8)
        for kind, offset, address, size in segments
    )
    return ident + rest + b"".join(headers) + data


LOAD, DYNAMIC, NOTE_SEGMENT = 1, 2, 4
STRTAB, SYMTAB, SONAME, VERNEED = 5, 6, 14, 0x6FFFFFFE


@pytest.mark.parametrize("operations", [OURS, THEIRS])
def test_more_versions_than_any_file_has_are_refused(operations: Operations) -> None:
    """A library that asks for 5,000 versions of another."""
    start = 64 + 2 * 56
    tables = start + 32
    need, detail = struct.pack("<2H3I", 1, 1, 0, 16, 0), struct.pack("<I2H2I", 0, 2, 0, 0, 16)
    tags = struct.pack("<4Q", STRTAB, tables, VERNEED, tables)
    data = tags + need + detail * 5000
    object_ = assembled(data, (LOAD, 0, 0, start + len(data)), (DYNAMIC, start, 0, len(tags)))
    told = fuzz_elf.outcome(operations[1], object_)
    assert told == "refused: more than 4096 symbol versions"


@pytest.mark.parametrize("operations", [OURS, THEIRS])
def test_notes_beyond_the_bound_are_passed_over(operations: Operations) -> None:
    """A note is read as long as all notes before it leave room for it."""
    text = b'[{"soname": ["libz.so.1"]}]\0'
    note = struct.pack("<3I4s", 4, len(text), 0x407C0C0A, b"FDO\0") + text
    start = 64 + 2 * 56
    told = []
    for size in (MAX_NOTES_SIZE - len(note), MAX_NOTES_SIZE - len(note) + 1):
        first, second = (NOTE_SEGMENT, start, 0, size), (NOTE_SEGMENT, start + size, 0, len(note))
        told.append(fuzz_elf.outcome(operations[0], assembled(bytes(size) + note, first, second)))
    assert [getattr(each, "notes", None) for each in told] == [
        (DlopenNote((Soname("libz.so.1"),)),),
        (),
    ]


@pytest.mark.parametrize("operations", [OURS, THEIRS])
def test_nothing_is_mapped_before_the_file(operations: Operations) -> None:
    """The page of a segment begins where the file's first byte would stand behind its start."""
    start = 64 + 2 * 56
    tags = struct.pack("<4Q", STRTAB, 0x1000, SONAME, 0)
    told = fuzz_elf.outcome(
        operations[0],
        assembled(tags, (LOAD, 16, 0x1200, 64), (DYNAMIC, start, 0, len(tags))),
    )
    assert told == "refused: nothing is mapped at address 0x1000"


@pytest.mark.parametrize("operations", [OURS, THEIRS])
def test_the_later_of_two_segments_covers_the_earlier(operations: Operations) -> None:
    """Where two segments claim an address, the one that is mapped last has it."""
    start = 64 + 3 * 56
    tags = struct.pack("<4Q", STRTAB, 0x1000, SONAME, 0)
    data = tags + b"early\0" + b"later\0"
    early, later = start + len(tags), start + len(tags) + 6
    object_ = assembled(
        data,
        (LOAD, early, 0x1000, 6),
        (LOAD, later, 0x1000, 6),
        (DYNAMIC, start, 0, len(tags)),
    )
    assert getattr(fuzz_elf.outcome(operations[0], object_), "soname", None) == "later"


def test_damaged_objects_of_many_kinds_are_read_or_refused_alike(compiled: Path) -> None:
    """The first inputs of the fuzzer: both byte orders, 32 bits, programs and libraries."""
    seeds = fuzz_elf.seeds_with([])
    for number, data in enumerate(fuzz_elf.damaged_inputs(seeds, 0, 500)):
        ours, theirs = both(data)
        assert ours == theirs, number


@pytest.mark.parametrize("reader", Reader)
@pytest.mark.parametrize("operation", range(len(OURS)))
def test_a_torn_archive_is_no_damaged_object(reader: Reader, operation: int) -> None:
    """What the stream says is said on: that an archive ends early, for instance."""

    class Torn(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ImageError("read", "root.tar", "it is truncated")

    with pytest.raises(ImageError):
        fuzz_elf.operations(reader)[operation](Torn())


def test_whatever_pyelftools_raises_is_an_elf_error() -> None:
    """Also an error that neither of us foresaw."""

    class Odd(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise AssertionError("odd")

    with pytest.raises(ElfError, match="pyelftools fails: AssertionError: odd"):
        readings_by(Reader.PYELFTOOLS).read_object(Odd())


def test_pyelftools_is_imported_only_where_it_is_asked_for() -> None:
    """Importing it takes longer than reading a hundred files."""
    program = """
import sys
from find_libdeps import Reader, scan_paths
scan_paths([sys.executable])
before = "elftools" in sys.modules
scan_paths([sys.executable], reader=Reader.PYELFTOOLS)
print(before, "elftools" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False True\n"

"""Feeds damaged ELF files to both readers, for as many inputs as are wanted.

Usage: fuzz_elf.py COUNT [FILE...]     (python tests/tools/fuzz_elf.py 200000)

Whatever comes in, an object or one ElfError has to come out, the same from both readers: of the
everyday one within a second, of pyelftools within ten, and within 50 MB. An input that breaks this
is written to the working directory, and the run ends with status 1. A run repeats with the same
files and COUNT: there is no other source of chance than the number of the input.
"""

from __future__ import annotations

import io
import random
import resource
import signal
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from subprocess import run
from time import perf_counter

from find_libdeps.elf.objects import MAGIC
from find_libdeps.elf.readers import Reader, readings_by
from find_libdeps.errors import ElfError

SECONDS = {Reader.STRUCT: 1.0, Reader.PYELFTOOLS: 10.0}
MEMORY = 50 << 20
LARGEST = 1 << 20
"""Files of more bytes are no seeds: copying them would be all of the time."""

SOURCE = """
int PyInit_module(void) { return 0; }
extern int elsewhere(void);
int call(void) { return elsewhere(); }
"""
KINDS = (
    "-shared -Wl,-soname,libx.so.1 -Wl,--default-symver -Wl,-rpath,$ORIGIN",
    "-shared -Wl,--hash-style=sysv",
    "-shared -m32 -nostdlib",
    "-shared -mx32 -nostdlib",
    "-c",
    "-static-pie -nostdlib -Wl,-e,call -Wl,--unresolved-symbols=ignore-all",
    "-no-pie -nostdlib -Wl,-e,call -Wl,--unresolved-symbols=ignore-all",
)
NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 63, (1 << 64) - 1)


def compiled(folder: Path) -> Iterator[bytes]:
    """Small objects of every kind that the compiler makes here, and one without its content."""
    (folder / "a.c").write_text(SOURCE)
    for number, words in enumerate(KINDS):
        output = folder / f"object{number}"
        command = ["cc", "-fPIC", "a.c", "-o", str(output), *words.split()]
        if run(command, cwd=folder, capture_output=True).returncode == 0:
            yield output.read_bytes()
            run(["objcopy", "--only-keep-debug", output, f"{output}.debug"], check=True)
            yield Path(f"{output}.debug").read_bytes()


def big_endian(seed: bytes) -> bytes:
    """A 64-bit object with its header, program headers and dynamic table in the other order."""
    data = bytearray(seed)
    data[5] = 2
    header = struct.unpack_from("<HHIQQQIHHHHHH", seed, 16)
    struct.pack_into(">HHIQQQIHHHHHH", data, 16, *header)
    for number in range(header[9]):
        at = header[4] + number * 56
        segment = struct.unpack_from("<IIQQQQQQ", seed, at)
        struct.pack_into(">IIQQQQQQ", data, at, *segment)
        if segment[0] == 2 and segment[2] + segment[5] <= len(seed):
            count = segment[5] // 8
            words = struct.unpack_from(f"<{count}Q", seed, segment[2])
            struct.pack_into(f">{count}Q", data, segment[2], *words)
    return bytes(data)


def damaged(seed: bytes, random_: random.Random) -> bytes:
    """One input: bytes overwritten where it matters, or cut, or grown."""
    data = bytearray(seed)
    header = random_.random() < 0.5
    for _ in range(random_.randint(1, 6)):
        end = min(len(data), 0x400) if header else len(data)
        width = random_.choice((1, 2, 4, 8))
        at = random_.randrange(0, max(end - width, 1))
        at -= at % width if random_.random() < 0.8 else 0
        match random_.randrange(4):
            case 0:
                value = random_.choice(NUMBERS) & ((1 << 8 * width) - 1)
                data[at : at + width] = value.to_bytes(width, "little")
            case 1:
                data[at] ^= 1 << random_.randrange(8)
            case 2:
                other = random_.randrange(0, max(len(data) - width, 1))
                data[at : at + width] = data[other : other + width]
            case 3:
                data[at : at + width] = random_.randbytes(width)
    if random_.random() < 0.1:
        del data[random_.randrange(len(data)) :]
    return bytes(data)


def crafted() -> Iterator[bytes]:
    """Objects that promise more than any loader would take: made by hand, not by chance."""
    for count in (65_000, 1_000_000):
        table = struct.pack("<QQ", 5, 0) + struct.pack("<QQ", 1, 1) * count
        size, start = len(table), 64 + 2 * 56
        for kinds in ((1, 2), (2, 1)):
            segments = b"".join(
                struct.pack("<IIQQQQQQ", kind, 4, start if kind == 2 else 0, 0, 0, size, size, 8)
                for kind in kinds
            )
            yield _header(2) + segments + table
    for sizes in ((0, 0), (1 << 63, 1 << 63), (0, 1 << 20), (1 << 20, 0)):
        loads = (struct.pack("<IIQQQQQQ", 1, 4, 0, at, 0, s, s, 8) for at, s in enumerate(sizes))
        table = struct.pack("<12Q", 5, 0, 10, 1 << 63, 1, 1, 14, (1 << 64) - 1, 1, 0, 0, 0)
        dynamic = struct.pack("<IIQQQQQQ", 2, 4, 232, 0, 0, 96, 96, 8)
        yield _header(3) + b"".join(loads) + dynamic + table
    for count in (0xFFFF, 4096):
        yield _header(count) + bytes(56) * min(count, 5000)
    loop = struct.pack("<QQQQ", 0x6FFFFFFE, 0, 0x6FFFFFFC, 0)
    load = struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, 1 << 20, 1 << 20, 8)
    yield _header(2) + load + struct.pack("<IIQQQQQQ", 2, 4, 176, 0, 0, 32, 32, 8) + loop
    yield from _mazes()


def _mazes() -> Iterator[bytes]:
    """Small objects with tables that lead through the same entries again and again."""
    start, count = 64 + 2 * 56 + 64, 5000
    needs = b"".join(  # each library asks for all of the same versions
        struct.pack("<2H3I", 1, 1, 0, 16 * (count - number), 16) for number in range(count)
    )
    versions = struct.pack("<I2H2I", 0, 2, 0, 0, 16) * count
    yield _mapped(struct.pack("<8Q", 5, start, 6, start, 0x6FFFFFFE, start, 0, 0), needs + versions)
    chain = struct.pack("<5I", 1, 1, 0, 0, 1) + bytes(1 << 20)  # none of its links is the last
    yield _mapped(struct.pack("<8Q", 5, start, 6, start, 0x6FFFFEF5, start, 0, 0), chain)
    old = struct.pack("<4I", 1, 2, 1, 1) + struct.pack("<I", 1)  # a chain that bites its tail
    yield _mapped(struct.pack("<8Q", 5, start, 6, start, 4, start, 0, 0), old)
    note, segments = struct.pack("<3I4s", 4, 0, 0x407C0C0A, b"FDO\0"), 4000
    size = len(note) << 14
    head = struct.pack("<IIQQQQQQ", 4, 4, 64 + segments * 56, 0, 0, size, size, 4)
    yield _header(segments) + head * segments + note * (1 << 14)


def _mapped(dynamic: bytes, tables: bytes) -> bytes:
    """An object that maps all of itself, with a dynamic table and what that leads to."""
    size = 64 + 2 * 56 + len(dynamic) + len(tables)
    load = struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, size, size, 4096)
    table = struct.pack("<IIQQQQQQ", 2, 4, 176, 176, 0, len(dynamic), len(dynamic), 8)
    return _header(2) + load + table + dynamic + tables


def _header(segments: int) -> bytes:
    ident = MAGIC + bytes((2, 1, 1)) + bytes(9)
    return ident + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, segments, 0, 0, 0)


def inputs(seeds: Sequence[bytes], count: int) -> Iterator[bytes]:
    """`count` inputs; first what is crafted, and the smallest object cut at every byte."""
    made = 0
    smallest = min(seeds, key=len)
    for each in (*crafted(), *(smallest[:size] for size in range(len(smallest)))):
        yield each
        made += 1
    yield from damaged_inputs(seeds, made, count)


def damaged_inputs(seeds: Sequence[bytes], start: int, end: int) -> Iterator[bytes]:
    """The inputs of these numbers, each made by chance from its number alone."""
    for number in range(start, end):
        random_ = random.Random(number)  # noqa: S311
        yield damaged(random_.choice(seeds), random_)


def operations(reader: Reader) -> tuple[Callable[[io.BytesIO], object], ...]:
    """All that a reader can be asked for."""
    readings = readings_by(reader)
    return (
        readings.read_object,
        readings.read_versions,
        lambda stream: readings.defines(stream, "PyInit_module"),
    )


def outcome(operation: Callable[[io.BytesIO], object], data: bytes) -> object:
    """What comes out: a value, or the cause of a refusal."""
    try:
        return operation(io.BytesIO(data))
    except ElfError as error:
        return f"refused: {error.cause}"


class TooSlow(BaseException):
    """An operation takes longer than it may; no reader can take it for damage of the file."""


def _too_slow(*_: object) -> None:
    raise TooSlow


def limit(more: int | None) -> None:
    """Let this process have so many bytes more than it has; None: as many as it wants."""
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = resource.RLIM_INFINITY if more is None else in_use + more
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def limited(reader: Reader, operation: Callable[[io.BytesIO], object], data: bytes) -> object:
    """What comes out of an operation, within the limits of its reader."""
    limit(MEMORY + 2 * len(data))
    signal.setitimer(signal.ITIMER_REAL, SECONDS[reader])
    try:
        return outcome(operation, data)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        limit(None)


def seeds_with(files: Sequence[bytes]) -> list[bytes]:
    """What inputs are made from: small objects of every kind, and files."""
    with tempfile.TemporaryDirectory() as folder:
        seeds = [*compiled(Path(folder)), *files]
    seeds = [seed for seed in seeds if len(seed) <= LARGEST]
    seeds += [seed[:16] + bytes((4, 0)) + seed[18:] for seed in seeds[:1]]  # ET_CORE
    return seeds + [big_endian(seed) for seed in seeds if seed[4:6] == b"\x02\x01"]


def main(count: int, files: Sequence[str]) -> int:
    """Feed all inputs; tell how many there were, and how long the slowest took."""
    seeds = seeds_with([Path(file).read_bytes() for file in files])
    signal.signal(signal.SIGALRM, _too_slow)
    slowest, objects = dict.fromkeys(Reader, 0.0), 0
    readers = {reader: operations(reader) for reader in Reader}
    for number, data in enumerate(inputs(seeds, count)):
        for index in range(len(readers[Reader.STRUCT])):
            outcomes: list[object] = []
            for reader, possible in readers.items():
                started = perf_counter()
                try:
                    outcomes.append(limited(reader, possible[index], data))
                except BaseException as error:
                    outcomes.append(error)
                slowest[reader] = max(slowest[reader], perf_counter() - started)
            if outcomes[0] != outcomes[1] or isinstance(outcomes[0], BaseException):
                Path(f"broken-{number}").write_bytes(data)
                print(f"input {number}, operation {index}: {outcomes}")
                return 1
            objects += not str(outcomes[0]).startswith("refused: ")
    print(f"{number + 1} inputs from {len(seeds)} seeds, {objects} answers that are no error")
    print("the slowest took", ", ".join(f"{slowest[r]:.3f} s by {r.value}" for r in Reader))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))

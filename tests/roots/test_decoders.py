"""zstd and xz, part by part: the programs of these names are the judges."""

from __future__ import annotations

import io
import lzma
import os
import random
import subprocess
from collections.abc import Callable
from typing import Any, BinaryIO, cast

import pytest

from find_libdeps.roots import decoders
from find_libdeps.roots.decoders import MAX_ZSTD_WINDOW, DecodingError, xz, zstd
from programs import need

NOISE = random.Random(0).randbytes(600_000)  # noqa: S311
SKIPPED = bytes.fromhex("502a4d18 04000000 01020304 5f2a4d18 00000000")
"""Two skippable frames (RFC 8878, 3.1.2)."""


def by(*command: str, data: bytes = b"") -> bytes:
    """What a program makes of its stdin."""
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def frame(window: int, content: bytes = b"content") -> bytes:
    """A frame of one raw block, with a window of so many bytes (RFC 8878, 3.1.1.1.2)."""
    exponent = window.bit_length() - 1
    mantissa = (window - (1 << exponent)) >> (exponent - 3)
    header = (len(content) << 3 | 1).to_bytes(3, "little")
    return b"\x28\xb5\x2f\xfd\x00" + bytes([(exponent - 10) << 3 | mantissa]) + header + content


@pytest.fixture(params=["library", "program"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is run with the library, and with what takes its place in a zipapp."""
    need("zstd")
    if request.param == "library":
        monkeypatch.setenv("PATH", "/nowhere")
    else:
        without_library(monkeypatch)


def without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a zipapp, from which no compiled module can be imported."""

    def missing() -> Any:
        raise ImportError

    monkeypatch.setattr(decoders, "_zstd_library", missing)


def read(decoder: Callable[[BinaryIO], io.RawIOBase], data: bytes) -> bytes:
    """All that it makes of some bytes."""
    with decoder(cast(BinaryIO, io.BytesIO(data))) as source:
        return io.BufferedReader(source, 1 << 18).read()


ZSTD = {
    "empty": lambda: by("zstd", "-c"),
    "one frame": lambda: by("zstd", "-c", data=NOISE),
    "the best": lambda: by("zstd", "-c", "--ultra", "-22", data=NOISE),
    "several frames": lambda: b"".join(by("zstd", "-c", data=NOISE[i::3]) for i in range(3)),
    "skippable": lambda: SKIPPED + by("zstd", "-c", data=NOISE) + SKIPPED + frame(1 << 20),
    "pzstd": lambda: by("pzstd", "-c", "-p", "4", "-1", data=NOISE * 20),
    "long": lambda: by("zstd", "-c", "--long=27", data=NOISE * 2),
    "largest window": lambda: frame(1 << MAX_ZSTD_WINDOW),
}


@pytest.mark.parametrize("case", ZSTD)
def test_zstd_is_read_as_the_program_reads_it(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its frames are: by the library, and by what takes its place in a zipapp."""
    need("zstd", "pzstd")
    data = ZSTD[case]()
    expected = by("zstd", "-dc", data=data)
    assert read(zstd, data) == expected
    without_library(monkeypatch)
    assert read(zstd, data) == expected


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    "data",
    [
        frame((1 << MAX_ZSTD_WINDOW) + (1 << MAX_ZSTD_WINDOW - 3)),
        frame(1 << 20)[:4] + b"\xff" * 40,
        frame(1 << 20) + b"no frame",
    ],
    ids=["window", "header", "trailer"],
)
def test_zstd_that_is_refused(data: bytes) -> None:
    """A window that would take more memory than the program takes, and damage."""
    with pytest.raises(DecodingError):
        read(zstd, data)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("size", [3, 10, -1])
def test_zstd_that_is_truncated(size: int) -> None:
    """It is never a shorter file."""
    with pytest.raises((EOFError, DecodingError)):
        read(zstd, SKIPPED + frame(1 << 20)[:size])


def test_without_library_and_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what is missing."""
    without_library(monkeypatch)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(OSError, match="it needs the program zstd, which is not installed"):
        read(zstd, frame(1 << 20))


@pytest.mark.parametrize(("decoder", "part"), [(zstd, frame(1 << 10, b"x")), (xz, b"")])
def test_many_small_parts(
    decoder: Callable[[BinaryIO], io.RawIOBase], part: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work for a part grows with its size, and not with what follows it."""
    part = part or lzma.compress(b"x") + bytes(8)
    fed = 0

    class Counting:
        def __init__(self, decoder: Any) -> None:
            self._decoder = decoder

        def __getattr__(self, name: str) -> Any:
            return getattr(self._decoder, name)

        def decompress(self, data: bytes, size: int) -> bytes:
            nonlocal fed
            fed += len(data)
            return cast(bytes, self._decoder.decompress(data, size))

    parts = decoders._Parts
    monkeypatch.setattr(
        decoders,
        "_Parts",
        lambda source, new, *more, **options: parts(
            source, lambda: Counting(new()), *more, **options
        ),
    )
    assert read(decoder, part * 2000) == b"x" * 2000
    assert fed <= 2000 * 1024


def test_sizes_around_those_that_are_fed() -> None:
    """Parts that end just where the decoder's input ends."""
    for size in (*range(1010, 1030), *range(3060, 3080)):
        content = os.urandom(size)
        parts = lzma.compress(content, check=lzma.CHECK_NONE) * 3
        assert read(xz, parts) == content * 3
        assert read(zstd, frame(1 << 20, content) * 3) == content * 3

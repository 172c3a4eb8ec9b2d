"""The members of a tar archive, read front to back (pax(1), "ustar Interchange Format"; GNU tar,
"Basic Tar Format").

Python's own `tarfile` takes several times as long for a stream, and reads headers of any size
into memory.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeAlias

from find_libdeps.roots.stream import Stream, is_compressed, uncompressed

BLOCK = 512
"""Bytes of a header; a member's content is padded to a multiple of it."""
MAX_HEADER = 1 << 20
"""Bytes of an extended header, a long name or a map of a sparse file; as in Go's archive/tar."""
FILE, HARD_LINK, SYMLINK, DIRECTORY = b"0", b"1", b"2", b"5"
"""Types of members, as a header has them (typeflag). Others are devices and fifos."""
Segments: TypeAlias = list[tuple[int, int]]
"""The stored parts of a sparse file: the offset in the file, and the size, of each."""


@dataclass(slots=True)
class Member:
    """One member of an archive. Its content comes next in the stream."""

    name: str
    type: bytes
    link: str
    """The target of a link, as written."""
    stream: Stream
    stored: int
    """Bytes of its content in the archive."""
    size: int
    """Bytes of the file: more than are stored if it is sparse."""
    segments: Segments | None = None
    """The stored parts of a sparse file; None for any other."""


def read_members(
    stream: Stream, end: int | None = None, head: bytes = b"", is_layer: bool = False
) -> Iterator[Member]:
    """The members of an archive, plain or compressed, in order.

    A member's content can be read until the next one is asked for.

    Args:
        stream: has the archive.
        end: the position where the archive ends; None for the end of the stream.
        head: the first bytes of the archive, if they were read already.
        is_layer: it may be empty, without the zeros that end an archive, as engines take it.

    Raises:
        ImageError: it is no archive, or a damaged one.
    """
    head += _header(stream, end, BLOCK - len(head))
    content = uncompressed(stream, end, head)
    if content is None:
        yield from _members(stream, end, head, is_layer)
    else:
        with closing(content):
            yield from _members(content, None, content.read(BLOCK), is_layer)


def is_archive(head: bytes) -> bool:
    """Whether the first 512 bytes of a file look like those of an archive that can be read."""
    return is_compressed(head) or (len(head) == BLOCK and (head == _ZEROS or _is_header(head)))


def _header(stream: Stream, end: int | None, size: int = 512) -> bytes:
    return stream.read(size if end is None else min(size, end - stream.position))


def _members(stream: Stream, end: int | None, block: bytes, is_layer: bool) -> Iterator[Member]:
    if is_layer and not block:
        return
    if len(block) < BLOCK or (block != _ZEROS and not _is_header(block)):
        raise stream.refuse("it is no tar archive")
    extended: dict[str, str] = {}
    # like tar(1), accept an archive without the zeros at its end
    while block and block != _ZEROS:
        if len(block) < BLOCK:
            raise stream.refuse("it is truncated")
        if not _is_header(block):
            raise _damaged(stream)
        kind, size = block[156:157], _number(block[124:136])
        if size < 0:
            raise _damaged(stream)
        if kind in _EXTENSIONS:
            _extend(extended, kind, stream, size)
        elif kind in _IGNORED:
            stream.seek(stream.position + size + -size % BLOCK)
        else:
            member = _member(block, kind, size, extended, stream)
            after = stream.position + member.stored + -member.stored % BLOCK
            if end is not None and after > end:
                raise stream.refuse("it is truncated")
            yield member
            stream.seek(after)
            extended = {}
        block = _header(stream, end)
    if extended:
        raise stream.refuse("it is truncated")


_ZEROS = bytes(BLOCK)
_LONG_LINK, _LONG_NAME, _GNU_SPARSE = b"K", b"L", b"S"
_EXTENSIONS = (b"x", b"X", _LONG_LINK, _LONG_NAME)
"""Types of headers that describe the next member."""
_IGNORED = (b"g", b"V", b"M", b"N")
"""Global headers, which Docker ignores, too; labels and continued files of GNU tar's volumes."""
_WITHOUT_CONTENT = (HARD_LINK, SYMLINK, b"3", b"4", DIRECTORY, b"6")
"""Types of members without content. The size in their headers means nothing."""
_SIGNED = struct.Struct("148b8x356b")


def _damaged(stream: Stream) -> Exception:
    return stream.refuse(f"it is damaged near byte {stream.position}")


def _is_header(block: bytes) -> bool:
    """Whether the checksum is right; old programs summed up signed bytes."""
    checksum = _number(block[148:156])
    if checksum == sum(block) - sum(block[148:156]) + 256:
        return True
    return bool(checksum == sum(_SIGNED.unpack(block)) + 256)


def _number(field: bytes) -> int:
    """A number in octal digits or, if its first bit is set, in base 256; -1 if it is malformed."""
    if field[0] & 0x80:
        return (
            -1 if field[0] & 0x40 else int.from_bytes(field, "big") - (0x80 << (8 * len(field) - 8))
        )
    try:
        return int(field.partition(b"\0")[0].strip() or b"0", 8)
    except ValueError:
        return -1


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _member(
    block: bytes, kind: bytes, size: int, extended: dict[str, str], stream: Stream
) -> Member:
    """Make a member of its header and the extended headers before it."""
    name = _text(block[:100])
    if block[257:263] == b"ustar\0" and block[345]:
        name = f"{_text(block[345:500])}/{name}"
    if kind in _WITHOUT_CONTENT:
        size = 0
    link = _text(block[157:257]) if kind in (HARD_LINK, SYMLINK) else ""
    member = Member(name, kind, link, stream, size, size)
    if extended:
        member.name = extended.get("path", name)
        member.link = extended.get("linkpath", link)
        if "size" in extended and kind not in _WITHOUT_CONTENT:
            member.stored = member.size = _decimal(extended["size"], stream)
    if kind == _GNU_SPARSE:
        _read_gnu_map(member, block)
    elif "GNU.sparse.major" in extended or "GNU.sparse.size" in extended:
        _read_pax_map(member, extended)
    if kind not in _WITHOUT_CONTENT:
        # by POSIX, unknown types are regular files; in old archives a slash marks a directory
        member.type = DIRECTORY if kind == b"D" or member.name.endswith("/") else FILE
    return member


def _extend(extended: dict[str, str], kind: bytes, stream: Stream, size: int) -> None:
    """Read an extended header, which describes the next member."""
    if size > MAX_HEADER:
        raise stream.refuse(f"it has an extended header of more than {MAX_HEADER >> 20} MiB")
    content = stream.exactly(size + -size % BLOCK)[:size]
    if kind == _LONG_NAME:
        extended["path"] = _text(content)
    elif kind == _LONG_LINK:
        extended["linkpath"] = _text(content)
    else:
        _read_records(extended, content, stream)


def _read_records(extended: dict[str, str], content: bytes, stream: Stream) -> None:
    """Read records: a decimal length, a key and a value (pax(1), "pax Extended Header")."""
    at = 0
    while at < len(content) and content[at]:
        space = content.find(b" ", at, at + 20)
        length = _decimal(content[at : max(space, at)].decode("latin-1"), stream)
        record = content[space + 1 : at + length]
        key, equals, value = record[:-1].partition(b"=")
        if length <= space - at or at + length > len(content) or record[-1:] != b"\n" or not equals:
            raise _damaged(stream)
        at += length
        name, text = key.decode("latin-1"), value.decode("utf-8", "surrogateescape")
        if name == "GNU.sparse.offset" or name == "GNU.sparse.numbytes":
            # version 0.0 has separate records for each part
            known = extended.get("GNU.sparse.map")
            extended["GNU.sparse.map"] = text if known is None else f"{known},{text}"
        elif value:
            extended[name] = text
        else:
            extended.pop(name, None)


def _decimal(text: str, stream: Stream) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise _damaged(stream)
    return int(text)


def _read_gnu_map(member: Member, block: bytes) -> None:
    """Read a sparse file's map from its header and the next blocks (GNU tar, "Old GNU Format")."""
    numbers = [_number(block[at : at + 12]) for at in range(386, 482, 12)]
    extended, total = block[482], len(block)
    while extended:
        more = member.stream.exactly(BLOCK)
        numbers += [_number(more[at : at + 12]) for at in range(0, 504, 12)]
        extended, total = more[504], total + BLOCK
        if total > MAX_HEADER:
            raise member.stream.refuse("it has a sparse file of too many parts")
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    while pairs and pairs[-1] == (0, 0):
        pairs.pop()
    _set_map(member, pairs, _number(block[483:495]))


def _read_pax_map(member: Member, extended: dict[str, str]) -> None:
    """Read the map of a sparse file in pax format (GNU tar, "PAX Format, Versions 0.0 to 1.0")."""
    stream = member.stream
    size = extended.get("GNU.sparse.realsize", extended.get("GNU.sparse.size", ""))
    member.name = extended.get("GNU.sparse.name", member.name)
    if extended.get("GNU.sparse.major", "0") != "1":
        texts = extended.get("GNU.sparse.map", "").split(",")
    else:
        texts, wanted = [], 1
        rest = b""
        while len(texts) < wanted:
            rest += stream.exactly(BLOCK)
            member.stored -= BLOCK
            *lines, rest = rest.split(b"\n")
            texts += [line.decode("latin-1") for line in lines]
            if texts:
                wanted = 1 + 2 * _decimal(texts[0], stream)
            if member.stored < 0 or wanted > MAX_HEADER // 16:
                raise _damaged(stream)
        texts = texts[1:wanted]
    numbers = [_decimal(text, stream) for text in texts if text]
    if len(numbers) % 2:
        raise _damaged(stream)
    _set_map(member, list(zip(numbers[::2], numbers[1::2], strict=True)), _decimal(size, stream))


def _set_map(member: Member, segments: Segments, size: int) -> None:
    """Set a member's map, if it is sound: parts in order, none beyond the end, all stored."""
    ends = [0, *(offset + length for offset, length in segments)]
    ordered = all(o >= end and n >= 0 for (o, n), end in zip(segments, ends[:-1], strict=True))
    if not ordered or ends[-1] > size or sum(n for _, n in segments) > member.stored:
        raise _damaged(member.stream)
    member.segments, member.size = segments, size

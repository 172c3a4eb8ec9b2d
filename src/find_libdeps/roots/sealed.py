"""Bytes that are kept to be read again: what is damaged, or of another format, is found out.

The format is made to be read safely whoever wrote it: nothing in it is code, and it takes no more
memory than the reader allows.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from typing import TypeAlias

_DIGEST = 32
_LENGTH = 8
Bytes: TypeAlias = bytes | memoryview


class SealError(ValueError):
    """These bytes are damaged, too large, or of another format."""


MALFORMED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading a JSON document may raise if it is not the one that was written."""


def seal(form: str, parts: Iterable[bytes], squeezed: Iterable[Bytes] = ()) -> bytes:
    """Compress some bytes, with their format and their digest before them.

    Args:
        form: the name of their format, with its version.
        parts: the bytes, in order.
        squeezed: others, which are compressed already.
    """
    squeezer = zlib.compressobj(1)
    content: list[Bytes] = [*map(squeezer.compress, parts), squeezer.flush()]
    length = sum(map(len, content)).to_bytes(_LENGTH, "big")
    content = [length, *content, *squeezed]
    digest = hashlib.sha256()
    for each in content:
        digest.update(each)
    return b"".join((_magic(form), digest.digest(), *content))


def unseal(form: str, sealed: bytes, limit: int) -> tuple[bytes, memoryview]:
    """The bytes that were sealed, and those that had been compressed before.

    Args:
        form: the name of their format, with its version.
        sealed: what `seal` has returned.
        limit: how many bytes they may be.

    Raises:
        SealError: they are damaged, more, or of another format.
    """
    magic = _magic(form)
    start = len(magic) + _DIGEST
    content = memoryview(sealed)[start:]
    end = _LENGTH + int.from_bytes(content[:_LENGTH], "big")
    digest = hashlib.sha256(content).digest()
    if sealed[: len(magic)] != magic or sealed[len(magic) : start] != digest:
        raise SealError
    expander = zlib.decompressobj()
    try:
        plain = expander.decompress(content[_LENGTH:end], limit)
    except zlib.error:
        raise SealError from None
    if not expander.eof:
        raise SealError
    return plain, content[end:]


def text(value: object) -> str:
    """A text of a document. Raises SealError: it is something else."""
    if not isinstance(value, str):
        raise SealError
    return value


def _magic(form: str) -> bytes:
    return f"find-libdeps {form}\n".encode()

"""Bytes that are kept to be read again: what is damaged, or of another format, is found out.

The format is made to be read safely whoever wrote it: nothing in it is code, and it takes no more
memory than the reader allows.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable

_DIGEST = 32


class SealError(ValueError):
    """These bytes are damaged, too large, or of another format."""


MALFORMED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading a JSON document may raise if it is not the one that was written."""


def seal(form: str, parts: Iterable[bytes]) -> bytes:
    """Compress some bytes, with their format and their digest before them.

    Args:
        form: the name of their format, with its version.
        parts: the bytes, in order.
    """
    squeezer = zlib.compressobj(1)
    content = b"".join((*map(squeezer.compress, parts), squeezer.flush()))
    return _magic(form) + hashlib.sha256(content).digest() + content


def unseal(form: str, sealed: bytes, limit: int) -> bytes:
    """The bytes that were sealed.

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
    digest = hashlib.sha256(content).digest()
    if sealed[: len(magic)] != magic or sealed[len(magic) : start] != digest:
        raise SealError
    expander = zlib.decompressobj()
    try:
        plain = expander.decompress(content, limit)
    except zlib.error:
        raise SealError from None
    if not expander.eof:
        raise SealError
    return plain


def text(value: object) -> str:
    """A text of a document. Raises SealError: it is something else."""
    if not isinstance(value, str):
        raise SealError
    return value


def _magic(form: str) -> bytes:
    return f"find-libdeps {form}\n".encode()

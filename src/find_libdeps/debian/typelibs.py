"""Typelibs: the files by which GObject's repository knows namespaces, such as ``Gtk-3.0.typelib``.

Which one it takes is said by girepository/girepository.c of GObject Introspection.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from enum import Enum

from find_libdeps.elf.sonames import Soname, any_version_of, is_any_version, versions_of

DIRECTORY = "girepository-1.0"
"""The directory of typelibs, in a directory of libraries."""
_SUFFIX = ".typelib"
_ANY_VERSION = f"-*{_SUFFIX}"
_NAMESPACE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_VERSION = re.compile(r"\d[\w.+~]*|", re.ASCII)
_NAME = re.compile(rf"({_NAMESPACE.pattern})-(\d+)(?:\.(\d+))?{re.escape(_SUFFIX)}\Z", re.ASCII)


_MAGIC = b"GOBJ\nMETADATA\r\n\x1a"
_DEPENDENCIES, _LIBRARIES = 36, 52
"""Where a typelib has the places of two texts (girepository/gitypelib-internal.h, Header)."""


MAX_REFERENCES = 1_000
"""Most libraries, and most typelibs, that one leads to; real ones have a dozen."""


class Wanted(Enum):
    """What a name is that is asked for."""

    LIBRARY = "library"
    TYPELIB = "typelib"
    PROGRAM = "program"


def wanted_by(name: str) -> Wanted:
    """What has a name: ``libpq.so.5`` is a library, ``Gtk-3.0.typelib`` a typelib."""
    return Wanted.TYPELIB if name.endswith(_SUFFIX) else Wanted.LIBRARY


def typelib_of(namespace: str, version: str = "") -> Soname | None:
    """The name of a namespace's file: ``Gtk-3.0.typelib``, or ``Gtk-*.typelib`` for any version.

    None if no namespace or version has such a name.
    """
    if not (_NAMESPACE.fullmatch(namespace) and _VERSION.fullmatch(version)):
        return None
    return Soname(f"{namespace}-{version}{_SUFFIX}" if version else f"{namespace}{_ANY_VERSION}")


def namespace_of(typelib: str) -> str:
    """The namespace that a typelib is for: ``Gtk`` of ``Gtk-3.0.typelib``."""
    return typelib.rpartition("-")[0]


def is_open(name: str) -> bool:
    """Whether a name stands for any version, of a library or of a typelib."""
    return is_any_version(name) or name.endswith(_ANY_VERSION)


def open_name(name: str) -> Soname:
    """The name in any version of what has a name: ``libmagic.so.*`` of ``libmagic.so.1``."""
    if wanted_by(name) is Wanted.TYPELIB:
        return Soname(f"{namespace_of(name)}{_ANY_VERSION}")
    return any_version_of(name.partition(".so.")[0])


def names_for(name: str, names: Iterable[str]) -> list[Soname]:
    """The `names` that `name` may stand for, the best first.

    A name in any version stands for all versions, the newest first, which is the one that is taken.
    """
    if not name.endswith(_ANY_VERSION):
        return versions_of(name, names)
    namespace = namespace_of(name)
    matches = (match for each in names if (match := _NAME.match(each)))
    found = {m[0]: (int(m[2]), int(m[3] or 0)) for m in matches if m[1] == namespace}
    return [Soname(each) for each in sorted(found, key=lambda n: (found[n], n), reverse=True)]


def references(content: bytes, *, little_endian: bool) -> Iterator[Soname]:
    """The libraries that a typelib loads, and the typelibs that it depends on, by their names."""
    order = "<" if little_endian else ">"
    if not content.startswith(_MAGIC) or len(content) < _LIBRARIES + 4:
        return
    for place, separator, suffix in ((_LIBRARIES, b",", ""), (_DEPENDENCIES, b"|", _SUFFIX)):
        (start,) = struct.unpack_from(f"{order}I", content, place)
        text = content[start : content.find(b"\0", start)] if start else b""
        for name in text.split(separator, MAX_REFERENCES)[:MAX_REFERENCES] if text else ():
            yield Soname(f"{name.decode('utf-8', 'replace')}{suffix}")

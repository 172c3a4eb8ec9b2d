"""Parses the text of a ``.note.dlopen``: the libraries that an object says it loads by dlopen(3).

The format is a JSON array (UAPI Group, specification UAPI.12, "ELF dlopen metadata").
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from find_libdeps.elf.objects import DlopenNote
from find_libdeps.elf.sonames import Soname


def notes_in(text: bytes) -> Iterator[DlopenNote]:
    """The entries of one note; malformed entries are skipped."""
    try:
        entries = json.loads(text.rstrip(b"\0"))
    except (ValueError, RecursionError):
        return
    for entry in entries if isinstance(entries, list) else ():
        match entry:
            case {"soname": [*names]} if names and all(isinstance(name, str) for name in names):
                fields = (entry.get("priority", ""), entry.get("feature", ""))
                priority, feature = (text if isinstance(text, str) else "" for text in fields)
                about = entry.get("description", "")
                yield DlopenNote(
                    tuple(map(Soname, names)),
                    priority or "recommended",
                    feature,
                    about if isinstance(about, str) else "",
                )

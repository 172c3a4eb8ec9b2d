"""The text of a ``.note.dlopen``: what an object says of libraries that it loads by itself.

The UAPI Group's specification UAPI.12, "ELF dlopen metadata", has the format: a JSON array.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from find_libdeps.elf.objects import DlopenNote
from find_libdeps.elf.sonames import Soname


def notes_in(text: bytes) -> Iterator[DlopenNote]:
    """The entries of one note; whatever is malformed is passed over."""
    try:
        entries = json.loads(text.rstrip(b"\0"))
    except (ValueError, RecursionError):
        return
    for entry in entries if isinstance(entries, list) else ():
        match entry:
            case {"soname": [*names]} if names and all(isinstance(name, str) for name in names):
                told = (entry.get("priority", ""), entry.get("feature", ""))
                priority, feature = (text if isinstance(text, str) else "" for text in told)
                about = entry.get("description", "")
                yield DlopenNote(
                    tuple(map(Soname, names)),
                    priority or "recommended",
                    feature,
                    about if isinstance(about, str) else "",
                )

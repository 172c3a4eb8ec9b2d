"""What an observed run asked for: as values, and as the JSON that `find-libdeps observe` writes.

observed.schema.json describes that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from find_libdeps.errors import ObservationError

OBSERVATION_VERSION = 1
"""The version of the JSON, raised when its consumers would have to change."""
_KIND = "find-libdeps observation"

_BRIDGES = ("_ctypes.", "_cffi_backend.", "libpython", "python", "pypy")
"""What the names of objects start with that ask the loader on behalf of a line of Python: these
modules, or what they are built into.
"""


def asks_for_python(requester: str) -> bool:
    """Whether an object, by its path, asks the loader on behalf of a line of Python."""
    return requester.rpartition("/")[2].startswith(_BRIDGES)


class Via(Enum):
    """How a library is asked for."""

    NEEDED = "needed"
    """By a DT_NEEDED entry of the requester."""
    DLOPEN = "dlopen"
    """By the requester's own call of dlopen(3)."""
    CTYPES = "ctypes"
    """By a line of Python, through ctypes."""
    CFFI = "cffi"
    """By a line of Python, through cffi's ``FFI.dlopen``."""
    SQLITE = "sqlite"
    """By a line of Python that has SQLite load an extension."""
    FIND_LIBRARY = "find_library"
    """By a line of Python that calls ``ctypes.util.find_library``, which loads nothing."""


class Outcome(Enum):
    """What came of it."""

    FOUND = "found"
    UNKNOWN = "unknown"
    """The listener in Python heard it, and the dynamic loader said nothing: it is not glibc's."""
    NOT_FOUND = "not found"


class Asked(NamedTuple):
    """A name that something asked for, and what came of it."""

    requester: str
    """The path of an object, or of a Python source, with its links resolved."""
    line: int | None
    """The line of that source; None of an object."""
    name: str
    """As it was asked for: a soname, a path, or of ``find_library`` a name without ``lib``."""
    via: Via
    outcome: Outcome
    path: str | None = None
    """What was found, links unresolved; of ``find_library`` the soname that it returned. None if
    nothing was, or if it was loaded already and its path is not known.
    """


class Observation(NamedTuple):
    """All that is known of an observed run."""

    asked: tuple[Asked, ...] = ()
    prefixes: tuple[str, ...] = ()
    """``sys.prefix`` of each Python that was listened to."""
    processes: int = 0
    """How many programs told what they asked their loaders for."""
    is_complete: bool = True
    """Whether all that was heard is here."""


def observation_json(observation: Observation, tool: str) -> str:
    """An observation as a document.

    Args:
        observation: what is known of a run.
        tool: the program that writes it, with its version.
    """
    document = {
        "kind": _KIND,
        "version": OBSERVATION_VERSION,
        "tool": tool,
        "processes": observation.processes,
        "complete": observation.is_complete,
        "prefixes": list(observation.prefixes),
        "asked": [_asked_document(each) for each in observation.asked],
    }
    return json.dumps(document, indent=1) + "\n"


def _asked_document(asked: Asked) -> dict[str, object]:
    return {
        "requester": asked.requester,
        **({} if asked.line is None else {"line": asked.line}),
        "name": asked.name,
        "via": asked.via.value,
        "outcome": asked.outcome.value,
        **({} if asked.path is None else {"path": asked.path}),
    }


def read_observation(path: Path) -> Observation:
    """Read what `observation_json` made. Keys that are not known are passed over.

    Raises:
        ObservationError: the file can't be read, or is no such document, or a newer one.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise ObservationError("read", path, error.strerror) from None
    except RecursionError:
        raise ObservationError("read", path, "it is nested too deeply") from None
    except ValueError as error:
        raise ObservationError("read", path, f"it is not JSON: {error}") from None
    match document:
        case {"kind": str(kind), "version": int(version)} if kind == _KIND:
            if version > OBSERVATION_VERSION:
                cause = (
                    f"it has version {version}, and this find-libdeps knows {OBSERVATION_VERSION}"
                )
                raise ObservationError("read", path, f"{cause}: a newer one reads it")
        case _:
            cause = "it is not what find-libdeps observe writes"
            raise ObservationError("read", path, cause)
    try:
        return _observation(document)
    except (KeyError, TypeError, ValueError) as error:
        where = f"a wrong or missing part: {error}"
        raise ObservationError("read", path, f"it is damaged, with {where}") from None


def _observation(document: Mapping[str, Any]) -> Observation:
    """The values of a document.

    Raises:
        KeyError, TypeError, ValueError: it is not as the schema has it.
    """
    return Observation(
        tuple(_asked(each) for each in _of(list, document["asked"])),
        tuple(_of(str, each) for each in _of(list, document["prefixes"])),
        _of(int, document["processes"]),
        _of(bool, document["complete"]),
    )


def _asked(value: Any) -> Asked:
    part = _of(dict, value)
    line, path = part.get("line"), part.get("path")
    return Asked(
        _of(str, part["requester"]),
        None if line is None else _of(int, line),
        _of(str, part["name"]),
        Via(part["via"]),
        Outcome(part["outcome"]),
        None if path is None else _of(str, path),
    )


def _of(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{value!r} where {kind.__name__} belongs")
    return value

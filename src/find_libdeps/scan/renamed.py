"""Renames the files of wheels in a report to their names in the archives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from find_libdeps.errors import FindLibdepsError
from find_libdeps.report.report import Report


def renamed(
    report: Report,
    name: Callable[[PurePosixPath], PurePosixPath],
    paths: Sequence[PurePosixPath],
) -> Report:
    """A report with every path in it renamed.

    Args:
        report: what the scan found out.
        name: returns the new path for a path.
        paths: what was scanned, as the caller named it.
    """
    found: Report = _renamed(report, name)
    return replace(found, paths=tuple(paths))


def _renamed(value: Any, name: Callable[[PurePosixPath], PurePosixPath]) -> Any:
    """A value with every path in it renamed. Values in a tuple that become equal are merged."""
    match value:
        case PurePosixPath():
            return name(value)
        case FindLibdepsError():
            known = name(PurePosixPath(str(value.name)))
            return type(value)(value.verb, known, value.cause)
        case tuple():
            renamed = [_renamed(each, name) for each in value]
            if hasattr(value, "_fields"):  # a named tuple
                return type(value)(*renamed)
            return tuple(dict.fromkeys(renamed) if any(map(is_dataclass, renamed)) else renamed)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return replace(
                value, **{f.name: _renamed(getattr(value, f.name), name) for f in fields(value)}
            )
    return value

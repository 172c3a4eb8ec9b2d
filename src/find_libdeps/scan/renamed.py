"""Renames the files of wheels in a report to their names in the archives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from operator import is_
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
    found: Report = _Renaming(name).of(report)
    return replace(found, paths=tuple(paths))


class _Renaming:
    """Renames every path in values. Most of a report's values are in many places of it."""

    def __init__(self, name: Callable[[PurePosixPath], PurePosixPath]) -> None:
        self._name = name
        self._done: dict[int, Any] = {}
        """By the `id` of what was renamed, which the report keeps alive."""

    def of(self, value: Any) -> Any:
        """A value with every path renamed. Values in a tuple that become equal are merged."""
        if type(value) in _PLAIN:
            return value
        if id(value) not in self._done:
            self._done[id(value)] = self._renamed(value)
        return self._done[id(value)]

    def _renamed(self, value: Any) -> Any:
        match value:
            case PurePosixPath():
                return self._name(value)
            case FindLibdepsError():
                known = self._name(PurePosixPath(str(value.name)))
                return type(value)(value.verb, known, value.cause)
            case tuple():
                renamed = [self.of(each) for each in value]
                if hasattr(value, "_fields"):  # a named tuple
                    return type(value)(*renamed)
                is_values = any(map(is_dataclass, renamed))
                merged = tuple(dict.fromkeys(renamed) if is_values else renamed)
                is_same = len(merged) == len(value) and all(map(is_, merged, value))
                return value if is_same else merged
            case _ if is_dataclass(value) and not isinstance(value, type):
                old = {each: getattr(value, each) for each in _names(type(value))}
                new = {each: self.of(field) for each, field in old.items()}
                is_same = all(new[each] is old[each] for each in old)
                return value if is_same else replace(value, **new)
        return value


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


_PLAIN = frozenset({str, int, bool, type(None)})

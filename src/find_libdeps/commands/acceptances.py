"""What a project accepts: ``[[tool.find-libdeps.accept]]`` of its ``pyproject.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from find_libdeps.commands.config import ACCEPT, Table
from find_libdeps.report.findings import Acceptance, AnyCode, Code, ListCode

KEYS = ("code", "name", "path", "reason", "until")
_CODES: dict[str, AnyCode] = {
    code.value: code for code in (*Code, *ListCode) if code is not ListCode.REMARK
}
"""The kinds of findings that may count; remarks never do."""


def acceptances_of(table: Table) -> tuple[Acceptance, ...]:
    """The entries of a table, in its order.

    Raises:
        ConfigError: one of them has no reason, or a key, a code or a date that is none.
    """
    match table.entries.get(ACCEPT, []):
        case [*entries] if all(isinstance(entry, dict) for entry in entries):
            return tuple(_acceptance(table, *each) for each in enumerate(entries, 1))
    raise table.error(f'"{ACCEPT}" must be a list of tables, [[tool.find-libdeps.{ACCEPT}]]')


def _acceptance(table: Table, number: int, entry: Mapping[str, Any]) -> Acceptance:
    try:
        for key in entry:
            if key not in KEYS:
                raise ValueError(f'it has a key "{key}", which is none of {", ".join(KEYS)}')
        return Acceptance(
            reason=_text(entry, "reason"),
            code=_code(_text(entry, "code")),
            name=_text(entry, "name"),
            path=_text(entry, "path"),
            until=_date(entry.get("until")),
        )
    except ValueError as error:
        raise table.error(f'entry {number} of "{ACCEPT}": {error}') from None


def _text(entry: Mapping[str, Any], key: str) -> str:
    match entry.get(key, ""):
        case str() as text if text or key not in entry:
            return text
    raise ValueError(f'its "{key}" must be a string with something in it')


def _code(text: str) -> AnyCode | None:
    if text and text not in _CODES:
        from difflib import get_close_matches  # seldom needed

        near = get_close_matches(text, _CODES, 1)
        hint = f', did you mean "{near[0]}"?' if near else ""
        raise ValueError(f'there is no code "{text}"{hint}')
    return _CODES.get(text)


def _date(value: object) -> date | None:
    match value:
        case None:
            return None
        case datetime():
            pass  # one is a date, too, and of which time zone is not known
        case date():
            return value
        case str() if re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return date.fromisoformat(value)  # a day that no month has is a ValueError, too
    raise ValueError('its "until" must be a date, such as 2027-03-31')

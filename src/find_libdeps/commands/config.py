"""Reads options from the table ``[tool.find-libdeps]`` of a ``pyproject.toml``."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from find_libdeps.errors import ConfigError

TABLE = "find-libdeps"
ACCEPT = "accept"
"""The key that is no option: what is accepted (`find_libdeps.commands.acceptances`)."""
PATHS = ("archive", "dir", "oci")
"""What may stand before a path that is a target; see `find_libdeps.roots.opening.KINDS`."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command."""

    key: str
    """Its long name, without the leading hyphens."""
    parameter: str
    """The parameter of the command's function that receives it."""
    is_flag: bool = False
    is_repeatable: bool = False
    choices: tuple[str, ...] = ()
    """The values that are allowed; empty if any is."""
    argument: str = ""
    """The placeholder for its value in the help, such as ``FILE``."""


@dataclass(frozen=True, slots=True)
class Table:
    """The table ``[tool.find-libdeps]`` of a file."""

    path: Path
    """The file."""
    entries: dict[str, Any]

    def settings(self, options: Collection[Option], known: Collection[Option]) -> dict[str, object]:
        """The values for the options of one command, by the names of its parameters.

        Args:
            options: the options of the command.
            known: the options of all commands; keys that only others have are ignored.

        Raises:
            ConfigError: no command has an option of that name, or a value has the wrong type.
        """
        keys = {option.key: option for option in options}
        every = sorted({option.key for option in known} | keys.keys() | {ACCEPT})
        for key in self.entries:
            if key not in every:
                from difflib import get_close_matches  # seldom needed

                near = get_close_matches(key, every, 1)
                hint = f', did you mean "{near[0]}"?' if near else ""
                raise self.error(f'there is no option "{key}"{hint}')
        return {
            keys[key].parameter: self._checked(keys[key], value)
            for key, value in self.entries.items()
            if key in keys and not _is_for_another(keys[key], value, known)
        }

    def _checked(self, option: Option, value: object) -> object:
        match value:
            case bool() if option.is_flag:
                return value
            case [*words] if option.is_repeatable and all(isinstance(w, str) for w in words):
                return words
            case str() if not (option.is_flag or option.is_repeatable):
                if option.choices and value not in option.choices:
                    choices = ", ".join(f'"{choice}"' for choice in option.choices)
                    raise self.error(f'"{option.key}" must be one of {choices}')
                return self._placed(option, value)
        kind = "true or false" if option.is_flag else "a string"
        kind = "a list of strings" if option.is_repeatable else kind
        raise self.error(f'"{option.key}" must be {kind}')

    def _placed(self, option: Option, value: str) -> str:
        """The value; a relative path starts at the directory of the file."""
        place = self.path.parent / value
        if option.argument in ("DIR", "FILE"):
            return str(place)
        kind, _, path = value.partition(":")
        if "ARCHIVE" in option.argument and kind in PATHS and path:
            return f"{kind}:{self.path.parent / path}"
        can_be = {"DIR", "FILE", "ARCHIVE"}.intersection(option.argument.split("|"))
        return str(place) if can_be and place.exists() else value

    def error(self, cause: str) -> ConfigError:
        """The error of a key or a value."""
        return ConfigError("use", self.path, f"[tool.{TABLE}]: {cause}")


def _is_for_another(option: Option, value: object, known: Collection[Option]) -> bool:
    """Whether a value is allowed only for another command's option of the same name."""
    choices = [choice for other in known if other.key == option.key for choice in other.choices]
    return value not in option.choices and value in choices


def find_table(files: Iterable[Path]) -> Table | None:
    """The table in the first of some ``pyproject.toml`` that has one.

    Raises:
        ConfigError: a file before it can't be read, or is not TOML.
    """
    for file in files:
        entries = _read(file)
        if entries is not None:
            return Table(file, entries)
    return None


def _read(path: Path) -> dict[str, Any] | None:
    """The table in a file; None if it has none. A file without the table's name is not parsed."""
    try:
        if not path.is_file() and not path.is_dir():  # a fifo or a device may never end
            raise ConfigError("read", path, "it is no regular file")
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError("read", path, error.strerror) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError("read", path, f"line {line} is not UTF-8") from None
    if TABLE not in text:
        return None
    # importing this takes as long as a small scan, and few projects have the table
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("read", path, error) from None
    except RecursionError:
        raise ConfigError("read", path, "it is nested too deeply") from None
    match document:
        case {"tool": {"find-libdeps": dict() as entries}}:
            return entries
        case {"tool": {"find-libdeps": _}}:
            raise ConfigError("use", path, f"tool.{TABLE} must be a table")
    return None

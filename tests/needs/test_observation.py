"""The document of an observed run: what is written is read again, and nothing else is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from find_libdeps.errors import ObservationError
from find_libdeps.needs.observation import (
    Asked,
    Observation,
    Outcome,
    Via,
    observation_json,
    read_observation,
)

SCHEMA = json.loads(files("find_libdeps").joinpath("observed.schema.json").read_text())
OBSERVATION = Observation(
    (
        Asked("/venv/x.py", 3, "usb-1.0", Via.FIND_LIBRARY, Outcome.FOUND, "libusb-1.0.so.0"),
        Asked("/venv/x.py", 4, "libusb-1.0.so.0", Via.CTYPES, Outcome.UNKNOWN),
        Asked("/venv/\udcff.so", None, "libz.so.1", Via.NEEDED, Outcome.FOUND, "/lib/libz.so.1"),
        Asked("prog", None, "lib\nx.so", Via.DLOPEN, Outcome.NOT_FOUND),
    ),
    ("/venv",),
    7,
    is_complete=False,
)


def document() -> Any:
    """What is written of it."""
    return json.loads(observation_json(OBSERVATION, "find-libdeps 1"))


def read(text: str, tmp_path: Path) -> Observation:
    """What is read of a text."""
    (tmp_path / "observed.json").write_text(text)
    return read_observation(tmp_path / "observed.json")


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Also names that are no text."""
    text = observation_json(OBSERVATION, "find-libdeps 1")
    assert read(text, tmp_path) == OBSERVATION


def test_what_is_written_is_what_the_schema_has() -> None:
    """And the schema has the words of the program, and explains each key."""
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(document())
    asked = SCHEMA["$defs"]["asked"]["properties"]
    assert asked["via"]["enum"] == [each.value for each in Via]
    assert asked["outcome"]["enum"] == [each.value for each in Outcome]
    told = [*SCHEMA["properties"].values(), *asked.values()]
    assert all(each.get("description") for each in told)


SPOILT: list[Callable[[Any], object]] = [
    lambda document: document.pop("asked"),
    lambda document: document.pop("prefixes"),
    lambda document: document.update(asked={}),
    lambda document: document.update(processes="7"),
    lambda document: document.update(complete=1),
    lambda document: document["prefixes"].append(None),
    lambda document: document["asked"].append("libz.so.1"),
    lambda document: document["asked"][0].pop("name"),
    lambda document: document["asked"][0].update(via="magic"),
    lambda document: document["asked"][0].update(outcome="maybe"),
    lambda document: document["asked"][0].update(line="3"),
    lambda document: document["asked"][0].update(path=7),
]


@pytest.mark.parametrize("spoil", SPOILT)
def test_damaged_documents_are_refused(spoil: Callable[[Any], object], tmp_path: Path) -> None:
    """By the reader as by the schema, with one sentence that names the file."""
    spoilt = document()
    spoil(spoilt)
    assert not Draft202012Validator(SCHEMA).is_valid(spoilt)
    with pytest.raises(ObservationError, match=r'^cannot read ".*observed.json": it is damaged'):
        read(json.dumps(spoilt), tmp_path)


def test_keys_of_later_versions_are_passed_over(tmp_path: Path) -> None:
    """As those of reports: `version` rises when a consumer would have to change."""
    later = document()
    later["more"] = later["asked"][0]["more"] = 1
    assert read(json.dumps(later), tmp_path) == OBSERVATION


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is not JSON"),
        ("{", "it is not JSON"),
        ("\0\1", "it is not JSON"),
        ("[" * 100_000, "it is nested too deeply"),
        ("[]", "it is not what find-libdeps observe writes"),
        ('{"version": 1, "tool": "find-libdeps 1", "paths": []}', "it is not what find-libdeps"),
        (
            '{"kind": "find-libdeps observation", "version": 2}',
            "it has version 2, and this find-libdeps knows 1: a newer one reads it",
        ),
    ],
)
def test_other_files_are_refused(text: str, why: str, tmp_path: Path) -> None:
    """No JSON, another document, one of a later version."""
    with pytest.raises(ObservationError, match=why):
        read(text, tmp_path)


def test_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """No such file; a directory."""
    with pytest.raises(ObservationError, match="No such file or directory"):
        read_observation(tmp_path / "none.json")
    with pytest.raises(ObservationError, match="Is a directory"):
        read_observation(tmp_path)

"""The JSON Schema in the package says what `--format json` prints."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import mini_root
from find_libdeps.loader import How
from find_libdeps.report import Cause, Role

SCHEMA = json.loads(files("find_libdeps").joinpath("report.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
DOCUMENTS = re.compile(r"^\{\n.*?^\}\n", re.MULTILINE | re.DOTALL)


def documents() -> Iterator[tuple[str, Any]]:
    """Every document that the expected outputs have, by the folder that it is in."""
    for path in sorted(mini_root.FIXTURES.glob("scan/*/expected.txt")):
        for text in DOCUMENTS.findall(path.read_text()):
            yield path.parent.name, json.loads(text)


def test_schema_is_one() -> None:
    """It is a schema of the version that it names."""
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("name", "document"), list(documents()))
def test_every_expected_document_is_valid(name: str, document: Any) -> None:
    """What the command prints anywhere in fixtures/scan is what the schema has."""
    VALIDATOR.validate(document)


def test_every_key_has_been_seen() -> None:
    """The documents together have each key that the schema knows, so none is there by mistake."""
    known = {key for part in _parts(SCHEMA) for key in part.get("properties", {})}
    shown = {key for _, document in documents() for part in _parts(document) for key in part}
    assert known - shown == set()


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value:
        if isinstance(part, dict | list):
            yield from _parts(part)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda report: report.pop("install"),
        lambda report: report.update(more=1),
        lambda report: report.update(version=2),
        lambda report: report["install"].append("--force-yes"),
        lambda report: report["packages"][0]["needs"].clear(),
        lambda report: report["packages"][0]["needs"][0].pop("distribution"),
        lambda report: report["packages"][0]["needs"][0].update(looked_in=[]),
        lambda report: report["packages"][0]["needs"][0].update(role="optional"),
    ],
)
def test_other_documents_are_refused(spoil: Callable[[Any], object]) -> None:
    """A key too many or too few, or a value of another kind, is no report."""
    text = (mini_root.FIXTURES / "scan/unpackaged_is_copied/expected.txt").read_text()
    document = json.loads(DOCUMENTS.findall(text)[0])
    VALIDATOR.validate(document)
    spoil(document)
    assert not VALIDATOR.is_valid(document)


def test_schema_has_every_word() -> None:
    """Roles, rules and causes are the program's own."""
    need = SCHEMA["$defs"]["need"]["properties"]
    assert need["role"]["enum"] == [role.value for role in Role]
    assert SCHEMA["$defs"]["how"]["enum"] == [how.value for how in How]
    causes = SCHEMA["properties"]["unresolved"]["items"]["properties"]["cause"]["enum"]
    assert causes == [cause.value for cause in Cause]


def test_schema_comes_with_the_package() -> None:
    """It stands beside the modules, where the README says."""
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    assert 'files("find_libdeps") / "report.schema.json"' in readme

"""The JSON Schemas in the package say what `--format json` prints."""

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
from find_libdeps.commands.main import main
from find_libdeps.elf.outcome import How
from find_libdeps.needs.use import Role
from find_libdeps.report.findings import Code, Level
from find_libdeps.report.unresolved import Cause
from glibc import LoaderOutOfReachError
from project import FIXTURES, PROJECT
from runner import CliRunner

NAMES = {"scan": "report.schema.json", "audit": "audit.schema.json"}
"""The schemas, by the folder of fixtures whose outputs have such documents."""
SCHEMAS = {
    kind: json.loads(files("find_libdeps").joinpath(name).read_text())
    for kind, name in NAMES.items()
}
SCAN, AUDIT = SCHEMAS["scan"], SCHEMAS["audit"]
DOCUMENTS = re.compile(r"^\{\n.*?^\}\n", re.MULTILINE | re.DOTALL)
README = (PROJECT / "README.md").read_text()


def documents(kind: str) -> Iterator[Any]:
    """Every document that the expected outputs have."""
    for path in sorted(FIXTURES.glob(f"{kind}/*/expected.txt")):
        every = map(json.loads, DOCUMENTS.findall(path.read_text()))
        yield from (each for each in every if "$schema" not in each)  # other formats name theirs


def is_valid(kind: str, document: Any) -> bool:
    """Whether it is what the schema of its kind has."""
    return bool(Draft202012Validator(SCHEMAS[kind]).is_valid(document))


@pytest.mark.parametrize("kind", NAMES)
def test_schema_is_one(kind: str) -> None:
    """It is a schema of the version that it names."""
    Draft202012Validator.check_schema(SCHEMAS[kind])


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        pytest.param(kind, document, id=f"{kind}-{number}")
        for kind in NAMES
        for number, document in enumerate(documents(kind))
    ],
)
def test_every_expected_document_is_valid(kind: str, document: Any) -> None:
    """What the command prints anywhere in the fixtures is what the schema has."""
    Draft202012Validator(SCHEMAS[kind]).validate(document)


REFUSED = ("alpine", "musl_system", "nothing_to_audit", "other_distribution")
"""Roots that are not audited."""


def test_every_audit_in_the_fixtures_is_valid(tmp_path: Path) -> None:
    """Roots with all that can be wrong: each one's audit is what the schema has."""
    codes = set()
    for build in sorted(FIXTURES.glob("audit/*/build")):
        root = tmp_path / build.parent.name
        root.mkdir()
        try:
            mini_root.build(build.parent, root)
        except LoaderOutOfReachError as reason:
            pytest.skip(str(reason))
        result = CliRunner().invoke(main, ["audit", "--all", "-f", "json", str(root)])
        if result.exit_code == 2:  # nothing to audit
            assert build.parent.name in REFUSED
            continue
        document = json.loads(result.stdout)
        Draft202012Validator(AUDIT).validate(document)
        assert document["clean"] is (result.exit_code == 0)
        codes |= {finding["code"] for finding in document["findings"]}
    assert len(codes) >= 8


@pytest.mark.parametrize("kind", NAMES)
def test_every_key_has_been_seen(kind: str) -> None:
    """The documents together have each key that the schema knows, so none is there by mistake."""
    known = {key for part in _parts(SCHEMAS[kind]) for key in part.get("properties", {})}
    shown = {key for document in documents(kind) for part in _parts(document) for key in part}
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
    text = (FIXTURES / "scan/unpackaged_is_copied/expected.txt").read_text()
    document = json.loads(DOCUMENTS.findall(text)[0])
    assert is_valid("scan", document)
    spoil(document)
    assert not is_valid("scan", document)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda audit: audit.pop("clean"),
        lambda audit: audit.update(more=1),
        lambda audit: audit["findings"][0].update(code="odd"),
        lambda audit: audit["findings"][0]["spots"].clear(),
    ],
)
def test_other_audits_are_refused(spoil: Callable[[Any], object]) -> None:
    """Likewise."""
    document = next(document for document in documents("audit") if document["findings"])
    assert is_valid("audit", document)
    spoil(document)
    assert not is_valid("audit", document)


def test_schemas_have_every_word() -> None:
    """Roles, rules, causes, codes and levels are the program's own."""
    need = SCAN["$defs"]["need"]["properties"]
    assert need["role"]["enum"] == [role.value for role in Role]
    causes = SCAN["properties"]["unresolved"]["items"]["properties"]["cause"]["enum"]
    assert causes == [cause.value for cause in Cause]
    finding = AUDIT["$defs"]["finding"]["properties"]
    assert finding["code"]["enum"] == [code.value for code in Code]
    assert finding["level"]["enum"] == [level.value for level in Level]
    place = finding["looked_in"]["items"]["properties"]
    for how in (SCAN["$defs"]["how"], place["how"]):
        assert how["enum"] == [how.value for how in How]


@pytest.mark.parametrize("name", NAMES.values())
def test_schema_comes_with_the_package(name: str) -> None:
    """It stands beside the modules, where the README says."""
    assert re.search(rf'files\("find_libdeps"\) / "{name}"|`{name}`', README)


def keys(schema: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that a schema knows, with what it says of it."""
    match schema:
        case dict():
            yield from schema.get("properties", {}).items()
            for each in schema.values():
                yield from keys(each)
        case list():
            for each in schema:
                yield from keys(each)


@pytest.mark.parametrize("schema", [SCAN, AUDIT], ids=NAMES)
def test_schema_explains_every_key(schema: dict[str, Any]) -> None:
    """Whoever reads the JSON finds what each key means in its schema."""
    found = list(keys(schema))
    assert len(found) > 15
    assert [name for name, about in found if not about.get("description")] == []

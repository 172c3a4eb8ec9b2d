"""The action for GitHub, its steps run as they stand in action.yml."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
import yaml

from fixture_roots import root_of
from judges import read_github, read_markdown, read_sarif
from programs import need
from project import PROJECT
from runner_steps import Ran, run_action

ACTION = PROJECT / "action.yml"
HOSTILE = """$(touch pwned) `touch pwned` "; touch pwned; ' && touch pwned #"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a virtualenv that needs a package."""
    return root_of("scan/source_loads_on_demand", tmp_path_factory.mktemp("action"))


@pytest.fixture(scope="module")
def lacking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root that lacks a library."""
    return root_of("audit/missing_library", tmp_path_factory.mktemp("action"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the command is installed, instead of by the first step: this environment."""
    need("bash")
    (tmp_path / "tool").mkdir()
    (tmp_path / "tool/venv").symlink_to(sys.prefix)
    return tmp_path


def ran(folder: Path, **inputs: str) -> Ran:
    """What becomes of the action with these inputs."""
    known = {"steps.install.outputs.folder": str(folder / "tool")}
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    return run_action(ACTION, given, folder, known)


def alerts(done: Ran) -> str:
    """The part of the log that the runner takes commands from, behind what the command prints."""
    (token,) = re.findall(r"^::stop-commands::([0-9a-f]{32})$", done.printed, re.MULTILINE)
    _, _, rest = done.printed.partition(f"\n::{token}::\n")
    return rest


def test_list_is_printed_and_an_output(folder: Path, root: Path) -> None:
    """The names also stand in an output; the summary and SARIF are there, the step succeeds."""
    done = ran(folder, paths="/venv", args=f"--root={root}\n--dlopen=all\n\n")
    assert "libcairo2\n" in done.printed
    packages = done.outputs["packages"].split(" ")
    assert "libcairo2" in packages
    assert (done.outputs["status"], done.failed) == ("0", False)
    read_sarif(Path(done.outputs["sarif-file"]).read_text())
    assert read_markdown(done.summary).title
    assert read_github(alerts(done))


def test_check_tells_the_line_that_is_wrong(folder: Path, root: Path) -> None:
    """As an annotation of the committed file; the step fails with the command's status."""
    (folder / "pkgdeps.txt").write_text("# by hand\nlibold0\n")
    done = ran(folder, command="check", paths="/venv", args=f"--root={root}", summary="false")
    assert (done.outputs["status"], done.failed) == ("1", True)
    told = [each.properties for each in read_github(alerts(done))]
    assert any(each.get("file") == "pkgdeps.txt" and each["line"] == "2" for each in told)
    assert done.summary == ""
    assert "libold0" not in done.outputs["packages"].split(" ")


def test_audit_says_what_to_install(folder: Path, lacking: Path) -> None:
    """Findings are in the log, in the summary and in the SARIF file that is named."""
    done = ran(folder, command="audit", target=str(lacking), sarif_file="found.sarif")
    assert (done.outputs["status"], done.failed) == ("1", True)
    assert "error: missing-library" in done.printed
    (run,) = read_sarif((folder / "found.sarif").read_text())["runs"]
    assert done.outputs["sarif-file"] == "found.sarif"
    assert any(row[1] == "missing-library" for row in read_markdown(done.summary).rows)
    report = json.loads((folder / "tool/audit.json").read_text())
    assert report["install"]
    assert done.outputs["packages"] == " ".join(report["install"])
    assert len(run["results"]) == len(read_github(alerts(done))) - 1


def test_failure_is_told_and_has_no_file(folder: Path) -> None:
    """Status 2: there is nothing to upload."""
    done = ran(folder, paths="/no/such/venv")
    assert 'cannot scan "/no/such/venv"' in done.printed
    assert (done.outputs["status"], done.failed) == ("2", True)
    assert done.outputs["sarif-file"] == done.outputs["packages"] == done.summary == ""
    assert ran(folder, command="install").failed


INPUTS = "paths", "file", "target", "release", "args", "sarif-file", "summary"


@pytest.mark.parametrize("command", ["list", "check", "audit", HOSTILE])
def test_no_input_is_code(folder: Path, command: str) -> None:
    """Whatever stands in an input is one word for the command, and never for the shell."""
    ran(folder, command=command, **dict.fromkeys(INPUTS, HOSTILE))
    assert not (folder / "pwned").exists()


def test_no_name_of_a_file_is_code(folder: Path, root: Path) -> None:
    """Not either where the command works, and the name becomes an output."""
    done = ran(folder, paths="/venv", args=f"--root={root}", sarif_file=HOSTILE)
    assert done.outputs["sarif-file"] == HOSTILE
    assert (folder / HOSTILE).exists()
    assert not (folder / "pwned").exists()


def test_readme_shows_inputs_that_are_there() -> None:
    """And outputs; of GitLab's component and of the hook, too."""
    action = yaml.safe_load(ACTION.read_text())
    head, *_ = yaml.safe_load_all((PROJECT / "templates/find-libdeps.yml").read_text())
    (hook,) = yaml.safe_load((PROJECT / ".pre-commit-hooks.yaml").read_text())
    text = (PROJECT / "README.md").read_text()
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    steps, hooks, pipeline = map(yaml.safe_load, blocks)
    given = [step["with"] for step in steps if "find-libdeps" in step["uses"]]
    assert [each["command"] for each in given] == ["check", "audit"]
    assert {name for each in given for name in each} <= action["inputs"].keys()
    taken = re.findall(r"steps\.libdeps\.outputs\.([\w-]+)", text)
    assert set(taken) <= action["outputs"].keys()
    assert [each["id"] for each in hooks[0]["hooks"]] == [hook["id"]]
    assert pipeline["include"][0]["inputs"].keys() <= head["spec"]["inputs"].keys()


@pytest.mark.thorough  # it gets the packages from the network
def test_action_installs_its_own_sources(tmp_path: Path, root: Path) -> None:
    """With all steps; no module that lies in the working directory is imported."""
    need("bash")
    for name in ("venv", "pip", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported')")
    done = run_action(ACTION, {"paths": "/venv", "args": f"--root={root}"}, tmp_path)
    assert done.outputs["status"] == "0", done.printed
    assert done.outputs["packages"]

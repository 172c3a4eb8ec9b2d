"""What a runner of GitHub Actions does with the steps of a composite action."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")
HOLDER = re.compile(r"[\w.-]+")
"""What may stand in an expression here: a value's path, and no code."""


@dataclass(frozen=True)
class Ran:
    """How an action ended."""

    outputs: dict[str, str]
    """The action's outputs."""
    summary: str
    """What it adds to the summary of the job."""
    printed: str
    """The log."""
    failed: bool
    """Whether a step failed."""


def run_action(
    file: Path,
    inputs: Mapping[str, str],
    folder: Path,
    known: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
) -> Ran:
    """Run the steps of an action as they stand in its file, until one fails.

    Args:
        file: its action.yml.
        inputs: those that are given; the others have their defaults.
        folder: the working directory, and where the runner's own files go.
        known: values of expressions beside the inputs. A step whose outputs are there is not run.
        env: variables of the job.
    """
    action = yaml.safe_load(file.read_text())
    assert inputs.keys() <= action["inputs"].keys()
    values = {"github.action_path": str(file.parent), **(known or {})}
    for name, each in action["inputs"].items():
        values[f"inputs.{name}"] = inputs.get(name, each["default"])
    log, summary, failed = "", folder / "summary.md", False
    summary.write_text("")
    for step in action["runs"]["steps"]:
        prefix = f"steps.{step['id']}.outputs."
        if failed or any(name.startswith(prefix) for name in known or {}):
            continue
        told = folder / f"{step['id']}.outputs"
        told.write_text("")
        done = _run_step(
            step,
            values,
            folder,
            {"GITHUB_OUTPUT": told, "GITHUB_STEP_SUMMARY": summary, "RUNNER_TEMP": folder},
            env or {},
        )
        log += done.stdout
        failed = done.returncode != 0
        for line in told.read_text().splitlines():
            name, _, value = line.partition("=")
            values[prefix + name] = value
    outputs = {name: _filled(each["value"], values) for name, each in action["outputs"].items()}
    return Ran(outputs, summary.read_text(), log, failed)


def _run_step(
    step: Mapping[str, Any],
    values: Mapping[str, str],
    folder: Path,
    files: Mapping[str, Path],
    env: Mapping[str, str],
) -> subprocess.CompletedProcess[str]:
    assert step["shell"] == "bash"
    assert "${{" not in step["run"]  # values get into a script as variables only
    script = folder / f"{step['id']}.sh"
    script.write_text(step["run"])
    variables = {name: _filled(value, values) for name, value in step["env"].items()}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
        cwd=folder,
        env={**os.environ, **env, **{k: str(v) for k, v in files.items()}, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _filled(text: str, values: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        assert HOLDER.fullmatch(found[1])
        return values.get(found[1], "")

    return EXPRESSION.sub(value, text)

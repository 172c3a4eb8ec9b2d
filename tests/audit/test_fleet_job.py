"""The fleet without Dask: the manifest is one of Kubernetes, and its pods do all of the work."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from find_libdeps import audit_root
from find_libdeps.report.document import audit_document
from project import COMMAND, RECIPES
from small_elf import DEBIAN, small_elf
from spelled import OciLayout, pack_files, write


def job() -> Any:
    """The manifest."""
    return yaml.safe_load((RECIPES / "fleet" / "job.yaml").read_text())


def test_kubernetes_knows_all_of_it() -> None:
    """By the schemas of its interface, in which nothing is unknown."""
    validator = pytest.importorskip(
        "kubernetes_validate", reason="kubernetes-validate is not installed (pip install)"
    )
    validator.validate(job(), "1.29", strict=True)
    wrong = job()
    wrong["spec"]["completion"] = 1
    with pytest.raises(validator.ValidationError):
        validator.validate(wrong, "1.29", strict=True)


def test_its_pods_audit_each_image_once(tmp_path: Path) -> None:
    """Their command, run for each index; one that is begun again adds nothing."""
    spec = job()["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert spec["completions"] == spec["parallelism"] == 20
    command = [each.replace("/etc/fleet", f"{tmp_path}") for each in container["command"]]
    command = [each.replace("/lines/", f"{tmp_path}/lines/") for each in command]
    names = list[str]()
    for number in range(23):
        layout = OciLayout()
        layers = [pack_files(DEBIAN), pack_files([("a.so", small_elf([f"lib{number}.so"]))])]
        archive = layout.archive(layout.image(layers))
        names.append(str(write(tmp_path / f"{number}.tar", archive)))
    write(tmp_path / "images.txt", "".join(f"{name}\n" for name in names).encode())
    (tmp_path / "lines").mkdir()
    settings = {
        "CACHE": str(tmp_path / "cache"),
        "PATH": f"{Path(COMMAND).parent}:{os.environ['PATH']}",
    }
    for _ in range(2):
        for index in (0, 1, 2, 19):
            environment = {**os.environ, **settings, "JOB_COMPLETION_INDEX": str(index)}
            subprocess.run(command, env=environment, check=True, capture_output=True)
    found = [
        json.loads(line)
        for index in (0, 1, 2, 19)
        for line in (tmp_path / "lines" / f"{index}.jsonl").read_text().splitlines()
    ]
    places = (0, 20, 1, 21, 2, 22, 19)
    assert [line["image"] for line in found] == [names[place] for place in places]
    for line in found:
        assert line["audit"] == audit_document(audit_root(line["image"]), strict=False)

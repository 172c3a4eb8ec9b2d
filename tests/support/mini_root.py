"""Small root directories made from recipes in `fixtures`.

Each folder of `fixtures/loader` is one rule of glibc's dynamic loader: a recipe (`build`) and the
resolution that follows from the rule (`expected.json`).
"""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from glibc import MACHINE, Glibc, output
from project import FIXTURES
from real_loader import Need, Resolution

RULES = FIXTURES / "loader"


@dataclass(frozen=True)
class Expectation:
    """The `expected.json` of a rule, for one glibc."""

    object: str
    library_path: list[str]
    resolution: Resolution
    missing_feature: str | None = None
    """Why that glibc cannot show the rule on this machine, if it cannot."""


def rules() -> list[Path]:
    """The folders of `fixtures/loader`, one a rule."""
    return sorted(path.parent for path in RULES.glob("*/expected.json"))


def expectation(rule: Path, glibc: Glibc = MACHINE) -> Expectation:
    """What `expected.json` of this folder says."""
    text = (rule / "expected.json").read_text(encoding="utf-8")
    absent = [word for word, value in glibc.words.items() if not value and f"{{{word}}}" in text]
    for word, value in glibc.words.items():
        text = text.replace(f"{{{word}}}", value)
    case = json.loads(text)
    machines = case.get("machines", [platform.machine()])
    reason = None
    if absent:
        reason = f"the loader of this machine has no {absent[0]}"
    elif platform.machine() not in machines:
        reason = f"a rule of {', '.join(machines)}"
    needs = [Need(*need) for need in case[_needs_of(glibc.release, case)]]
    return Expectation(
        case["object"], case["library_path"], Resolution(needs, case.get("error")), reason
    )


def _needs_of(release: tuple[int, ...], case: Iterable[str]) -> str:
    """The key of the needs that a release of glibc has."""
    for key in case:
        bound = key.removeprefix("needs before ")
        if bound != key and release < tuple(map(int, bound.split("."))):
            return key
    return "needs"


def build(rule: Path, root: Path, glibc: Glibc = MACHINE) -> None:
    """Fill `root` with a merged /usr, a loader and libc, and what the recipe makes."""
    glibc.put_into(root)
    workshop = root.with_name(f"{root.name}.build")
    shutil.copytree(rule, workshop / rule.name)
    shutil.copy(RULES / "so", workshop)
    environment = {
        **glibc.words,
        "PATH": os.environ["PATH"],
        "CC": "cc",
        "FIXTURES": str(FIXTURES),
        "ROOT": str(root),
    }
    try:
        output("sh", "build", cwd=workshop / rule.name, env=environment)
    finally:
        shutil.rmtree(workshop)
    if (root / "etc/ld.so.conf").exists():
        glibc.configure(root)

"""The recipes of fixtures/recipes, built once for all tests that look at them.

Each folder with an `expected.txt` is one case: its Dockerfile has a stage `builder` and ends with
the target; `expected.txt` is the whole list; `check` is a program that needs it. `left-out.txt`,
where there is one, names the libraries that nothing can bring, and says why: exactly these may be
missing in the target. `unreachable.txt` names those that the venv has where the loader does not
look. The negative control, `bare`, is the same Dockerfile without the step that installs the list.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import engine
from find_libdeps.audit.audit import audit_system
from find_libdeps.audit.scope import AuditScope
from find_libdeps.needs.probe import probe
from find_libdeps.needs.system import System
from find_libdeps.report.findings import Audit
from find_libdeps.roots.archive import Root
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.opening import open_root
from project import RECIPES, SUPPORT

NAMES = sorted(path.parent.name for path in RECIPES.glob("*/expected.txt"))


@dataclass(frozen=True)
class Recipe:
    """One folder of fixtures/recipes, and the three images that are built from it.

    Whatever takes a container or an export is done once, when it is first asked for.
    """

    name: str
    _said: dict[str, Any] = field(default_factory=dict, repr=False)
    """What ldd has said, by the stage."""
    _roots: dict[str, Root] = field(default_factory=dict, repr=False)
    _audits: dict[str, Audit] = field(default_factory=dict, repr=False)

    @property
    def folder(self) -> Path:
        """Where it is."""
        return RECIPES / self.name

    @cached_property
    def expected(self) -> list[str]:
        """The packages of expected.txt, as written there."""
        return (self.folder / "expected.txt").read_text().splitlines()

    def names(self, file: str) -> list[str]:
        """What a file of the folder names, one a line; nothing if there is no such file."""
        path = self.folder / file
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in lines if not line.startswith("#")]

    @property
    def left_out(self) -> set[str]:
        """The libraries that the wheels themselves leave out."""
        return set(self.names("left-out.txt"))

    @property
    def unreachable(self) -> set[str]:
        """The libraries that load only if something else has loaded them before."""
        return set(self.names("unreachable.txt"))

    def image(self, stage: str) -> str:
        """The image of `builder`, `bare` or `target`."""
        return f"find-libdeps-test/{self.name}:{stage}"

    def build(self, context: Path) -> None:
        """Builds the images; a lock file that names a registry is made first, in a copy."""
        shutil.copytree(self.folder, context)
        lock = self.folder / "lock.Dockerfile"
        if lock.exists():
            engine.build(lock.read_text(), self.image("lock"), context=context, output=context)
        dockerfile = (self.folder / "Dockerfile").read_text()
        bare = engine.missing_lists(dockerfile)
        engine.build(dockerfile, self.image("builder"), "builder", context)
        app = "app" if " AS app\n" in dockerfile else None  # the last stage, if it is not named
        engine.build(bare, self.image("bare"), app, context)
        engine.build(dockerfile, self.image("target"), app, context)

    @cached_property
    def listed(self) -> list[str]:
        """The lines of the list that went into the target, without comments."""
        lines = engine.output(self.image("target"), "cat", "/venv/pkgdeps.txt").splitlines()
        return [line for line in lines if not line.startswith("#")]

    @cached_property
    def told(self) -> subprocess.CompletedProcess[str]:
        """What the command prints in the builder."""
        return engine.run(self.image("builder"), "find-libdeps", "/venv")

    @cached_property
    def report(self) -> dict[str, Any]:
        """What the command tells in the builder, as JSON."""
        command = "find-libdeps", "--format", "json", "/venv"
        report: dict[str, Any] = json.loads(engine.output(self.image("builder"), *command))
        return report

    def installed(self, stage: str) -> set[str]:
        """The packages that a stage has."""
        return set(self._ldd_says(stage)["packages"])

    def missing_by_ldd(self, stage: str) -> dict[str, set[str]]:
        """What ldd, run in a stage, misses for each ELF file of the venv and of /usr/local."""
        missing: dict[str, list[str]] = self._ldd_says(stage)["missing"]
        return {path: set(names) for path, names in missing.items()}

    def _ldd_says(self, stage: str) -> dict[str, Any]:
        if stage not in self._said:
            command = "python3", "/mnt/ldd_says.py", "/venv", "/usr/local"
            options = ["--user=root"]
            said = engine.output(self.image(stage), *command, mount=SUPPORT, options=options)
            self._said[stage] = json.loads(said)
        answer: dict[str, Any] = self._said[stage]
        return answer

    @cached_property
    def loader_says(self) -> dict[str, Any]:
        """The answer of fixtures/recipes/needs.py about the venv, in the target."""
        command = "python3", "/mnt/needs.py", "/venv", *self.names("by-name.txt")
        said = engine.output(self.image("target"), *command, mount=RECIPES)
        answer: dict[str, Any] = json.loads(said)
        return answer

    def root(self, stage: str) -> Root:
        """The files of a stage, as the engine exports them."""
        if stage not in self._roots:
            self._roots[stage] = open_root(self.image(stage), Instructions(probe))
        return self._roots[stage]

    def system(self, stage: str) -> System:
        """The system of a stage."""
        root = self.root(stage)
        library_path = dict(root.config.environment).get("LD_LIBRARY_PATH", "")
        return System(root.tree, library_path, root.config.architecture)

    def audit(self, stage: str) -> Audit:
        """The audit of a stage."""
        if stage not in self._audits:
            found = audit_system(self.system(stage), AuditScope(), self.root(stage).problems)
            self._audits[stage] = found
        return self._audits[stage]

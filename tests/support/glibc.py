"""The glibc whose loader and ldconfig are asked: this machine's, or that of another root."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import programs

LOADERS = {
    "x86_64": "/lib64/ld-linux-x86-64.so.2",
    "aarch64": "/lib/ld-linux-aarch64.so.1",
}
"""Where the psABI of a machine puts the dynamic loader."""

LIBC = "libc.so.6"


class LoaderOutOfReachError(Exception):
    """This machine has no compiler, no glibc, or does not let us change the root directory."""


@dataclass(frozen=True)
class Glibc:
    """The glibc of one root, for this machine's processor."""

    root: Path = Path("/")

    @cached_property
    def loader(self) -> str:
        """The path of the dynamic loader, in any root."""
        path = LOADERS.get(platform.machine())
        if path is None or not inside(self.root, path).exists():
            raise LoaderOutOfReachError(f"{self.root} has no glibc loader for this machine")
        return path

    @cached_property
    def words(self) -> dict[str, str]:
        """What recipes find in their environment and `expected.json` has in braces."""
        if reason := programs.missing("cc", "readelf"):
            raise LoaderOutOfReachError(reason)
        triplet = output("cc", "-print-multiarch").strip()
        diagnostics = output(str(inside(self.root, self.loader)), "--list-diagnostics")
        said = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', diagnostics, re.MULTILINE))
        subdirectories = said.get("dl_hwcaps_subdirs", "").split(":")
        active = int(said.get("dl_hwcaps_subdirs_active", "0"), 16)
        usable = [name for bit, name in enumerate(reversed(subdirectories)) if active >> bit & 1]
        return {
            "TRIPLET": triplet,
            "LOADER": self.loader,
            "PLATFORM": said.get("dl_platform", ""),
            "HWCAPS": usable[-1] if usable and usable[-1] else "",
        }

    @cached_property
    def features(self) -> set[str]:
        """The older subdirectories for this CPU, which the loader searches before release 2.37."""
        told = output(str(inside(self.root, self.loader)), "--help")
        return set(re.findall(r"^  (\w+) \(.*supported, searched\)$", told, re.MULTILINE))

    @cached_property
    def release(self) -> tuple[int, ...]:
        """Such as (2, 41)."""
        told = output(str(inside(self.root, self.loader)), "--version")
        found = re.search(r"release version (\d+)\.(\d+)", told)
        assert found, told
        return tuple(map(int, found.groups()))

    def put_into(self, root: Path) -> None:
        """Fill an empty root with a merged /usr, the loader and libc."""
        triplet = self.words["TRIPLET"]
        for name in ("lib", "lib64", f"lib/{triplet}"):
            (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        for name in ("lib", "lib64"):
            (root / name).symlink_to(f"usr/{name}")
        for path in (self.loader, f"/lib/{triplet}/{LIBC}"):
            shutil.copy(inside(self.root, path), f"{root}{path}")

    def configure(self, root: Path) -> str:
        """Run ldconfig in a root; returns its warnings."""
        (root / "var/cache/ldconfig").mkdir(parents=True, exist_ok=True)
        command = [*as_root(), self._ldconfig, "-r", str(root)]
        done = subprocess.run(command, capture_output=True, check=True, text=True)
        return done.stderr

    def built_in(self, root: Path) -> set[str]:
        """Directories in a root's cache that no configuration lists: the loader's own."""
        if not (root / "etc/ld.so.cache").exists():
            return set()
        told = output(*as_root(), self._ldconfig, "-r", str(root), "-v", "-N", "-X")
        return set(re.findall(r"^(/.*?): .*\(from <builtin>:0\)$", told, re.MULTILINE))

    @cached_property
    def _ldconfig(self) -> str:
        for path in ("/usr/sbin/ldconfig", "/sbin/ldconfig"):
            if (found := inside(self.root, path)).exists():
                return str(found)
        raise LoaderOutOfReachError(f"{self.root} has no ldconfig")


def inside(root: Path, path: str) -> Path:
    """The file that `path` leads to for somebody whose root directory is `root`."""
    done: list[str] = []
    to_do = path.split("/")[::-1]
    links = 0
    while to_do:
        part = to_do.pop()
        if part == "..":
            done = done[:-1]
        elif (link := root.joinpath(*done, part)).is_symlink() and (links := links + 1) < 40:
            target = str(link.readlink())
            done = [] if target.startswith("/") else done
            to_do += target.split("/")[::-1]
        elif part:
            done.append(part)
    return root.joinpath(*done)


@cache
def as_root() -> tuple[str, ...]:
    """What makes us somebody who may change the root directory."""
    if os.geteuid() == 0:
        return ()
    become = ("unshare", "--map-root-user")
    if shutil.which("unshare") is None or subprocess.run([*become, "true"], check=False).returncode:
        raise LoaderOutOfReachError("changing the root directory needs root or a user namespace")
    return become


def output(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """What a program writes to stdout; an error with its stderr if it fails."""
    done = subprocess.run(command, capture_output=True, check=False, text=True, cwd=cwd, env=env)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr or done.stdout}")
    return done.stdout


MACHINE = Glibc()
"""This machine's own."""

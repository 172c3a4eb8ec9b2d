"""Archives of packages that Debian's own tools make, in the layouts of Debian and of Ubuntu."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from find_libdeps.debian.apt import Apt
from find_libdeps.debian.index import Index
from find_libdeps.debian.installing import installation
from find_libdeps.debian.requirements import Requirement

TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
DATE = "Thu, 14 Aug 2025 09:30:00 UTC"
"""When each archive was in its state."""

CONTROL = """Package: {name}
Version: {version}
Architecture: {architecture}
Section: libs
Maintainer: T <t@example.org>
Description: a test
{more}"""

GENERATE = """
Dir::ArchiveDir "{top}";
Default {{ Packages::Compress ". gzip"; Contents::Compress ". {compression}"; }};
TreeDefault {{
  Directory "pool/$(DIST)/$(SECTION)";
  Packages "dists/$(DIST)/$(SECTION)/binary-$(ARCH)/Packages";
  Contents "{contents}";
}};
Tree "{suite}" {{ Sections "{components}"; Architectures "amd64 arm64"; }};
"""
PER_COMPONENT = "dists/$(DIST)/$(SECTION)/Contents-$(ARCH)"
"""Where Debian's archive has its Contents indices."""
PER_SUITE = "dists/$(DIST)/Contents-$(ARCH)"
"""Where Ubuntu's has them."""
NONE = ""


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program, and tell what it said."""
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C", **environment}
    )


def checked(*command: str | Path, **environment: str) -> str:
    """What a program prints that has to work."""
    done = run(*command, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def find_libdeps(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as its users do."""
    return run(sys.executable, "-m", "find_libdeps", *arguments, **environment)


@dataclass(frozen=True)
class Archive:
    """A package archive in a directory that everyone may read, as apt's own user must."""

    top: Path

    def source(self, suite: str, components: str = "main") -> str:
        """The line of sources.list(5) for a suite."""
        return f"deb [trusted=yes] file:{self.top} {suite} {components}"

    def add(
        self,
        where: str,
        name: str,
        *paths: str,
        architecture: str = "amd64",
        version: str = "1.0",
        more: str = "",
    ) -> None:
        """Build a package into the pool of a suite and component; ``{T}`` is the triplet."""
        pool = self.top / "pool" / where
        pool.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as source:
            root = Path(source)
            root.chmod(0o755)
            (root / "DEBIAN").mkdir()
            control = CONTROL.format(
                name=name, version=version, architecture=architecture, more=more
            )
            (root / "DEBIAN" / "control").write_text(control)
            for path in paths:
                file = root / path.replace("{T}", TRIPLETS[architecture])
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("a library")
            checked("dpkg-deb", "--build", "-Znone", root, pool)

    def publish(
        self,
        suite: str,
        components: str = "main",
        contents: str = PER_COMPONENT,
        compression: str = "gzip",
        origin: str = "Test",
    ) -> None:
        """Write the indices of a suite with apt-ftparchive(1)."""
        dists = self.top / "dists" / suite
        for component in components.split():
            for architecture in TRIPLETS:
                (dists / component / f"binary-{architecture}").mkdir(parents=True)
            (self.top / "pool" / suite / component).mkdir(parents=True, exist_ok=True)
        configuration = self.top / f"{suite}.conf"
        configuration.write_text(
            GENERATE.format(
                top=self.top,
                suite=suite,
                components=components,
                compression=compression,
                contents=contents,
            )
        )
        checked("apt-ftparchive", "-qq", "generate", configuration)
        fields = {"Origin": origin, "Label": origin, "Suite": suite, "Codename": suite}
        options = [f"-oAPT::FTPArchive::Release::{key}={value}" for key, value in fields.items()]
        release = checked("apt-ftparchive", "-qq", *options, "release", dists)
        (dists / "Release").write_text(re.sub("(?m)^Date: .*", f"Date: {DATE}", release))
        if compression:  # as in the real archives, the sum of a plain file that is not there
            for path in dists.rglob("Contents-*"):
                if not path.suffix:
                    path.unlink()


def native() -> str:
    """This machine's architecture, if archives here are made for it."""
    architecture = checked("dpkg", "--print-architecture").strip()
    if architecture not in TRIPLETS:
        pytest.skip(f"the packages of these tests are not made for {architecture}")
    return architecture


def installs(apt: Apt, *names: str) -> set[str]:
    """What an apt that has nothing installed would install with some packages."""
    command = ("apt-get", "install", "--simulate", "--no-install-recommends", *names)
    told = checked(*command, APT_CONFIG=str(apt.configuration))
    return set(re.findall(r"^Inst (\S+)", told, re.MULTILINE))


def closure(index: Index, names: Iterable[str], architecture: str) -> set[str]:
    """What comes with some packages where only the essential ones are, by an index."""

    def requirement(name: str) -> Requirement:
        known = index.requirement(name, architecture)
        assert known, name
        return known

    return set(installation(names, requirement, has=lambda name: False).whole.packages)


def entries(index: bytes, architecture: str) -> dict[str, list[str]]:
    """All that an index file has for an architecture, as it stands there, without links.

    Files of the first format have their links in blocks of their own.
    """
    text = zlib.decompressobj().decompress(index).decode("utf-8", "surrogateescape")
    blocks = re.findall(r"^\t(.+)\n((?:[^\t].*\n)*)", text, re.MULTILINE)
    heads = {"*", architecture}
    own = [b for head, b in blocks if heads & set(head.split()) and "links" not in head]
    lines = [line.split() for block in own for line in block.splitlines()]
    return {soname: packages for soname, *packages in lines if packages[0][0] not in "~="}

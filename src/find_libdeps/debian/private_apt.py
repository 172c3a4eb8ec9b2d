"""An apt with private directories, which fetches the lists of any release and changes no other."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from find_libdeps.debian.apt import Apt
from find_libdeps.debian.sources import Source
from find_libdeps.errors import ReleaseError
from find_libdeps.process.progress import Tell, silent

CONFIGURATION = """
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Architectures;
Dir::State "{top}/state";
Dir::State::status "{top}/status";
Dir::Cache "{top}/cache";
Dir::Etc::sourcelist "{top}/none.list";
Dir::Etc::sourceparts "{top}/sources";
Dir::Etc::preferencesparts "{top}/none";
Dir::Log "{top}";
APT::Architecture "{architecture}";
APT::Architectures { "{architecture}"; };
Acquire::Languages "none";
Acquire::IndexTargets::deb {
  DEP-11::DefaultEnabled "false";
  Contents-deb {
    MetaKey "$(COMPONENT)/Contents-{architecture}";
    flatMetaKey "Contents-{architecture}";
    ShortDescription "Contents-{architecture}";
    Description "$(RELEASE)/$(COMPONENT) {architecture} Contents (deb)";
    flatDescription "$(RELEASE) Contents (deb)";
    KeepCompressed "true";
    DefaultEnabled "true";
    Identifier "Contents-deb";
  };
  Contents-deb-legacy {
    MetaKey "Contents-{architecture}";
    ShortDescription "Contents-{architecture}";
    Description "$(RELEASE) {architecture} Contents (deb)";
    KeepCompressed "true";
    DefaultEnabled "true";
    Fallback-Of "Contents-deb";
    Identifier "Contents-deb";
  };
};
"""
"""apt.conf(5): private directories for all that apt writes, and the targets of apt-file(1)."""
_WITHOUT_PACKAGES, _WITHOUT_CONTENTS = (
    [
        option
        for target in targets
        for option in ("-o", f"Acquire::IndexTargets::deb::{target}::DefaultEnabled=false")
    ]
    for targets in (["Packages"], ["Contents-deb", "Contents-deb-legacy"])
)
_ABSENT = re.compile(
    r"The repository '(\S+) (\S+) (?:In)?Release' (?:does not have|no longer has|is not signed)"
)
"""apt's message for a suite that the archive does not have, or that another publisher has."""


@dataclass(frozen=True, slots=True)
class PrivateApt:
    """Its directories, and the sources that it asks."""

    top: Path
    apt: Apt
    architecture: str

    @property
    def releases(self) -> dict[str, str]:
        """The text of each Release file that it has, by apt's name for the file."""
        lists = self.top / "state/lists"
        return {path.name: path.read_text("utf-8", "replace") for path in lists.glob("*Release")}

    def update(
        self, sources: Sequence[Source], tell: Tell = silent, *, contents: bool = True
    ) -> None:
        """Fetch the lists of some sources.

        Args:
            sources: the sources.
            contents: whether to fetch their Contents indices, too.
            tell: called with a sentence for each pocket that is left out, because it can't be
                fetched.

        Raises:
            ReleaseError: it could not fetch those of what is no pocket.
        """
        left = list(sources)
        while True:
            self._write(left)
            try:
                self._update(*(() if contents else _WITHOUT_CONTENTS))
            except ReleaseError as error:
                failed = [s for s in left if not s.is_base and f"/{s.suite}/" in str(error.cause)]
                if not failed:
                    raise
                tell(f"{failed[0].suite} is left out: {error.cause}")
                left = [source for source in left if source not in failed]
            else:
                return

    def update_releases(self, sources: Iterable[Source]) -> list[Source]:
        """Fetch the Release files alone, which say what there is. Those that it has are only asked
        for changes.

        Returns:
            the sources that exist: not every release has every pocket.

        Raises:
            ReleaseError: it could not fetch them, or there is none that is no pocket.
        """
        left = list(sources)
        while True:
            self._write(left)
            try:
                self._update(*_WITHOUT_PACKAGES, *_WITHOUT_CONTENTS)
            except ReleaseError as error:
                absent = set(_ABSENT.findall(str(error.cause)))
                there = [s for s in left if (s.uri.rstrip("/"), s.suite) not in absent]
                if len(there) == len(left) or not any(source.is_base for source in there):
                    raise
                left = there
            else:
                return left

    def _write(self, sources: Iterable[Source]) -> None:
        stanzas = "\n".join(map(str, sources))
        (self.top / "sources/archive.sources").write_text(stanzas, "utf-8")

    def _update(self, *options: str) -> None:
        self.apt.run("apt-get", "update", "-q", "-o", "APT::Update::Error-Mode=any", *options)

    def copy_releases(self, folder: Path) -> None:
        """Copy its Release files, with the times by which apt asks for newer ones.

        Raises:
            OSError: they can't be written.
        """
        import shutil

        for path in (self.top / "state/lists").glob("*Release"):
            beside = folder / f".{path.name}.{os.getpid()}"
            shutil.copy2(path, beside)
            beside.replace(folder / path.name)

    def size_of_lists(self, *, contents: bool = True) -> int:
        """The bytes of all lists that `update` fetches, as the Release files tell them."""
        return sum(self._size(text, contents=contents) for text in self.releases.values())

    def _size(self, release: str, *, contents: bool) -> int:
        packages = f"binary-{self.architecture}/Packages"
        wanted = rf"(?:\S+/)?(?:{f'Contents-{self.architecture}|' if contents else ''}{packages})"
        sizes: dict[str, int] = {}
        _, _, sums = release.partition("\nSHA256:")
        for size, name in re.findall(rf"^ \w+ +(\d+) ({wanted})\.\w+$", sums, re.MULTILINE):
            sizes[name] = min(int(size), sizes.get(name, int(size)))  # apt takes the smallest
        return sum(sizes.values())


@contextmanager
def private_apt(architecture: str, kept: Path | None = None) -> Iterator[PrivateApt]:
    """An apt in a temporary directory, which goes at the end.

    Args:
        architecture: the one whose lists it fetches.
        kept: a directory with Release files of earlier times.

    Raises:
        ReleaseError: there is no room for it.
    """
    import shutil
    import tempfile

    try:
        private = tempfile.TemporaryDirectory(prefix="find-libdeps-")
    except OSError as error:
        raise ReleaseError("run", "apt-get", error.strerror) from None
    with private as name:
        top = Path(name)
        top.chmod(0o755)  # apt fetches as another user
        for directory in ("state/lists/partial", "cache/archives/partial", "none", "sources"):
            (top / directory).mkdir(parents=True)
        for file in kept.glob("*Release") if kept else ():
            shutil.copy2(file, top / "state/lists")  # apt asks for what is newer than the file
        (top / "status").touch()
        own = CONFIGURATION.replace("{top}", str(top)).replace("{architecture}", architecture)
        # what Dir::Etc::main and APT_CONFIG name outside is read first
        files = filter(None, ("/etc/apt/apt.conf", os.environ.get("APT_CONFIG")))
        included = "".join(f'#include "{file}";\n' for file in files if Path(file).exists())
        (top / "main.conf").write_text(included + own)
        configuration = top / "apt.conf"
        # apt reads APT_CONFIG first and Dir::Etc::main last, so the settings of main.conf win
        configuration.write_text(f'Dir::Etc::main "{top}/main.conf";\n')
        yield PrivateApt(top, Apt(configuration), architecture)

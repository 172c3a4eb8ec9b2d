"""Containers that have Python and no libraries: packages are installed and imported in them."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import distributions
from pathlib import Path

import engine
from asks_heard import World, read_world
from engine import DOCKER, CommandError
from project import COMMAND

LISTENER = "find-libdeps-asks/listener"
LISTENER_FILE = """
FROM debian:trixie-slim
RUN echo force-unsafe-io > /etc/dpkg/dpkg.cfg.d/asks && apt-get update \\
    && apt-get install -y --no-install-recommends ca-certificates python3 \\
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
"""
"""Imports packages: nothing but Python."""

INSTALLER = "find-libdeps-asks/installer"
INSTALLER_FILE = f"""
FROM {LISTENER}
RUN apt-get update && apt-get install -y --no-install-recommends python3-pip \\
    && rm -rf /var/lib/apt/lists/*
"""
"""Has pip, which no virtualenv needs then: what is heard is not pip's."""

SECONDS = 300
"""After so long no more modules of a package are imported."""

APT_OPTIONS = ("-y", "-qq", "--no-install-recommends", "-o", "Debug::NoLocking=1")
"""The archive of packages is shared by containers that only read it."""

USER = f"{os.getuid()}:{os.getgid()}"


class CannotListen(Exception):  # noqa: N818 -- it reads as a sentence: why a package is left out
    """A package could not be installed or imported; says why."""


class Containers:
    """The folder where everything stays, and what containers do in it."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; nothing is made before it is needed."""
        self.folder = folder
        self.root = folder / "root"
        """The files of the listener, with all environments in ``/venvs``."""
        self._downloads = threading.Lock()
        self._preparation = threading.Lock()
        self._is_prepared = False

    def _prepare(self) -> None:
        """Make what is missing, once: images, the root, apt's lists."""
        with self._preparation:
            if not self._is_prepared:
                self._make()
            self._is_prepared = True

    def _make(self) -> None:
        if reason := engine.unavailable() or engine.without_images():
            raise CannotListen(reason)
        try:
            engine.make_images("trixie")
            engine.build(LISTENER_FILE, LISTENER)
            engine.build(INSTALLER_FILE, INSTALLER)
        except CommandError as error:
            raise CannotListen(str(error)) from None
        for name in ("lists", "apt/archives/partial", "pip"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        if not self.root.exists():
            self._unpack_root()
        self._run(LISTENER, "apt-get", "update", "-qq", network="host", options=self._apt())

    def venv(self, name: str) -> Path:
        """The environment of a package."""
        return self.root / "venvs" / name

    def install(self, name: str, requirements: Iterable[str] = ()) -> None:
        """Make the environment of a package, with the newest version that has no need to compile.

        Args:
            name: that of the package.
            requirements: what pip is asked for in its place.

        Raises:
            CannotListen: pip says why, or there is no engine.
        """
        self._prepare()
        venv, place = self.venv(name), f"/venvs/{name}"
        venv.mkdir(parents=True)
        options = ["-v", f"{venv}:{place}", "-v", f"{self.folder / 'pip'}:/pip", "--user", USER]
        wanted = shlex.join(requirements or (name,))
        pip = f"pip --cache-dir /pip --python {place}/bin/python"
        script = (
            f"python3 -m venv --without-pip {place} && {pip} install -q --prefer-binary {wanted}"
        )
        try:
            self._run(INSTALLER, "sh", "-c", script, network="host", options=options)
        except BaseException:
            shutil.rmtree(venv)
            raise

    def version(self, name: str) -> str:
        """The version of a package in its environment.

        Raises:
            CannotListen: the environment lacks it.
        """
        venv = self.venv(name)
        site = str(venv / "lib/python3.13/site-packages")
        for distribution in distributions(name=name, path=[site]):
            return distribution.version
        raise CannotListen(f"remove {venv}, which was not made to the end")

    def told(self, name: str) -> subprocess.CompletedProcess[str]:
        """What find-libdeps says of the environment of a package: its JSON, and its messages.

        Raises:
            CannotListen: it fails.
        """
        root = str(self.root)
        command = (COMMAND, "--format", "json", "--root", root, "--no-config", f"/venvs/{name}")
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise CannotListen(f"find-libdeps fails: {done.stderr.strip()}")
        return done

    def hear(self, name: str, packages: Iterable[str]) -> World:
        """Import a package where these packages of Debian are installed, and no others.

        Raises:
            CannotListen: there is no engine, or the environment can't be used.
        """
        self._prepare()
        wanted = self._installable(sorted(packages))
        world = self._heard(name, f"{self.venv(name)}:/venvs/{name}:ro", wanted)
        if any("Read-only file system" in end for end in world.failed.values()):
            with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                copy = Path(folder) / "venv"  # what an import writes is no part of the environment
                shutil.copytree(self.venv(name), copy, symlinks=True)
                world = self._heard(name, f"{copy}:/venvs/{name}", wanted)
        return world._replace(installed=tuple(sorted(packages)))

    def _heard(self, name: str, mount: str, wanted: list[str]) -> World:
        with tempfile.TemporaryDirectory(dir=self.folder) as told:
            self._listen(name, mount, Path(told), wanted)
            return read_world(Path(told))

    def _listen(self, name: str, mount: str, told: Path, wanted: list[str]) -> None:
        venv, tools = f"/venvs/{name}", Path(__file__).parent
        python = f"LD_DEBUG=files LD_DEBUG_OUTPUT=/told/loader {venv}/bin/python -IB"
        user, group = USER.split(":")
        script = (
            f"exec setpriv --reuid {user} --regid {group} --clear-groups env HOME=/tmp {python}"
            f" /tools/asks_listener.py /told {shlex.quote(name)} {SECONDS} 2>/told/error"
        )
        if wanted:
            apt = ("apt-get", "install", "--no-download", *APT_OPTIONS, *wanted)
            script = f"{shlex.join(apt)} >/told/apt 2>&1 || exit 9; {script}"
        mounts = (mount, f"{tools}:/tools:ro", f"{told}:/told")
        options = [*(word for each in mounts for word in ("-v", each)), *self._apt()]
        try:
            self._run(LISTENER, "sh", "-c", script, options=options, seconds=SECONDS + 120)
        except CannotListen as failure:
            said = [p.read_text() for n in ("apt", "error") if (p := told / n).exists()]
            if not (told / "log").exists():  # otherwise it heard something before it was ended
                raise CannotListen(f"{failure} {' '.join(said).strip()[-300:]}") from None

    def _installable(self, packages: list[str]) -> list[str]:
        """Download packages with all that they depend on; those that apt refuses are left out."""
        if not packages:
            return []
        with self._downloads:
            try:
                self._download(packages)
                return packages
            except CannotListen:
                return [p for p in packages if self._is_downloaded(p)] if packages[1:] else []

    def _is_downloaded(self, package: str) -> bool:
        try:
            self._download([package])
        except CannotListen:
            return False
        return True

    def _download(self, packages: list[str]) -> None:
        command = ("apt-get", "install", "--download-only", *APT_OPTIONS, *packages)
        self._run(LISTENER, *command, network="host", options=self._apt())

    def _apt(self) -> list[str]:
        lists = f"{self.folder / 'lists'}:/var/lib/apt/lists"
        return ["-v", lists, "-v", f"{self.folder / 'apt'}:/var/cache/apt"]

    def _run(
        self,
        image: str,
        *command: str,
        network: str = "none",
        options: Iterable[str] = (),
        seconds: float = 900,
    ) -> None:
        with tempfile.TemporaryDirectory() as directory:
            written = Path(directory) / "id"
            start = [DOCKER, "run", "--rm", "--cidfile", str(written), "--network", network]
            limits = ["--cpus", "1", "--cpu-shares", "256", "--memory", "6g"]
            whole = [*start, *limits, "--env", "HOME=/tmp", *options, image, *command]
            try:
                done = subprocess.run(whole, capture_output=True, text=True, timeout=seconds)
            except subprocess.TimeoutExpired:
                subprocess.run([DOCKER, "rm", "-f", written.read_text()], capture_output=True)
                raise CannotListen(f"not done after {seconds:.0f} s") from None
        if done.returncode != 0:
            lines = [li for li in (done.stdout + done.stderr).splitlines() if "rror" in li] or ["?"]
            raise CannotListen(f"status {done.returncode}: {lines[0]}")

    def _unpack_root(self) -> None:
        with _exported(LISTENER) as archive:
            new = self.root.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir()
            command = ["tar", "-x", "-f", str(archive), "-C", str(new), "--exclude=dev/*"]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                raise CannotListen(f"tar: {done.stderr}")
            new.rename(self.root)


@contextmanager
def _exported(image: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as directory:
        archive = Path(directory) / "image.tar"
        try:
            engine.export(image, archive)
        except CommandError as error:
            raise CannotListen(str(error)) from None
        yield archive

"""A real Docker Engine, used as its users do: `docker build` and `docker run`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import programs
from project import PROJECT

DEBIANS_CLIENT = Path("/usr/bin/docker")
DOCKER = str(DEBIANS_CLIENT) if DEBIANS_CLIENT.exists() else "docker"
"""Debian's client builds with BuildKit on its own; one earlier in PATH may want a plugin for it."""

TAIL = 60
"""How many lines of a failed command's output are shown."""

WHEEL = "COPY --from=find-libdeps-base/wheel / /opt/wheels/\n"
"""Gives a stage this checkout's wheel; the images' pip looks for wheels in that folder too."""

WHEEL_FOR_UV = f"{WHEEL}ENV UV_FIND_LINKS=/opt/wheels\n"
"""The same for uv."""

INSTALLATION = re.compile(r"^(?=RUN (.*\\\n)*.*(pipx?|uv tool) install find-libdeps)", re.MULTILINE)
"""Where the step begins that installs find-libdeps."""

BUILT_FROM_SOURCE = re.compile(r"^(?=RUN /venv/bin/pip install .*--no-binary)", re.MULTILINE)
"""Where the step begins that compiles."""

QUICKLY = "ENV CFLAGS='-O0 -g0 -Wno-cpp'\n"
"""Makes a compiler work for a third of the time. What it links is the same."""

POETRY_INSTALLED = re.compile(r"^RUN pipx install poetry==.*\n", re.MULTILINE)
"""The step that installs Poetry."""

WITH_PIPS_INDEX = """
ENV REQUESTS_CA_BUNDLE=$SSL_CERT_FILE
RUN pipx inject poetry poetry-plugin-pypi-mirror==0.6.5
RUN index=$(pip config get global.index-url || python3 -c \\
        'from pip._internal.models.index import PyPI; print(PyPI.simple_url)') \\
    && mkdir -p ~/.config/pypoetry \\
    && printf '[plugins.pypi_mirror]\\nurl = "%s"\\n' "$index" > ~/.config/pypoetry/config.toml
"""
"""Gives Poetry the index that pip has: it reads no configuration of pip's, and not every mirror
has the interface that it asks by itself."""


class CommandError(AssertionError):
    """A build, or a command that a test needs, did not work; the end of its output tells why."""

    def __init__(self, command: list[str], output: str) -> None:
        tail = "\n".join(output.splitlines()[-TAIL:])
        super().__init__(f"{' '.join(command)} failed:\n{tail}")


def unavailable() -> str | None:
    """Why there can be no test with an engine here, None if there can."""
    if shutil.which(DOCKER) is None:
        return "no docker client is installed"
    if _run([DOCKER, "info"]).returncode != 0:
        return "no Docker Engine answers"
    return None


def without_images() -> str | None:
    """Why no base image can be made here, None if they can."""
    return programs.missing("mmdebstrap")


def make_images(*release: str) -> None:
    """Makes the base images and the wheel; takes a second where they are up to date.

    One process at a time does it: others wait, and then find them made.

    Args:
        release: the one whose slim image is to be made (``trixie``), instead of all.
    """
    _checked([str(PROJECT / "fixtures/images/make"), *release], env={"PYTHON": sys.executable})


ROOM = 24 << 30
"""Bytes that two recipes at a time may take, with folders and archives of what is in them."""


def make_room(name: str) -> None:
    """Removes the images of a recipe, if little room is left for those of others."""
    folder = Path(_checked([DOCKER, "info", "--format", "{{.DockerRootDir}}"]).strip())
    if not folder.exists() or shutil.disk_usage(folder).free > ROOM:
        return
    names = _checked([DOCKER, "images", "--quiet", f"find-libdeps-test/{name}"]).split()
    if names:
        _run([DOCKER, "rmi", "--force", *dict.fromkeys(names)])
    _run([DOCKER, "builder", "prune", "--force"])


LIST_INSTALLED = re.compile(
    r"^RUN (.*\\\n)*.*(xargs -ra|apt-install <) (.*\\\n)*.*\n", re.MULTILINE
)
"""The step that installs the packages of the list."""


def missing_lists(dockerfile: str) -> str:
    """The same Dockerfile, but for the step that installs the packages of the list."""
    text, steps = LIST_INSTALLED.subn("", dockerfile)
    assert steps == 1, "one step of a recipe installs the list"
    return text


def prepared(dockerfile: str) -> str:
    """The text of a Dockerfile whose `pip install find-libdeps` gets ours.

    The wheel is brought in right before that step, and is no part of the base images: with another
    wheel, what stands above the step (apt, compilers) still comes from the engine's cache.
    """
    wheel = WHEEL_FOR_UV if "uv tool install" in dockerfile else WHEEL
    text = INSTALLATION.sub(wheel, dockerfile, count=1)
    text = BUILT_FROM_SOURCE.sub(QUICKLY, text)
    return POETRY_INSTALLED.sub(lambda step: step[0] + WITH_PIPS_INDEX, text)


def build(
    dockerfile: str,
    tag: str,
    stage: str | None = None,
    context: Path | None = None,
    output: Path | None = None,
) -> str:
    """Builds the text of a Dockerfile, prepared, or one of its stages.

    Args:
        dockerfile: the text.
        tag: the image's name.
        stage: the stage to build, instead of the last one.
        context: the folder that it copies from.
        output: a folder that gets the files of the result, which is no image then.

    Returns:
        what the engine said.
    """
    target = [] if stage is None else ["--target", stage]
    result = ["--tag", tag] if output is None else ["--output", str(output)]
    source = ["-"] if context is None else ["--file", "-", str(context)]
    command = [DOCKER, "build", "--network", "host", *target, *result, *source]
    done = _run(
        command, prepared(dockerfile), {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"}
    )
    if done.returncode != 0:
        raise CommandError(command, done.stdout + done.stderr)
    return done.stderr


def cached_steps(said: str) -> dict[str, bool]:
    """The steps of a build, by their instructions, and whether the engine had them already."""
    steps = dict(re.findall(r"^#(\d+) \[.*?\d+/\d+\] (.*)$", said, re.MULTILINE))
    cached = set(re.findall(r"^#(\d+) CACHED$", said, re.MULTILINE))
    return {instruction: number in cached for number, instruction in steps.items()}


def run(
    image: str,
    *command: str,
    mount: Path | None = None,
    network: str = "none",
    options: Sequence[str] = (),
) -> subprocess.CompletedProcess[str]:
    """Runs a command in a container that leaves nothing; `mount` is seen at /mnt, read-only."""
    volume = [] if mount is None else ["--volume", f"{mount}:/mnt:ro"]
    return _run([DOCKER, "run", "--rm", "--network", network, *volume, *options, image, *command])


@contextmanager
def volume() -> Iterator[str]:
    """The name of a volume, empty, that is removed in the end."""
    name = _checked([DOCKER, "volume", "create"]).strip()
    try:
        yield name
    finally:
        _checked([DOCKER, "volume", "rm", name])


def user(image: str) -> str:
    """Whose processes are started in an image."""
    template = "{{.Config.User}}"
    return _checked([DOCKER, "image", "inspect", "-f", template, image]).strip() or "root"


def output(
    image: str, *command: str, mount: Path | None = None, options: Sequence[str] = ()
) -> str:
    """What a command prints, that has to work in a container."""
    done = run(image, *command, mount=mount, options=options)
    if done.returncode != 0:
        raise CommandError(done.args, done.stdout + done.stderr)
    return done.stdout


def export(image: str, archive: Path) -> None:
    """Makes an archive of the files of an image."""
    container = _checked([DOCKER, "create", image, "true"]).strip()
    try:
        _checked([DOCKER, "export", "--output", str(archive), container])
    finally:
        _checked([DOCKER, "rm", container])


def unpack(image: str, folder: Path) -> None:
    """Makes a folder with the files of an image."""
    archive = folder.with_suffix(".tar")
    export(image, archive)
    extract(archive, folder)
    archive.unlink()


def extract(archive: Path, folder: Path) -> None:
    """Makes a folder with the files of an archive."""
    folder.mkdir()
    _checked(["tar", "--extract", "--file", str(archive), "--directory", str(folder)])


def save(image: str, archive: Path) -> None:
    """Makes an archive of an image's layers."""
    _checked([DOCKER, "save", "--output", str(archive), image])


def _run(
    command: list[str], stdin: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, input=stdin, env=os.environ | (env or {}), capture_output=True, text=True
    )


def _checked(command: list[str], stdin: str = "", env: dict[str, str] | None = None) -> str:
    done = _run(command, stdin, env)
    if done.returncode != 0:
        raise CommandError(command, done.stdout + done.stderr)
    return done.stdout

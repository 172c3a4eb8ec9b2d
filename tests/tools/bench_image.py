"""An image with a virtualenv in it, for the benchmark of audits."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench_timing import CannotRun
from engine import DOCKER

BASE = "debian:bookworm-slim"
IMAGE = "find-libdeps-bench/large"


def image_with(venv: Path) -> str:
    """The name of an image that has the environment at /venv.

    It is made if there is none: ``docker rmi`` it to have it made of another environment.

    Raises:
        CannotRun: there is no Docker Engine, or it fails.
    """
    if subprocess.run([DOCKER, "image", "inspect", IMAGE], capture_output=True).returncode:
        print(f"    making the image {IMAGE}", flush=True)
        # not by `docker build`, whose cache would hold the files a second time
        with container_of(BASE) as container:
            docker("cp", str(venv), f"{container}:/venv")
            docker("commit", container, IMAGE)
    return IMAGE


@contextmanager
def container_of(image: str) -> Iterator[str]:
    """A container that is never started."""
    container = docker("create", image, "never-started")
    try:
        yield container
    finally:
        docker("rm", container)


def docker(*arguments: str) -> str:
    """What a command of the engine's prints.

    Raises:
        CannotRun: it fails.
    """
    try:
        done = subprocess.run([DOCKER, *arguments], capture_output=True, text=True)
    except FileNotFoundError:
        raise CannotRun("docker is not installed: apt-get install docker.io") from None
    if done.returncode != 0:
        raise CannotRun(f"docker {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()

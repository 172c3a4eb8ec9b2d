"""The recipe `poetry`, as its compose file starts it: with a database that comes up later."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

import engine
from programs import need
from project import RECIPES

pytestmark = pytest.mark.recipe("poetry")

RECIPE = RECIPES / "poetry"
DOCKERFILE = (RECIPE / "Dockerfile").read_text()
COMPOSE = "docker-compose"

DATABASE = """
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends postgresql
ENV PATH=/usr/lib/postgresql/17/bin:$PATH
USER postgres
CMD initdb --auth=trust /tmp/data \\
    && echo 'host all all all trust' >> /tmp/data/pg_hba.conf \\
    && exec postgres -D /tmp/data -k /tmp -c listen_addresses='*'
"""
"""What stands for the image of the compose file's database: it makes its cluster first, too."""

OVERRIDE = """
services:
  app: {image: "find-libdeps-test/poetry:target"}
  dev: {image: "find-libdeps-test/poetry:dev"}
  db: {image: "find-libdeps-test/poetry:db"}
"""
"""The images that the test has built, which the compose file builds or pulls."""


@dataclass(frozen=True)
class Project:
    """A copy of the recipe, under a name that no other has."""

    folder: Path
    name: str
    port: int

    def compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs docker-compose."""
        files = "--file", "compose.yaml", "--file", "override.yaml"
        command = [COMPOSE, "--project-name", self.name, *files, *arguments]
        environment = os.environ | {"PORT": str(self.port)}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True
        )

    def dev(self, command: str) -> str:
        """What a shell's command prints in a container for development; it has to work."""
        done = self.compose("run", "--rm", "-T", "dev", "sh", "-ec", command)
        if done.returncode != 0:
            raise engine.CommandError(done.args, done.stdout + done.stderr)
        return done.stdout


@pytest.fixture(scope="module")
def project(images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The compose file's services, started."""
    need(COMPOSE)
    engine.build(DATABASE, "find-libdeps-test/poetry:db")
    engine.build(DOCKERFILE, "find-libdeps-test/poetry:dev", "dev", RECIPE)
    engine.build(DOCKERFILE, "find-libdeps-test/poetry:target", "app", RECIPE)
    folder = Path(shutil.copytree(RECIPE, tmp_path_factory.mktemp("poetry") / "context"))
    (folder / "override.yaml").write_text(OVERRIDE)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    project = Project(folder, f"find-libdeps-{uuid4().hex[:8]}", port)
    try:
        done = project.compose("up", "--detach", "--no-build", "app", "db")
        assert done.returncode == 0, done.stderr
        done = project.compose("exec", "-T", "app", "wait-for-port", "--timeout=60", "app:8000")
        assert done.returncode == 0, done.stderr + project.compose("logs").stdout
        yield project
    finally:
        project.compose("down", "--volumes", "--remove-orphans")


def request(project: Project, method: str, body: str | None = None) -> str:
    """What the app answers, on the port that is published."""
    connection = http.client.HTTPConnection("127.0.0.1", project.port, timeout=60)
    connection.request(method, "/", body)
    return connection.getresponse().read().decode()


def test_the_app_waits_for_its_database_and_works(project: Project) -> None:
    """A note is kept; the log tells of the wait."""
    assert request(project, "POST", "tea") == "kept\n"
    assert "tea" in request(project, "GET")
    assert "wait-for-port: db:5432 answers" in project.compose("logs", "app").stdout


def test_the_source_is_that_of_the_host_in_development(project: Project) -> None:
    """The tests, which the image for production has no runner for, run there, as nobody special."""
    done = project.dev("wait-for-port --timeout=60 db:5432 && id -u && pytest -p no:cacheprovider")
    assert done.startswith("1000\n")
    assert "1 passed" in done
    package = project.folder / "notes" / "__init__.py"
    package.write_text(package.read_text() + "HERE = 'from the host'\n")
    assert "from the host" in project.dev("python -c 'import notes; print(notes.HERE)'")


def test_the_environment_for_development_is_kept_in_its_volume(project: Project) -> None:
    """It is its user's to change, without another build."""
    project.dev("pip uninstall --yes pytest")
    assert "pytest" not in project.dev("pip freeze")
    assert "psycopg2==2.9.13" in project.dev("pip freeze")


def test_the_server_for_development_answers(project: Project) -> None:
    """It is what the image starts where no other command is given."""
    name = f"{project.name}-server"
    assert project.compose("run", "--detach", "--name", name, "dev").returncode == 0
    done = project.compose("exec", "-T", "app", "wait-for-port", "--timeout=60", f"{name}:8000")
    assert done.returncode == 0, done.stderr

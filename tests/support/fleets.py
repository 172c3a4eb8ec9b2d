"""A real scheduler of Dask with its workers, and a store like S3's, as processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from programs import need_libraries

SEEN = """
import os
from distributed.diagnostics.plugin import SchedulerPlugin

class Seen(SchedulerPlugin):
    def __init__(self, scheduler):
        self.scheduler = scheduler

    def transition(self, key, start, finish, *args, **kwargs):
        task = self.scheduler.tasks.get(key)
        with open({file!r}, "ab") as file:
            file.write(repr((key, start, finish, kwargs)).encode() + b"\\n")
            file.write(repr(getattr(task, "run_spec", None)).encode() + b"\\n")

def dask_setup(scheduler):
    scheduler.add_plugin(Seen(scheduler))
"""
"""What a scheduler runs first, to write down all that it learns of tasks."""


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass
class Cluster:
    """A scheduler and its workers, which can be killed and begun anew."""

    folder: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    """That of the workers."""
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    @property
    def address(self) -> str:
        """Where the scheduler listens."""
        return f"tcp://127.0.0.1:{self.port}"

    @property
    def told(self) -> str:
        """All that the scheduler and the workers have told or seen."""
        return "".join(
            file.read_text(errors="replace") for file in sorted(self.folder.glob("*.log"))
        )

    def start(self, workers: int = 2) -> None:
        """Start the scheduler, and some workers."""
        preload = self.folder / "seen.py"
        preload.write_text(SEEN.format(file=str(self.folder / "seen.log")))
        words = ["scheduler", "--host", "127.0.0.1", "--port", str(self.port)]
        self.scheduler = self._start("scheduler", *words, "--preload", str(preload))
        wait_for(self.port, self.scheduler)
        for number in range(workers):
            one = ["worker", self.address, "--nthreads", "1", "--no-nanny"]
            self.workers.append(self._start(f"worker-{number}", *one))

    def stop(self) -> None:
        """Kill all."""
        for process in (self.scheduler, *self.workers):
            if process:
                process.kill()
                process.wait()
        self.scheduler, self.workers = None, []

    def _start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
        command += ["--no-dashboard"]
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command, stdout=log, stderr=log, env=self.environment, cwd=self.folder
            )


@contextmanager
def cluster(folder: Path, workers: int = 2, **environment: str) -> Iterator[Cluster]:
    """A scheduler with some workers, which have more in their environment."""
    need_libraries("distributed")
    made = Cluster(folder, {**os.environ, **environment})
    with ExitStack() as stack:
        stack.callback(made.stop)
        made.start(workers)
        yield made


@contextmanager
def bucket(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty bucket; this process and those that it starts know its password."""
    need_libraries("moto", "s3fs")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = {
        "AWS_ACCESS_KEY_ID": "me",
        "AWS_SECRET_ACCESS_KEY": "secret-of-the-bucket",
        "AWS_DEFAULT_REGION": "us-east-1",
        "FSSPEC_S3_ENDPOINT_URL": address,
    }
    for key, value in settings.items():
        monkeypatch.setenv(key, value)
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (
        (folder / "moto.log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            wait_for(port, process)
            make = "import s3fs; s3fs.S3FileSystem(endpoint_url={!r}).mkdir('facts')"
            subprocess.run([sys.executable, "-c", make.format(address)], check=True)
            yield "s3://facts/of/images"
        finally:
            process.terminate()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process listens."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert process.poll() is None, process.args
            time.sleep(0.05)
        else:
            return

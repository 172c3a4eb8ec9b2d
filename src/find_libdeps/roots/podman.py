"""The files of an image in podman, as ``podman save`` writes them: nothing is written by us.

Podman's service is asked through its socket (its own interface, "libpod": there a short name is
the image that podman takes it for). Where no service runs, the program is: podman needs none.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from typing import IO, Any, cast
from urllib.parse import quote

from find_libdeps.errors import ImageError
from find_libdeps.process.progress import Progress
from find_libdeps.roots.archive import Counted, Root, Source, read_source
from find_libdeps.roots.docker_context import Endpoint
from find_libdeps.roots.engine_answer import Body, NoEngineError, explained
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.manifest import Choice
from find_libdeps.roots.stream import BLOCK, Stream

TIMEOUT = 600
"""Seconds without a byte from podman's service: it writes the whole archive before it sends any."""
_UNKNOWN = "image not known"
"""What podman says of an image that it does not have."""


def is_podman_here() -> bool:
    """Whether there is a podman to ask."""
    return _endpoint() is not None or shutil.which("podman") is not None


def open_from_podman(name: str, how: Instructions) -> Root:
    """Read an image that podman has for this user; it is never pulled.

    Args:
        name: as for ``podman run``: a tag, a digest or an identifier.
        how: the instructions; the total of its progress is unknown.

    Raises:
        ImageError: there is no such image or no podman, or podman fails.
    """
    source = Source(name, partial(_saved, name, how.progress), can_repeat=True)
    return read_source(source, how, Choice(how.platform))


def _endpoint() -> Endpoint | None:
    """Where podman's service may answer (podman-system-service(1)); None if it can't."""
    host = os.environ.get("CONTAINER_HOST", "")
    if not host:
        user = os.getuid()
        folder = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{user}" if user else "/run"
        socket = f"{folder}/podman/podman.sock"
        host = f"unix://{socket}" if os.access(socket, os.W_OK) else ""
    # over ssh:// the program finds its own way
    is_ours = host.startswith(("unix://", "tcp://"))
    return Endpoint(host, engine="podman", patience=TIMEOUT) if is_ours else None


@contextmanager
def _saved(name: str, progress: Progress) -> Iterator[Stream]:
    """The archive of an image, as it comes."""
    with ExitStack() as stack:
        endpoint = _endpoint()
        answer = _ask(endpoint, name, stack) if endpoint else None
        body: io.RawIOBase
        if endpoint and answer is not None:
            body = Body(answer.raw, endpoint, name, lambda passed: progress(passed, None))
        else:
            body = stack.enter_context(_run(name, progress))
        yield Stream(io.BufferedReader(body, BLOCK), name)


def _ask(endpoint: Endpoint, name: str, stack: ExitStack) -> Any:
    """The answer of podman's service with the archive; None if no service answers.

    Raises:
        ImageError: there is no such image, or the service fails.
    """
    import docker  # type: ignore[import-untyped]
    from docker.errors import create_api_error_from_http_exception  # type: ignore[import-untyped]
    from requests import HTTPError

    address = {"base_url": endpoint.host, "version": "1.40", "timeout": endpoint.patience}
    with suppress(NoEngineError), explained(endpoint, name):
        api = stack.enter_context(closing(docker.APIClient(**address)))
        answer = api.get(
            f"{api.base_url}/v4.0.0/libpod/images/{quote(name, safe='')}/get",
            params={"format": "docker-archive"},
            stream=True,
            timeout=endpoint.patience,
            headers={"Accept-Encoding": "identity"},
        )
        try:
            answer.raise_for_status()
        except HTTPError as error:
            if answer.status_code == 404:
                raise _no_such_image(name) from None
            raise create_api_error_from_http_exception(error) from None
        return answer
    return None


@contextmanager
def _run(name: str, progress: Progress) -> Iterator[io.RawIOBase]:
    """What ``podman save`` writes."""
    program = shutil.which("podman")
    if program is None:
        cause = "there is no podman: no service answers, and the program is not installed"
        raise ImageError("read", name, cause)
    with (
        os.fdopen(os.memfd_create("podman"), "w+b") as said,
        subprocess.Popen(  # noqa: S603 (its name is a constant, and the image's no option)
            [program, "save", "--quiet", "--format=docker-archive", "--", name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
        ) as process,
        closing(_Output(process, said, name, progress)) as output,
    ):
        try:
            yield output
            rest = bytearray(BLOCK)
            while output.readinto(rest):  # it fails, if it does, at the end
                pass
        finally:
            process.terminate()


class _Output(Counted):
    """What the program writes to its stdout; its failure is an error at the end."""

    def __init__(
        self, process: subprocess.Popen[bytes], said: IO[bytes], name: str, progress: Progress
    ) -> None:
        super().__init__(cast(IO[bytes], process.stdout).fileno(), progress)
        self._process = process
        self._said = said
        self._image = name

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes. Raises ImageError: the program has failed."""
        size = super().readinto(buffer)
        if not size and self._process.wait() != 0:
            raise self._failure()
        return size

    def _failure(self) -> ImageError:
        """What the last line of its stderr says."""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        words = lines[-1].removeprefix("Error: ") if lines else ""
        if _UNKNOWN in words:
            return _no_such_image(self._image)
        words = words or f"it failed with status {self._process.returncode}"
        return ImageError("read", self._image, f"podman says: {words}")


def _no_such_image(name: str) -> ImageError:
    cause = "podman has no such image, and it is not pulled: run podman pull"
    return ImageError("read", name, cause)

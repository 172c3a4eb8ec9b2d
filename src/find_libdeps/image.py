"""The files of an image that a Docker Engine has.

They are those of a container that is made of it and never started. The engine exports them as one
stream, and the container is removed, whatever happens.
"""

from __future__ import annotations

import io
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, BinaryIO, cast

from find_libdeps.archive import Contents, Progress, no_progress, read_export
from find_libdeps.errors import ImageError
from find_libdeps.kept import Probe
from find_libdeps.layout import image_config
from find_libdeps.stream import BLOCK, Stream

TIMEOUT = 60
"""Seconds without a byte from the engine after which it counts as hanging."""

LABEL = "find-libdeps"
"""Marks the containers: should a process be killed outright, they can be found by it."""

DEFAULT_HOST = "unix:///var/run/docker.sock"


def open_image(name: str, probe: Probe, progress: Progress = no_progress) -> Contents:
    """Read the files of an image that is on this machine; it is never pulled.

    The tree has what the engine adds to a container, too, such as an empty ``/etc/hosts``.

    Args:
        name: as for ``docker run``: a tag, a digest or an identifier.
        probe: reads what will be wanted of each regular file.
        progress: is told how many bytes have passed, of about how many.

    Raises:
        ImageError: there is no such image or no engine, or it fails.
    """
    with _explained(name):
        import docker  # type: ignore[import-untyped] # slow to import, and rarely needed

        client = docker.DockerClient.from_env(version="auto", timeout=TIMEOUT)
        try:
            return _read(client.api, name, probe, progress)
        finally:
            client.close()


def _read(api: Any, name: str, probe: Probe, progress: Progress) -> Contents:
    told = api.inspect_image(name)
    machine = (told.get("Os"), told.get("Architecture"), told.get("Variant"))
    config = image_config(*machine, (told.get("Config") or {}).get("Env"), name)
    total = told.get("Size")
    with _Interruption() as interruption:
        made = api.create_container(told["Id"], ["never-started"], labels={LABEL: "never started"})
        container = made["Id"]
        try:
            interruption.is_held = False
            interruption.check()
            url = f"{api.base_url}/v{api.api_version}/containers/{container}/export"
            with api.get(url, stream=True, timeout=TIMEOUT) as response:
                response.raise_for_status()
                body = cast(
                    BinaryIO, io.BufferedReader(_Body(response.raw, progress, total), BLOCK)
                )
                contents = read_export(Stream(body, name), probe, config)
            interruption.is_held = True
        finally:
            interruption.is_held = True
            api.remove_container(container, v=True, force=True)
    return contents


class _Body(io.RawIOBase):
    """The body of an engine's answer."""

    def __init__(self, raw: Any, progress: Progress, total: int | None) -> None:
        self._raw = raw
        self._progress = progress
        self._total = total
        self._passed = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._raw.read(len(buffer), decode_content=False)
        buffer[: len(data)] = data
        self._passed += len(data)
        self._progress(self._passed, self._total)
        return len(data)


class _Interrupted(KeyboardInterrupt):
    """A signal came that ends the process, once it has put its things away."""


class _Interruption:
    """Lets signals end a piece of work only where it can put things away."""

    def __init__(self) -> None:
        self.is_held = True
        """Whether a signal has to wait."""
        self._came: int | None = None
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> _Interruption:
        if threading.current_thread() is threading.main_thread():  # signals reach no other
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._handlers[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if self._came is not None:
            signal.raise_signal(self._came)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._came = self._came or number
        self.check()

    def check(self) -> None:
        """Raise `_Interrupted` if a signal came, and hold all others."""
        if self._came is not None and not self.is_held:
            self.is_held = True
            raise _Interrupted


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Tell what the engine, or the way to it, did wrong."""
    try:
        yield
    except ImageError:
        raise
    except Exception as error:
        cause = _cause(error)
        if cause is None:
            raise
        raise ImageError("read", name, cause) from None


def _cause(error: BaseException) -> str | None:
    """What went wrong, as a clause; None: it is no failure of the engine."""
    from docker.errors import (  # type: ignore[import-untyped]
        APIError,
        DockerException,
        ImageNotFound,
    )
    from requests.exceptions import RequestException, Timeout
    from urllib3.exceptions import HTTPError
    from urllib3.exceptions import TimeoutError as LateError

    host = os.environ.get("DOCKER_HOST") or DEFAULT_HOST
    causes = list(_causes(error))
    for cause in causes:
        match cause:
            case ImageNotFound():
                return "the Docker Engine has no such image, and it is not pulled"
            case APIError(explanation=str(words)) if words:
                return f"the Docker Engine says: {words}"
            case Timeout() | LateError() | TimeoutError():
                return f"the Docker Engine at {host} did not answer for {TIMEOUT} seconds"
            case FileNotFoundError():
                return f"there is no Docker Engine at {host}"
            case PermissionError():
                return f"no permission to use the Docker Engine at {host}"
            case ConnectionRefusedError():
                return f"no Docker Engine answers at {host}"
    if isinstance(error, ValueError | KeyError):
        return "the Docker Engine's answer makes no sense"
    if isinstance(error, DockerException | RequestException | HTTPError | OSError):
        return f"the Docker Engine at {host} fails: {error}"
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what led to it: libraries hide it in each other's arguments."""
    while error is not None:
        yield error
        for argument in error.args:
            if isinstance(argument, BaseException):
                yield from _causes(argument)
        error = error.__cause__ or error.__context__

"""What an engine answers over HTTP: its bytes, and its errors as sentences."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException, IncompleteRead
from socket import gaierror
from typing import Any, cast

from find_libdeps.errors import SCARCE, ImageError
from find_libdeps.roots.docker_context import Endpoint
from find_libdeps.roots.stream import BLOCK


class NoEngineError(ImageError):
    """No engine answers that this process may ask."""

    def __init__(self, verb: str, name: str, absence: str, advice: str = "") -> None:
        super().__init__(verb, name, f"{absence}; {advice}" if advice else absence)
        self.absence = absence
        """The cause without advice."""


class Body(io.RawIOBase):
    """The body of an engine's response."""

    def __init__(
        self, raw: Any, endpoint: Endpoint, name: str, progress: Callable[[int], None]
    ) -> None:
        """Nothing is read yet.

        Args:
            raw: the response of urllib3.
            endpoint: the engine.
            name: what is read, for messages.
            progress: called with the bytes that have passed.
        """
        self._body = raw._original_response  # urllib3 would copy all of it three more times
        self._body.fp = io.BufferedReader(_Wide(self._body.fp), BLOCK)
        self._endpoint = endpoint
        self._name = name
        self._progress = progress
        self._passed = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """The next bytes. Raises ImageError: the engine broke off."""
        with explained(self._endpoint, self._name):
            size: int = self._body.readinto(buffer)
        self._passed += size
        self._progress(self._passed)
        return size


class _Wide(io.RawIOBase):
    """A connection that is read in larger blocks than in `http.client`: a tenth of the calls."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._rest = file.read(len(file.peek()))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        if not self._rest:
            return cast(io.RawIOBase, self._file.raw).readinto(buffer)
        data, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def explained(endpoint: Endpoint, name: str, verb: str = "read") -> Iterator[None]:
    """Turn errors of the engine, or of the connection to it, into an ImageError.

    Raises:
        NoEngineError: there is none that answers.
        ImageError: any other error.
    """
    try:
        yield
    except (ImageError, MemoryError):
        raise
    except Exception as error:
        if absence := _absence(error, endpoint):
            raise NoEngineError(verb, name, *absence) from None
        raise ImageError(verb, name, _cause(error, endpoint)) from None


_WITHOUT = "an archive by docker save or podman save, or registry:HOST/NAME, is read without one"


def _absence(error: BaseException, endpoint: Endpoint) -> tuple[str, ...]:
    """Why no engine can be asked, and what to do instead; empty if one could be asked."""
    for cause in _causes(error):
        match cause:
            case FileNotFoundError():
                return f"there is no Docker Engine at {endpoint}", _WITHOUT
            case PermissionError():
                return (f"no permission to use {endpoint.engine} at {endpoint}",)
            case ConnectionRefusedError() | gaierror():
                return f"no Docker Engine answers at {endpoint}", _WITHOUT
    return ()


def _cause(error: BaseException, endpoint: Endpoint) -> str:
    """The cause of an error of an engine that was asked, as a clause."""
    from docker.errors import (  # type: ignore[import-untyped]
        APIError,
        DockerException,
        ImageNotFound,
    )
    from requests.exceptions import Timeout

    engine = endpoint.engine
    fallback = senseless = f"{engine} at {endpoint} answers what makes no sense"
    for cause in _causes(error):
        match cause:
            case ImageNotFound():
                return f"{engine} has no such image, and it is not pulled: run docker pull"
            case APIError(explanation=str(words)) if words:
                return f"{engine} says: {words}"
            case Timeout() | TimeoutError():
                return f"{engine} at {endpoint} did not answer for {endpoint.patience} seconds"
            case OSError(errno=number, strerror=str(words)) if number in SCARCE:
                return words
            case IncompleteRead() | ConnectionError():
                return f"{engine} at {endpoint} broke off"
            case HTTPException():
                return senseless
            case DockerException() | ImportError():  # ImportError: of an SSH library
                fallback = f"no Docker Engine can be used at {endpoint}: {cause}"
    return fallback


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that led to it, also if they are among the arguments of others."""
    while error is not None:
        yield error
        for argument in error.args:
            if isinstance(argument, BaseException):
                yield from _causes(argument)
        error = error.__cause__ or error.__context__

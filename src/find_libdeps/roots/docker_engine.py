"""The files of an image in a Docker Engine.

A container is made from the image, and never started. The engine exports the container's files as
one stream, and the container is removed, whatever happens. If parts of files are needed that were
not kept, all of this is done again.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException, IncompleteRead
from typing import Any, cast

from find_libdeps.errors import SCARCE, ImageError, quoted
from find_libdeps.process.progress import Progress, no_progress
from find_libdeps.process.signals import DelayedSignals
from find_libdeps.roots.archive import Root, laid, read_export
from find_libdeps.roots.archive_tree import Origin
from find_libdeps.roots.docker_context import Endpoint, chosen_endpoint
from find_libdeps.roots.kept import Keeper, Probe
from find_libdeps.roots.layers import Unpacker
from find_libdeps.roots.manifest import fits, image_config, platform_of
from find_libdeps.roots.stream import BLOCK, Stream

TIMEOUT = 60
"""Seconds without a byte from the engine after which it counts as hanging."""
LABEL = "find-libdeps"
"""The label of the containers, to find those that a killed process has left behind."""
_SPARE = 8
"""Descriptors that wait for the removal of a container, whatever else uses up all there are."""


def open_image(
    name: str, probe: Probe, progress: Progress = no_progress, platform: str | None = None
) -> Root:
    """Read the files of an image that is on this machine; it is never pulled.

    The tree also has what the engine adds to a container, such as an empty ``/etc/hosts``.

    Args:
        name: as for ``docker run``: a tag, a digest or an identifier.
        probe: reads the parts of each regular file that will probably be needed.
        progress: called with the bytes read so far, and an estimate of the total.
        platform: the one that the image must be for.

    Raises:
        ImageError: there is no such image or no engine, or the engine fails.
    """
    keeper = Keeper(probe)
    endpoint = chosen_endpoint(name)
    with _engine(endpoint, name) as (api, interruption):
        with _explained(endpoint, name):
            details = api.inspect_image(name)
            machine = (details.get("Os"), details.get("Architecture"), details.get("Variant"))
            _check_platform(name, platform_of(*machine), platform)
            config = image_config(*machine, (details.get("Config") or {}).get("Env"), name)
            image = _Image(name, endpoint, details["Id"], details.get("Size"), progress)
        files = _read_files(api, interruption, image, keeper)
    return laid([files], config, Origin(partial(_read_again, image), keeper))


def _check_platform(name: str, platform: str, wanted: str | None) -> None:
    """Raises ImageError: an image is not for the wanted platform."""
    if wanted is not None and not fits(platform, wanted):
        pull = f"docker pull --platform {quoted(wanted)} {quoted(name)}"
        raise ImageError("read", name, f"the Docker Engine has it for {platform}; first run {pull}")


@dataclass(frozen=True, slots=True)
class _Image:
    """An image in the engine."""

    name: str
    """The name that the caller used."""
    endpoint: Endpoint
    """The engine."""
    identifier: str
    """Its Id, which stays with the image; a tag may move to another one."""
    size: int | None
    """The estimated size of its files in bytes."""
    progress: Progress


@contextmanager
def _engine(endpoint: Endpoint, name: str) -> Iterator[tuple[Any, DelayedSignals]]:
    """Connect to the engine. Signals are delayed until the caller allows them."""
    with _explained(endpoint, name):
        import docker  # type: ignore[import-untyped] # slow to import, and rarely needed

        if endpoint.context:
            address = {"base_url": endpoint.host, "tls": _tls(endpoint)}
            client = docker.DockerClient(**address, version="auto", timeout=TIMEOUT)
        else:
            client = docker.DockerClient.from_env(version="auto", timeout=TIMEOUT)
    with closing(client), DelayedSignals() as interruption:
        yield client.api, interruption


def _tls(endpoint: Endpoint) -> Any:
    """The keys and certificates for a context's engine, or False if it has none."""
    from docker.tls import TLSConfig  # type: ignore[import-untyped]

    if endpoint.tls is None:
        return False
    ca, certificate, key = (endpoint.tls / name for name in ("ca.pem", "cert.pem", "key.pem"))
    has_pair = certificate.exists() and key.exists()
    return TLSConfig(
        client_cert=(str(certificate), str(key)) if has_pair else None,
        ca_cert=str(ca) if ca.exists() else None,
        verify=endpoint.is_verified,
    )


def _read_again(image: _Image, keeper: Keeper) -> None:
    """Read the files of an image once more."""
    with _engine(image.endpoint, image.name) as (api, interruption):
        _read_files(api, interruption, image, keeper)


def _read_files(api: Any, interruption: DelayedSignals, image: _Image, keeper: Keeper) -> Unpacker:
    """Make a container, read its files, and remove it."""
    with _explained(image.endpoint, image.name), ExitStack() as spare:
        for _ in range(_SPARE):
            spare.callback(os.close, os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
        command, labels = ["never-started"], {LABEL: "to be removed"}
        container = api.create_container(image.identifier, command, labels=labels)["Id"]
        for_removal = spare.pop_all()
    try:
        interruption.are_delayed = False
        interruption.check()
        with _export(api, image, container) as response:
            body = _Body(response.raw, image)
            files = read_export(Stream(io.BufferedReader(body, BLOCK), image.name), keeper)
        interruption.are_delayed = True
    finally:
        interruption.are_delayed = True
        for_removal.close()
        _remove(api, image.endpoint, container)
    return files


def _export(api: Any, image: _Image, container: str) -> Any:
    """The engine's response with the files. The SDK's own method would have no time limit."""
    import requests
    from docker.errors import create_api_error_from_http_exception  # type: ignore[import-untyped]

    url = f"{api.base_url}/v{api.api_version}/containers/{container}/export"
    with _explained(image.endpoint, image.name):
        response = api.get(
            url, stream=True, timeout=TIMEOUT, headers={"Accept-Encoding": "identity"}
        )
        try:
            response.raise_for_status()
        except requests.HTTPError as error:
            raise create_api_error_from_http_exception(error) from None
        return response


def _remove(api: Any, endpoint: Endpoint, container: str) -> None:
    """Remove a container, and the volumes that were made with it.

    If that fails, its error replaces any other, because the container is still there.
    """
    with _explained(endpoint, container, "remove the container"):
        api.remove_container(container, v=True, force=True)


class _Body(io.RawIOBase):
    """The body of an engine's response."""

    def __init__(self, raw: Any, image: _Image) -> None:
        self._body = raw._original_response  # urllib3 would copy all of it three more times
        self._body.fp = io.BufferedReader(_Wide(self._body.fp), BLOCK)
        self._image = image
        self._passed = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        with _explained(self._image.endpoint, self._image.name):
            size: int = self._body.readinto(buffer)
        self._passed += size
        self._image.progress(self._passed, self._image.size)
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
def _explained(endpoint: Endpoint, name: str, verb: str = "read") -> Iterator[None]:
    """Turn errors of the engine, or of the connection to it, into an ImageError."""
    try:
        yield
    except (ImageError, MemoryError):
        raise
    except Exception as error:
        raise ImageError(verb, name, _cause(error, endpoint)) from None


_WITHOUT = "an archive by docker save or podman save, or registry:HOST/NAME, is read without one"


def _cause(error: BaseException, host: Endpoint) -> str:
    """The cause of an error, as a clause."""
    from docker.errors import APIError, DockerException, ImageNotFound
    from requests.exceptions import Timeout

    fallback = senseless = f"the Docker Engine at {host} answers what makes no sense"
    for cause in _causes(error):
        match cause:
            case ImageNotFound():
                return "the Docker Engine has no such image, and it is not pulled: run docker pull"
            case APIError(explanation=str(words)) if words:
                return f"the Docker Engine says: {words}"
            case Timeout() | TimeoutError():
                return f"the Docker Engine at {host} did not answer for {TIMEOUT} seconds"
            case FileNotFoundError():
                return f"there is no Docker Engine at {host}; {_WITHOUT}"
            case PermissionError():
                return f"no permission to use the Docker Engine at {host}"
            case ConnectionRefusedError():
                return f"no Docker Engine answers at {host}; {_WITHOUT}"
            case OSError(errno=number, strerror=str(words)) if number in SCARCE:
                return words
            case IncompleteRead() | ConnectionError():
                return f"the Docker Engine at {host} broke off"
            case HTTPException():
                return senseless
            case DockerException() | ImportError():  # ImportError: of an SSH library
                fallback = f"no Docker Engine can be used at {host}: {cause}"
    return fallback


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that led to it, also if they are among the arguments of others."""
    while error is not None:
        yield error
        for argument in error.args:
            if isinstance(argument, BaseException):
                yield from _causes(argument)
        error = error.__cause__ or error.__context__

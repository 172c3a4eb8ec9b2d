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
from typing import Any

from find_libdeps.errors import ImageError, quoted
from find_libdeps.process.progress import Progress
from find_libdeps.process.signals import DelayedSignals
from find_libdeps.roots.archive import Root, laid, read_export
from find_libdeps.roots.archive_tree import Origin
from find_libdeps.roots.docker_context import Endpoint, chosen_endpoint
from find_libdeps.roots.engine_answer import Body, explained
from find_libdeps.roots.instructions import Instructions
from find_libdeps.roots.keeper import Keeper
from find_libdeps.roots.layer_cache import KnownLayers
from find_libdeps.roots.layers import Layer, Unpacker
from find_libdeps.roots.manifest import fits, image_config, platform_of
from find_libdeps.roots.stream import BLOCK, Stream

LABEL = "find-libdeps"
"""The label of the containers, to find those that a killed process has left behind."""
_SPARE = 8
"""Descriptors that wait for the removal of a container, whatever else uses up all there are."""


def open_image(name: str, how: Instructions) -> Root:
    """Read the files of an image that is on this machine; it is never pulled.

    The tree also has what the engine adds to a container, such as an empty ``/etc/hosts``.

    Args:
        name: as for ``docker run``: a tag, a digest or an identifier.
        how: the instructions. The total of its progress is an estimate. What is known of the
            image is kept as a whole: an engine takes several times as long to save layers as to
            export the files.

    Raises:
        NoEngineError: no engine answers.
        ImageError: there is no such image, or the engine fails.
    """
    keeper = Keeper(how.probe)
    known = KnownLayers(keeper.passed, how.cache)
    endpoint = chosen_endpoint(name)
    with _engine(endpoint, name) as (api, interruption):
        with explained(endpoint, name):
            details = api.inspect_image(name)
            machine = (details.get("Os"), details.get("Architecture"), details.get("Variant"))
            _check_platform(name, platform_of(*machine), how.platform)
            config = image_config(*machine, (details.get("Config") or {}).get("Env"), name)
            image = _Image(name, endpoint, details["Id"], details.get("Size"), how.progress)
        whole = f"image-{image.identifier}"
        how.identified(whole)
        files: Layer | None = known.load(0, whole)
        if files is None:
            files = _read_files(api, interruption, image, keeper)
            known.save(0, whole, files)
    digests = tuple((details.get("RootFS") or {}).get("Layers") or ())
    return laid([files], config, Origin(partial(_read_again, image), keeper, known), digests)


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

    def report(self, passed: int) -> None:
        """Report how far it was read."""
        self.progress(passed, self.size)


@contextmanager
def _engine(endpoint: Endpoint, name: str) -> Iterator[tuple[Any, DelayedSignals]]:
    """Connect to the engine. Signals are delayed until the caller allows them."""
    with explained(endpoint, name):
        import docker  # type: ignore[import-untyped] # slow to import, and rarely needed

        if endpoint.context:
            address = {"base_url": endpoint.host, "tls": _tls(endpoint)}
            client = docker.DockerClient(**address, version="auto", timeout=endpoint.patience)
        else:
            client = docker.DockerClient.from_env(version="auto", timeout=endpoint.patience)
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
    with explained(image.endpoint, image.name), ExitStack() as spare:
        for _ in range(_SPARE):
            spare.callback(os.close, os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
        command, labels = ["never-started"], {LABEL: "to be removed"}
        container = api.create_container(image.identifier, command, labels=labels)["Id"]
        for_removal = spare.pop_all()
    try:
        interruption.are_delayed = False
        interruption.check()
        with _export(api, image, container) as response:
            body = Body(response.raw, image.endpoint, image.name, image.report)
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
    with explained(image.endpoint, image.name):
        response = api.get(
            url,
            stream=True,
            timeout=image.endpoint.patience,
            headers={"Accept-Encoding": "identity"},
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
    with explained(endpoint, container, "remove the container"):
        api.remove_container(container, v=True, force=True)

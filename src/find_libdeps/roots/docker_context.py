"""Which Docker Engine is meant: that of a variable, of a context, or of this machine.

The rules are those of Docker's client (its command line reference, "docker context"): DOCKER_HOST,
then DOCKER_CONTEXT, then the context that is the current one by the client's configuration. The
``docker`` package finds contexts only beside a ``config.json``, which the client need not have.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from find_libdeps.errors import ImageError

DEFAULT_HOST = "unix:///var/run/docker.sock"
TIMEOUT = 60
"""Seconds without a byte from an engine after which it counts as hanging."""
_DEFAULT = "default"
"""The context that stands for DOCKER_HOST, or the engine of this machine."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an engine answers."""

    host: str
    """Its address: ``unix:///var/run/docker.sock``."""
    context: str = ""
    """The context that tells it; empty if none does."""
    tls: Path | None = None
    """The directory with the keys and certificates for it; None if it has none."""
    is_verified: bool = True
    """Whether its certificate is checked."""
    engine: str = "the Docker Engine"
    """What answers there, for messages."""
    patience: int = TIMEOUT
    """Seconds that it may be silent."""

    def __str__(self) -> str:
        return f"{self.host} (context {self.context})" if self.context else self.host


def chosen_endpoint(image: str) -> Endpoint:
    """The engine that Docker's client would ask.

    Args:
        image: the image that is asked for, for messages.

    Raises:
        ImageError: there is no such context, or it can't be used.
    """
    if host := os.environ.get("DOCKER_HOST"):
        return Endpoint(host)
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    context = os.environ.get("DOCKER_CONTEXT") or _current(folder, image)
    if context == _DEFAULT:
        return Endpoint(DEFAULT_HOST)
    identifier = sha256(context.encode("utf-8", "surrogateescape")).hexdigest()
    meta = _read(folder / "contexts/meta" / identifier / "meta.json", image)
    if meta is None:
        listed = "(docker context ls lists those there are)"
        raise ImageError("read", image, f'there is no Docker context "{context}" {listed}')
    try:
        endpoint = meta["Endpoints"]["docker"]
        host, is_unverified = endpoint["Host"], endpoint.get("SkipTLSVerify", False)
    except (KeyError, TypeError, AttributeError):
        host = is_unverified = None
    if not isinstance(host, str) or not host:
        cause = f'the Docker context "{context}" names no Docker Engine; choose another one'
        raise ImageError("read", image, f"{cause} with DOCKER_CONTEXT")
    tls = folder / "contexts/tls" / identifier / "docker"
    return Endpoint(host, context, tls if tls.is_dir() else None, not is_unverified)


def _current(folder: Path, image: str) -> str:
    """The name of the context that the client's configuration says is the current one."""
    settings = _read(folder / "config.json", image)
    current = settings.get("currentContext") if isinstance(settings, dict) else None
    return current if isinstance(current, str) and current else _DEFAULT


def _read(file: Path, image: str) -> Any:
    """The content of a file of the client; None if there is none. Raises ImageError."""
    try:
        return json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        raise ImageError("read", image, f"Docker's {file} makes no sense") from None
    except OSError as error:
        raise ImageError("read", image, f"Docker's {file}: {error.strerror}") from None

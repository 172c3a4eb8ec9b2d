"""Asks a registry for manifests and blobs (OCI distribution specification), without an engine.

`requests` does the transport: it comes with `docker`, as do the credentials of Docker's client.
"""

from __future__ import annotations

import hashlib
import io
import ipaddress
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from find_libdeps.errors import ImageError
from find_libdeps.roots.manifest import MAX_JSON

TIMEOUT = (20, 60)
"""Seconds until a connection counts as refused, and until a silent one counts as broken."""
MAX_TRIES = 8
"""How often one manifest or blob is asked for: connections break, registries are busy. One that is
away for half a minute is waited for.
"""
MAX_WAIT = 30
"""Most seconds to wait before the next try, whatever the registry asks for (Retry-After)."""
CHUNK = 1 << 18
"""Bytes of a blob that are read at once."""
ACCEPTED = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        "oci.image.index.v1",
        "oci.image.manifest.v1",
        "docker.distribution.manifest.list.v2",
        "docker.distribution.manifest.v2",
    )
)
_NAME = re.compile(
    r"(?P<host>[\w.-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?)/(?P<path>[a-z0-9][a-z0-9._/-]*)"
    r"(:(?P<tag>[\w][\w.-]{0,127}))?(@(?P<digest>sha256:[0-9a-f]{64}))?",
    re.ASCII,
)
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_BUSY = (429, 500, 502, 503, 504)


class Reference(NamedTuple):
    """The name of an image in a registry."""

    host: str
    path: str
    version: str
    """A tag or a digest."""


def parse_reference(name: str) -> Reference:
    """Parse ``HOST/NAME[:TAG][@DIGEST]``; the tag is ``latest`` if there is neither.

    Raises:
        ImageError: it is no such name.
    """
    match = _NAME.fullmatch(name)
    if match is None or not (set(match["host"]) & set(".:") or match["host"] == "localhost"):
        cause = "expected the registry's host and the image's name: HOST/NAME:TAG"
        raise ImageError("read", name, cause)
    return Reference(match["host"], match["path"], match["digest"] or match["tag"] or "latest")


@dataclass
class Registry:
    """One image's place in a registry, and the session in which it is asked for."""

    name: str
    """What the caller calls the image."""
    reference: Reference
    plain_http: bool = False
    """Whether it is asked without TLS; if it is on this machine, it is in any case."""
    _session: Any = field(init=False)
    _authorization: str = ""

    def __post_init__(self) -> None:
        import requests

        self._session = requests.Session()

    @property
    def _base(self) -> str:
        is_plain = self.plain_http or _is_loopback(self.reference.host)
        scheme = "http" if is_plain else "https"
        return f"{scheme}://{self.reference.host}/v2/{self.reference.path}"

    def close(self) -> None:
        """End the session."""
        self._session.close()

    def manifest(self, version: str) -> bytes:
        """A manifest or an index. Raises ImageError: there is none, or it is not what it says."""
        return self._document(f"manifests/{version}", version)

    def config(self, digest: str) -> bytes:
        """The configuration of an image. Raises ImageError, as `manifest` does."""
        return self._document(f"blobs/{digest}", digest)

    def _document(self, path: str, version: str) -> bytes:
        with self.get(path) as answer:
            content: bytes = answer.raw.read(MAX_JSON + 1, decode_content=True)
        if len(content) > MAX_JSON:
            raise self.refuse(f"its manifest {version} has more than {MAX_JSON >> 20} MB")
        algorithm, _, digest = version.partition(":")
        if digest and hashlib.new(algorithm, content).hexdigest() != digest:
            raise self.refuse(f"{version} has other content in the registry")
        return content

    def get(self, path: str, start: int = 0) -> Any:
        """Ask for a manifest or a blob, with the authorization that the registry wants.

        Args:
            path: below the image's place.
            start: where in a blob to begin.

        Raises:
            ImageError: the registry does not answer, or does not give it.
        """
        import requests

        headers = {"Accept": ACCEPTED, "Accept-Encoding": "identity"}
        headers |= {"Range": f"bytes={start}-"} if start else {}
        cause, is_allowed, pause = "", False, 0.0
        for attempt in range(MAX_TRIES):
            time.sleep(pause)
            if self._authorization:
                headers["Authorization"] = self._authorization
            try:
                answer = self._session.get(
                    f"{self._base}/{path}", headers=headers, stream=True, timeout=TIMEOUT
                )
            except requests.RequestException as error:
                cause, pause = _cause_of(error, self.reference.host), _wait(attempt, "")
                continue
            if answer.status_code in (200, 206):
                return answer
            wait, words = answer.headers.get("Retry-After", ""), _told(answer)
            challenge = answer.headers.get("WWW-Authenticate", "")
            answer.close()
            if answer.status_code == 401 and not is_allowed:
                is_allowed, pause = True, 0  # a token that has expired is renewed once
                self._authorization = self._authorized(challenge)
                continue
            cause, pause = f"the registry says: {words}", _wait(attempt, wait)
            if answer.status_code not in _BUSY:
                break
        raise self.refuse(cause)

    def _authorized(self, challenge: str) -> str:
        """The header that a registry asks for (distribution specification, token authentication).

        Raises:
            ImageError: it gives no token.
        """
        import requests
        from requests.auth import _basic_auth_str

        user, password = self._credentials()
        kind, _, rest = challenge.partition(" ")
        basic = _basic_auth_str(user, password) if user else ""
        if kind.lower() == "basic":
            return basic
        fields = dict(_CHALLENGE.findall(rest))
        realm = fields.pop("realm", "")
        if kind.lower() != "bearer" or not realm:
            raise self.refuse("the registry wants an authorization of an unknown kind")
        if not _is_safe(realm, self.reference.host if self.plain_http else ""):
            raise self.refuse(f"the registry wants a password to be sent in the open, to {realm}")
        try:
            if user == "<token>":  # an identity token, by OAuth 2
                form = {"grant_type": "refresh_token", "refresh_token": password, **fields}
                form["client_id"] = "find-libdeps"
                answer = self._session.post(realm, data=form, timeout=TIMEOUT)
            else:
                headers = {"Authorization": basic} if basic else {}
                answer = self._session.get(realm, params=fields, headers=headers, timeout=TIMEOUT)
            found = answer.json() if answer.ok else {}
            token = found.get("token") or found.get("access_token")
        except (requests.RequestException, ValueError, AttributeError) as error:
            raise self.refuse(f"no token for it: {error}") from None
        if not isinstance(token, str) or not token:
            raise self.refuse(f"no token for it: {_told(answer)}; log in with docker login")
        return f"Bearer {token}"

    def _credentials(self) -> tuple[str, str]:
        """The user and the password that Docker's client has for the registry; empty if none.

        Raises:
            ImageError: its helper does not work.
        """
        from docker.auth import load_config  # type: ignore[import-untyped]
        from docker.errors import DockerException  # type: ignore[import-untyped]

        try:
            found: Mapping[str, str] = load_config().resolve_authconfig(self.reference.host) or {}
        except DockerException as error:
            raise self.refuse(f"the credentials of Docker's client: {error}") from None
        if token := found.get("IdentityToken") or found.get("identitytoken"):
            return "<token>", token
        user = found.get("Username") or found.get("username") or ""
        return user, found.get("Password") or found.get("password") or ""

    def refuse(self, cause: str) -> ImageError:
        """Make the error that says what is wrong with the image."""
        return ImageError("read", self.name, cause)


class Blob(io.RawIOBase):
    """The bytes of a blob. A connection that breaks is taken up again where it broke."""

    def __init__(self, registry: Registry, digest: str, size: int) -> None:
        """Nothing is asked for before the first byte is read."""
        self._registry = registry
        self._digest = digest
        self._size = size
        self._sum = hashlib.new(digest.partition(":")[0])
        self._answer: Any = None
        self._tries = 0
        self.position = 0
        """Bytes that have passed."""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """The next bytes; none at the end, when all were what the digest says.

        Raises:
            ImageError: they were not, or the registry does not give them.
        """
        from urllib3.exceptions import HTTPError

        while self.position < self._size:
            try:
                if self._answer is None:
                    self._answer = self._open()
                data: bytes = self._answer.raw.read(min(len(buffer), self._size - self.position))
            except (HTTPError, OSError):
                data = b""
            if data:
                buffer[: len(data)] = data
                self._sum.update(data)
                self.position += len(data)
                return len(data)
            self._break()
        if f"{self._digest.partition(':')[0]}:{self._sum.hexdigest()}" != self._digest:
            raise self._registry.refuse(f"its layer {self._digest} has other content")
        return 0

    def _open(self) -> Any:
        answer = self._registry.get(f"blobs/{self._digest}", self.position)
        if answer.status_code == 200:  # it does not know ranges, and begins anew
            left = self.position
            while left and (passed := answer.raw.read(min(left, CHUNK))):
                left -= len(passed)
        return answer

    def _break(self) -> None:
        if self._answer is not None:
            self._answer.close()
            self._answer = None
        self._tries += 1
        if self._tries > MAX_TRIES:
            cause = f"the connection broke {self._tries} times in its layer {self._digest}"
            raise self._registry.refuse(cause)

    def close(self) -> None:
        """End the connection."""
        if self._answer is not None:
            self._answer.close()
        super().close()


def _is_safe(address: str, plain: str) -> bool:
    """Whether nobody between can read what is sent there, or the user wants that of `plain`."""
    parts = urlsplit(address)
    is_wanted = _is_loopback(parts.netloc) or _without_port(parts.netloc) == _without_port(plain)
    return parts.scheme == "https" or (parts.scheme == "http" and is_wanted)


def _is_loopback(host: str) -> bool:
    """Whether plain HTTP will do: what it says never leaves this machine."""
    bare = _without_port(host)
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return bare == "localhost"


def _without_port(host: str) -> str:
    return re.sub(r":\d+\Z", "", host).strip("[]")


def _wait(attempt: int, wanted: str) -> float:
    """Seconds until the next try: what the registry wants, or ever more."""
    return min(float(wanted) if wanted.isdigit() else 2.0**attempt / 4, MAX_WAIT)


def _told(answer: Any) -> str:
    """What a registry says of an error: its own words, or the status."""
    status = f"{answer.status_code} {answer.reason or ''}".strip()
    try:
        first = answer.json()["errors"][0]
        return f"{status}, {first.get('message') or first['code']}"
    except (ValueError, LookupError, TypeError, AttributeError):
        return status


def _cause_of(error: Exception, host: str) -> str:
    """Why no answer came, as a clause."""
    import requests

    match error:
        case requests.exceptions.SSLError() if "CERTIFICATE" not in str(error):
            return f"{host} does not speak TLS; --plain-http asks without"
        case requests.exceptions.SSLError():
            return f"the certificate of {host} is not trusted"
        case requests.exceptions.Timeout():
            return f"{host} does not answer"
        case _:
            return f"no connection to {host}"

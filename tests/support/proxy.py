"""A proxy in front of a real engine's socket, that spoils one of its answers."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType

ENGINE = "/var/run/docker.sock"

RUBBISH = bytes(range(256)) * 64
REFUSAL = b'{"message": "not now"}'
REFUSED = b"HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


class Proxy:
    """Passes requests on, one a connection, and the answers back, but for one kind."""

    def __init__(
        self,
        folder: Path,
        request: str = "",
        how: str = "",
        after: int = 0,
        engine: str = ENGINE,
    ) -> None:
        """Listen in a folder.

        Args:
            folder: where the socket is made.
            request: part of the request's first line, such as ``/export``, of which the answer is
                spoilt.
            how: ``die``, ``hang``, ``rubbish``; or ``refuse``, for which the engine isn't asked.
            after: bytes of the answer that still pass.
            engine: the socket of the real one.
        """
        self.path = folder / "docker.sock"
        self.host = f"unix://{self.path}"
        self.has_spoilt = Event()
        """Set when the answer has been spoilt."""
        self.may_go_on = Event()
        """Ends the hanging."""
        self._engine = engine
        self._request, self._how, self._after = request.encode(), how, after
        self._server = socket.socket(socket.AF_UNIX)

    def __enter__(self) -> Proxy:
        self._server.bind(str(self.path))
        self._server.listen()
        Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.may_go_on.set()
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as engine, suppress(OSError):
            head, _, body = _until(client, b"\r\n\r\n").partition(b"\r\n\r\n")
            is_spoilt = bool(self._request) and self._request in head.partition(b"\r\n")[0]
            if is_spoilt and self._how == "refuse":
                client.sendall(REFUSED % (len(REFUSAL), REFUSAL))
                return
            lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Connection:")]
            size = next((int(n[15:]) for n in lines if n.startswith(b"Content-Length:")), 0)
            while len(body) < size:
                body += client.recv(1 << 16)
            engine.connect(self._engine)
            engine.sendall(b"\r\n".join([*lines, b"Connection: close", b"", body]))
            _copy(engine, client.sendall, self._after if is_spoilt else None)
            if is_spoilt:
                self._spoil(client)
                _copy(engine, client.sendall, None)

    def _spoil(self, client: socket.socket) -> None:
        self.has_spoilt.set()
        if self._how == "rubbish":
            client.sendall(RUBBISH)
        if self._how == "hang":
            self.may_go_on.wait()
        else:
            client.shutdown(socket.SHUT_RDWR)


def _until(source: socket.socket, mark: bytes) -> bytes:
    data = b""
    while mark not in data:
        part = source.recv(1 << 16)
        if not part:
            raise ConnectionError
        data += part
    return data


def _copy(source: socket.socket, send: Callable[[bytes], object], size: int | None) -> None:
    """Pass bytes on: all, or some."""
    while size is None or size > 0:
        part = source.recv(1 << 16 if size is None else min(size, 1 << 16))
        if not part:
            return
        send(part)
        size = None if size is None else size - len(part)

"""A real registry, and a front of it that asks for tokens, is busy, and breaks connections."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

CONFIG = """
version: 0.1
storage: {{filesystem: {{rootdirectory: {top}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """Debian's docker-registry, with an empty store; its host and port. It logs its answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "config.yml").write_text(CONFIG.format(top=folder / "store", port=port))
    with (
        (folder / "registry.log").open("w") as log,
        subprocess.Popen(
            ["docker-registry", "serve", folder / "config.yml"],
            stdout=log,
            stderr=subprocess.DEVNULL,
        ) as process,
    ):
        try:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    assert process.poll() is None
                    time.sleep(0.05)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def push(archive: Path, name: str, kind: str = "oci-archive") -> None:
    """Push the image of an archive, or all of them.

    Args:
        archive: the file.
        name: ``HOST:PORT/NAME:TAG``.
        kind: what it is, as skopeo has it.
    """
    copy = ("skopeo", "copy", "--quiet", "--all", "--dest-tls-verify=false")
    subprocess.run([*copy, f"{kind}:{archive}", f"docker://{name}"], check=True)


@dataclass
class Front:
    """What stands before a registry, and what it does to its answers."""

    behind: str
    password: str = ""
    """Of the user ``me``; if it is set, tokens are asked for."""
    lasts: int = 1 << 30
    """How many requests a token is good for."""
    busy: int = 0
    """How many requests are refused for now."""
    cuts: int = 0
    """How many answers with a blob end after their half."""
    has_ranges: bool = True
    changed: bool = False
    """Whether one byte of each blob is another one."""
    asked: list[str] = field(default_factory=list)
    """The path of each request."""
    sent: int = 0
    """Bytes of blobs."""
    tokens: int = 0
    realm: str = ""
    """The host that gives tokens, if it is another one."""

    def __enter__(self) -> Front:
        front = self

        class Handler(_Handler):
            def do_GET(self) -> None:
                self.answer(front)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def refuse(self, status: int, **headers: str) -> None:
        """Refuse in the words of the distribution specification."""
        body = json.dumps({"errors": [{"code": "DENIED", "message": "not so"}]}).encode()
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def answer(self, front: Front) -> None:
        """Answer a request as the front is told to."""
        front.asked.append(self.path)
        if self.path.startswith("/token"):
            self.give_token(front)
        elif front.password and not self.may_pass(front):
            realm = f'realm="http://{front.realm or front.host}/token"'
            challenge = f'Bearer {realm},service="test",scope="repository:app:pull"'
            self.refuse(401, WWW_Authenticate=challenge)
        elif front.busy:
            front.busy -= 1
            self.refuse(429, Retry_After="0")
        else:
            self.pass_on(front)

    def give_token(self, front: Front) -> None:
        """A token for whoever has the password (distribution specification, "Token")."""
        wanted = "Basic " + base64.b64encode(f"me:{front.password}".encode()).decode()
        if self.headers.get("Authorization") != wanted:
            self.refuse(401)
            return
        assert "service=test" in self.path
        assert "scope=repository%3Aapp%3Apull" in self.path
        front.tokens += 1
        body = json.dumps({"token": f"token{front.tokens}:{front.lasts}"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        front.left = front.lasts  # type: ignore[attr-defined]

    def may_pass(self, front: Front) -> bool:
        """Whether the newest token is shown, and still good."""
        shown = self.headers.get("Authorization", "")
        if not front.tokens or not shown.startswith(f"Bearer token{front.tokens}:"):
            return False
        front.left -= 1  # type: ignore[attr-defined]
        return bool(front.left >= 0)  # type: ignore[attr-defined]

    def pass_on(self, front: Front) -> None:
        """Ask the registry, and spoil the answer if that is wanted."""
        host, port = front.behind.split(":")
        connection = HTTPConnection(host, int(port))
        headers = {key: self.headers[key] for key in ("Accept", "Range") if key in self.headers}
        if not front.has_ranges:
            headers.pop("Range", "")
        connection.request("GET", self.path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        is_blob = "/blobs/" in self.path
        if is_blob and front.changed:
            body = body[:-1] + bytes([body[-1] ^ 1])
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if is_blob and front.cuts and len(body) > 4096:
            front.cuts -= 1
            body = body[: len(body) // 2]
            self.close_connection = True
        front.sent += len(body) if is_blob else 0
        self.wfile.write(body)

#!/usr/bin/env python3
"""Wait until TCP endpoints answer, such as the database that a container needs at its start.

This file is the whole command `wait-for-port`: an image that has Python needs no other file of
find-libdeps for it.
"""

from __future__ import annotations

import argparse
import ipaddress
import queue
import socket
import sys
import threading
import time
from dataclasses import dataclass
from typing import NoReturn

ATTEMPT = 3.0
"""Seconds that an attempt may take: TCP sends a lost packet again after one second."""

ANSWERED, TIMED_OUT, MISUSED, INTERRUPTED = 0, 1, 2, 130
"""The exit statuses."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and a port to connect to."""

    host: str
    """A name or an address; an IPv6 address without brackets."""
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_endpoint(text: str) -> Endpoint:
    """Parse ``HOST:PORT`` or ``[IPV6]:PORT``.

    Raises:
        ValueError: the text is no endpoint; the message says why.
    """
    host, _, port = text.rpartition(":")
    if not host:
        raise ValueError("it is not HOST:PORT")
    if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError("a port is a number from 1 to 65535")
    if host.startswith("[") and host.endswith("]"):
        host = str(ipaddress.IPv6Address(host[1:-1]))
    elif ":" in host:
        raise ValueError("an IPv6 address stands in brackets")
    try:
        host.encode("idna")
    except UnicodeError:
        raise ValueError("that can't be the name of a host") from None
    return Endpoint(host, int(port))


def is_answered(connection: socket.socket) -> bool:
    """Whether a connection leads to another socket, and not to itself.

    If nothing listens on a port of this host, the kernel may choose that very port as the
    connection's own, and TCP then connects it to itself (RFC 9293, simultaneous open).
    """
    return bool(connection.getsockname() != connection.getpeername())


def attempt(endpoint: Endpoint) -> str | None:
    """Connect once. Returns why there was no answer, or None if there was one."""
    try:
        with socket.create_connection((endpoint.host, endpoint.port), ATTEMPT) as connection:
            return None if is_answered(connection) else "Connection refused"
    except OSError as error:
        return error.strerror or str(error)


Outcomes = queue.SimpleQueue[tuple[Endpoint, "str | None"]]


def watch(endpoint: Endpoint, period: float, outcomes: Outcomes) -> None:
    """Attempt every `period` seconds until there is an answer; put each outcome in `outcomes`."""
    while True:
        started = time.monotonic()
        outcome = attempt(endpoint)
        outcomes.put((endpoint, outcome))
        if outcome is None:
            return
        time.sleep(max(0.0, started + period - time.monotonic()))


def wait_for(endpoints: list[Endpoint], period: float, timeout: float) -> dict[Endpoint, str]:
    """Wait for all endpoints at once, and report progress on stderr.

    Args:
        endpoints: to wait for.
        period: seconds from one attempt to the next.
        timeout: seconds until it gives up.

    Returns:
        The endpoints that did not answer in time, and why not.
    """
    deadline = time.monotonic() + timeout
    waiting = dict.fromkeys(endpoints, "no answer yet")
    outcomes: Outcomes = queue.SimpleQueue()
    for endpoint in waiting:
        # A name look-up can't be interrupted, but the program can end while a daemon runs it.
        threading.Thread(target=watch, args=(endpoint, period, outcomes), daemon=True).start()
    while waiting:
        try:
            endpoint, cause = outcomes.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        if cause is None:
            del waiting[endpoint]
            say(f"{endpoint} answers")
        elif waiting[endpoint] != cause:
            waiting[endpoint] = cause
            say(f"waiting for {endpoint}: {cause}")
    return waiting


def say(text: str) -> None:
    """Print one line on stderr."""
    print(f"wait-for-port: {text}", file=sys.stderr, flush=True)


def seconds(text: str) -> float:
    """Parse a number of seconds to wait.

    Raises:
        argparse.ArgumentTypeError: the text is no such number.
    """
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number <= threading.TIMEOUT_MAX:
        raise argparse.ArgumentTypeError(f'"{text}" is no number of seconds to wait')
    return number


class Parser(argparse.ArgumentParser):
    """Reports a usage error in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Print the error, and exit."""
        say(message)
        sys.exit(MISUSED)


def main() -> None:
    """Run the command."""
    parser = Parser(
        prog="wait-for-port",
        description="Wait until all of some TCP endpoints answer.",
        epilog="Exit status: 0 all answered; 1 not all did in time; 2 wrong usage.",
        allow_abbrev=False,
    )
    parser.add_argument("endpoints", metavar="HOST:PORT", nargs="+", help="or [IPV6]:PORT")
    for name, default, text in (
        ("--period", 0.5, "from one attempt to the next"),
        ("--timeout", 600.0, "until it is given up"),
    ):
        text = f"{text} (default: {default:g})"
        parser.add_argument(name, metavar="SECONDS", type=seconds, default=default, help=text)
    options = parser.parse_args()
    endpoints = []
    for text in options.endpoints:
        try:
            endpoints.append(parse_endpoint(text))
        except ValueError as error:
            parser.error(f'cannot wait for "{text}": {error}')
    try:
        missing = wait_for(endpoints, options.period, options.timeout)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    for endpoint, cause in missing.items():
        say(f'cannot reach "{endpoint}" within {options.timeout:g} s: {cause}')
    sys.exit(TIMED_OUT if missing else ANSWERED)


if __name__ == "__main__":
    main()

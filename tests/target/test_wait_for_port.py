"""`wait-for-port`, with real servers that start late."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from project import PROJECT
from wait_for_port import Endpoint, is_answered, parse_endpoint

SOURCE = PROJECT / "src" / "target" / "wait_for_port.py"

WAITER = """
import subprocess, sys
with subprocess.Popen(sys.argv[1:], stderr=subprocess.PIPE, text=True) as waiter:
    for line in waiter.stderr:
        sys.stderr.write(line)
        if "waiting for late:" in line:
            with open("/etc/hosts", "a") as hosts:
                hosts.write("127.0.0.1 late\\n")
sys.exit(waiter.returncode)
"""
"""Gives an address to the name that a command waits for, once it does."""

SILENCE = """
import socket, subprocess, sys
with socket.socket(type=socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", 53))
    sys.exit(subprocess.run(sys.argv[1:]).returncode)
"""
"""Runs a command beside a name server that never answers."""


def command(*arguments: str) -> list[str]:
    """The command; the interpreter sees no packages at all."""
    return [sys.executable, "-I", "-S", str(SOURCE), *arguments]


@contextmanager
def server(host: str = "127.0.0.1") -> Iterator[socket.socket]:
    """A server that refuses connections until its `listen` is called."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as server:
        server.bind((host, 0))
        yield server


def endpoint(server: socket.socket) -> str:
    """Where it is, as the command has it."""
    host, port = server.getsockname()[:2]
    return str(Endpoint(host, port))


def start(*arguments: str) -> subprocess.Popen[str]:
    """The command under way."""
    return subprocess.Popen(command(*arguments), stderr=subprocess.PIPE, text=True)


def next_lines(waiter: subprocess.Popen[str], count: int) -> list[str]:
    """What it says next, sorted: endpoints are watched at once."""
    assert waiter.stderr
    return sorted(waiter.stderr.readline() for _ in range(count))


def run(*arguments: str, cwd: Path | None = None) -> tuple[int, str]:
    """The exit status, and what is said."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, cwd=cwd)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_it_waits_until_all_have_answered() -> None:
    """Servers may start in any order; IPv4, IPv6; one that answered once is waited for no more."""
    with server() as early, server() as late, server("::1") as last:
        a, b, c = map(endpoint, (early, late, last))
        early.listen()
        with start("--period=0.01", a, b, c, b) as waiter:
            assert next_lines(waiter, 3) == sorted(
                [
                    f"wait-for-port: {a} answers\n",
                    f"wait-for-port: waiting for {b}: Connection refused\n",
                    f"wait-for-port: waiting for {c}: Connection refused\n",
                ]
            )
            early.close()
            late.listen()
            assert next_lines(waiter, 1) == [f"wait-for-port: {b} answers\n"]
            assert waiter.poll() is None
            last.listen()
            assert next_lines(waiter, 1) == [f"wait-for-port: {c} answers\n"]
            assert waiter.wait() == 0


@pytest.mark.thorough
def test_the_timeout_names_those_that_did_not_answer() -> None:
    """Status 1, and a line for each of them at the end."""
    with server() as there, server() as missing, server("::1") as missing_too:
        there.listen()
        a, b, c = map(endpoint, (there, missing, missing_too))
        status, said = run("--timeout=2", c, a, b)
    assert status == 1
    assert said.splitlines()[-2:] == [
        f'wait-for-port: cannot reach "{c}" within 2 s: Connection refused',
        f'wait-for-port: cannot reach "{b}" within 2 s: Connection refused',
    ]
    assert f'"{a}"' not in said


def test_a_name_may_resolve_late(images: None) -> None:
    """A name that has no address yet is looked up again, as those of containers have to be."""
    name = "late:8000"
    serve = "python3 -m http.server 8000 2>/dev/null & exec"
    wait = f"{serve} python3 -c '{WAITER}' /mnt/wait_for_port.py --period=0.01 {name}"
    done = engine.run("python:3.13-slim", "sh", "-c", wait, mount=SOURCE.parent)
    assert done.returncode == 0, done.stderr
    first, *_, last = done.stderr.splitlines()  # between them: a name, but no server yet
    assert first.startswith(f"wait-for-port: waiting for {name}: ")
    assert last == f"wait-for-port: {name} answers"


def test_a_name_server_that_is_silent_keeps_nobody(images: None) -> None:
    """The deadline holds although the look-up is still under way."""
    wait = f"echo nameserver 127.0.0.1 > /etc/resolv.conf && exec python3 -c '{SILENCE}' "
    wait += "/mnt/wait_for_port.py --timeout=0.5 late.example:1"
    done = engine.run("python:3.13-slim", "sh", "-c", wait, mount=SOURCE.parent)
    said = 'wait-for-port: cannot reach "late.example:1" within 0.5 s: no answer yet\n'
    assert (done.returncode, done.stderr) == (1, said)


def test_control_c_ends_it_without_a_traceback() -> None:
    """Status 130, as the shell has it."""
    with server() as missing, start(endpoint(missing)) as waiter:
        next_lines(waiter, 1)
        waiter.send_signal(signal.SIGINT)
        assert waiter.stderr
        assert (waiter.wait(), waiter.stderr.read()) == (130, "")


def test_a_connection_to_itself_is_no_answer() -> None:
    """As the kernel makes them where nobody listens; one to a server is an answer."""
    with server() as lonely:
        lonely.connect(lonely.getsockname())
        assert not is_answered(lonely)
    with server() as there:
        there.listen()
        with socket.create_connection(there.getsockname()) as connection:
            assert is_answered(connection)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "the following arguments are required: HOST:PORT"),
        (["--wait", "a:1"], "unrecognized arguments: --wait"),
        (["postgres"], 'cannot wait for "postgres": it is not HOST:PORT'),
        ([":5432"], 'cannot wait for ":5432": it is not HOST:PORT'),
        (["a:0"], 'cannot wait for "a:0": a port is a number from 1 to 65535'),
        (["a:65536"], 'cannot wait for "a:65536": a port is a number from 1 to 65535'),
        (["a:٣"], 'cannot wait for "a:٣": a port is a number from 1 to 65535'),
        (["::1:80"], 'cannot wait for "::1:80": an IPv6 address stands in brackets'),
        (["[a]:80"], "cannot wait for \"[a]:80\": At least 3 parts expected in 'a'"),
        (["a..b:80"], 'cannot wait for "a..b:80": that can\'t be the name of a host'),
        (["--timeout=0", "a:1"], 'argument --timeout: "0" is no number of seconds to wait'),
        (["--timeout=inf", "a:1"], 'argument --timeout: "inf" is no number of seconds to wait'),
        (["--period=x", "a:1"], 'argument --period: "x" is no number of seconds to wait'),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(arguments: Sequence[str], complaint: str) -> None:
    """Nothing is waited for then."""
    assert run(*arguments) == (2, f"wait-for-port: {complaint}\n")


HOSTS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{1,10})?", fullmatch=True)


@given(HOSTS | st.ip_addresses().map(str), st.integers(1, 65535))
def test_what_an_endpoint_prints_is_that_endpoint(host: str, port: int) -> None:
    """Names, IPv4 and IPv6 addresses."""
    assert parse_endpoint(str(Endpoint(host, port))) == Endpoint(host, port)


@given(st.text(st.sampled_from("a1:[].%é\ud800-")).map(lambda host: f"{host}:80") | st.text())
def test_what_is_no_endpoint_is_a_value_error(text: str) -> None:
    """Nothing else is raised."""
    try:
        parsed = parse_endpoint(text)
    except ValueError:
        return
    assert parse_endpoint(str(parsed)) == parsed

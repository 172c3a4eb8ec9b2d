"""What the dynamic loader writes, line by line; `test_run.py` asks real ones."""

from __future__ import annotations

from pathlib import Path

from find_libdeps.observe.loader_log import LoaderAsk, LoaderLog


def log(*lines: str, process: int = 7) -> LoaderLog:
    """A log with these lines, each fed by itself, as a reader may get them."""
    read = LoaderLog()
    for line in lines:
        read.feed(f"{process:10}:\t{line}\n".encode())
    read.end()
    return read


def asks(*names: str, requester: str = "/x.so") -> list[str]:
    """The lines by which an object asks for names in vain."""
    return [f"file={name} [0];  dynamically loaded by {requester} [0]" for name in names]


def test_requester_may_have_any_name() -> None:
    """Spaces, and what looks like other parts of the line."""
    odd = "/a b/x.so [0];  needed by y"
    heard = log(f"file=libz.so.1 [0];  needed by {odd} [0]")
    assert heard.asks == {LoaderAsk(odd, "libz.so.1", is_dlopen=False): None}


def test_lines_that_no_loader_wrote_are_passed_over() -> None:
    """Names with ends of lines, a cut line, bytes that are no text."""
    read = LoaderLog()
    read.feed(b"file=libz.so.1 [0];  needed by x [0]\n     7:\tfile=lib\nz.so [0];  needed by\n")
    read.feed(b"\xff\xfe\n\n  7:\tfile=lib\xffz.so [0];  needed by x [0]\n  7:\tfile=lib")
    read.end()
    assert read.asks == {LoaderAsk("x", "lib\udcffz.so", is_dlopen=False): None}


def test_processes_that_share_a_file_are_told_apart() -> None:
    """A process that was forked writes between the lines of the first one."""
    read = LoaderLog()
    for process, line in (
        (7, *asks("libone.so")),
        (8, *asks("libtwo.so")),
        (7, "  trying file=/lib/libone.so"),
        (8, "  trying file=/lib/libtwo.so"),
        (8, "file=libtwo.so [0];  generating link map"),
        (7, "file=libone.so [0];  generating link map"),
    ):
        read.feed(f"{process:10}:\t{line}\n".encode())
    read.end()
    assert {ask.name: path for ask, path in read.asks.items()} == {
        "libone.so": "/lib/libone.so",
        "libtwo.so": "/lib/libtwo.so",
    }


def test_file_that_is_there_and_of_no_use_is_not_found(tmp_path: Path) -> None:
    """One of another machine is tried, and passed over; it is none that was loaded."""
    (tmp_path / "libz.so").write_bytes(b"of another machine")
    heard = log(*asks("libz.so"), f"  trying file={tmp_path}/libz.so", *asks("libq.so"))
    assert set(heard.asks.values()) == {None}


def test_file_that_is_loaded_under_another_name_is_found(tmp_path: Path) -> None:
    """Then the loader says nothing at the end of the search."""
    (tmp_path / "libz.so.1").write_bytes(b"")
    (tmp_path / "libz.so").symlink_to("libz.so.1")
    heard = log(
        *asks("libz.so.1"),
        f"  trying file={tmp_path}/libz.so.1",
        "file=libz.so.1 [0];  generating link map",
        "file=libz.so [0];  needed by /y.so [0]",
        f"  trying file={tmp_path}/libz.so",
        *asks("libq.so"),
    )
    assert heard.asks[LoaderAsk("/y.so", "libz.so", is_dlopen=False)] == f"{tmp_path}/libz.so"
    assert heard.asks[LoaderAsk("/x.so", "libq.so", is_dlopen=True)] is None


def test_later_search_in_vain_does_not_take_back_what_was_found() -> None:
    """The program that comes next in a process may miss what the first one found."""
    found = "  trying file=/lib/libz.so.1", "file=libz.so.1 [0];  generating link map"
    heard = log(*asks("libz.so.1"), *found, *asks("libz.so.1"))
    assert list(heard.asks.values()) == ["/lib/libz.so.1"]

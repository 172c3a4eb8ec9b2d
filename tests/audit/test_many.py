"""Many images in one run: a line of JSON for each, and a summary of all."""

from __future__ import annotations

import ast
import gc
import json
import os
import pty
import random
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from select import select
from typing import Any

import pytest

from find_libdeps import audit_images, audit_root
from find_libdeps.commands.main import main
from find_libdeps.process.progress import ERASE
from find_libdeps.report.document import audit_document
from programs import need
from project import COMMAND
from registries import Front, push, registry
from runner import CliRunner
from small_elf import DEBIAN, small_elf
from spelled import OciLayout, pack_files, write

BASES = [pack_files([*DEBIAN, ("base", str(number).encode())]) for number in range(2)]


def image(folder: Path, name: str, base: int, *needs: str) -> Path:
    """The archive of an image on one of the bases, with an object that needs libraries."""
    layout = OciLayout()
    own = pack_files([(f"app/{name}.so", small_elf(needs))])
    return write(folder / f"{name}.tar", layout.archive(layout.image([BASES[base], own])))


@pytest.fixture
def images(tmp_path: Path) -> list[str]:
    """Six images, of which two are on another base, and one is none."""
    made = [
        image(tmp_path, "a", 0, "libpq.so.5", "libown.so.1"),
        image(tmp_path, "b", 0, "libpq.so.5"),
        image(tmp_path, "c", 0, "libpq.so.5"),
        image(tmp_path, "d", 1, "libz.so.1"),
        image(tmp_path, "e", 1),
        write(tmp_path / "f.tar", b"no archive"),
    ]
    write(tmp_path / "names", "".join(f"{each}\n" for each in made).encode())
    return list(map(str, made))


def run(*words: str | Path) -> tuple[int, str, str]:
    """The exit status, stdout and stderr of a strict audit."""
    done = CliRunner().invoke(main, ["audit", "--strict", *map(str, words)])
    assert not done.exception or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def lines_of(text: str) -> list[dict[str, Any]]:
    """What the lines say."""
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_each_line_has_the_report_of_its_image(
    jobs: str, images: Sequence[str], tmp_path: Path
) -> None:
    """In the order of the names, with what failed as a line of its own."""
    status, out, said = run("--from", tmp_path / "names", "--jobs", jobs)
    assert status == 2
    lines = lines_of(out)
    assert [line["image"] for line in lines] == images
    for line in lines[:-1]:
        assert line["audit"] == audit_document(audit_root(line["image"]), strict=True)
        assert len(line["layers"]) == 2
    cause = f'cannot read "{images[-1]}": it is no tar archive'
    assert lines[-1] == {"image": images[-1], "error": cause}
    assert said == (
        f"find-libdeps: {cause}\n"
        "6 images: 1 clean, 4 not, 1 could not be audited\n"
        "warning: libpq.so.5 (missing-library) in 3 images, all 3 on layer "
        f"{lines[0]['layers'][0][7:19]}\n"
        "warning: libown.so.1 (missing-library) in 1 image\n"
        "warning: libz.so.1 (missing-library) in 1 image\n"
    )


def test_summary_alone(images: Sequence[str], tmp_path: Path) -> None:
    """As Markdown, to stdout or to a file beside the lines; names are escaped."""
    also = tmp_path / "summary.md"
    status, out, said = run("--from", tmp_path / "names", "-q", "-f", "markdown")
    _, lines, _ = run("--from", tmp_path / "names", "-q", "--also", f"markdown={also}")
    assert (status, len(lines_of(lines)), said.count("\n")) == (2, 6, 1)
    layer = lines_of(lines)[0]["layers"][0][7:19]
    assert also.read_text() == out
    assert out.replace("&#95;", "_") == (
        "### 6 images: 1 clean, 4 not, 1 could not be audited\n\n"
        "| level | finding | what | images | base |\n"
        "| --- | --- | --- | --- | --- |\n"
        f"| warning | `missing-library` | libpq.so.5 | 3 | all 3 on layer {layer} |\n"
        "| warning | `missing-library` | libown.so.1 | 1 |  |\n"
        "| warning | `missing-library` | libz.so.1 | 1 |  |\n\n"
        "| could not be audited | why |\n"
        "| --- | --- |\n"
        f'| {images[-1]} | cannot read "{images[-1]}": it is no tar archive |\n'
    )


def test_terminal_shows_images_and_bytes(images: Sequence[str], tmp_path: Path) -> None:
    """On a line that makes room for what is wrong; none where the lines themselves are shown."""
    ours, terminal = pty.openpty()
    words = [COMMAND, "audit", "--from", str(tmp_path / "names"), "--no-cache"]
    told = []
    for stdout in (subprocess.DEVNULL, terminal):
        with subprocess.Popen(words, stdout=stdout, stderr=terminal) as process:
            text = b""
            while process.poll() is None or select([ours], [], [], 0)[0]:
                if select([ours], [], [], 0.1)[0]:
                    text += os.read(ours, 65536)
        told.append(text.decode())
    assert "6/6  0 MB read" in told[0]
    assert f"{ERASE}find-libdeps: cannot read" in told[0]
    assert "MB read" not in told[1]
    assert "\n6 images: " in told[1]


def test_an_earlier_run_is_gone_on_with(images: Sequence[str], tmp_path: Path) -> None:
    """After any part of its lines, the last of which may be half written: the same in the end."""
    whole = tmp_path / "whole"
    told = run("--from", tmp_path / "names", "--resume", whole)
    text = whole.read_text()
    assert (told[0], told[1], len(lines_of(text))) == (2, "", 6)
    for size in (0, 10, text.index("\n") + 1, text.index("\n") + 30, len(text) - 1):
        part = write(tmp_path / "part", text[:size].encode())
        assert run("--from", tmp_path / "names", "--resume", part) == told
        assert part.read_text() == text


def test_what_failed_is_tried_again(images: Sequence[str], tmp_path: Path) -> None:
    """And what is done is not."""
    lines = tmp_path / "lines"
    run("--from", tmp_path / "names", "--resume", lines)
    for path in images[:-1]:
        Path(path).unlink()
    image(tmp_path, "f", 1)
    status, _, said = run("--from", tmp_path / "names", "--resume", lines)
    assert (status, said.splitlines()[0]) == (1, "6 images: 2 clean, 4 not")
    assert [line["image"] for line in lines_of(lines.read_text())] == [*images, images[-1]]


def test_nothing_is_left_of_an_image(images: Sequence[str]) -> None:
    """Where Python does not collect by itself, as in the command: memory must not grow."""
    gc.disable()
    try:
        assert len(list(audit_images(images))) == 6
        assert gc.collect() < 100
    finally:
        gc.enable()


SOURCE = b"""
from __future__ import annotations
import ctypes
names: list[str] = []
def load(name: str) -> object:
    return ctypes.CDLL(name)
load("libpq.so.5")
"""


def test_no_syntax_tree_is_left_of_an_image(tmp_path: Path) -> None:
    """But for those of a few modules that are parsed once: with more images, there are no more."""
    site = "usr/local/lib/python3.13/site-packages"
    files = [(f"{site}/app{number}.py", SOURCE + b"#" * number) for number in range(40)]
    layout = OciLayout()
    archive = layout.archive(layout.image([BASES[0], pack_files(files)]))
    name = str(write(tmp_path / "app.tar", archive))

    def nodes() -> int:
        """How many nodes of syntax trees there are after an audit."""
        for done in audit_images([name]):
            assert done.audit
            assert "libpq.so.5" in {finding.name for finding in done.audit.findings}
        return sum(isinstance(each, ast.AST) for each in gc.get_objects())

    assert nodes() == nodes()


def test_what_images_share_is_read_once(tmp_path: Path) -> None:
    """Of a registry, by several processes at once: each layer, whatever images it is in."""
    need("docker-registry", "skopeo")
    noise = [random.Random(n).randbytes(1 << 20) for n in range(3)]  # noqa: S311
    bases = [pack_files([*DEBIAN, ("noise", each)]) for each in noise]
    layouts = [OciLayout() for _ in range(12)]
    with registry(tmp_path) as host, Front(host) as front:
        names, sizes = [], dict[str, int]()
        for number, layout in enumerate(layouts):
            own = pack_files([(f"app/{number}.so", small_elf([f"lib{number % 2}.so.1"]))])
            archive = layout.archive(layout.image([bases[number // 4], own]))
            push(write(tmp_path / "image.tar", archive), f"{host}/app{number}:1")
            names.append(f"registry:{front.host}/app{number}:1")
        write(tmp_path / "names", "\n".join(names).encode())
        words = ["--from", str(tmp_path / "names")]
        status, out, said = run(*words, "--jobs", "3")
        assert (status, said.splitlines()[0]) == (1, "12 images: 0 clean, 12 not")
        asked = [path for path in front.asked if "/blobs/" in path]
        for line in lines_of(out):
            sizes |= dict.fromkeys(line["layers"], 0)
        assert sorted(path.rpartition("/")[2] for path in asked if path.endswith(tuple(sizes))) == (
            sorted(sizes)
        )
        assert run(*words, "--no-cache") == (status, out, said)
        front.asked.clear()
        assert run(*words, "--jobs", "2") == (status, out, said)
        assert not [path for path in front.asked if path.endswith(tuple(sizes))]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interruption_leaves_what_is_done(jobs: str, tmp_path: Path) -> None:
    """Whole lines, and nothing that goes on computing."""
    names = tmp_path / "names"
    path = image(tmp_path, "a", 0, "libpq.so.5")
    write(names, "".join(f"{path.parent}/./{'/' * n}a.tar\n" for n in range(400)).encode())
    words = [COMMAND, "audit", "--from", str(names), "--jobs", jobs, "--no-cache"]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout
    first = [process.stdout.readline() for _ in range(3)]
    process.send_signal(signal.SIGINT)
    out, said = process.communicate()
    assert process.returncode == -signal.SIGINT, said
    assert all(line["audit"]["objects"] == 2 for line in lines_of("".join(first) + out))
    assert "Traceback" not in said
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Missing argument 'TARGET', or --from FILE."),
        (["--from", "{names}", "x"], "--from names all images; 'x' is one too many."),
        (["--from", "{names}", "-f", "sarif"], "--format sarif is of one image"),
        (["--from", "{names}", "--also", "json=x"], "--also with --from writes the summary only"),
        (["--jobs", "2", "x"], "--jobs and --resume mean nothing without --from."),
        (["--from", "{tmp}/none"], 'cannot read "{tmp}/none": No such file or directory'),
        (["--from", "{tmp}/empty"], 'cannot read "{tmp}/empty": it names no image'),
        (["--from", "{tmp}/binary"], 'cannot read "{tmp}/binary": it is no text'),
        (
            ["--from", "{names}", "--resume", "{names}"],
            'cannot go on after "{names}": line 1 is not one of audit --from',
        ),
        (["--from", "{names}", "--resume", "{tmp}"], 'cannot use "{tmp}": Is a directory'),
    ],
)
def test_what_does_not_go_together(words: list[str], said: str, tmp_path: Path) -> None:
    """Is one sentence, and changes nothing."""
    names = write(tmp_path / "names", b"x\n# y\n\n")
    write(tmp_path / "empty", b"\n# none\n")
    write(tmp_path / "binary", b"\xff\xfe")
    places = {"names": names, "tmp": tmp_path}
    status, out, told = run(*(word.format(**places) for word in words))
    assert (status, out) == (2, "")
    assert said.format(**places) in told
    assert names.read_bytes() == b"x\n# y\n\n"

"""Names that somebody else chose, through every output: nothing to paste has another meaning."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import engine
from find_libdeps import audit_root, scan_paths
from find_libdeps.commands.main import main
from find_libdeps.errors import printable
from find_libdeps.output.audit_alerts import audit_alerts
from find_libdeps.output.formats import ALERTS, Format, render_alerts
from find_libdeps.output.list_alerts import list_alerts
from find_libdeps.output.messages import messages
from hostile_names import MARKUP, NAMES, SITE, name_all
from judges import read_github, read_junit, read_markdown, read_sarif
from runner import CliRunner
from small_elf import small_elf
from traced import made


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a virtualenv."""
    return made("release 13\nvenv /venv\n", tmp_path_factory.mktemp("plain"))


OTHERWISE = "by hand: a Dockerfile reads such a name differently"


def hostile(plain: Path, top: Path, name: str) -> Path:
    """That root, with a name wherever a name may stand."""
    root = top / "root"
    shutil.copytree(plain, root, symlinks=True)
    name_all(root, name)
    return root


def told(*arguments: object) -> str:
    """What a command prints, which it must do without an exception."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout + result.stderr


def words_of(command: str, folder: Path) -> list[str]:
    """The words that a shell makes of the end of a command."""
    script = f"printf '%s\\0' {command}"
    done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


ADVICE = [
    r"--ignore (.*) if (?:the target|it comes)",
    r"ENV LD_LIBRARY_PATH=(.*) makes it certain",
    r"python3 -c (.*), and add",
]
"""What messages say that a person will paste into a shell."""


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_what_is_pasted_means_what_it_says(plain: Path, tmp_path: Path, name: str) -> None:
    """A shell takes each advised word as one, and every line is safe for a terminal."""
    root = hostile(plain, tmp_path, name)
    asked = ["--root", root, "/venv"]
    outputs = [
        told(*asked),
        told("-v", *asked),
        told("--strict", *asked),
        told("-f", "tree", *asked),
        told("-f", "dockerfile", *asked),
        told(
            "why", *asked, "--", f"{name}.so.1", f"{name}.so.2", "libhid.so.1", "libown.so.1", name
        ),
        told("audit", root),
        told("audit", "-v", root),
    ]
    for text in outputs:
        assert text
        assert all(line.isprintable() for line in text.splitlines()), text
    lines = [line for text in outputs for line in text.splitlines()]
    pasted = [match[1] for line in lines for form in ADVICE if (match := re.search(form, line))]
    assert {word for each in pasted for word in words_of(each, tmp_path)} == {
        printable(f"{name}.so.1"),
        printable(f"{name}.so.2"),
        printable(f"/{SITE}/{name}.libs"),
    }
    assert not (tmp_path / "pwned").exists()
    for command in (
        ["-f", "json", *asked],
        ["audit", "-f", "json", root],
        ["-f", "cyclonedx", *asked],
    ):
        result = CliRunner().invoke(main, list(map(str, command)))
        json.loads(result.stdout)
        assert result.stdout.isascii()


@pytest.mark.parametrize("name", [*NAMES, *MARKUP], ids=ascii)
def test_ci_reads_names_as_they_are_shown(plain: Path, tmp_path: Path, name: str) -> None:
    """A name is text to parsers of XML, JSON, Markdown and annotations, and ends nothing."""
    root = hostile(plain, tmp_path, name)
    soname = " ".join(printable(f"{name}.so.1").split())
    report = scan_paths(["/venv"], root=root)
    for alerts in (
        audit_alerts(audit_root(root), name, verbose=True),
        list_alerts(report, messages(report, verbose=True), None, verbose=True),
    ):
        told = {form: render_alerts(alerts, form) for form in ALERTS}
        (run,) = read_sarif(told[Format.SARIF])["runs"]
        texts = {
            "sarif": [without_links(each["message"]["text"]) for each in run["results"]],
            "junit": [str(case.name) for case in read_junit(told[Format.JUNIT])],
            "github": [each.message for each in read_github(told[Format.GITHUB])],
            "markdown": [row[2] for row in read_markdown(told[Format.MARKDOWN]).rows[1:]],
        }
        for form, lines in texts.items():
            assert any(soname in " ".join(line.split()) for line in lines), (form, lines)
        assert len(texts["sarif"]) == len(texts["markdown"]) == len(texts["github"]) - 1
        uris = [
            place["physicalLocation"]["artifactLocation"]["uri"]
            for each in run["results"]
            for place in [*each["locations"], *each.get("relatedLocations", ())]
        ]
        assert all(re.fullmatch(r"(?:[\w./~-]|%[0-9A-F]{2})+", uri, re.ASCII) for uri in uris), uris


def without_links(text: str) -> str:
    """What a message of SARIF shows, which must have no link (SARIF 2.1.0, 3.11.6)."""
    assert not re.search(r"(?<!\\)\]\(", text)
    return re.sub(r"\\([\[\]\\])", r"\1", text) if "\\](" in text else text


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_tar_copies_the_files_that_are_listed(plain: Path, tmp_path: Path, name: str) -> None:
    """GNU tar reads the list of files as we mean it, or the list is refused."""
    root = hostile(plain, tmp_path, name)
    (tmp_path / "secret").write_text("")
    result = CliRunner().invoke(main, ["--root", str(root), "-f", "files", "-q", "/venv"])
    if not result.stdout:
        assert 'cannot list "' in result.stderr
        return
    (tmp_path / "list").write_text(result.stdout, errors="surrogateescape")
    archive = ["tar", "-C", str(root), "-cf", "out.tar", "-T", "list"]
    subprocess.run(archive, cwd=tmp_path, check=True, capture_output=True)
    listed = ["tar", "--quoting-style=literal", "-tf", "out.tar"]
    members = subprocess.run(listed, cwd=tmp_path, check=True, capture_output=True).stdout
    assert members == os.fsencode(result.stdout)
    assert b"libown" in members


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_release_that_is_none_is_not_pasted(plain: Path, tmp_path: Path, name: str) -> None:
    """What os-release says is a release's name by its form, or is none."""
    root = tmp_path / "root"
    shutil.copytree(plain, root, symlinks=True)
    (root / SITE).mkdir(parents=True)
    (root / SITE / "_a.abi3.so").write_bytes(small_elf(["libabsent.so.1"]))
    for key, other in (("ID", 'VERSION_ID="13"'), ("VERSION_ID", "ID=debian")):
        text = f'{key}="{name}"\n{other}\n'
        (root / "etc/os-release").write_text(text, errors="surrogateescape")
        output = told("--root", root, "/venv") + told("audit", root)
        assert "index make" not in output
        assert printable(name) not in output
        assert all(line.isprintable() for line in output.splitlines())


def test_docker_copies_the_files_that_the_lines_name(
    plain: Path, tmp_path: Path, docker_engine: None
) -> None:
    """Each COPY that is printed, pasted as it is, brings its file; other names are told apart."""
    context, copied = tmp_path / "context", dict[str, str]()
    for number, name in enumerate(NAMES):
        root = hostile(plain, tmp_path / str(number), name)
        lines = [line.strip() for line in told("--root", root, "/venv").splitlines()]
        found = [line for line in lines if line.startswith("COPY") and "libown" in line]
        if not found:
            assert any(line.endswith(OTHERWISE) for line in lines)
            continue
        copied[name] = found[0]
        (context / name / "lib").mkdir(parents=True)
        (context / name / "lib/libown.so.1").write_text(name)
    stages = "FROM scratch AS builder\nCOPY . /\nFROM scratch\n" + "\n".join(copied.values())
    engine.build(stages, "find-libdeps-test/names", context=context, output=tmp_path / "out")
    files = (tmp_path / "out").rglob("libown.so.1")
    assert {file.parent.parent.name: file.read_text() for file in files} == {
        name: name for name in copied
    }
    assert len(copied) > 5

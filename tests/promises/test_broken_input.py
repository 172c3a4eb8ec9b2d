"""Input that can't be used: one clear sentence and status 2, whatever was to be printed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from find_libdeps.commands.main import main
from find_libdeps.output.formats import Format
from runner import CliRunner

COMMANDS = [*(["--format", form.value] for form in Format), ["why", "libc.so.6"]]

BROKEN = {
    "no such path": (["{folder}/gone"], 'scan "{folder}/gone": No such file or directory'),
    "one path of two": (["{folder}/app", "{folder}/gone"], "No such file or directory"),
    "empty path": ([""], 'scan "": an empty path'),
    "link to itself": (["{folder}/loop"], "Too many levels of symbolic links"),
    "text": (["{folder}/text"], "it is no ELF file, no wheel and no directory"),
    "cut off": (["{folder}/cut"], 'read "{folder}/cut": file too short'),
    "wheel": (["{folder}/a-1-py3-none-any.whl"], "damaged: File is not a zip file"),
    "root": (["--root", "{folder}/gone", "/"], 'read the root "{folder}/gone"'),
    "root's database": (["--root", "{folder}/root", "/app"], 'database "/var/lib/dpkg/status"'),
    "target": (["--target", "{folder}/gone", "{folder}/app"], 'the root "{folder}/gone"'),
    "target's archive": (["--target", "{folder}/text", "{folder}/app"], "it is no tar archive"),
    "target without a name": (["--target", "{folder}/empty", "{folder}/app"], "with --release"),
    "release": (["--release", "buzz", "{folder}/app"], "a name and a version: debian:13"),
    "unknown release": (["--release", "debian:99", "{folder}/app"], "there is no index of it here"),
    "index": (["--index", "{folder}/text", "{folder}/app"], "damaged, or no index at all"),
    "no index": (["--index", "{folder}/gone", "{folder}/app"], "No such file or directory"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files and roots that are not what they should be, and an application."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "app").mkdir()
    shutil.copy("/bin/true", folder / "app" / "program")
    (folder / "loop").symlink_to("loop")
    (folder / "text").write_text("Don't Panic\n" * 100)
    (folder / "cut").write_bytes(Path("/bin/true").read_bytes()[:50])
    (folder / "a-1-py3-none-any.whl").write_bytes(b"PK\3\4")
    (folder / "empty").mkdir()
    shutil.copytree(folder / "app", folder / "root" / "app")
    database = folder / "root" / "var" / "lib" / "dpkg"
    (database / "info").mkdir(parents=True)
    (database / "status").write_text("Don't Panic\n")
    return folder


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("broken", BROKEN)
def test_one_sentence_and_status_2(folder: Path, command: list[str], broken: str) -> None:
    """The same sentence for every format, on stderr; nothing on stdout."""
    arguments, complaint = BROKEN[broken]
    words = [word.format(folder=folder) for word in arguments]
    result = CliRunner().invoke(main, [*command, "--no-config", *words])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("find-libdeps: cannot ")
    assert result.stderr.count("\n") == 1
    assert complaint.format(folder=folder) in result.stderr


@pytest.mark.parametrize(
    ("committed", "complaint"),
    [(b"libfoo1\n--force-yes\n", '"--force-yes"'), (b"\x7fELF\2\1\1\0", r'"\x7fELF')],
)
def test_what_is_compared_is_a_list(tmp_path: Path, committed: bytes, complaint: str) -> None:
    """A file that was hardly meant is no list that differs."""
    (tmp_path / "list").write_bytes(committed)
    result = CliRunner().invoke(main, ["--check", str(tmp_path / "list"), "/bin/true"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert complaint in result.stderr
    assert result.stderr.endswith("is no name of a package\n")


def test_an_empty_name_explains_nothing() -> None:
    """A shell's variable that is not set is a mistake, and no name that nobody asks for."""
    result = CliRunner().invoke(main, ["why", "", "/bin/true"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "an empty name" in result.stderr

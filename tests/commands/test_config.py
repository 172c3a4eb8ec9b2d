"""Options in pyproject.toml: found, checked, and overruled by the command line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import mini_root
from find_libdeps.commands.config import Option, Table, find_table
from find_libdeps.commands.main import main
from find_libdeps.errors import ConfigError
from glibc import LoaderOutOfReachError
from project import FIXTURES, PROJECT
from runner import CliRunner


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of `fixtures/scan/offered_by_an_index`."""
    root = tmp_path_factory.mktemp("config") / "root"
    root.mkdir()
    try:
        mini_root.build(FIXTURES / "scan" / "offered_by_an_index", root)
    except LoaderOutOfReachError as reason:
        pytest.skip(str(reason))
    return root


@pytest.fixture
def project(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project directory; the command runs somewhere below it."""
    (tmp_path / "root").symlink_to(root)
    (tmp_path / "src" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "src" / "deep")
    return tmp_path


def run(project: Path, table: str, *arguments: str) -> Result:
    """What the command does with a table."""
    (project / "pyproject.toml").write_text(f"[tool.find-libdeps]\n{table}\n")
    return CliRunner().invoke(main, [*arguments, "/venv"])


def test_options_of_the_table_count(project: Path) -> None:
    """Each kind of option, and paths as seen from the file, wherever the command runs."""
    table = 'root = "root"\npin = true\nignore = ["libGL.so.1", "libxcb*"]\nformat = "list"'
    result = run(project, table)
    assert result.stdout == "libblas3\n"
    assert 'cannot pin "libblas3"' in result.stderr


def test_command_line_wins(project: Path) -> None:
    """An option that is given replaces that of the table, all of its values."""
    table = 'root = "root"\nignore = ["libGL.so.1"]\nformat = "json"\nno-dlopen = true'
    result = run(project, table, "--format", "list", "--ignore", "libblas*", "--dlopen=all")
    assert (result.stdout, result.stderr) == ("libgl1\nlibxcb-icccm4\n", "")


def test_no_config_leaves_the_table_alone(project: Path) -> None:
    """Not even its mistakes are looked at then."""
    result = run(project, "no such thing", "--no-config", "--root", str(project / "root"))
    assert result.stdout == "libblas3\nlibgl1\nlibxcb-icccm4\n"


def test_dlopen_on_the_command_line_beats_no_dlopen_of_the_table(tmp_path: Path) -> None:
    """Of two options that contradict each other, the command line's counts."""
    (tmp_path / "pkg.py").write_text('import ctypes\nctypes.CDLL("libzephyr.so.4")\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        (tmp_path / "pyproject.toml").write_text("[tool.find-libdeps]\nno-dlopen = true\n")
        release = "--release", "debian:13"
        without = CliRunner().invoke(main, [*release, str(tmp_path)])
        overruled = CliRunner().invoke(main, [*release, "--dlopen", "import", str(tmp_path)])
    assert (without.stdout, overruled.stdout) == ("", "libzephyr4\n")


def test_nearest_file_that_has_the_table_counts(tmp_path: Path) -> None:
    """Those without it are passed over, as linters do it; tables are not merged."""
    below = tmp_path / "a" / "b" / "c"
    below.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.find-libdeps]\nstrict = true\n")
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.find-libdeps]\nquiet = true\n")
    (tmp_path / "a/b/pyproject.toml").write_text('[project]\ndependencies = ["find-libdeps"]\n')
    (tmp_path / "a/b/c/pyproject.toml").write_text("not TOML, and not about this command\n")
    found = find_table(folder / "pyproject.toml" for folder in (below, *list(below.parents)[:3]))
    assert found is not None
    assert (found.path, found.entries) == (tmp_path / "a/pyproject.toml", {"quiet": True})


MISTAKES = [
    ("strct = true", 'there is no option "strct", did you mean "strict"?'),
    ("xyzzy = 1", 'there is no option "xyzzy"\n'),
    ("help = true", 'there is no option "help"'),
    ('strict = "yes"', '"strict" must be true or false'),
    ('ignore = "libGL.so.1"', '"ignore" must be a list of strings'),
    ("ignore = [1]", '"ignore" must be a list of strings'),
    ("release = 13", '"release" must be a string'),
    ('dlopen = "xml"', '"dlopen" must be one of "import", "all"'),
    ("strict = true\nstrict =", "(at line 3, column 9)"),
    ('"a\\u001bb" = 1', 'there is no option "a\\x1bb"'),
]


@pytest.mark.parametrize(("table", "complaint"), MISTAKES)
def test_mistake_is_one_sentence_and_status_2(project: Path, table: str, complaint: str) -> None:
    """It names the file, what is wrong, and what was meant."""
    result = run(project, table)
    assert (result.exit_code, result.stdout) == (2, "")
    assert complaint in result.stderr
    assert str(project / "pyproject.toml") in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_table_of_the_readme_is_a_good_one(project: Path) -> None:
    """What a stranger pastes is understood."""
    readme = (PROJECT / "README.md").read_text()
    (table,) = re.findall(r"^```toml\n\[tool.find-libdeps\]\n(.*?)^```", readme, re.M | re.S)
    result = run(project, table, "--root", str(project / "root"))
    assert result.exit_code == 0
    assert "libgl1" in result.stdout


def test_help_and_version_work_whatever_the_table_says(project: Path) -> None:
    """Who made a mistake may ask for help."""
    assert run(project, "no such thing", "--help").exit_code == 0
    assert run(project, "no such thing", "--version").exit_code == 0


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (Path.mkdir, "Is a directory"),
        (os.mkfifo, "it is no regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "it is no regular file"),
        (lambda path: path.write_bytes(b"# find-libdeps\n\xff"), "line 2 is not UTF-8"),
        (
            lambda path: path.write_text(f"[tool.find-libdeps]\nx = {'[' * 5000}{']' * 5000}"),
            "it is nested too deeply",
        ),
    ],
    ids=["directory", "fifo", "device", "bytes", "nested"],
)
def test_file_that_cannot_be_read_is_one_sentence(
    project: Path, make: Callable[[Path], object], cause: str
) -> None:
    """Its bytes are no text or no TOML, or it is no file."""
    path = project / "pyproject.toml"
    make(path)
    result = CliRunner().invoke(main, ["/venv"])
    assert result.exit_code == 2
    assert result.stderr == f'find-libdeps: cannot read "{path}": {cause}\n'


def test_key_of_another_command_is_no_mistake(tmp_path: Path) -> None:
    """One table serves all commands."""
    entries = {"strict": True, "elsewhere": 3, "format": "text"}
    table = Table(tmp_path / "pyproject.toml", entries)
    options = [
        Option("strict", "strict", is_flag=True),
        Option("format", "form", choices=("list", "json")),
    ]
    others = [Option("elsewhere", "elsewhere"), Option("format", "form", choices=("text",))]
    assert table.settings(options, [*options, *others]) == {"strict": True}
    with pytest.raises(ConfigError, match="elsewhere"):
        table.settings(options, others[1:])
    with pytest.raises(ConfigError, match='"format" must be one of "list", "json"'):
        table.settings(options, others[:1])


def test_what_may_be_a_path_is_one_where_there_is_a_file(tmp_path: Path) -> None:
    """A target that is a name stays a name; what says that it is a path is one anyway."""
    (tmp_path / "rootfs").mkdir()
    option = Option("target", "target", argument="IMAGE|DIR|ARCHIVE")
    cases = {
        "debian:13": "debian:13",
        "rootfs": f"{tmp_path}/rootfs",
        "dir:rootfs": f"dir:{tmp_path}/rootfs",
        "oci:image:1.0": f"oci:{tmp_path}/image:1.0",
        "archive:/image.tar": "archive:/image.tar",
        "registry:host/name": "registry:host/name",
        "docker:oci": "docker:oci",
        "oci:": "oci:",
    }
    for value, meant in cases.items():
        table = Table(tmp_path / "pyproject.toml", {"target": value})
        assert table.settings([option], []) == {"target": meant}

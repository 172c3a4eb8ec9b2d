"""Whatever the command is fed: what is asked of the kernel, and what comes out."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import EXAMPLES
from find_libdeps.commands.main import main
from find_libdeps.debian.contents import Provider, rank
from find_libdeps.debian.dpkg import DATABASE, read_database
from find_libdeps.debian.index import embedded_index
from find_libdeps.debian.release import Release, read_release
from find_libdeps.debian.write_index import encode_index
from find_libdeps.elf.ldconf import configured_directories
from find_libdeps.errors import FindLibdepsError
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.roots.tree import Kind
from glibc import MACHINE
from memory_tree import MemoryTree
from project import FIXTURES
from runner import CliRunner
from session import PROMPT, session
from traced import COMMAND, made, traced

WRITES = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND")
CHANGES = re.compile(r"(mkdir|mknod|rename|unlink|link|symlink|chmod|chown|truncate)(at|at2)?")
TALKS = ("socket", "connect", "bind", "sendto", "sendmsg")


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root full of traps; what is outside of it is at its own name with ``.outside``."""
    recipe = (FIXTURES / "scan/traps/build").read_text()
    return made(recipe, tmp_path_factory.mktemp("traps"))


def invoked(*arguments: object) -> Result:
    """What the command does, in this process; an exception that it lets through is raised."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize(
    "arguments",
    [["--root={root}", "/venv"], ["--root={root}", "--format=files", "/venv"], ["audit", "{root}"]],
    ids=["list", "files", "audit"],
)
def test_only_regular_files_of_the_root_are_opened(
    traps: Path, tmp_path: Path, arguments: list[str]
) -> None:
    """Nothing outside is looked at; nothing is written, run or sent; no fifo or device is opened.

    The kernel's own names of what was opened count, after all links.
    """
    calls, told = traced([word.replace("{root}", str(traps)) for word in arguments], tmp_path)
    opened = [call.words for call in calls if call.name in ("open", "openat", "openat2")]
    assert sum(f"<{traps}/" in words for words in opened) > 10, "the root was looked at"
    outside = f"{traps}.outside"
    looked_at = [call for call in calls if f'"{outside}' in call.words and "link" not in call.name]
    assert [*looked_at, *(words for words in opened if f"<{outside}" in words)] == []
    stats = [call.words for call in calls if "stat" in call.name and f"{traps}/" in call.words]
    by_name = [words for words in stats if '""' not in words and '"' in words]
    assert [words for words in by_name if "AT_SYMLINK_NOFOLLOW" not in words] == []
    assert "libcanary.so.2" not in told
    assert "libcanary.so.3" not in told
    for trap in ("fifo", "_socket.so", "_zero.so"):
        assert [words for words in opened if f'{trap}"' in words and str(traps) in words] == []
    assert [w for w in opened if any(flag in w for flag in WRITES) and "/dev/" not in w] == []
    assert [call for call in calls if CHANGES.fullmatch(call.name)] == []
    assert [call for call in calls if call.name in TALKS] == []
    assert len([call for call in calls if call.name.startswith("exec")]) == 1


def test_deep_and_wide_directories_are_no_trouble(tmp_path: Path) -> None:
    """A path that the kernel takes no longer is one problem, and the scan goes on."""
    root = made("venv /venv\nso /venv/_a.abi3.so needs=libabsent.so.1\n", tmp_path)
    intact = session(root, "/venv")
    wide = root / "venv" / "wide"
    wide.mkdir()
    for number in range(3000):
        (wide / f"{number}").touch()
    here = os.open(root / "venv", os.O_RDONLY)
    name = "deep" * 50
    for _ in range(30):
        os.mkdir(name, dir_fd=here)
        here = os.open(name, os.O_RDONLY, dir_fd=here)
    told = session(root, "/venv")
    assert re.sub(r'2> find-libdeps: .*cannot list ".*": File name too long\n', "", told) in (
        intact,
        intact.replace("exit 0", "exit 1"),
    )
    assert told != intact


HOSTILE = [
    "--allow-unauthenticated",
    "libfoo;reboot",
    "libfoo\nreboot",
    "libfoo reboot",
    "libfoo\x1b[2J",
    "либфоо",
    "libfoo=1",
    "libfoo/sid",
    "$(reboot)",
    "../libfoo",
    "l",
    "",
]
"""What apt-get, xargs or a shell would take for something else than a package."""


HARMLESS = [
    ("Architecture", "l"),
    *(("Version", text) for text in ("--allow-unauthenticated", "l", "")),
]
"""What Debian's syntax allows, for it stands behind a name and a sign."""


def refused(result: Result, source: str) -> None:
    """Nothing is on stdout, and one sentence says what was refused and where it came from."""
    assert result.exit_code == 2
    assert result.stdout == ""
    assert re.fullmatch(rf"find-libdeps: cannot .*{re.escape(source)}.*\n", result.stderr)
    assert result.stderr[:-1].isprintable()


@pytest.fixture(scope="module")
def needy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a library of no package yet, and a virtualenv that needs it and an absent one."""
    recipe = """
        release 99
        venv /venv
        so "/usr/lib/$TRIPLET/libhostile.so.1"
        so /venv/_a.abi3.so needs=libhostile.so.1 needs=libabsent.so.1
    """
    return made(recipe, tmp_path_factory.mktemp("needy"))


@pytest.mark.parametrize("form", ["list", "json"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        (field, value)
        for field in ("Package", "Architecture", "Version")
        for value in HOSTILE
        if (field, value) not in HARMLESS
    ],
)
def test_hostile_package_of_the_builder_is_refused(
    needy: Path, tmp_path: Path, value: str, field: str, form: str
) -> None:
    """Name, architecture and version come from a status file that anybody may have written."""
    root = tmp_path / "root"
    shutil.copytree(needy, root, symlinks=True)
    database = root / str(DATABASE)[1:]
    fields = {"Package": "libhostile1", "Architecture": "amd64", "Version": "1"} | {field: value}
    # a newline in a field goes on in the next line, behind a space
    lines = [f"{key}: {text}".replace("\n", "\n ") for key, text in fields.items()]
    with (database / "status").open("a") as status:
        status.write("\n".join([*lines, "Status: install ok installed", "", ""]))
    label = fields["Package"].partition("\n")[0].replace("/", "%")
    triplet = MACHINE.words["TRIPLET"]
    listed = f"/.\n/usr/lib/{triplet}/libhostile.so.1\n"
    (database / "info" / f"{label}.list").write_text(listed)
    refused(invoked("--root", root, "--format", form, "/venv"), str(DATABASE))


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_package_of_an_index_is_refused(needy: Path, tmp_path: Path, value: str) -> None:
    """An index is a file from somewhere, too."""
    release = Release("debian", "99")
    ranked = {"amd64": {"libabsent.so.1": (value,), "libhostile.so.1": (value,)}}
    (tmp_path / "hostile.index").write_bytes(encode_index(release, "2026-01-01", [], ranked))
    result = invoked("--root", needy, "--index", tmp_path / "hostile.index", "/venv")
    if " " in value or "\n" in value or not value:  # that ends a name, or the line
        assert all(re.fullmatch(r"[a-z0-9.+-]*", line) for line in result.stdout.splitlines())
    else:
        refused(result, "hostile.index debian:99 2026-01-01")


def test_hostile_package_in_what_apt_says_is_no_answer() -> None:
    """Numbers in a name count when packages are ranked, however long they are."""
    long = f"lib{'9' * 5000}"
    providers = [Provider("liba.so.1", name, in_loader_directory=True) for name in (long, "lib1")]
    assert rank(providers, {}) == {"liba.so.1": (long, "lib1")}


@pytest.mark.parametrize("soname", ["\ud800.so", "\udfffliba.so.1", "a\0.so", "a\n.so"])
def test_soname_that_no_file_can_have_is_in_no_index(soname: str) -> None:
    """Literals of Python and strings of JSON may have surrogates that stand for no byte."""
    index = embedded_index(Release("debian", "13"))
    assert index is not None
    assert index.offers([soname], "amd64") == {}


@pytest.mark.parametrize(
    "source",
    [
        "import ctypes\nctypes.CDLL('\\ud800liba.so.1')\n",
        "import ctypes\nctypes.CDLL('a\\0.so.1')\nctypes.CDLL('/' * 5000 + 'a.so.1')\n",
        f"import ctypes\nctypes.CDLL('{'a' * 70000}.so.1')\n",
        f"import ctypes\nctypes.CDLL({'(' * 5000}\n",
        f"import ctypes\nx = {'-' * 100000}1\n",
        f"import ctypes\nx = a{'.a' * 100000}\n",
        f"import ctypes\nx = a{'+ctypes.CDLL' * 20000}\n",
        f"import ctypes\nx = {'9' * 5000}\n",
        "# coding: rot13\nimport ctypes\n",
        "# coding: ctypes\nimport ctypes\n",
        "import ctypes\n\0",
        "import ctypes\n'\\d' is 1\nfrom . import *\nfrom ...... import a\nimport a.b as ctypes\n",
    ],
    ids=lambda source: ascii(source[14:40]),
)
def test_hostile_source_changes_nothing(needy: Path, tmp_path: Path, source: str) -> None:
    """Python that nobody can parse, that is too deep to be followed, or names what no file has."""
    root = tmp_path / "root"
    shutil.copytree(needy, root, symlinks=True)
    intact = session(root, "/venv")
    module = root / "venv/lib/python3.13/site-packages/hostile/__init__.py"
    module.parent.mkdir(parents=True)
    module.write_text(source)
    told = session(root, "/venv")
    assert [line for line in told.splitlines() if "aaa" not in line and "ud800" not in line]
    assert told.endswith(intact.splitlines()[-1] + "\n")
    assert "Traceback" not in told


def test_directories_that_many_links_lead_to_are_looked_at_once() -> None:
    """``include`` with many stars below links to themselves has more ways than atoms there are."""
    conf = b"include /" + b"/".join([b"[ab]"] * 200) + b"/*.conf\ninclude /[ab]/etc/a.conf\n"
    files: dict[str, bytes | str | None] = {
        "/etc/ld.so.conf": conf,
        "/a": ".",
        "/b": ".",
        "/etc/a.conf": b"/opt/lib\n",
    }
    assert configured_directories(MemoryTree(files)) == ("/opt/lib",)


STANZA = (
    b"Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"
    b"Essential: yes\nPre-Depends: libgcc-s1 (>= 1), a | b\nDepends: libfoo\n\n"
)
FILES = {
    "/var/lib/dpkg/status": STANZA + STANZA.replace(b"libc6", b"libfoo"),
    "/var/lib/dpkg/info/libc6:amd64.list": b"/.\n/lib\n/lib/libc.so.6\n",
    "/var/lib/dpkg/info/libfoo.list": b"/.\n/lib/libfoo.so.1\n",
    "/var/lib/dpkg/diversions": b"/lib/libfoo.so.1\n/lib/libfoo.so.1.real\nlibc6\n",
    "/var/lib/dpkg/status.d/base": STANZA.replace(b"libc6", b"base"),
    "/var/lib/dpkg/status.d/base.md5sums": b"d41d8cd98f00b204e9800998ecf8427e  lib/a.so.1\n",
    "/etc/os-release": b"ID=debian\nVERSION_ID='13'\n",
    "/etc/ld.so.conf": b"include a.conf /etc/*.d/*.conf\n/lib/x86_64-linux-gnu # all\n",
    "/etc/a.conf": b"/opt\ninclude ld.so.conf\n",
}
"""The text files of a root that are read wherever it came from."""
PIECES = [b"\0", b"\n", b"\n\n", b" ", b"\r\n", b":", b"\xff", b"\x1b[2J", b"/", b"/..", b"*", b"["]


@settings(max_examples=4 * EXAMPLES)
@given(st.data())
def test_any_damage_to_the_texts_of_a_root_is_an_answer_or_an_error(data: st.DataObject) -> None:
    """Whatever stands in the database and in configurations: no other exception comes out."""
    files = dict(FILES)
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(files)))
        at = data.draw(st.integers(0, len(files[name])))
        cut = data.draw(st.sampled_from([0, 1, 7, 1000]))
        new = data.draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)))
        files[name] = files[name][:at] + new + files[name][at + cut :]
    tree, told = MemoryTree(files), str(DATABASE)
    read_release(tree)
    assert all(directory.startswith("/") for directory in configured_directories(tree))
    try:
        database = read_database(tree)
        if database:
            names = {package.name for package in database.status.essential}
            for path in ("/lib/libfoo.so.1", "/lib/libfoo.so.1.real", "/lib/a.so.1"):
                found = database.owners(PurePosixPath(path))
                names |= {str(package) for package in found}
                if not found:
                    database.check_has_no_owner(PurePosixPath(path))
            database.status.native.encode()
    except FindLibdepsError as error:
        told = str(error)
    assert str(DATABASE) in told


@pytest.mark.parametrize(
    "depends",
    [
        f"a{' ' * 200000}!",
        f"é{' ' * 200000}!",
        "a (>= " * 20000,
        "," * 100000,
        "\x1b[2J",
        "a | b, c:any, -d",
    ],
)
def test_dependencies_of_any_text_are_read_and_not_told(
    depends: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """What no dependency is, is passed over, in silence and at once."""
    status = STANZA.replace(b"Depends: libfoo", f"Depends: libfoo, {depends}".encode())
    database = read_database(
        MemoryTree({f"{DATABASE}/status": FILES[f"{DATABASE}/status"] + status})
    )
    assert database is not None
    assert {package.name for package in database.status.essential} == {"libc6", "libfoo"}
    assert capfd.readouterr() == ("", "")


CASES = ["traps", "several_owners", "wheels_for_several_pythons", "alternatives", "diversion"]
CASES += ["bundled_but_unreachable", "source_loads_on_demand", "distroless", "offered_by_an_index"]


ORDERED = """
    mkdir -p "$ROOT/etc/ld.so.conf.d"
    for each in f b e a d c; do
        so "/opt/$each/libfoo.so.1"
        package "lib${each}1" "/opt/$each/libfoo.so.1"
        echo "/opt/$each" >"$ROOT/etc/ld.so.conf.d/$each.conf"
    done
    echo 'include ld.so.conf.d/*.conf' >"$ROOT/etc/ld.so.conf"
    venv /venv
    so /venv/_a.abi3.so needs=libfoo.so.1
"""
"""Many directories have a library, and the first of them counts."""


@pytest.fixture
def shuffled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system with another order whenever it is asked."""
    names = DirectoryTree._names

    def any_order(tree: DirectoryTree, real: str) -> list[tuple[str, Kind]]:
        return random.sample(found := names(tree, real), len(found))

    monkeypatch.setattr(DirectoryTree, "_names", any_order)


@pytest.mark.usefixtures("shuffled")
def test_first_directory_is_the_first_by_name(tmp_path: Path) -> None:
    """Names in a directory are sorted before their order means anything."""
    root = made(ORDERED, tmp_path)
    assert {invoked("--root", root, "/venv").stdout for _ in range(5)} == {"liba1\n"}


@pytest.mark.usefixtures("shuffled")
@pytest.mark.parametrize("case", CASES)
def test_order_of_directories_does_not_matter(case: str, tmp_path: Path) -> None:
    """However a file system orders its directories, the same bytes come out."""
    recipe = (FIXTURES / "scan" / case / "build").read_text()
    root = made(recipe, tmp_path)
    expected = (FIXTURES / "scan" / case / "expected.txt").read_text()
    commands = re.findall(rf"^{re.escape(PROMPT)}(.*)$", expected, re.MULTILINE)
    for seed in range(2):
        random.seed(seed)
        assert "".join(session(root, arguments) for arguments in commands) == expected


def pythons() -> list[str]:
    """The Pythons of this machine that are supported."""
    names = [f"python3.{minor}" for minor in range(10, 15)]
    folders = [*os.get_exec_path(), *Path.home().glob(".pyenv/versions/3.1*/bin")]
    found = {name: shutil.which(name, path=os.pathsep.join(map(str, folders))) for name in names}
    paths = [path for path in found.values() if path]
    return [path for path in paths if not subprocess.run([path, "-c", ""], stderr=-3).returncode]


@pytest.mark.thorough
@pytest.mark.parametrize("form", ["json", "html", "dot"])
def test_every_python_and_every_hash_seed_say_the_same(traps: Path, form: str) -> None:
    """No set or dict decides on an order, and no version of Python on anything."""
    told = set()
    for number, python in enumerate([sys.executable, *pythons()] * 2):
        environment = {**os.environ, "PYTHONHASHSEED": str(number)}
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        command = [
            python,
            *COMMAND[1:],
            "--root",
            str(traps),
            "--verbose",
            f"--format={form}",
            "/venv",
        ]
        done = subprocess.run(command, capture_output=True, env=environment, cwd=traps)
        told.add((done.returncode, done.stdout, done.stderr))
    assert len(told) == 1, told
    assert b"libfoo1" in done.stdout

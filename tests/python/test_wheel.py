"""Wheels are read as an installer would install them; pip is the judge of that."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from types import ModuleType
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, BadZipFile, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mini_root
from find_libdeps.commands.main import main
from find_libdeps.python import inflating
from find_libdeps.python.wheel import MAX_MEMBER_SIZE, SITE, WheelTag, open_wheel
from find_libdeps.python.wheel_tree import WheelTree
from find_libdeps.roots.directory import DirectoryTree
from find_libdeps.scan.scan import scan_paths
from glibc import LoaderOutOfReachError
from project import FIXTURES
from runner import CliRunner

NAME = "one-1.0-py3-none-any.whl"
WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
METADATA = "Metadata-Version: 2.1\nName: one\nVersion: 1.0\n"
ELF = b"\x7fELF" + bytes(60)


def make_wheel(folder: Path, members: dict[str, bytes], *, claims: int | None = None) -> Path:
    """A wheel of some members; the last may claim another size than it has."""
    path = folder / NAME
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("one-1.0.dist-info/WHEEL", WHEEL)
        archive.writestr("one-1.0.dist-info/METADATA", METADATA)
        archive.writestr("one-1.0.dist-info/RECORD", "")
        for name, content in members.items():
            archive.writestr(name, content)
        if claims is not None:
            archive.infolist()[-1].file_size = claims
    return path


def test_members_are_where_pip_installs_them(tmp_path: Path) -> None:
    """Each file of a wheel, those of its data directories too, has its place in an environment."""
    members = {
        "one/__init__.py": b"",
        "one/_one.so": ELF,
        "one.libs/lib.so": ELF,
        "one-1.0.data/purelib/pure/__init__.py": b"",
        "one-1.0.data/platlib/plat/_plat.so": ELF,
        "one-1.0.data/scripts/tool": ELF,
        "one-1.0.data/data/share/one/data.txt": b"",
        "one-1.0.data/data/lib/libdata.so": ELF,
    }
    wheel = make_wheel(tmp_path, members)
    venv = tmp_path / "venv"
    python, pip = sys.executable, ["-m", "pip", "--python", str(venv), "install", "--quiet"]
    subprocess.run([python, "-m", "venv", "--without-pip", venv], check=True)
    subprocess.run([python, *pip, "--no-index", "--no-deps", "--no-compile", wheel], check=True)
    site = next(venv.glob("lib/python3.*/site-packages")).relative_to(venv)
    tree = WheelTree(DirectoryTree("/"), [PurePosixPath(wheel)])
    found = {
        str(path.relative_to(wheel)): tree.read(path)
        for path, _ in tree.walk(PurePosixPath(wheel), lambda name: True, print)
        if path.name != "pyvenv.cfg" and ".dist-info" not in str(path)
    }
    assert len(found) == len(members)
    assert found == {place: (venv / place.replace(SITE, str(site))).read_bytes() for place in found}


def test_report_is_that_of_the_installed_wheels(tmp_path: Path) -> None:
    """Scanning wheels and scanning where pip put them leads to the same packages."""
    root = tmp_path / "root"
    root.mkdir()
    try:
        mini_root.build(FIXTURES / "scan" / "wheels", root)
    except LoaderOutOfReachError as reason:
        pytest.skip(str(reason))
    files = sorted(root.glob("dist/*.whl"))
    venv = root / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    site = next(venv.glob("lib/python3.*/site-packages"))
    install = ["install", "--quiet", "--no-index", "--no-deps", "--ignore-requires-python"]
    subprocess.run([sys.executable, "-m", "pip", "--python", venv, *install, *files], check=True)
    site.parent.rename(venv / "lib/python3.13")  # the Python that the modules are for
    (venv / "lib/python3").symlink_to("python3.13")  # the path that the tool's RUNPATH has
    scan = ["--root", str(root)]
    of_wheels = CliRunner().invoke(main, [*scan, *(f"/{file.relative_to(root)}" for file in files)])
    of_venv = CliRunner().invoke(main, [*scan, "/venv"])
    assert of_wheels.stdout == of_venv.stdout != ""
    assert of_wheels.exit_code == of_venv.exit_code


def test_wheel_that_goes_with_several_is_scanned_once(tmp_path: Path) -> None:
    """Two builds of one project have an environment each, and what both use is in both of them."""
    root = tmp_path / "root"
    root.mkdir()
    try:
        mini_root.build(FIXTURES / "scan" / "wheels_for_several_pythons", root)
    except LoaderOutOfReachError as reason:
        pytest.skip(str(reason))
    report = scan_paths([f"/dist/{path.name}" for path in root.glob("dist/*x86_64.whl")], root=root)
    assert report.objects == 5


LIBRARIES = sorted({zlib, inflating.fastest}, key=str)


@settings(deadline=None)
@given(
    content=st.binary(max_size=3000).map(lambda data: data * 90),
    steps=st.lists(st.tuples(st.integers(0, 300_000), st.integers(0, 90_000)), max_size=8),
    compression=st.sampled_from([ZIP_STORED, ZIP_DEFLATED, ZIP_LZMA]),
    library=st.sampled_from(LIBRARIES),
    in_memory=st.sampled_from([1000, 1 << 16, inflating.MAX_IN_MEMORY]),
)
def test_members_can_be_read_in_any_order(
    content: bytes,
    steps: list[tuple[int, int]],
    compression: int,
    library: ModuleType,
    in_memory: int,
) -> None:
    """A member's stream gives what a stream of the inflated bytes would."""
    with NamedTemporaryFile(suffix=".whl") as file, pytest.MonkeyPatch.context() as patched:
        with ZipFile(file, "w", compression) as archive:
            archive.writestr("one-1.0.dist-info/WHEEL", WHEEL)
            archive.writestr("one/data", content)
        file.flush()
        patched.setattr(inflating, "fastest", library)
        patched.setattr(inflating, "MAX_IN_MEMORY", in_memory)
        patched.setattr(inflating, "_SPARE", [])
        wheel = open_wheel(DirectoryTree(), PurePosixPath(file.name))
        with wheel.open(wheel.members[f"{SITE}/one/data"]) as stream:
            plain = io.BytesIO(content)
            for offset, size in steps:
                assert stream.seek(offset) == plain.seek(offset)
                assert stream.read(size) == plain.read(size)


def told(read: Callable[[int], bytes]) -> tuple[bytes, str]:
    """What comes before damage is met, and what is said about that."""
    content = b""
    try:
        while chunk := read(inflating.CHUNK):
            content += chunk
    except (BadZipFile, zlib.error, EOFError) as error:
        return content, f"{type(error).__name__}: {error}"
    return content, ""


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.__name__)
@pytest.mark.parametrize("seed", range(60))
def test_damage_is_found_where_zipfile_finds_it(
    library: ModuleType, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever inflates: the same bytes before the damage, and zlib's words about it."""
    chance, file = random.Random(seed), io.BytesIO()  # noqa: S311
    words = [chance.randbytes(chance.randrange(1, 9)) for _ in range(300)]
    content = b"".join(chance.choices(words, k=chance.randrange(40_000)))
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("data", content)
        start, member = len("data") + 30, archive.infolist()[0]
    damaged = bytearray(file.getvalue())
    for _ in range(chance.randrange(1, 4)):
        damaged[start + chance.randrange(member.compress_size)] ^= 1 << chance.randrange(8)
    archive = ZipFile(io.BytesIO(bytes(damaged)))
    monkeypatch.setattr(inflating, "fastest", library)
    inflated, at = inflating.Inflated(archive, archive.infolist()[0]), 0

    def read(size: int) -> bytes:
        nonlocal at
        data = inflated.at(at, size)
        at += len(data)
        return data

    assert told(read) == told(archive.open("data").read)


def test_memory_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """One member after the other takes the same memory, and none sees the bytes of another."""
    monkeypatch.setattr(inflating, "_SPARE", [])
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("long", b"long" * 9)
        archive.writestr("short", b"sh")
    archive = ZipFile(file)
    for name, content in (("long", b"long" * 9), ("short", b"sh"), ("long", b"long" * 9)):
        assert inflating.Inflated(archive, archive.getinfo(name)).at(0, 99) == content
    one, other = (inflating.Inflated(archive, member) for member in archive.infolist())
    assert (one.at(0, 4), other.at(0, 4), one.at(4, 4)) == (b"long", b"sh", b"long")
    assert len(inflating._SPARE) == 0


BROKEN = [
    ({"../out.so": ELF}, 'its member "../out.so" leads out of where it is installed'),
    ({"/etc/out.so": ELF}, 'its member "/etc/out.so" leads out'),
    ({"one-1.0.data/data/../../out.so": ELF}, "leads out"),
    ({f"{'a/' * 2000}deep.so": ELF}, 'its member "deep.so" has too long a path'),
    ({f"{'a' * 5000}.so": ELF}, "has too long a path"),
    ({"two-1.0.dist-info/WHEEL": b""}, "it has no .dist-info/WHEEL, or several"),
]


@pytest.mark.parametrize(("members", "cause"), BROKEN)
def test_wheel_that_no_installer_would_take_is_one_sentence(
    tmp_path: Path, members: dict[str, bytes], cause: str
) -> None:
    """It can't be scanned: status 2 and nothing on stdout."""
    result = CliRunner().invoke(main, [str(make_wheel(tmp_path, members))])
    assert (result.exit_code, result.stdout) == (2, "")
    assert cause in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_member_that_is_too_large_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    """A member that would inflate beyond all measure is not touched."""
    members = {"one/_other.abi3.so": b"no ELF", "one/_bomb.abi3.so": ELF}
    wheel = make_wheel(tmp_path, members, claims=MAX_MEMBER_SIZE + 1)
    result = CliRunner().invoke(main, [str(wheel)])
    assert result.exit_code == 1
    assert f'cannot read "{wheel}/one/_bomb.abi3.so": inflated, it has more than' in result.stderr
    assert "_other" not in result.stderr


def test_damaged_member_is_said(tmp_path: Path) -> None:
    """Bytes that can't be inflated are an error where Python would load them."""
    wheel = make_wheel(tmp_path, {"one/_one.abi3.so": ELF * 99})
    with ZipFile(wheel) as archive:
        at = archive.infolist()[-1].header_offset + 30 + len("one/_one.abi3.so")
    data = bytearray(wheel.read_bytes())
    data[at : at + 8] = b"\xff" * 8
    wheel.write_bytes(data)
    result = CliRunner().invoke(main, [str(wheel)])
    assert result.exit_code == 1
    assert f'cannot read "{wheel}/one/_one.abi3.so": damaged' in result.stderr


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-linux_x86_64", True),
        ("cp312-cp312-manylinux1_x86_64", "cp313-cp313-manylinux1_x86_64", False),
        ("cp310-abi3-manylinux2014_x86_64", "cp313-cp313-manylinux_2_28_x86_64", True),
        ("cp313-cp313-manylinux_2_28_x86_64", "cp313-cp313t-manylinux_2_28_x86_64", False),
        ("py3-none-any", "cp313-cp313-manylinux_2_28_aarch64", True),
        ("py3-none-manylinux_2_28_x86_64", "py3-none-manylinux_2_28_aarch64", False),
        ("py3-none-any", "py3-none-musllinux_1_2_x86_64", False),
    ],
)
def test_tags_tell_what_can_be_installed_together(one: str, other: str, together: bool) -> None:
    """One Python, one architecture, one libc."""
    tags = [WheelTag(*text.split("-", 2)) for text in (one, other)]
    assert tags[0].fits(tags[1]) is tags[1].fits(tags[0]) is together

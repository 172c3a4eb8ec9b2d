"""The loader's rules on objects spelled as values: no file, no compiler.

That glibc's loader has the same rules is shown in test_loader.py, on real files; here a rule is a
line, for whoever changes the code. A file is spelled ``path: soname, needs ..., rpath ...``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from find_libdeps.elf.architecture import Architecture
from find_libdeps.elf.directories import Directory, GlibcRelease, newest_release
from find_libdeps.elf.loader import Loader
from find_libdeps.elf.objects import Abi, Dependency, ElfObject, Tag
from find_libdeps.elf.outcome import Found, LinkMap, Missing, Unloadable
from find_libdeps.elf.search_list import SearchPath
from find_libdeps.elf.sonames import Soname

AMD64 = Architecture("amd64", "x86_64-linux-gnu", "/lib64/ld.so", "x86_64", ("x86-64-v2",))
ABI = Abi(64, True, "EM_X86_64")
OTHER = {"arm64": Abi(64, True, "EM_AARCH64"), "i386": Abi(32, True, "EM_386")}
USR = "/usr/lib/x86_64-linux-gnu"

Files = dict[PurePosixPath, ElfObject | Unloadable]


def spelled(text: str) -> Files:
    """Files by their paths, one a line; what is not ELF is ``broken``."""
    files: Files = {}
    for line in text.strip().splitlines():
        path, _, words = line.strip().partition(":")
        elf = ElfObject(ABI, "ET_DYN", is_dynamic=True)
        for word in words.replace(",", " ").split():
            key, _, value = word.partition("=")
            match key:
                case "broken":
                    files[PurePosixPath(path)] = Unloadable("invalid ELF header")
                case "program":
                    elf = replace(elf, is_pie=True, interpreter=AMD64.loader)
                case "nodeflib":
                    elf = replace(elf, no_default_directories=True)
                case "needs" | "filter" | "auxiliary":
                    tag = Tag.NEEDED if key == "needs" else Tag[key.upper()]
                    dependency = Dependency(Soname(value), tag)
                    elf = replace(elf, dependencies=(*elf.dependencies, dependency))
                case "soname":
                    elf = replace(elf, soname=Soname(value))
                case "rpath":
                    elf = replace(elf, rpath=value)
                case "runpath":
                    elf = replace(elf, runpath=value)
                case _:
                    elf = replace(elf, abi=OTHER[key])
        files.setdefault(PurePosixPath(path), elf)
    return files


def resolved(
    files: Files, configured: tuple[str, ...] = (), library_path: str = "", start: str = "/app/main"
) -> list[str]:
    """What is found for each name that the object at `start` and its libraries ask for."""
    return told_by(loader_of(files, configured, library_path), files, start)


def loader_of(
    files: Files,
    configured: tuple[str, ...] = (),
    library_path: str = "",
    release: GlibcRelease | None = None,
) -> Loader:
    """The loader of a root with these files."""

    def look_into(path: PurePosixPath) -> Directory | None:
        names = {f.relative_to(path).parts[0] for f in files if path in f.parents}
        return Directory(path, names) if names else None

    search = SearchPath(AMD64, configured, library_path, release=lambda: release)
    return Loader(search, files.get, look_into)


def told_by(loader: Loader, files: Files, start: str) -> list[str]:
    """What a loader finds for the object at `start` and its libraries."""
    elf = files[PurePosixPath(start)]
    assert isinstance(elf, ElfObject)
    needs, _ = loader.load(LinkMap(PurePosixPath(start), elf))
    told = []
    for need in needs:
        match need.outcome:
            case Found(path=path, how=how):
                told.append(f"{need.requester.name} {need.soname} => {path} ({how.value})")
            case Missing():
                told.append(f"{need.requester.name} {need.soname} => nowhere")
    return told


RULES = {
    "RPATH counts for what the libraries of an object ask for": (
        """
        /app/main: program rpath=/opt needs=liba.so
        /opt/liba.so: needs=libb.so
        /opt/libb.so:
        """,
        ["main liba.so => /opt/liba.so (RPATH)", "liba.so libb.so => /opt/libb.so (RPATH)"],
    ),
    "RUNPATH counts for what the object itself asks for": (
        """
        /app/main: program runpath=/opt needs=liba.so
        /opt/liba.so: needs=libb.so
        /opt/libb.so:
        """,
        ["main liba.so => /opt/liba.so (RUNPATH)", "liba.so libb.so => nowhere"],
    ),
    "RPATH is ignored beside RUNPATH": (
        """
        /app/main: program rpath=/one runpath=/two needs=liba.so
        /one/liba.so:
        /two/liba.so:
        """,
        ["main liba.so => /two/liba.so (RUNPATH)"],
    ),
    "RUNPATH of a library turns off the RPATH that it would inherit": (
        """
        /app/main: program rpath=/opt needs=liba.so
        /opt/liba.so: runpath=/two needs=libb.so
        /opt/libb.so:
        """,
        ["main liba.so => /opt/liba.so (RPATH)", "liba.so libb.so => nowhere"],
    ),
    "an empty RUNPATH turns RPATH off too": (
        """
        /app/main: program rpath=/one runpath= needs=liba.so
        /one/liba.so:
        """,
        ["main liba.so => nowhere"],
    ),
    "$ORIGIN is the directory of the object": (
        """
        /app/main: program runpath=$ORIGIN/lib needs=liba.so
        /app/lib/liba.so: runpath=${ORIGIN} needs=libb.so
        /app/lib/libb.so:
        """,
        [
            "main liba.so => /app/lib/liba.so (RUNPATH)",
            "liba.so libb.so => /app/lib/libb.so (RUNPATH)",
        ],
    ),
    "$LIB and $PLATFORM are the architecture's": (
        f"""
        /app/main: program runpath=/usr/$LIB/$PLATFORM needs=liba.so
        {USR}/x86_64/liba.so:
        """,
        [f"main liba.so => {USR}/x86_64/liba.so (RUNPATH)"],
    ),
    "the built-in directories come in order": (
        f"""
        /app/main: program needs=liba.so needs=libb.so
        /usr/lib/liba.so:
        {USR}/liba.so:
        /usr/lib/libb.so:
        """,
        [f"main liba.so => {USR}/liba.so (default)", "main libb.so => /usr/lib/libb.so (default)"],
    ),
    "the best directory of CPU levels comes before the directory": (
        """
        /app/main: program runpath=/opt needs=liba.so
        /opt/liba.so:
        /opt/glibc-hwcaps/x86-64-v2/liba.so:
        """,
        ["main liba.so => /opt/glibc-hwcaps/x86-64-v2/liba.so (RUNPATH)"],
    ),
    "built-in directories are none of an object with DF_1_NODEFLIB": (
        """
        /app/main: program nodeflib needs=liba.so
        /usr/lib/liba.so:
        """,
        ["main liba.so => nowhere"],
    ),
    "/lib64 and /usr/local/lib are not built in": (
        """
        /app/main: program needs=liba.so needs=libb.so
        /lib64/liba.so:
        /usr/local/lib/libb.so:
        """,
        ["main liba.so => nowhere", "main libb.so => nowhere"],
    ),
    "a file for another machine is passed over": (
        """
        /app/main: program runpath=/one:/two:/three needs=liba.so
        /one/liba.so: arm64
        /two/liba.so: i386
        /three/liba.so:
        """,
        ["main liba.so => /three/liba.so (RUNPATH)"],
    ),
    "a file that is no ELF file ends the search": (
        """
        /app/main: program runpath=/one:/two needs=liba.so
        /one/liba.so: broken
        /two/liba.so:
        """,
        ["main liba.so => nowhere"],
    ),
    "a program is no library": (
        """
        /app/main: program runpath=/one:/two needs=liba.so
        /one/liba.so: program
        /two/liba.so:
        """,
        ["main liba.so => nowhere"],
    ),
    "a name with a slash is a path": (
        """
        /app/main: program needs=/opt/liba.so
        /opt/liba.so:
        """,
        ["main /opt/liba.so => /opt/liba.so (path)"],
    ),
    "a name that is loaded is not searched again": (
        """
        /app/main: program rpath=/one needs=liba.so needs=libb.so
        /one/liba.so: runpath=/two needs=libb.so
        /one/libb.so:
        /two/libb.so:
        """,
        [
            "main liba.so => /one/liba.so (RPATH)",
            "main libb.so => /one/libb.so (RPATH)",
            "liba.so libb.so => /one/libb.so (loaded)",
        ],
    ),
    "a loaded file answers to its soname": (
        """
        /app/main: program runpath=/opt needs=liba.so needs=libreal.so.1
        /opt/liba.so: soname=libreal.so.1
        """,
        ["main liba.so => /opt/liba.so (RUNPATH)", "main libreal.so.1 => /opt/liba.so (loaded)"],
    ),
    "libraries are loaded breadth first": (
        """
        /app/main: program rpath=/opt needs=liba.so needs=libb.so
        /opt/liba.so: needs=libc.so
        /opt/libb.so: needs=libd.so
        /opt/libc.so:
        /opt/libd.so:
        """,
        [
            "main liba.so => /opt/liba.so (RPATH)",
            "main libb.so => /opt/libb.so (RPATH)",
            "liba.so libc.so => /opt/libc.so (RPATH)",
            "libb.so libd.so => /opt/libd.so (RPATH)",
        ],
    ),
    "the needs of a filtee come first": (
        """
        /app/main: program rpath=/opt needs=liba.so filter=libf.so
        /opt/liba.so: needs=libb.so
        /opt/libb.so:
        /opt/libf.so: needs=libc.so
        /opt/libc.so:
        """,
        [
            "main liba.so => /opt/liba.so (RPATH)",
            "main libf.so => /opt/libf.so (RPATH)",
            "libf.so libc.so => /opt/libc.so (RPATH)",
            "liba.so libb.so => /opt/libb.so (RPATH)",
        ],
    ),
    "a circle of needs ends": (
        """
        /app/main: program rpath=/opt needs=liba.so
        /opt/liba.so: needs=libb.so
        /opt/libb.so: needs=liba.so
        """,
        [
            "main liba.so => /opt/liba.so (RPATH)",
            "liba.so libb.so => /opt/libb.so (RPATH)",
            "libb.so liba.so => /opt/liba.so (loaded)",
        ],
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_names_are_found_where_the_rule_says(rule: str) -> None:
    """Each name that the program or one of its libraries asks for, in the loader's order."""
    text, expected = RULES[rule]
    assert resolved(spelled(text)) == expected


PLACES = spelled(
    """
    /app/main: program rpath=/rpath needs=libone.so
    /app/other: program runpath=/runpath needs=libone.so
    /rpath/libone.so:
    /path/libone.so:
    /runpath/libone.so:
    /conf/libone.so:
    /usr/lib/libone.so:
    """
)
"""A library in every place where the loader looks for it."""
ORDER = [
    ("/app/main", "/rpath/libone.so (RPATH)"),
    ("/app/main", "/path/libone.so (LD_LIBRARY_PATH)"),
    ("/app/other", "/path/libone.so (LD_LIBRARY_PATH)"),
    ("/app/other", "/runpath/libone.so (RUNPATH)"),
    ("/app/other", "/conf/libone.so (ld.so.conf)"),
    ("/app/other", "/usr/lib/libone.so (default)"),
]
"""The places in order: each is the first when those before it have nothing."""


@pytest.mark.parametrize("number", range(len(ORDER)))
def test_places_have_their_order(number: int) -> None:
    """RPATH, LD_LIBRARY_PATH, RUNPATH, ld.so.conf, built-in directories."""
    start, expected = ORDER[number]
    before = {PurePosixPath(place.partition(" ")[0]) for _, place in ORDER[:number]}
    before.discard(PurePosixPath(expected.partition(" ")[0]))
    files = {path: elf for path, elf in PLACES.items() if path not in before}
    told = resolved(files, ("/conf",), "/path", start)
    assert told == [f"{start.rpartition('/')[2]} libone.so => {expected}"]


def test_configured_directories_offer_what_ldconfig_files() -> None:
    """A file under its soname, whatever its own name is; none that is not called like a library."""
    files = spelled(
        """
        /app/main: program needs=libone.so.1 needs=libtwo.so needs=libother.so.1 needs=three.so
        /conf/libone.so.1: soname=libone.so.1
        /conf/libtwo.so: soname=libtwo.so.2
        /conf/libother.so.1: soname=libreal.so.1
        /conf/three.so:
        """
    )
    assert resolved(files, ("/conf",)) == [
        "main libone.so.1 => /conf/libone.so.1 (ld.so.conf)",
        "main libtwo.so => nowhere",
        "main libother.so.1 => nowhere",
        "main three.so => nowhere",
    ]


@pytest.mark.parametrize(
    ("release", "one", "two"),
    [
        ((2, 32), "/opt/tls/libone.so", "/opt/tls/libtwo.so"),
        ((2, 33), "/opt/glibc-hwcaps/x86-64-v2/libone.so", "/opt/tls/libtwo.so"),
        ((2, 36), "/opt/glibc-hwcaps/x86-64-v2/libone.so", "/opt/tls/libtwo.so"),
        ((2, 37), "/opt/glibc-hwcaps/x86-64-v2/libone.so", "/opt/libtwo.so"),
        (None, "/opt/glibc-hwcaps/x86-64-v2/libone.so", "/opt/libtwo.so"),
    ],
)
def test_subdirectories_depend_on_the_release(
    release: GlibcRelease | None, one: str, two: str
) -> None:
    """NEWS of glibc for versions 2.33 and 2.37; where the release is unknown, it is a new one."""
    files = spelled(
        """
        /app/main: program runpath=/opt needs=libone.so needs=libtwo.so
        /opt/libone.so:
        /opt/tls/libone.so:
        /opt/glibc-hwcaps/x86-64-v2/libone.so:
        /opt/libtwo.so:
        /opt/tls/libtwo.so:
        """
    )
    assert told_by(loader_of(files, release=release), files, "/app/main") == [
        f"main libone.so => {one} (RUNPATH)",
        f"main libtwo.so => {two} (RUNPATH)",
    ]


@pytest.mark.parametrize(
    ("versions", "release"),
    [
        ({"GLIBC_2.2.5", "GLIBC_2.36", "GLIBC_2.9", "GLIBC_PRIVATE"}, (2, 36)),
        ({"GLIBC_2.38", "GLIBC_ABI_DT_RELR"}, (2, 38)),
        ({"MUSL_1.2"}, None),
        (set(), None),
    ],
)
def test_release_is_that_of_the_newest_symbol_version(
    versions: set[str], release: GlibcRelease | None
) -> None:
    """The numbers are compared, not the texts."""
    assert newest_release(versions) == release


def test_an_answer_holds_only_for_who_searches_the_same() -> None:
    """One loader loads many objects, in any order: each finds what it would find alone."""
    files = spelled(
        """
        /app/rpath: program rpath=/a needs=libone.so
        /app/runpath: program runpath=/a needs=libone.so
        /app/origin: program runpath=$ORIGIN/../b needs=libone.so
        /app/none: program needs=libone.so
        /app/nodeflib: program nodeflib needs=libone.so
        /app/i386: i386 needs=libone.so
        /app/arm64: arm64 rpath=/a needs=libone.so
        /app/path: program needs=$ORIGIN/../a/libone.so
        /opt/path: program needs=$ORIGIN/../a/libone.so needs=libtwo.so
        /opt/origin: program runpath=$ORIGIN/../b needs=libone.so
        /a/libone.so: needs=libtwo.so
        /a/libtwo.so:
        /b/libone.so: arm64
        /usr/lib/libone.so: needs=libtwo.so
        /usr/lib/libtwo.so:
        /usr/lib/i386-linux-gnu/libone.so: i386
        """
    )
    starts = [str(path) for path in files if path.parts[1] in ("app", "opt")]
    alone = {start: resolved(files, start=start) for start in starts}
    assert alone["/app/none"][0] == "none libone.so => /usr/lib/libone.so (default)"
    assert alone["/app/nodeflib"] == ["nodeflib libone.so => nowhere"]
    assert alone["/app/arm64"] == ["arm64 libone.so => nowhere"]
    for order in (starts, starts[::-1]):
        loader = loader_of(files)
        assert {start: told_by(loader, files, start) for start in order} == alone

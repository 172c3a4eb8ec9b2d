"""What comes into a process that runs already, as by dlopen(3): the judge is such a process."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

import pytest

from find_libdeps.elf.objects import ElfObject
from find_libdeps.elf.outcome import Found, LinkMap
from find_libdeps.needs.system import System
from find_libdeps.roots.directory import DirectoryTree
from glibc import MACHINE, LoaderOutOfReachError
from loader_graphs import Graph, Item, make
from opener import CALLER, caller, opener
from our_loader import opened
from programs import need
from real_loader import ask_a_program
from small_elf import small_elf

MAIN = r"""
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **words) {
    if (!dlopen(words[1], RTLD_NOW)) puts(dlerror());
    puts(dlopen(words[2], RTLD_NOW | RTLD_NOLOAD) ? "other" : "loaded");
}
"""


def compiled(folder: Path, name: str, source: str, *words: str) -> Path:
    """An object by the compiler."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    command = ["cc", "-o", str(path), "-Wl,--no-as-needed", "-x", "c", "-", "-x", "none", *words]
    subprocess.run(command, input=source, text=True, check=True, cwd=folder)
    return path


@pytest.mark.parametrize("soname", ["", "-Wl,-soname,libother.so.1"], ids=["none", "another"])
def test_loaded_library_answers_to_the_name_that_it_was_asked_for_by(
    soname: str, tmp_path: Path
) -> None:
    """Whatever its DT_SONAME is (glibc elf/dl-load.c, _dl_map_object: `_dl_name_match_p`)."""
    need("cc")
    shared = ("-shared", "-fPIC")
    first = compiled(tmp_path, "first/liba.so.1", "int a;", *shared)
    stub = compiled(tmp_path, "stub/liba.so.1", "int a;", *shared, "-Wl,-soname,liba.so.1")
    main = compiled(tmp_path, "main", MAIN, str(stub), f"-Wl,-rpath,{first.parent}")
    if soname:
        compiled(tmp_path, "first/liba.so.1", "int a;", *shared, soname)
    other = compiled(tmp_path, "other/liba.so.1", "int a;", *shared)
    paths = f"-Wl,--enable-new-dtags,-rpath,{other.parent}"
    module = compiled(tmp_path, "module.so", "int m;", *shared, str(stub), paths)

    told = subprocess.run([main, module, other], capture_output=True, text=True, check=True).stdout

    system = System(DirectoryTree("/"))
    read = {path: system.read(PurePosixPath(path)) for path in (main, module)}
    objects = {path: elf for path, elf in read.items() if isinstance(elf, ElfObject)}
    loader = system.loader(objects[main].abi)
    _, process = loader.load(LinkMap(PurePosixPath(main), objects[main]))
    needs, _ = loader.load(LinkMap(PurePosixPath(module), objects[module]), process)
    found = next(each.outcome for each in needs if each.soname == "liba.so.1")
    assert isinstance(found, Found)
    assert told == "loaded\n"
    assert found.path == PurePosixPath(first)


@pytest.mark.parametrize("name", ["/opt/libx.so", "libx.so"])
def test_rpath_of_who_opens_a_library_is_not_inherited(name: str, tmp_path: Path) -> None:
    """It counts for the name that is opened, but not for what that needs (glibc elf/dl-load.c,
    _dl_map_object: "In case the LOADER information has only been provided to get to ...").
    """
    needy = small_elf(["liby.so"], soname="libx.so")
    files = {
        "/app/main": opener(),
        f"/app/{CALLER}": caller(rpath="/opt"),
        "/opt/libx.so": needy,
        "/opt/liby.so": small_elf(soname="liby.so"),
    }
    items = tuple(Item(path, content) for path, content in files.items())
    opens = (f"/app/{CALLER}", name)
    try:
        make(Graph(items), tmp_path, MACHINE)
        _, theirs = ask_a_program(tmp_path, "/app/main", opens, [])
    except LoaderOutOfReachError as reason:
        pytest.skip(str(reason))
    assert theirs
    found = [(need.name, need.path) for need in theirs.needs]
    assert found == [(name, "/opt/libx.so"), ("liby.so", None)]
    assert opened(tmp_path, "/app/main", opens, []) == theirs.needs

"""The measuring of asks: what the listener hears in this Python, and what is made of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import asks_listener
from asks_compare import Told, Verdict, judge, row, totals
from asks_heard import Ask, Facts, World, line_of, load_facts, read_world

FILES = {
    "loud/__init__.py": "import ctypes.util\nif not ctypes.util.find_library('loud'): pass\n",
    "loud/by_name.py": "from ctypes import CDLL\ntry: CDLL('libloud.so.7')\nexcept OSError: pass\n",
    "loud/libc.py": "import ctypes\nctypes.CDLL('libc.so.6')\n",
    "loud/_private.py": "import ctypes\nctypes.CDLL('libprivate.so.1')\n",
    "loud/crash.py": "import os\nos.abort()\n",
    "loud/exit.py": "raise SystemExit('enough')\n",
    "loud/tests/all.py": "import ctypes\nctypes.CDLL('libtests.so.1')\n",
    "loud-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: loud\nVersion: 1.0\n",
}


def test_each_module_is_heard_whatever_the_others_do(tmp_path: Path) -> None:
    """A crash and an exit end one import; private modules and tests are left alone."""
    venv, told = tmp_path / "venv", tmp_path / "told"
    told.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    site = next(venv.glob("lib/python*/site-packages"))
    files = {**FILES, "loud-1.0.dist-info/RECORD": "".join(f"{name},,\n" for name in FILES)}
    for name, content in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(content)
    python, listener = str(venv / "bin/python"), asks_listener.__file__
    subprocess.run([python, "-IB", listener, str(told), "loud", "60"], check=True)
    world = read_world(told)
    assert [(*ask[:2], ask.line.removeprefix(f"{site}/"), *ask[3:]) for ask in world.asks] == [
        ("dlopen", "libc.so.6", "loud/libc.py:2", "loud.libc", False, True),
        ("dlopen", "libloud.so.7", "loud/by_name.py:2", "loud.by_name", False, False),
        ("find_library", "loud", "loud/__init__.py:2", "loud", True, False),
    ]
    assert world.imported == 3
    assert world.failed == {"loud.crash": "SIGABRT", "loud.exit": "SystemExit: enough"}


BEGUN = """\
{"pid": 9, "module": "x.m", "is_root": false}
{"pid": 8, "module": "x", "is_root": true}
"""
SITE = "/venvs/x/lib/python3.13/site-packages"
LOADER = f"""\
      7:	file=libmain.so.1 [0];  needed by /venvs/x/bin/python [0]
      7:	file=libmain.so.1 [0];  generating link map
      9:	file={SITE}/m.abi3.so [0];  dynamically loaded by /venvs/x/bin/python [0]
      9:	file={SITE}/m.abi3.so [0];  generating link map
      9:	file=libthere.so.1 [0];  dynamically loaded by {SITE}/m.abi3.so [0]
      8:	file=libnot.so.1 [0];  dynamically loaded by {SITE}/m.abi3.so [0]
      9:	file=libthere.so.1 [0];  generating link map
      9:	file=libheard.so.1 [0];  dynamically loaded by /usr/lib/x/_ctypes.cpython-313.so [0]
      9:	file=libffi.so.1 [0];  dynamically loaded by {SITE}/_cffi_backend.abi3.so [0]
      9:	file=libsystems.so.1 [0];  dynamically loaded by /usr/lib/libother.so.2 [0]
"""


def test_what_c_code_asks_for_is_in_the_words_of_the_loader(tmp_path: Path) -> None:
    """Objects of the packages count; the system's own, and ctypes', don't."""
    (tmp_path / "log").write_text(BEGUN)
    (tmp_path / "loader.7").write_text(LOADER)
    world = read_world(tmp_path)
    assert world.asks == (
        Ask("c", "libnot.so.1", f"{SITE}/m.abi3.so", "x", True, False),
        Ask("c", "libthere.so.1", f"{SITE}/m.abi3.so", "x.m", False, True),
        Ask("cffi", "libffi.so.1", f"{SITE}/_cffi_backend.abi3.so", "x.m", False, False),
    )
    assert (world.extensions, world.needed) == (1, 1)


LINE = f"{SITE}/x/__init__.py:3"
PROVIDERS = {
    "libone.so.1": ("libone1",),
    "libtwo.so.*": ("libtwo2",),
    "libthree.so.3": ("libthree3",),
    "libfour.so.4": ("libfour4",),
    "libc.so.6": ("libc6",),
    "libold.so.1": ("libold1",),
    "libplug.so.1": ("libplug1",),
    "libone-7.q16.so.1": ("libone-7-q16",),
    "libobjc.so.4": ("libobjc4",),
}


def verdict_of(asks: list[Ask], failed: dict[str, str], **report: Any) -> Verdict:
    """The verdict, where nothing else was heard."""
    full = World(("libone1", "libtwo2"), tuple(asks), failed, 1, 0, 0)
    empty = full._replace(asks=(*asks, ask("libold.so.1", is_root=True, loaded=False)))
    document = {"packages": [], "hints": [], "unresolved": [], "unfinished": [], **report}
    told = Told(document, "warning: cannot find libfour.so.4\n")
    essential = frozenset({"libc6"})
    facts = Facts("x", "1.0", empty, full)
    return judge(facts, told, lambda soname: PROVIDERS.get(soname, ()), essential)


def test_any_answer_of_find_library_will_do() -> None:
    """The listener had two libraries that answer, and the list has the other one."""
    heard = [ask("one-7", "find_library", is_root=True), ask("libone-7.q16.so.1", is_root=True)]
    packages = [listed("libone-7-q8", soname="libone-7.q8.so.*")]
    assert verdict_of(heard, {}, packages=packages).listed == ("libone-7-q16",)
    assert verdict_of(heard, {}, hints=packages).hinted == ("libone-7-q16",)
    assert verdict_of(heard[1:], {}, packages=packages).listed == ()
    packages = [listed("libother1", soname="libother.so.1")]
    assert [each.package for each in verdict_of(heard, {}, packages=packages).silent] == [
        "libone-7-q16"
    ]


def test_a_note_that_modules_were_not_followed_is_for_their_package() -> None:
    """It says that hints of this package may be missing; of another one it says nothing."""
    heard = [ask("libthree.so.3")]
    for module, noted in (("x.other", ("libthree3",)), ("y", ())):
        verdict = verdict_of(heard, {}, unfinished=[{"module": module}])
        assert verdict.noted == noted


def test_what_is_nowhere_by_design_is_not_silent() -> None:
    """Unless the import of a root loads it."""
    verdict = verdict_of([ask("libobjc.so.4")], {})
    assert (verdict.silent, [each.package for each in verdict.by_design]) == ((), ["libobjc4"])
    assert totals([verdict])["by design nowhere"] == 1
    verdict = verdict_of([ask("libobjc.so.4", is_root=True)], {})
    assert ([each.package for each in verdict.silent], verdict.by_design) == (["libobjc4"], ())


def ask(name: str, how: str = "dlopen", *, is_root: bool = False, loaded: bool = True) -> Ask:
    """An ask of one module."""
    return Ask(how, name, LINE, "x", is_root, loaded)


def listed(
    name: str, role: str = "dlopen", soname: str = "libsome.so.1", way: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A package in a report."""
    need = {"soname": soname, "requester": f"{SITE}/x/y.py", "line": 5, "role": role}
    if way:
        need["way"] = [{"path": f"{SITE}/{path}", "line": 1} for path in way]
    return {"name": name, "essential": False, "others": [], "needs": [need]}


def test_each_name_is_on_the_list_or_hinted_or_noted_or_silent() -> None:
    """What has no package, is the packages' own, or essential, is counted."""
    asks = [
        ask("libone.so.1", is_root=True),
        ask("two", "find_library", is_root=True),
        ask("libthree.so.3"),
        ask("libfour.so.4"),
        ask("libplug.so.1", "c"),
        ask("libc.so.6"),
        ask("libone.so.1", loaded=False),
        ask("libnone.so.1", loaded=False),
        ask(f"{SITE}/libmine.so"),
        ask("/opt/libone.so.1", loaded=False),
    ]
    verdict = verdict_of(asks, {}, packages=[listed("libone1")], hints=[listed("libtwo2")])
    assert verdict.asked == ("libfour4", "libone1", "libthree3", "libtwo2")
    assert (verdict.listed, verdict.hinted, verdict.noted) == (
        ("libone1",),
        ("libtwo2",),
        ("libfour4",),
    )
    assert verdict.by_c == ("libplug1",)
    assert verdict.counts == {
        "own files": 1,
        "names of essential packages": 1,
        "names that no package has": 1,
        "paths of other files": 1,
        "names that do not load, though a package has them": 1,
        "alternatives": 1,
        "modules imported": 1,
        "modules that fail": 0,
        "modules without time": 0,
        "extension modules": 0,
        "names that ELF files need": 0,
    }
    facts = Facts("x", "1.0", World((), (), {}, 1, 0, 0), World((), (), {}, 1, 0, 0))
    assert row(facts, verdict) == (
        "x 1.0: asked 4, listed 1, hinted 1, noted 1, silent 1"
        " | SILENT libthree3: libthree.so.3 by dlopen at x/__init__.py:3,"
        " when only the module x is imported"
        " | ONLY HINTED libtwo2: two by find_library at x/__init__.py:3,"
        " when the root x is imported"
        " | by C code: libplug1"
    )


def test_what_is_listed_was_asked_for() -> None:
    """Unless an ELF file needs it, too; where the import fails, nobody can tell."""
    packages = [listed("libnever1"), listed("libneeded1", "required"), listed("libone1")]
    heard = [ask("libone.so.1")]
    verdict = verdict_of(heard, {}, packages=packages)
    assert [each.package for each in verdict.never] == ["libnever1"]
    assert verdict.never[0].reason == "libsome.so.1 at x/y.py:5"
    verdict = verdict_of(heard, {"x": "ImportError"}, packages=packages)
    assert verdict.never == ()
    assert verdict.unjudged[0].reason == "libsome.so.1 at x/y.py:5, but x failed: ImportError"
    heard += [Ask("dlopen", "libsome.so", f"{SITE}/x/y.py:5", "x", True, False)]
    verdict = verdict_of(heard, {"x": "OSError"}, packages=packages)
    assert verdict.never[0].reason == "libsome.so.1 at x/y.py:5, which asks for libsome.so"
    # the line was there, but not by the way that leads to the name
    packages = [listed("libnever1", way=("z/__init__.py",))]
    verdict = verdict_of(heard, {"z": "OSError"}, packages=packages)
    assert verdict.never == ()
    assert verdict.unjudged[0].reason == "libsome.so.1 at x/y.py:5, but z failed: OSError"
    verdict = verdict_of(heard, {}, packages=packages)
    assert [each.package for each in verdict.never] == ["libnever1"]


def test_facts_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Of two lines about a package, the last one counts."""
    world = World(("libone1",), (ask("libone.so.1"),), {"x.y": "ImportError"}, 2, 3, 4)
    old = Facts("x", "1.0", world, world)
    new = old._replace(version="2.0")
    (tmp_path / "facts").write_text(line_of(old) + line_of(new))
    assert load_facts(tmp_path / "facts") == {"x": new}

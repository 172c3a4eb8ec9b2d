"""Which modules call, at import, a function of another module that asks for a library."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from find_libdeps.importing.callers import calls, possible_callers
from find_libdeps.importing.candidates import (
    merged,
    named_askers,
    parts_of,
    search_part,
)
from find_libdeps.python.survey import PackageSurvey, Source

SITE = PurePosixPath("/site")
LOADER = "def load(name): return CDLL(name)\nclass Library:\n def __init__(self): load('x')\n"


def calling(asking: dict[str, list[str]], **sources: str) -> list[str]:
    """The modules that call, of those with some sources: ``a__b`` is the module ``a.b``."""
    modules = {name.replace("__", "."): text.encode() for name, text in sources.items()}
    packages = [
        PackageSurvey(SITE, top, tuple(_source(name) for name in modules if _top(name) == top), ())
        for top in dict.fromkeys(map(_top, modules))
    ]
    content = {_source(name).path: text for name, text in modules.items()}
    askers = named_askers(asking)
    parts = parts_of(packages)
    found = [search_part(askers, content.get, part) for part in parts]
    candidates = merged(askers, parts, found)
    possible = possible_callers(askers, candidates)
    return [each.source.module for each in possible if calls(content.get, each)]


def _top(name: str) -> str:
    return name.partition(".")[0]


def _source(name: str) -> Source:
    return Source(f"/site/{name}.py", name, may_load=False, is_package="." not in name)


@pytest.mark.parametrize(
    "source",
    [
        "from kit.loader import load\nlibrary = load('GL')",
        "from kit import loader\nlibrary = loader.load('GL')",
        "from .loader import load\nif 1:\n    library = load('GL')",
        "from kit.loader import load\ndef f(): return load('GL')\nf()",
        "from kit.loader import load\ndef f(): return load('GL')\ndef g(): f()\n@g\ndef h(): pass",
        "from kit.loader import load\nlibraries = [*map(load, NAMES)]",
        "from kit.loader import load\nThread(target=load).start()",
        "from kit.loader import load\nclass C:\n    library = load('GL')",
        "from kit.loader import load\nclass C:\n    def __init__(self): load('GL')\nC()",
        "from kit.loader import Library\nclass Own(Library): pass\nOwn()",
    ],
)
def test_it_calls(source: str) -> None:
    """In code of the module, or of a function that this code calls."""
    asking = {"kit.loader": ["load", "Library"]}
    assert calling(asking, kit__loader=LOADER, kit__user=source) == ["kit.user"]


@pytest.mark.parametrize(
    "source",
    [
        "from kit.loader import load\ndef f(): return load('GL')",
        "from other import load\nload('GL')",
        "from kit.loader import load\n__all__ = ['load']",
        "from kit.loader import load\nif __name__ == '__main__':\n    load('GL')",
        "from kit.loader import load\ndef f(): load('GL')\natexit.register(f)",
        "from kit.loader import load\nx: load = None",
        "from kit.loader import load\nthis does not parse",
    ],
)
def test_it_does_not_call(source: str) -> None:
    """Functions that nobody calls, functions of the same name, and mere mentions."""
    assert calling({"kit.loader": ["load"]}, kit__loader=LOADER, kit__user=source) == []


def test_packages_may_call_each_other() -> None:
    """What other packages import counts."""
    user = "import kit.loader\nkit.loader.load('GL')"
    assert calling({"kit.loader": ["load"]}, kit__loader=LOADER, user=user) == ["user"]


@pytest.mark.parametrize(
    ("facade", "user"),
    [
        ("from kit.loader import load", "import kit\nkit.load('GL')"),
        ("from .loader import *", "from kit import load\nload('GL')"),
        ("from .loader import load", "from kit import load as get\nget('GL')"),
    ],
)
def test_a_function_of_a_package_that_another_module_defines(facade: str, user: str) -> None:
    """Applications import it from the package, under whatever name."""
    asking = {"kit.loader": ["load"]}
    assert calling(asking, kit=facade, kit__loader=LOADER, user=user) == ["user"]
    assert calling(asking, kit="", kit__loader=LOADER, user=user) == []


def test_a_module_that_is_imported_by_a_computed_name() -> None:
    """Each module of its package may use what it has."""
    sources = {
        "kit__loader": LOADER,
        "kit__plugins": "importlib.import_module(name)",
        "kit__user": "library = plugin.GL",
    }
    asking = {"kit.loader": ["GL"]}
    assert calling(asking, **sources) == ["kit.user"]
    assert calling(asking, **sources, kit__other="from kit import loader") == []

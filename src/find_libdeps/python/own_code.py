"""Which Python sources are the application's own, and not those of packages that others publish.

Own are the sources outside of ``site-packages``, and the distributions that were installed from a
local directory. Sources: PyPA specifications, "Recording the Direct URL Origin of installed
distributions" (PEP 610); PEP 660 for editable installs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from find_libdeps.errors import TreeError
from find_libdeps.python.distribution import infos, recorded_names
from find_libdeps.python.survey import PackageSurvey, Source
from find_libdeps.python.venv import SITES
from find_libdeps.roots.tree import Tree

_NOT_OF_APPLICATION = frozenset({"setup.py", "noxfile.py"})
"""Files of a project that only its developers run."""


@dataclass(frozen=True, slots=True)
class LocalDistribution:
    """A distribution that was installed from a local directory."""

    directory: PurePosixPath
    """That directory."""
    is_editable: bool
    """Whether its modules are imported from there."""
    tops: frozenset[str]
    """Of what was installed into ``site-packages``, the names at the top."""


def is_installed(tree: Tree, site: PurePosixPath) -> bool:
    """Whether packages are installed into a directory: ``site-packages``, or pip's ``--target``."""
    return site.name in SITES or any(infos(tree, site))


def has_standard_library(tree: Tree, top: PurePosixPath) -> bool:
    """Whether a directory is that of a Python, or of a whole system: its sources are not own."""
    libraries = (top, top / "lib", top / "usr/lib", top / "local/lib")
    names = (library / name for library in libraries for name in tree.names(library))
    return any(
        place.name.startswith("python3") and tree.resolve(place / "os.py") for place in names
    )


def local_distributions(tree: Tree, site: PurePosixPath) -> list[LocalDistribution]:
    """The distributions in a ``site-packages`` that were installed from local directories."""
    return [found for info in infos(tree, site) if (found := _local(tree, info))]


def _local(tree: Tree, info: PurePosixPath) -> LocalDistribution | None:
    if tree.entry(info / "direct_url.json") is None:
        return None
    try:
        origin = json.loads(tree.read(info / "direct_url.json"))
    except (TreeError, ValueError, RecursionError):
        return None
    match origin:
        case {"url": str(url), "dir_info": dict(details)} if url.startswith("file:"):
            directory = PurePosixPath("/", unquote(urlsplit(url).path))
            is_editable = details.get("editable") is True
            return LocalDistribution(directory, is_editable, _tops(tree, info))
    return None


def _tops(tree: Tree, info: PurePosixPath) -> frozenset[str]:
    names = recorded_names(tree, info)
    return frozenset(name.partition("/")[0].removesuffix(".py") for name in names)


def installed_tops(tree: Tree, site: PurePosixPath) -> frozenset[str]:
    """The names at the top of all that was installed into a directory."""
    return frozenset[str]().union(*(_tops(tree, info) for info in infos(tree, site)))


def by_import_path(tree: Tree, packages: Iterable[PackageSurvey]) -> list[PackageSurvey]:
    """Own packages, with the names that their modules are imported by.

    A module is in the directories above it that have an ``__init__.py``; the directory above these
    is on ``sys.path``, as ``src`` is in many projects.
    """
    groups = defaultdict[tuple[PurePosixPath, str], list[Source]](list)
    for source in (source for package in packages for source in package.sources):
        path = PurePosixPath(source.path)
        if path.name not in _NOT_OF_APPLICATION:
            site = _import_path(tree, path)
            parts = path.relative_to(site).with_suffix("").parts
            module = ".".join(parts[:-1] if source.is_package else parts)
            groups[site, parts[0]].append(source._replace(module=module))
    sites = {site for site, _ in groups if tree.entry(site / "os.py") is None}  # not Python's own
    return [
        PackageSurvey(site, name, tuple(sources), (), is_own=True)
        for (site, name), sources in groups.items()
        if site in sites
    ]


def _import_path(tree: Tree, path: PurePosixPath) -> PurePosixPath:
    site = path.parent
    while tree.entry(site / "__init__.py") is not None and site.parent != site:
        site = site.parent
    return site


def own_among(
    tree: Tree,
    site: PurePosixPath,
    packages: Collection[PackageSurvey],
    local: Iterable[LocalDistribution],
) -> list[PackageSurvey]:
    """The packages of a directory into which others are installed, with own ones marked.

    In pip's ``--target``, what no ``RECORD`` lists is own.

    Args:
        tree: where they are.
        site: that directory.
        packages: what is in it.
        local: the distributions in it that were installed from local directories.
    """
    own = frozenset[str]().union(*(each.tops for each in local))
    if site.name not in SITES:
        own |= {each.name for each in packages} - installed_tops(tree, site)
    return [each._replace(is_own=True) if each.name in own else each for each in packages]


def own_places(packages: Iterable[PackageSurvey]) -> tuple[PurePosixPath, ...]:
    """Where own code is: directories on ``sys.path``, or what is installed among other packages."""
    own = (each for each in packages if each.is_own)
    found = {each.site / each.name if each.site.name in SITES else each.site for each in own}
    return tuple(sorted(found))

"""Which of an application's own modules, and of those that they import, may run programs.

Most sources run none, and words tell: nothing is parsed. Only what own code imports is searched, so
that where there is no own code nothing is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from find_libdeps.importing.applications import Program
from find_libdeps.importing.machine import Limits
from find_libdeps.python.reach import Importer, find_leading
from find_libdeps.python.survey import Source

MAX_RUNNING_STEPS = 100_000
"""Most steps for the programs that the own code of an environment runs."""
MAX_STEPS_OF_OTHER = 3_000
"""Most steps for one module that runs none, and for all calls of its functions."""
MAX_WRAPPER = 60
"""Most modules of a package that own code imports, if it is evaluated as far as it leads to code
that runs programs.
"""
MAX_OTHER_WRAPPER = 10
"""The same for a package that own code does not import itself."""
_WORDS = (b"subprocess", b"os.system", b"os.popen", b"os.exec", b"os.spawn", b"os.posix_spawn")
"""Words of code that runs programs, besides those of ``shutil.which``."""


def program_that_runs(
    own: Sequence[Source],
    sources: Sequence[Importer],
    content: Callable[[str], bytes | None],
) -> Program | None:
    """The own code of an environment; None if it leads to no code that may run programs.

    Args:
        own: its sources.
        sources: what each source of the environment imports, own ones, too.
        content: reads the source at a path.
    """
    paths = frozenset(each.path for each in own)
    imported = list(_imported(sources, paths))
    running = [each for each in imported if _may_run(content(each.path) or b"")]
    leading = find_leading(imported, {each.module for each in running})
    modules = tuple(each for each in own if each.path in leading)
    if not modules:
        return None
    near = {each.top for each in imported if each.path in leading}
    direct = {name.partition(".")[0] for s in imported if s.path in paths for name in s.imports.all}
    active = paths | _of_wrappers(imported, leading, direct)
    active |= {each.path for each in running if each.top in direct}
    limits = Limits(
        is_cold=lambda path: path not in active,
        is_far=lambda name: name.partition(".")[0] not in near,
        max_steps=MAX_RUNNING_STEPS,
        max_passive_steps=MAX_STEPS_OF_OTHER,
        is_active=lambda path: path in active,
        asks=lambda path: False,
        is_own=lambda path: path in paths,
        runs_coroutines=True,
        may_have_programs=True,
    )
    return Program(modules, (), (), limits)


def _of_wrappers(
    imported: Iterable[Importer], leading: frozenset[str], direct: Collection[str]
) -> frozenset[str]:
    """The sources of small packages that lead to what runs programs: of most, that is their use."""
    tops = defaultdict[str, list[str]](list)
    for source in imported:
        if source.path in leading:
            tops[source.top].append(source.path)
    most = {top: MAX_WRAPPER if top in direct else MAX_OTHER_WRAPPER for top in tops}
    return frozenset(
        path for top, found in tops.items() if len(found) <= most[top] for path in found
    )


def _may_run(source: bytes) -> bool:
    return any(word in source for word in _WORDS) or (b"which" in source and b"shutil" in source)


def _imported(sources: Sequence[Importer], own: frozenset[str]) -> Iterator[Importer]:
    """Own sources, and all that they import, one by the other."""
    by_module = defaultdict[str, list[Importer]](list)
    for source in sources:
        by_module[source.module].append(source)
    new = [source for source in sources if source.path in own]
    done = {source.path for source in new}
    while new:
        yield from new
        names = frozenset[str]().union(*(source.imports.all for source in new))
        new = [s for name in sorted(names) for s in by_module[name] if s.path not in done]
        done |= {source.path for source in new}

"""Which modules call, at import, what asks for libraries by way of functions of other modules.

A function in one module asks, one in another calls it, and a third module calls that one when it is
imported. Such chains are followed by the words of the sources: who imports a function or a class by
its name, and has its name in its code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from find_libdeps.importing.callers import Caller
from find_libdeps.importing.candidates import OF_ANYTHING, Askers, Candidate, Candidates
from find_libdeps.python.code_words import User, aliases, users_of
from find_libdeps.python.survey import Source

MAX_LINKS = 3
"""How many modules with such functions are followed, one calling the next."""
MAX_NEW_LINKS = 50
"""Most functions that call one and the same link of all chains; of more, names tell nothing."""


class _Link(NamedTuple):
    """A function of a module that calls what asks."""

    module: str
    user: User
    chain: frozenset[str]
    """The modules with what it calls, and its own."""


def chained_callers(
    askers: Askers,
    candidates: Iterable[Candidates],
    find: Callable[[Askers], Iterable[Candidates]],
    content: Callable[[str], bytes | None],
) -> list[Caller]:
    """The modules that may call functions of other modules that lead to what asks.

    Those that may call what asks itself are not among them.

    Args:
        askers: what asks.
        candidates: the sources that have its names.
        find: finds the sources that have the names of some functions and classes.
        content: reads the source at a path.
    """
    fresh = [
        _Link(module, User(name, name), frozenset({module}))
        for module, names in askers.items()
        for name in names
    ]
    seen = {(link.module, link.user) for link in fresh}
    new = _users(fresh, candidates, content)
    found = list[Caller]()
    for _ in range(MAX_LINKS):
        links = {
            (link.module, link.user): link for caller in new for link in _links(caller, content)
        }
        fresh = [link for key, link in links.items() if key not in seen]
        if not fresh or len(fresh) > MAX_NEW_LINKS:
            break
        seen |= links.keys()
        owners = defaultdict[str, set[bytes]](set)
        for link in fresh:
            owners[link.module].add(link.user.owner)
        new = _users(fresh, find(owners), content)
        found += new
    return found


def _links(caller: Caller, content: Callable[[str], bytes | None]) -> list[_Link]:
    """The functions of a module that call what asks."""
    text = content(caller.source.path) or b""
    words = {*caller.names, *aliases(text, caller.names)}
    chain = frozenset((*caller.modules, caller.source.module))
    return [
        _Link(caller.source.module, user, chain)
        for user in users_of(text, words)
        if user.word.decode() not in OF_ANYTHING
    ]


def _users(
    links: Iterable[_Link],
    candidates: Iterable[Candidates],
    content: Callable[[str], bytes | None],
) -> list[Caller]:
    """The modules that import these functions, or those of a package that has them from there."""
    by_name = defaultdict[str, list[Candidate]](list)
    for package in candidates:
        for candidate in package.sources:
            for name in candidate.imports.all:
                by_name[name].append(candidate)
    words = defaultdict[Source, set[bytes]](set)
    chains = defaultdict[Source, set[str]](set)
    pending, passed = list(links), set[tuple[str, User]]()
    while pending:
        link = pending.pop()
        name = f"{link.module}.{link.user.owner.decode()}"
        for source, imports, _ in by_name.get(link.module, ()):
            if source.module in link.chain or not (
                name in imports.all or _is_qualified(link, content(source.path) or b"")
            ):
                continue
            words[source].add(link.user.word)
            chains[source] |= link.chain
            if name in imports.at_import and (source.module, link.user) not in passed:
                passed.add((source.module, link.user))
                pending.append(_Link(source.module, link.user, link.chain | {source.module}))
    return [
        Caller(source, tuple(sorted(chains[source])), frozenset(words[source])) for source in words
    ]


def _is_qualified(link: _Link, text: bytes) -> bool:
    """Whether a source has the name of a function, or its class, as one of its module."""
    last = link.module.rpartition(".")[2].encode()
    return any(each + b"." + link.user.owner in text for each in {last, *aliases(text, [last])})

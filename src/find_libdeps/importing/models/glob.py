# glob, in the files of the tree.
import os

import _host


def _is_pattern(text):
    return "*" in text or "?" in text or "[" in text


def _found(pattern):
    start = "/" if pattern.startswith("/") else ""
    places = [start]
    for part in [part for part in pattern.split("/") if part]:
        following = []
        for place in places:
            if part == "**":
                following.extend(_directories(place))
            elif _is_pattern(part):
                for name in _host.listing(place or "."):
                    if _host.fnmatch(name, part) and (part[0] == "." or name[0] != "."):
                        following.append(os.path.join(place, name))
            else:
                path = os.path.join(place, part)
                if os.path.exists(path):
                    following.append(path)
        places = following
    return [] if places == [start] else places


def _directories(place):
    yield place
    for name in _host.listing(place or "."):
        path = os.path.join(place, name)
        if _host.kind(path) == "directory":
            yield from _directories(path)


def glob(pathname, *, root_dir=None, dir_fd=None, recursive=False, include_hidden=False):
    pattern = os.fspath(pathname)
    if _host.is_unknown(pattern):
        return pattern
    if root_dir is not None:
        start = os.fspath(root_dir).rstrip("/") + "/"
        return [path[len(start):] for path in _found(start + pattern)]
    if not recursive:
        pattern = pattern.replace("**", "*")
    return _found(pattern)


def iglob(pathname, **options):
    return iter(glob(pathname, **options))


def has_magic(text):
    return _is_pattern(text)


def escape(pathname):
    return _host.unknown("glob.escape()") if _is_pattern(pathname) else pathname

# importlib
import sys

import _host

__path__ = []


def import_module(name, package=None):
    if name.startswith("."):
        if not package:
            raise TypeError("the 'package' argument is required for a relative import")
        level = len(name) - len(name.lstrip("."))
        parts = package.split(".")
        if level > len(parts):
            raise ImportError("attempted relative import beyond top-level package")
        base = ".".join(parts[: len(parts) - level + 1])
        rest = name[level:]
        name = base + "." + rest if rest else base
    return _host.import_module(name)


def reload(module):
    return module


def invalidate_caches():
    pass


def find_loader(name, path=None):
    return _host.unknown("a loader")


__import__ = __import__

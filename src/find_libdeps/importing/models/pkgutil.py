# pkgutil
import sys

import _host


class ModuleInfo(tuple):
    module_finder = property(lambda self: self[0])
    name = property(lambda self: self[1])
    ispkg = property(lambda self: self[2])


def iter_modules(path=None, prefix=""):
    seen = set()
    for directory in (path if path is not None else sys.path):
        for name in _host.listing(directory):
            place = directory + "/" + name
            stem = name.partition(".")[0]
            is_package = _host.kind(place) == "directory"
            if is_package:
                if _host.kind(place + "/__init__.py") is None:
                    continue
            elif not name.endswith((".py", ".so")):
                continue
            if stem in seen or stem == "__init__" or not stem.isidentifier():
                continue
            seen.add(stem)
            yield ModuleInfo((None, prefix + stem, is_package))


def walk_packages(path=None, prefix="", onerror=None):
    for module in iter_modules(path, prefix):
        yield module
        if module.ispkg:
            try:
                __import__(module.name)
            except ImportError:
                continue
            inner = getattr(sys.modules[module.name], "__path__", [])
            yield from walk_packages(inner, module.name + ".", onerror)


def extend_path(path, name):
    return path


def get_data(package, resource):
    module = __import__(package, fromlist=["__file__"])
    return _host.content(module.__file__.rpartition("/")[0] + "/" + resource)


def find_loader(name):
    return _host.unknown("a loader")


get_loader = find_loader


def resolve_name(name):
    module, _, rest = name.partition(":")
    found = _host.import_module(module)
    for part in rest.split(".") if rest else ():
        found = getattr(found, part)
    return found

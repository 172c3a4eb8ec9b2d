# importlib.machinery
import sys

import _host

SOURCE_SUFFIXES = [".py"]
BYTECODE_SUFFIXES = [".pyc"]
_tag = "cpython-%d%d" % _host.python
EXTENSION_SUFFIXES = ["." + _tag + "-" + _host.machine + "-linux-gnu.so", ".abi3.so", ".so"]


def all_suffixes():
    return SOURCE_SUFFIXES + BYTECODE_SUFFIXES + EXTENSION_SUFFIXES


class ModuleSpec:
    def __init__(self, name, loader, *, origin=None, loader_state=None, is_package=None):
        self.name = name
        self.origin = origin
        self.loader = loader if loader is not None else SourceFileLoader(name, origin)
        self.submodule_search_locations = [] if is_package else None
        self.has_location = origin is not None
        self.cached = None
        self.loader_state = loader_state

    @property
    def parent(self):
        if self.submodule_search_locations is None:
            return self.name.rpartition(".")[0]
        return self.name


class SourceFileLoader:
    def __init__(self, fullname, path):
        self.name = fullname
        self.path = path

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        _host.load_file(module, self.path)

    def load_module(self, fullname=None):
        module = _host.new_module(self.name, self.path)
        module.__file__ = self.path
        _host.load_file(module, self.path)
        return module

    def get_filename(self, fullname=None):
        return self.path

    def get_data(self, path):
        return _host.content(path)


class ExtensionFileLoader(SourceFileLoader):
    pass


class PathFinder:
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        import importlib.util

        return importlib.util._found(fullname, sys.path if path is None else list(path))


sys.meta_path.append(PathFinder)

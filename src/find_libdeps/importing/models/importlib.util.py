# importlib.util
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader

import _host


def find_spec(name, package=None):
    if name.startswith("."):
        name = (package or "") + name
    if name in sys.modules:
        module = sys.modules[name]
        if module is None:
            return None
        known = getattr(module, "__spec__", None)
        if known is not None:
            return known
        return ModuleSpec(name, None, origin=getattr(module, "__file__", None))
    parent, _, last = name.rpartition(".")
    if parent:
        directories = list(getattr(__import__(parent, fromlist=["__path__"]), "__path__", []))
    else:
        directories = sys.path
    return _found(name, directories)


def _found(name, directories):
    found = _host.where(name.rpartition(".")[2], directories)
    if found is None:
        return None
    spec = ModuleSpec(name, None, origin=found[0], is_package=bool(found[1]))
    if found[1]:
        spec.submodule_search_locations = found[1]
    return spec


def spec_from_file_location(name, location=None, *, loader=None, submodule_search_locations=None):
    if location is not None and not isinstance(location, str):
        location = location.__fspath__()
    spec = ModuleSpec(name, loader or SourceFileLoader(name, location), origin=location)
    spec.submodule_search_locations = submodule_search_locations
    return spec


def spec_from_loader(name, loader, *, origin=None, is_package=None):
    return ModuleSpec(name, loader, origin=origin, is_package=is_package)


def module_from_spec(spec):
    module = None
    if hasattr(spec.loader, "create_module"):
        module = spec.loader.create_module(spec)
    if module is None:
        module = _host.new_module(spec.name, spec.origin or "")
    module.__spec__ = spec
    module.__loader__ = spec.loader
    if spec.origin:
        module.__file__ = spec.origin
    if spec.submodule_search_locations is not None:
        module.__path__ = spec.submodule_search_locations
    return module


def _loaded(spec):
    """What the import system makes of what a finder found."""
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return sys.modules[spec.name]


def resolve_name(name, package):
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    base = package.split(".")
    return ".".join(base[: len(base) - level + 1] + [name[level:]])


class LazyLoader:
    def __init__(self, loader):
        self.loader = loader

    @classmethod
    def factory(cls, loader):
        return lambda *args, **names: cls(loader(*args, **names))

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        pass


def cache_from_source(path, *args, **names):
    return _host.unknown("a path of byte code")

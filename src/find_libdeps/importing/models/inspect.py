# inspect: what kind of object one is, and the frames of the callers.
import sys
import types

import _host


def currentframe():
    return sys._getframe()


def isclass(value):
    return isinstance(value, type)


def ismodule(value):
    return isinstance(value, types.ModuleType)


def isfunction(value):
    return isinstance(value, types.FunctionType)


def ismethod(value):
    return isinstance(value, types.MethodType)


def isbuiltin(value):
    return isinstance(value, types.BuiltinFunctionType)


def isroutine(value):
    return isfunction(value) or ismethod(value) or isbuiltin(value)


def getmembers(value, predicate=None):
    found = [(name, getattr(value, name, None)) for name in dir(value)]
    return [pair for pair in found if predicate is None or predicate(pair[1])]


def getdoc(value):
    return getattr(value, "__doc__", None)


cleandoc = _host.dedent


def getmodule(value):
    if isinstance(value, types.ModuleType):
        return value
    if hasattr(value, "f_globals"):  # a frame
        return sys.modules.get(value.f_globals.get("__name__"))
    return sys.modules.get(getattr(value, "__module__", None))


def getfile(value):
    if isinstance(value, types.ModuleType):
        return value.__file__
    return sys.modules[value.__module__].__file__


getsourcefile = getabsfile = getfile


def unwrap(function, *, stop=None):
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function

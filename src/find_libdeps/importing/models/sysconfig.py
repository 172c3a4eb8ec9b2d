# sysconfig, of a virtualenv.
import sys
from importlib.machinery import EXTENSION_SUFFIXES

import _host

_site = (_host.site or [_host.prefix + "/lib/python%d.%d/site-packages" % _host.python])[0]
_library = "/usr/local/lib/python%d.%d" % _host.python
_paths = {
    "stdlib": _library,
    "platstdlib": _host.prefix + "/lib/python%d.%d" % _host.python,
    "purelib": _site,
    "platlib": _site,
    "include": "/usr/local/include/python%d.%d" % _host.python,
    "platinclude": "/usr/local/include/python%d.%d" % _host.python,
    "scripts": _host.prefix + "/bin",
    "data": _host.prefix,
}
_variables = {
    "EXT_SUFFIX": EXTENSION_SUFFIXES[0],
    "SOABI": EXTENSION_SUFFIXES[0][1:-3],
    "SHLIB_SUFFIX": ".so",
    "SO": None,
    "prefix": _host.prefix,
    "exec_prefix": _host.prefix,
    "py_version_short": "%d.%d" % _host.python,
    "py_version_nodot": "%d%d" % _host.python,
    "VERSION": "%d.%d" % _host.python,
    "LDVERSION": "%d.%d" % _host.python,
    "MULTIARCH": _host.machine + "-linux-gnu",
    "Py_GIL_DISABLED": 0,
    "Py_DEBUG": 0,
    "installed_base": "/usr/local",
    "base": _host.prefix,
    "platbase": _host.prefix,
    "abiflags": "",
    "WITH_PYMALLOC": 1,
}


def get_path(name, scheme=None, vars=None, expand=True):
    return _paths[name]


def get_paths(scheme=None, vars=None, expand=True):
    return dict(_paths)


def get_config_var(name):
    if name in _variables:
        return _variables[name]
    return _host.unknown("a setting of Python")


def get_config_vars(*names):
    return [get_config_var(name) for name in names] if names else dict(_variables)


def get_platform():
    return "linux-" + _host.machine


def get_python_version():
    return "%d.%d" % _host.python


def is_python_build(*args):
    return False

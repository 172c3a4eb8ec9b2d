# platform, as on Linux with glibc.
import sys

import _host


def system():
    return "Linux"


def machine():
    return _host.machine


processor = machine


def python_implementation():
    return "CPython"


def python_version():
    return "%d.%d.0" % _host.python


def python_version_tuple():
    return (str(_host.python[0]), str(_host.python[1]), "0")


def architecture(executable=None, bits="", linkage=""):
    return ("%dbit" % _host.bits, "ELF")


def libc_ver(*args, **names):
    return ("glibc", _host.unknown("the version of glibc"))


def mac_ver(*args, **names):
    return ("", ("", "", ""), "")


def win32_ver(*args, **names):
    return ("", "", "", "")


def java_ver(*args, **names):
    return ("", "", ("", "", ""), ("", "", ""))


def win32_edition():
    return None


class uname_result(tuple):
    system = property(lambda self: self[0])
    node = property(lambda self: self[1])
    release = property(lambda self: self[2])
    version = property(lambda self: self[3])
    machine = property(lambda self: self[4])
    processor = property(lambda self: self[4])


def uname():
    unknown = _host.unknown("platform.uname()")
    return uname_result(("Linux", unknown, unknown, unknown, _host.machine))


def release():
    return _host.unknown("the version of the kernel")


version = node = release


def platform(*args, **names):
    return _host.unknown("platform.platform()")


def __getattr__(name):
    if name in ("linux_distribution", "dist", "popen"):
        raise AttributeError(name)
    return _host.unknown("platform." + name)

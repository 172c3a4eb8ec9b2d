# ctypes.util: a bare name is completed.
import _host


def find_library(name):
    return _host.find_library(name)


def find_msvcrt():
    return None

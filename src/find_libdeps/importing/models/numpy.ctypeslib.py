# numpy.ctypeslib of numpy 2.4: load_library looks for a file (numpy/ctypeslib/_ctypeslib.py); since
# numpy 1.20 it has done so.
import ctypes
import os
import sysconfig


def load_library(libname, loader_path):
    libname = os.fsdecode(libname)
    loader_path = os.fsdecode(loader_path)
    names = [libname]
    if not os.path.splitext(libname)[1]:
        names = [libname + ".so"]
        suffix = sysconfig.get_config_var("EXT_SUFFIX")
        if suffix != ".so":
            names.insert(0, libname + suffix)
    loader_path = os.path.abspath(loader_path)
    directory = loader_path if os.path.isdir(loader_path) else os.path.dirname(loader_path)
    for name in names:
        path = os.path.join(directory, name)
        if os.path.exists(path):
            return ctypes.cdll[path]
    raise OSError("no file with expected extension")

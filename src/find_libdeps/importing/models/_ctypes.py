import _host

RTLD_LOCAL = 0
RTLD_GLOBAL = 0x100


def dlopen(name, flags=0):
    return _host.dlopen(name)


def dlsym(handle, name):
    if not _host.defines(handle, name):
        raise OSError(name)
    return _host.unknown("the address of a symbol")


def dlclose(handle):
    pass

import _host

ENABLE_USER_SITE = False
PREFIXES = [_host.prefix]
USER_SITE = "/root/.local/lib/python%d.%d/site-packages" % _host.python
USER_BASE = "/root/.local"


def getsitepackages(prefixes=None):
    return list(_host.site)


def getusersitepackages():
    return USER_SITE


def getuserbase():
    return USER_BASE


def addsitedir(directory, *known):
    import sys

    sys.path.append(directory)

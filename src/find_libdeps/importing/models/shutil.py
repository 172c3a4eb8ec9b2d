import os

import _host


def which(cmd, mode=1, path=None):
    name = os.fspath(cmd)
    otherwise = _host.program(name)
    if "/" in name:
        return name if os.path.isfile(name) else otherwise
    places = (path or "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(":")
    for place in places:
        if os.path.isfile(os.path.join(place, name)):
            return os.path.join(place, name)
    return otherwise

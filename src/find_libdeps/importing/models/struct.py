import _host

error = ValueError
calcsize = _host.calcsize

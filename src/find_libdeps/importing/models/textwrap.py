import _host

dedent = _host.dedent

import _host

pi = 3.141592653589793
e = 2.718281828459045
inf = float("inf")
nan = float("nan")
floor, ceil, sqrt, log, log2, log10 = (
    _host.floor, _host.ceil, _host.sqrt, _host.log, _host.log2, _host.log10
)
gcd, isnan, isinf, fabs, trunc = _host.gcd, _host.isnan, _host.isinf, _host.fabs, _host.trunc

# types
import _host


class _ModuleKind(type):
    def __instancecheck__(cls, value):
        if cls is ModuleType and type(value) is type(_host):
            return True
        return any(base is cls for base in type(value).__mro__)


class ModuleType(metaclass=_ModuleKind):
    def __init__(self, name, doc=None):
        # past a __setattr__ of a derived class
        self.__dict__.update(__name__=name, __doc__=doc)


class SimpleNamespace:
    def __init__(self, mapping=(), **names):
        self.__dict__.update(mapping)
        self.__dict__.update(names)


class DynamicClassAttribute(property):
    pass


class _Class:
    def method(self):
        pass


FunctionType = LambdaType = type(_Class.method)
MethodType = type(_Class().method)
BuiltinFunctionType = BuiltinMethodType = type(_host.unknown)
NoneType = type(None)


class MappingProxyType:
    def __new__(cls, mapping):
        return mapping

    def __class_getitem__(cls, item):
        return cls


def new_class(name, bases=(), kwds=None, exec_body=None):
    names = {}
    if exec_body is not None:
        exec_body(names)
    kwds = dict(kwds or {})
    meta = kwds.pop("metaclass", type)
    return meta(name, tuple(bases), names, **kwds)


def coroutine(function):
    return function

# abc: what is registered counts for isinstance and issubclass; an abstract class can't be made.
import _host


class ABCMeta(type):
    def register(cls, subclass):
        cls._abc_registered = [*getattr(cls, "_abc_registered", ()), subclass]
        return subclass

    def __instancecheck__(cls, instance):
        return cls.__subclasscheck__(type(instance))

    def __subclasscheck__(cls, subclass):
        found = _host.inherits(subclass, cls)
        if found is not False:
            return found
        answer = cls._hook(subclass)
        if answer is not NotImplemented:
            return answer
        return any(_host.inherits(subclass, each) for each in getattr(cls, "_abc_registered", ()))

    def _hook(cls, subclass):
        for base in cls.__mro__:
            if isinstance(base, ABCMeta) and "__subclasshook__" in vars(base):
                return cls.__subclasshook__(subclass)
        return NotImplemented


class ABC(metaclass=ABCMeta):
    pass


def abstractmethod(function):
    function.__isabstractmethod__ = True
    return function


def abstractproperty(function):
    return property(abstractmethod(function))


def abstractclassmethod(function):
    return classmethod(abstractmethod(function))


def abstractstaticmethod(function):
    return staticmethod(abstractmethod(function))


def update_abstractmethods(cls):
    return cls


def get_cache_token():
    return 0

# enum
import _host


class auto:
    def __init__(self, value=None):
        self.value = value


class _Names(dict):
    pass


def _is_member(name, value):
    if name.startswith("_"):
        return False
    return not (
        _host.is_function(value)
        or isinstance(value, (property, staticmethod, classmethod))
        or hasattr(value, "__get__") and not _host.is_unknown(value)
    )


class EnumMeta(type):
    def __new__(mcs, name, bases, names, **options):
        members, last = {}, 0
        kept = {}
        for key, value in names.items():
            if _is_member(key, value):
                members[key] = value
            else:
                kept[key] = value
        made = super().__new__(mcs, name, bases, kept)
        made._member_map_ = {}
        for key, value in members.items():
            if isinstance(value, auto):
                value = last + 1 if isinstance(last, int) else 1
            last = value
            made._add(key, value)
        return made

    def _add(cls, key, value):
        for known in cls._member_map_.values():
            if known._value_ == value:
                cls._member_map_[key] = known
                type.__setattr__(cls, key, known)
                return
        content = value if cls._is_plain() else None
        member = _host.instance(cls, content)
        member._name_ = key
        member._value_ = value
        if "__init__" in cls._own_names():
            member.__init__(*(value if isinstance(value, tuple) else (value,)))
        cls._member_map_[key] = member
        type.__setattr__(cls, key, member)

    def _is_plain(cls):
        return any(base in (int, str, float) for base in cls.__mro__)

    def _own_names(cls):
        return [name for base in cls.__mro__ if isinstance(base, EnumMeta) for name in vars(base)]

    def __call__(cls, value, names=None, **options):
        if names is not None:
            if isinstance(names, str):
                names = names.replace(",", " ").split()
            pairs = names.items() if isinstance(names, dict) else [
                (each, number + 1) if isinstance(each, str) else each
                for number, each in enumerate(names)
            ]
            return type(cls)(value, (cls,), dict(pairs))
        if isinstance(value, cls):
            return value
        for member in cls._member_map_.values():
            if member._value_ == value:
                return member
        if any(base is int for base in cls.__mro__):
            return _host.unknown("a member of an enum")
        raise ValueError(value)

    def __iter__(cls):
        return iter(list(cls._member_map_.values()))

    def __len__(cls):
        return len(cls._member_map_)

    def __getitem__(cls, name):
        return cls._member_map_[name]

    def __contains__(cls, value):
        return any(m is value or m._value_ == value for m in cls._member_map_.values())

    @property
    def __members__(cls):
        return dict(cls._member_map_)


EnumType = EnumMeta


class Enum(metaclass=EnumMeta):
    @property
    def name(self):
        return self._name_

    @property
    def value(self):
        return self._value_

    def __str__(self):
        return type(self).__name__ + "." + self._name_

    def __or__(self, other):
        return _host.unknown("a flag")

    __and__ = __xor__ = __ror__ = __rand__ = __or__


class IntEnum(int, Enum):
    def __str__(self):
        return str(self._value_)


class StrEnum(str, Enum):
    def __str__(self):
        return self._value_


class Flag(Enum):
    pass


class IntFlag(int, Flag):
    pass


def unique(cls):
    return cls


def verify(*constraints):
    return unique


def member(value):
    return value


def nonmember(value):
    return value


def global_enum(cls):
    return cls

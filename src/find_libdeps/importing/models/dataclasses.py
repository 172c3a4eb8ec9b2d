# dataclasses
import _host


class _Missing:
    pass


MISSING = _Missing()
KW_ONLY = _Missing()


class Field:
    def __init__(self, default, default_factory, init, options=()):
        self.default, self.default_factory, self.init = default, default_factory, init
        self.name = self.type = None
        self.metadata, self.kw_only = {}, False
        self.repr = self.hash = self.compare = True
        self.__dict__.update(options)


class InitVar:
    def __class_getitem__(cls, kind):
        return cls


def field(*, default=MISSING, default_factory=MISSING, init=True, **options):
    return Field(default, default_factory, init, options)


def _is_kind(note, name):
    text = note if isinstance(note, str) else repr(note)
    return not _host.is_unknown(text) and name in text


def _process(cls, options):
    fields = {}
    for base in reversed(cls.__mro__):
        fields.update(getattr(base, "__dataclass_fields__", {}))
    notes = cls.__dict__.get("__annotations__", {})
    for name in notes:
        note = notes[name]
        if note is KW_ONLY or _is_kind(note, "KW_ONLY") or _is_kind(note, "ClassVar"):
            continue
        value = cls.__dict__.get(name, MISSING)
        made = value if isinstance(value, Field) else Field(value, MISSING, True)
        made.name, made.type = name, note
        fields[name] = made
        if made.default is MISSING:
            cls.__dict__.pop(name, None)
        else:
            type.__setattr__(cls, name, made.default)
    cls.__dataclass_fields__ = fields

    def __init__(self, *args, **names):
        values = list(args)
        for name, each in fields.items():
            if each.init and values:
                value = values.pop(0)
            elif name in names:
                value = names[name]
            elif each.default is not MISSING:
                value = each.default
            elif each.default_factory is not MISSING:
                value = each.default_factory()
            elif each.init:
                raise TypeError("missing a required argument: " + name)
            else:
                continue
            object.__setattr__(self, name, value)
        if hasattr(self, "__post_init__"):
            self.__post_init__()

    def __eq__(self, other):
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in fields)

    if options.get("init", True) and "__init__" not in cls.__dict__:
        cls.__init__ = __init__
    if "__eq__" not in cls.__dict__:
        cls.__eq__ = __eq__
    cls.__match_args__ = tuple(fields)
    return cls


def dataclass(cls=None, **options):
    if cls is None:
        return lambda cls: _process(cls, options)
    return _process(cls, options)


def fields(value):
    return tuple(value.__dataclass_fields__.values())


def is_dataclass(value):
    return hasattr(value, "__dataclass_fields__")


def asdict(value, **options):
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def astuple(value, **options):
    return tuple(asdict(value).values())


def replace(value, **names):
    return type(value)(**{**asdict(value), **names})


class FrozenInstanceError(AttributeError):
    pass

import _host


class JSONDecodeError(ValueError):
    pass


def loads(text, **options):
    return _host.json(text)


def load(file, **options):
    return _host.json(file.read())


def dumps(value, **options):
    return _host.unknown("JSON")


def dump(value, file, **options):
    pass

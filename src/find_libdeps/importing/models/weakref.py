class ref:
    def __init__(self, value, callback=None):
        self._value = value

    def __call__(self):
        return self._value


WeakMethod = ref


class WeakKeyDictionary(dict):
    pass


class WeakValueDictionary(dict):
    pass


class WeakSet(set):
    pass


def proxy(value, callback=None):
    return value


def finalize(value, function, *args, **names):
    return None

import _host


def copy(value):
    if isinstance(value, (dict, list, set)):
        return value.copy()
    return value


def deepcopy(value, memo=None):
    if isinstance(value, dict):
        return {key: deepcopy(each) for key, each in value.items()}
    if isinstance(value, list):
        return [deepcopy(each) for each in value]
    return value

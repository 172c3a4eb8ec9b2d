# warnings: none is shown, and none is an error.
def warn(*args, **names):
    pass


warn_explicit = filterwarnings = simplefilter = resetwarnings = showwarning = warn
filters = []


class catch_warnings:
    def __init__(self, **options):
        pass

    def __enter__(self):
        return []

    def __exit__(self, *error):
        pass


def deprecated(*args, **names):
    return lambda function: function

class Loader:
    pass


class MetaPathFinder:
    pass


class PathEntryFinder:
    pass


class InspectLoader(Loader):
    pass


class SourceLoader(Loader):
    pass


class ResourceLoader(Loader):
    pass


class Traversable:
    pass

# importlib.metadata, from the *.dist-info directories of the environment.
import pathlib
import sys

import _host


class PackageNotFoundError(ModuleNotFoundError):
    pass


def _normal(name):
    return name.lower().replace("-", "_").replace(".", "_")


def _infos():
    for directory in sys.path:
        if isinstance(directory, str):
            for name in _host.listing(directory):
                if name.endswith((".dist-info", ".egg-info")):
                    yield directory + "/" + name


def _info(name):
    wanted = _normal(name)
    for path in _infos():
        stem = path.rpartition("/")[2].rpartition(".")[0]
        if _normal(stem.partition("-")[0]) == wanted:
            return path
    raise PackageNotFoundError(name, name=name)


def _headers(text):
    headers = {}
    for line in text.partition("\n\n")[0].splitlines():
        key, colon, value = line.partition(":")
        if colon and not line.startswith(" "):
            headers.setdefault(key, value.strip())
    return headers


class EntryPoint:
    def __init__(self, name, value, group):
        self.name, self.value, self.group = name, value, group

    @property
    def module(self):
        return self.value.partition("[")[0].partition(":")[0].strip()

    @property
    def attr(self):
        return self.value.partition("[")[0].partition(":")[2].strip()

    def load(self):
        found = _host.import_module(self.module)
        for part in self.attr.split(".") if self.attr else ():
            found = getattr(found, part)
        return found


class EntryPoints(tuple):
    def select(self, **wanted):
        return EntryPoints(
            [p for p in self if all(getattr(p, key) == wanted[key] for key in wanted)]
        )

    @property
    def names(self):
        return {point.name for point in self}

    @property
    def groups(self):
        return {point.group for point in self}

    def get(self, group, default=()):
        return self.select(group=group) or default


class PackagePath(pathlib.PurePosixPath):
    def __init__(self, site, text):
        super().__init__(text)
        self._site = site

    def locate(self):
        return pathlib.Path(self._site, self._text)


class Distribution:
    def __init__(self, path):
        self._path = path

    @classmethod
    def from_name(cls, name):
        return cls(_info(name))

    def read_text(self, name):
        content = _host.content(self._path + "/" + name)
        return None if content is None else content.decode("utf-8", "replace")

    @property
    def metadata(self):
        return _headers(self.read_text("METADATA") or self.read_text("PKG-INFO") or "")

    @property
    def version(self):
        version = self.metadata.get("Version")
        return _host.unknown("the version of a distribution") if version is None else version

    @property
    def name(self):
        return self.metadata.get("Name")

    @property
    def entry_points(self):
        points, group = [], ""
        for line in (self.read_text("entry_points.txt") or "").splitlines():
            line = line.strip()
            if line.startswith("["):
                group = line.strip("[]")
            elif "=" in line:
                name, _, value = line.partition("=")
                points.append(EntryPoint(name.strip(), value.strip(), group))
        return EntryPoints(points)

    @property
    def files(self):
        text = self.read_text("RECORD")
        if text is None:
            return None
        site = self._path.rpartition("/")[0]
        return [PackagePath(site, line.split(",")[0]) for line in text.splitlines()]

    def locate_file(self, path):
        return pathlib.Path(self._path).parent / path

    @property
    def requires(self):
        return _host.unknown("the requirements of a distribution")


def distribution(name):
    return Distribution.from_name(name)


def distributions(**context):
    return [Distribution(path) for path in _infos()]


def version(name):
    return distribution(name).version


def metadata(name):
    return distribution(name).metadata


def files(name):
    return distribution(name).files


def requires(name):
    return distribution(name).requires


def entry_points(**wanted):
    points = []
    for path in _infos():
        if _host.kind(path + "/entry_points.txt") == "file":
            points.extend(Distribution(path).entry_points)
    return EntryPoints(points).select(**wanted)

# pkg_resources of setuptools 65.5: files of packages, and distributions. What it runs at its import
# asks for nothing.
import os
import sys
from importlib import metadata

import _host


class ResolutionError(Exception):
    pass


class DistributionNotFound(ResolutionError):
    pass


class VersionConflict(ResolutionError):
    pass


class UnknownExtra(ResolutionError):
    pass


def resource_filename(package_or_requirement, resource_name):
    if not isinstance(package_or_requirement, str):
        return _host.unknown("a file of a requirement")
    module = sys.modules.get(package_or_requirement)
    if module is None:
        module = _host.import_module(package_or_requirement)
    directory = os.path.dirname(getattr(module, "__file__", None) or "")
    return os.path.join(directory, *resource_name.split("/"))


def resource_exists(package_or_requirement, resource_name):
    return os.path.exists(resource_filename(package_or_requirement, resource_name))


def resource_isdir(package_or_requirement, resource_name):
    return os.path.isdir(resource_filename(package_or_requirement, resource_name))


def resource_listdir(package_or_requirement, resource_name):
    return os.listdir(resource_filename(package_or_requirement, resource_name))


def resource_stream(package_or_requirement, resource_name):
    return open(resource_filename(package_or_requirement, resource_name), "rb")


def resource_string(package_or_requirement, resource_name):
    return resource_stream(package_or_requirement, resource_name).read()


class _Distribution:
    def __init__(self, inner):
        self._inner = inner

    @property
    def version(self):
        return self._inner.version

    def __getattr__(self, name):
        return _host.unknown("a distribution")


def get_distribution(name):
    try:
        return _Distribution(metadata.distribution(name))
    except metadata.PackageNotFoundError:
        raise DistributionNotFound(name)


def require(*requirements):
    return _host.unknown("distributions")


def declare_namespace(name):
    pass


def iter_entry_points(group, name=None):
    for point in metadata.entry_points(group=group):
        if name is None or point.name == name:
            yield point

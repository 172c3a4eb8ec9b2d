# gi of PyGObject 3.42: a namespace that GObject's repository lacks, or that another version is
# required of, is a ValueError.
import _host

__path__ = []
__version__ = _host.unknown("the version of PyGObject")
version_info = _host.unknown("the version of PyGObject")
_versions = {}


def check_version(version):
    pass


def require_version(namespace, version):
    if not isinstance(version, str):
        raise ValueError("Namespace version needs to be a string.")
    for name in _host.typelibs:
        if name.startswith(namespace + "-") and name != "%s-%s.typelib" % (namespace, version):
            raise ValueError("Namespace %s is already loaded" % namespace)
    if _versions.get(namespace, version) != version:
        raise ValueError("Namespace %s already requires version %s"
                         % (namespace, _versions[namespace]))
    if not _host.has_typelib(namespace, version):
        raise ValueError("Namespace %s not available for version %s" % (namespace, version))
    _versions[namespace] = version


def require_versions(versions):
    for namespace in versions:
        require_version(namespace, versions[namespace])


def get_required_version(namespace):
    return _versions.get(namespace, None)


def require_foreign(namespace, symbol=None):
    pass


def disable_legacy_autoinit():
    pass

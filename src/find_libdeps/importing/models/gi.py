# gi: a namespace that GObject's repository lacks is a ValueError.
import _host

__path__ = []
__version__ = "3.50.0"
version_info = (3, 50, 0)


def check_version(version):
    pass


def require_version(namespace, version):
    if not _host.has_typelib(namespace, version):
        raise ValueError("Namespace %s not available" % namespace)


def require_versions(versions):
    for namespace in versions:
        require_version(namespace, versions[namespace])


def get_required_version(namespace):
    return None


def require_foreign(namespace, symbol=None):
    pass


def disable_legacy_autoinit():
    pass

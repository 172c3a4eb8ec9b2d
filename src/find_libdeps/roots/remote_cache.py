"""Caches elsewhere, which several machines share: a bucket, or whatever else fsspec reaches."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from find_libdeps.errors import CacheError
from find_libdeps.roots.caches import Cache, DirectoryCache, user_cache


class RemoteCache:
    """A cache at an address of fsspec; its passwords are those that each process is given.

    Nothing is removed there: buckets have rules of their own for what was not used for long.
    """

    def __init__(self, address: str) -> None:
        """Nothing is asked yet.

        Args:
            address: ``s3://bucket/folder``.

        Raises:
            CacheError: there is no such kind of address, or a library is missing for it.
        """
        self.problem: CacheError | None = None
        """The first thing that went wrong."""
        self._address = address.rstrip("/")
        self._seen = set[str]()
        parts = urlsplit(address)
        if parts.password is not None:
            cause = "it has a password, which others would read; give it by the environment"
            bare = parts._replace(netloc=parts.hostname or "").geturl()
            raise CacheError("use the cache", bare, cause)
        try:
            from fsspec import get_filesystem_class  # type: ignore[import-untyped]

            get_filesystem_class(parts.scheme)
        except ImportError as error:
            missing = "it takes fsspec: pip install 'find-libdeps[fleet]'"
            cause = missing if error.name == "fsspec" else str(error)
            raise CacheError("use the cache", address, cause) from None
        except ValueError as error:
            raise CacheError("use the cache", address, error) from None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._address!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process has one of its own for an address, with its own connections."""
        return _of_process, (self._address,)

    def get(self, name: str) -> bytes | None:
        """See `Cache`."""
        try:
            content: bytes = self._files.cat_file(f"{self._address}/{name}")
        except FileNotFoundError:
            return None
        except Exception as error:  # each kind of storage has errors of its own
            self._note("read", error)
            return None
        return content

    def has(self, name: str) -> bool:
        """See `Cache`; what was there once is not asked for again."""
        try:
            if name not in self._seen and self._files.exists(f"{self._address}/{name}"):
                self._seen.add(name)
        except Exception as error:
            self._note("read", error)
        return name in self._seen

    def put(self, name: str, content: bytes) -> None:
        """See `Cache`; what is half written, where that is possible, is found out by who reads."""
        try:
            self._files.pipe_file(f"{self._address}/{name}", content)
        except Exception as error:
            self._note("write", error)

    def claim(self, name: str) -> nullcontext[None]:
        """Claim nothing: two machines may find out the same."""
        return nullcontext()

    @cached_property
    def _files(self) -> Any:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]

        return url_to_fs(self._address)[0]

    def _note(self, verb: str, error: Exception) -> None:
        self.problem = self.problem or CacheError(f"{verb} the cache", self._address, error)


@cache
def _of_process(address: str) -> RemoteCache:
    return RemoteCache(address)


def chosen_cache(address: str | None) -> Cache | None:
    """The cache at an address, or else that of this machine's user; None for one without a home."""
    return cache_at(address) if address else user_cache()


def cache_at(address: str) -> Cache:
    """The cache at an address.

    Args:
        address: a directory, or an address of fsspec: ``s3://bucket/folder``.

    Raises:
        CacheError: it can't be used.
    """
    scheme, colon, path = address.partition("://")
    if not colon:
        return DirectoryCache(Path(address))
    return DirectoryCache(Path(path)) if scheme == "file" else RemoteCache(address)

"""Keeps the audits of images: one with the same files, asked the same way, has the same audit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from find_libdeps.process.fingerprint import fingerprint
from find_libdeps.report.findings import Audit
from find_libdeps.report.kept_audit import FORMAT, packed, unpacked
from find_libdeps.roots.caches import Cache
from find_libdeps.roots.sealed import SealError


class KnownAudit(Exception):  # noqa: N818 (nothing is wrong)
    """The audit of an image is known, so that nothing of it need be read."""

    def __init__(self, audit: Audit) -> None:
        super().__init__()
        self.audit = audit


class KeptAudit:
    """The audit of one image in a cache."""

    def __init__(self, cache: Cache, question: Sequence[object]) -> None:
        """Ask nothing yet.

        Args:
            cache: where audits are kept.
            question: all that an audit depends on, beside the image and this program.
        """
        self._cache = cache
        self._question = question
        self._name = ""

    def look_up(self, identity: str) -> None:
        """Look whether the audit is known.

        Args:
            identity: names all of the image.

        Raises:
            KnownAudit: it is.
        """
        question = json.dumps([identity, fingerprint(), *self._question])
        self._name = f"{FORMAT}-{hashlib.sha256(question.encode()).hexdigest()}"
        content = self._cache.get(self._name)
        if content is None:
            return
        try:
            audit = unpacked(content)
        except SealError:
            return  # it is found out again, and what is wrong replaced
        raise KnownAudit(audit)

    def keep(self, audit: Audit) -> None:
        """Keep the audit, if something names the image."""
        if self._name:
            self._cache.put(self._name, packed(audit))

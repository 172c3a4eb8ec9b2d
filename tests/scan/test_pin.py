"""Pinned lists, judged by the apt that has to install them in the target."""

from __future__ import annotations

import pytest

import engine

NAME = "find-libdeps-test/habits-pin"

DOCKERFILE = r"""
FROM debian:trixie-slim AS builder
RUN dpkg --add-architecture arm64 && apt-get update \
    && apt-get install -y --no-install-recommends libjbig0 libzstd1 python3-venv
WORKDIR /tmp
RUN apt-get download libtiff6 libtiff6:arm64 \
    && for deb in *.deb; do dpkg -x $deb . ; done \
    && mkdir /app && cp -L usr/lib/x86_64-linux-gnu/libtiff.so.6 /app/native.so \
    && cp -L usr/lib/aarch64-linux-gnu/libtiff.so.6 /app/foreign.so
RUN python3 -m venv /opt/find-libdeps \
    && /opt/find-libdeps/bin/pip install find-libdeps \
    && ln -s /opt/find-libdeps/bin/find-libdeps /usr/local/bin/
RUN find-libdeps --pin /app > /app/pkgdeps.txt

FROM debian:trixie-slim
RUN dpkg --add-architecture arm64
COPY --from=builder /app /app
RUN apt-get update \
    && xargs -ra /app/pkgdeps.txt apt-get install -y --no-install-recommends
"""
"""Two builds of a library that asks for others: some that the builder has, some that only its apt
knows, with and without an epoch, of its own and of a foreign architecture."""


@pytest.fixture(scope="module")
def built(images: None) -> None:
    """The images of both stages."""
    engine.build(DOCKERFILE, f"{NAME}:builder", stage="builder")
    engine.build(DOCKERFILE, f"{NAME}:target")


def test_target_gets_the_pinned_versions(built: None) -> None:
    """Each line names a version, apt installs the list, and then exactly these are there."""
    listed = engine.output(f"{NAME}:target", "cat", "/app/pkgdeps.txt").split()
    names = {line.partition("=")[0] for line in listed}
    assert {"libjbig0", "libjpeg62-turbo", "libjpeg62-turbo:arm64"} <= names
    assert any("=1:" in line for line in listed), "an epoch"
    form = "${Package}=${Version}\n${Package}:${Architecture}=${Version}\n"
    there = engine.output(f"{NAME}:target", "dpkg-query", "--show", "--showformat", form)
    assert set(listed) <= set(there.split())


def test_installed_version_comes_before_that_of_apt(built: None) -> None:
    """What the builder has is what its files were built with, whatever apt would install."""
    script = r"""
        sed -i '/^Package: libjbig0$/,/^$/ s/^Version: .*/Version: 0.1-1/' /var/lib/dpkg/status
        find-libdeps --pin /app/native.so"""
    assert "libjbig0=0.1-1\n" in engine.output(f"{NAME}:builder", "sh", "-ec", script)


def test_builder_without_lists_pins_nothing_that_it_has_not(built: None) -> None:
    """Then a package without a version is an error that tells what to do."""
    script = "rm -r /var/lib/apt/lists; find-libdeps --pin /app/native.so"
    done = engine.run(f"{NAME}:builder", "sh", "-c", script)
    assert done.returncode == 1
    assert "libjpeg62-turbo\n" in done.stdout
    assert 'cannot pin "libjpeg62-turbo": ' in done.stderr
    assert "run apt-get update first" in done.stderr
    assert "libjbig0=" in done.stdout
    assert "libjbig0" not in done.stderr

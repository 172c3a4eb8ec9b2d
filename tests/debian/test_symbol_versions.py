"""Which symbol versions packages have: the table, and this machine's libraries as its judge."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from find_libdeps.debian.symbol_versions import has_version
from find_libdeps.elf.symbols import read_versions
from programs import need

LIBRARIES = {
    "libc6": ("libc.so.6", ["GLIBC_2.99"]),
    "libgcc-s1": ("libgcc_s.so.1", ["GCC_99.0.0"]),
    "libstdc++6": ("libstdc++.so.6", ["GLIBCXX_3.4.99", "CXXABI_1.3.99"]),
}


@pytest.mark.parametrize("package", LIBRARIES)
def test_what_a_library_here_defines_its_package_has(package: str) -> None:
    """Of the versions that the real library has none is missed, and none beyond them is allowed."""
    need("dpkg-query")
    soname, beyond = LIBRARIES[package]
    command = ["dpkg-query", "--show", "--showformat", "${Version}", package]
    version = subprocess.run(command, capture_output=True, text=True).stdout
    found = [p for d in ("/lib", "/usr/lib") for p in Path(d).glob(f"*-linux-gnu/{soname}")]
    if not version or not found:
        pytest.skip(f"{package} is not installed")
    with found[0].open("rb") as stream:
        defined = read_versions(stream).defined
    assert defined
    assert {each for each in defined if not has_version(package, version, each)} == set()
    assert [each for each in beyond if has_version(package, version, each)] == []


@pytest.mark.parametrize(
    ("package", "version", "newest", "missing"),
    [
        ("libc6", "2.31-13+deb11u11", "GLIBC_2.31", "GLIBC_2.32"),
        ("libc6", "2.36-9+deb12u14", "GLIBC_ABI_DT_RELR", "GLIBC_2.37"),
        ("libc6", "2.31-13", "GLIBC_2.2.5", "GLIBC_ABI_DT_RELR"),
        ("libgcc-s1", "10.2.1-6", "GCC_7.0.0", "GCC_12.0.0"),
        ("libgcc-s1", "14.2.0-19", "GCC_14.0.0", "GCC_15.0.0"),
        ("libstdc++6", "10.2.1-6", "GLIBCXX_3.4.28", "GLIBCXX_3.4.29"),
        ("libstdc++6", "10.2.1-6", "CXXABI_1.3.12", "CXXABI_1.3.13"),
        ("libstdc++6", "12.2.0-14+deb12u1", "GLIBCXX_3.4.30", "GLIBCXX_3.4.31"),
        ("libstdc++6", "14.2.0-19", "CXXABI_1.3.15", "CXXABI_1.3.16"),
        ("libstdc++6", "16.2.0-3", "GLIBCXX_3.4.36", "GLIBCXX_3.4.37"),
        ("libstdc++6", "1:12.2.0", "CXXABI_FLOAT128", "CXXABI_1.3.14"),
    ],
)
def test_newest_version_of_a_package(package: str, version: str, newest: str, missing: str) -> None:
    """As the libraries of Debian 11 to 13 and testing define them."""
    assert has_version(package, version, newest)
    assert not has_version(package, version, missing)


def test_what_is_not_known_is_there() -> None:
    """A newer GCC than the table has, and names of other kinds, are no error."""
    assert has_version("libstdc++6", "99.1.0-1", "GLIBCXX_3.4.98")
    assert has_version("libc6", "2.36-9", "GLIBC_PRIVATE")
    assert has_version("libc6", "unknown", "OTHER_1.0")

"""The SBOM, judged by the library of CycloneDX and by that of package URLs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from find_libdeps.debian.package import Package
from find_libdeps.debian.release import Release
from find_libdeps.output.cyclonedx import cyclonedx
from find_libdeps.report.report import PackageUse
from fixture_roots import root_of, scanned

CASES = (
    "distributions",
    "hostile_names",
    "missing_required",
    "names_of_another_release",
    "several_owners",
    "unpackaged_is_copied",
)


def bom_of(text: str) -> Any:
    """A CycloneDX document, which the library of CycloneDX has to accept."""
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert error is None, error
    return json.loads(text)


@pytest.mark.parametrize("case", CASES)
def test_bom_is_valid_and_has_who_needs_whom(tmp_path: Path, case: str) -> None:
    """Every package on the list, at a package URL as another library writes it."""
    report = scanned(root_of(f"scan/{case}", tmp_path))
    bom = bom_of(cyclonedx(report))
    debs = [each for each in bom["components"] if each.get("purl", "").startswith("pkg:deb/")]
    assert [each["name"] for each in debs] == [each.name for each in report.to_install()]
    for each in bom["components"]:
        if purl := each.get("purl"):
            assert PackageURL.from_string(purl).to_string() == purl
    refs = {each["bom-ref"] for each in bom["components"]} | {"scanned"}
    edges = {each["ref"]: set(each.get("dependsOn", ())) for each in bom["dependencies"]}
    assert edges.keys() == refs
    assert set().union(*edges.values()) == refs - {"scanned"}


def test_package_urls_are_of_the_release(tmp_path: Path) -> None:
    """Versions and names have characters that mean something else there."""
    report = scanned(root_of("scan/distributions", tmp_path))
    package = Package("libstdc++6", "amd64", "1:14.2.0-19+deb13u1~x")
    use = PackageUse(package, report.packages[0].uses, essential=False)
    text = cyclonedx(replace(report, packages=(use,), release=Release("debian", "13")))
    (purl,) = (each["purl"] for each in bom_of(text)["components"] if "evidence" in each)
    name, version = "libstdc%2B%2B6", "1:14.2.0-19%2Bdeb13u1~x"
    assert purl == f"pkg:deb/debian/{name}@{version}?arch=amd64&distro=debian-13"
    assert PackageURL.from_string(purl).version == package.version

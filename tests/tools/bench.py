"""Times find-libdeps beside the tools that do its work, or a part of it.

Usage: bench.py [--quick] FOLDER [small|medium|large|growth|wheels|image]...

The virtualenvs are made in FOLDER, where they stay; without names, all parts are run, and with
--quick the small and the medium one, in two minutes. What can't be done here is left out, and a
line says why.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench_image import container_of, docker, image_with
from bench_timing import ANY_STATUS, CannotRun, Command, Measured, alternate, print_table, run
from bench_venvs import files_in, growing, is_elf, large, medium, small, wheels
from engine import DOCKER

PIPELINE = """
find "$1" -iname '*.so' -exec ldd {} + 2>/dev/null \
    | cut -sf 2 | cut -d ' ' -f 1 | sort -u | xargs -r dpkg-query --search 2>/dev/null \
    | cut -d : -f 1 | sort -u
"""
"""Which packages have a file whose name is like that of a library that ldd names. It starts the
dynamic loader for each file, and takes the libraries of libraries for needs.
"""

IDIOM = """
find "$1" -type f -executable -not -name '*tkinter*' -exec ldd '{}' ';' 2>/dev/null \
    | awk '/=>/ { so = $(NF-1); if (index(so, "/usr/local/") == 1) { next }
                  gsub("^/(usr/)?", "", so); printf "*%s\n", so }' \
    | sort -u | xargs -r dpkg-query --search 2>/dev/null | cut -d : -f 1 | sort -u
"""
"""What the Dockerfiles of Docker's official images do, for Python's own: one ldd for each file."""

WALKING_LIBTREE = 'find "$1" -type f -exec libtree -p {} + 2>/dev/null; exit 0'
"""It has to find the ELF files itself, as we do."""

COUNTS = (0, 1_000, 10_000, 50_000)
CONTROL = "Source: bench\n\nPackage: bench\nArchitecture: any\n"


def ours(*arguments: str, name: str = "find-libdeps") -> Command:
    """Our command."""
    program = str(Path(sys.executable).with_name("find-libdeps"))
    return Command(name, (program, *arguments), statuses=(0, 1))


def tools(venv: Path, objects: list[str]) -> list[Command]:
    """All that is compared; those that don't search folders are told the ELF files."""
    shell = ("sh", "-c")
    return [
        ours("--quiet", str(venv)),
        ours("--quiet", "--no-dlopen", str(venv), name="--no-dlopen"),
        Command("ldd pipeline", (*shell, PIPELINE, "sh", str(venv))),
        Command("official images", (*shell, IDIOM, "sh", str(venv))),
        Command(
            "find, libtree",
            (*shell, WALKING_LIBTREE, "sh", str(venv)),
            program="libtree",
            package="libtree",
        ),
        Command("libtree", ("libtree", "-p", *objects), package="libtree", statuses=ANY_STATUS),
        Command("lddtree", ("lddtree", "-l", *objects), package="pax-utils"),
        Command("scanelf", ("scanelf", "-qRBF", "%F %n", str(venv)), package="pax-utils"),
        Command("import click", (sys.executable, "-c", "import click")),
    ]


@contextmanager
def shlibdeps(objects: list[str]) -> Iterator[Command]:
    """dpkg-shlibdeps, in a folder that looks like a Debian source package."""
    with tempfile.TemporaryDirectory() as source:
        control = Path(source, "debian/control")
        control.parent.mkdir()
        control.write_text(CONTROL)
        arguments = ("dpkg-shlibdeps", "-O", "--ignore-missing-info", *objects)
        yield Command(
            "dpkg-shlibdeps", arguments, package="dpkg-dev", directory=control.parent.parent
        )


def elf_files(venv: Path) -> list[str]:
    """Those of an environment, whose size is printed."""
    count, size, objects = 0, 0, []
    for path in files_in(venv):
        count += 1
        size += path.stat().st_size
        if is_elf(path):
            objects.append(str(path))
    print(f"{venv.name}: {count:,} files, {len(objects):,} of them ELF, {size / 1e6:,.0f} MB")
    return objects


def compare_large(folder: Path) -> None:
    """Print what each tool takes for the large environment, and what our stages take."""
    venv = large(folder)
    commands = tools(venv, elf_files(venv))
    print("    dpkg-shlibdeps is left out: it can't follow the $ORIGIN that wheels have")
    print_table(alternate(commands, times=3))
    print_stages(venv, times=3)


def compare_medium(folder: Path, *, leaving_out: Collection[str] = ()) -> None:
    """The same for the medium environment."""
    venv = medium(folder)
    commands = [each for each in tools(venv, elf_files(venv)) if each.name not in leaving_out]
    print_table(alternate(commands, times=3))
    print_stages(venv, times=3)


def compare_small(folder: Path) -> None:
    """The same for the small environment."""
    venv = small(folder)
    objects = elf_files(venv)
    with shlibdeps(objects) as command:
        print_table(alternate([*tools(venv, objects), command], times=7))
    print_stages(venv, times=7)


def print_stages(venv: Path, times: int) -> None:
    """Print the median of each stage's seconds; timing them takes a little time itself."""
    rounds = []
    for _ in range(times):
        with tempfile.NamedTemporaryFile() as output:
            stages = Path(__file__).with_name("bench_stages.py")
            arguments = (sys.executable, str(stages), output.name, "--quiet", str(venv))
            whole = run(Command("stages", arguments, statuses=(0, 1))).seconds
            spent: dict[str, float] = json.load(output)
        rounds.append({"start": whole - sum(spent.values()), **spent})
    medians = {n: statistics.median(each[n] for each in rounds) for n in rounds[0]}
    print(
        "    stages, one after the other:",
        ", ".join(f"{name} {median:.3f} s" for name, median in medians.items()),
    )


def grow(folder: Path) -> None:
    """Print what a file costs where there are few and where there are many."""
    venvs = {count: growing(folder, count) for count in COUNTS}
    measured = alternate([ours("--quiet", str(venv)) for venv in venvs.values()], times=3)
    print("growth: per file stands what is more than for none, in time and in processor time")
    print("     files        time   per file   processor   per file    memory")
    empty = measured[0]
    for count, each in zip(COUNTS, measured, strict=True):
        many = count or 1
        share = (each.seconds - empty.seconds) / many * 1e6
        work = (each.processor - empty.processor) / many * 1e6
        print(
            f"    {count:6,}  {each.seconds:8.3f} s  {share:6.0f} µs  {each.processor:8.3f} s"
            f"  {work:6.0f} µs  {each.peak / 1e6:6.0f} MB"
        )


def compare_wheels(folder: Path) -> None:
    """Print what wheels take that are read where they are, beside inflating them once."""
    paths = [str(path) for path in wheels(folder)]
    print(f"wheels: {len(paths)}, {sum(Path(p).stat().st_size for p in paths) / 1e6:,.0f} MB")
    inflate = (sys.executable, str(Path(__file__).with_name("bench_inflate.py")), *paths)
    print_table(alternate([ours("--quiet", *paths), Command("inflate once", inflate)], times=5))


def audit(folder: Path) -> None:
    """Print what the audit of an image takes, beside the export that it has to wait for."""
    image = image_with(large(folder))
    size = int(docker("image", "inspect", "--format", "{{.Size}}", image)) / 1e9
    print(f"image: {size:.1f} GB")
    with container_of(image) as container:
        export = Command("docker export", (DOCKER, "export", container))
        told = Command("find-libdeps audit", ours("audit", image).arguments, statuses=(0, 1))
        measured: list[Measured] = alternate([export, told], times=3)
    print_table(measured)


PARTS: dict[str, Callable[[Path], None]] = {
    "small": compare_small,
    "medium": compare_medium,
    "large": compare_large,
    "growth": grow,
    "wheels": compare_wheels,
    "image": audit,
}


QUICK: dict[str, Callable[[Path], None]] = {
    "small": compare_small,
    "medium": partial(compare_medium, leaving_out=("lddtree",)),
}
"""Two minutes, once the environments are there."""


def main(*words: str) -> None:
    """Run the parts, each as far as it can be run here."""
    folder, *names = (word for word in words if word != "--quick")
    parts = QUICK if "--quick" in words else PARTS
    place = Path(folder).absolute()
    place.mkdir(parents=True, exist_ok=True)
    for name in names or parts:
        try:
            parts[name](place)
        except CannotRun as reason:
            print(f"{name} is left out: {reason}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

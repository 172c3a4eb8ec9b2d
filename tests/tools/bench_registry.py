"""Times the audit of an image in a registry beside `docker pull` and the audit of what came.

    make bench-registry IMAGE=NAME

The image is one that the Docker Engine has. A copy of it, whose layers no engine knows, is pushed
to a registry on this machine; the engine forgets it before each pull. The two alternate.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from engine import DOCKER
from project import COMMAND
from registries import push, registry


class Measure(NamedTuple):
    """What one way took."""

    seconds: float
    work: float
    """Seconds of processors, those of the engine, too, whatever else that did meanwhile."""
    memory: int
    """Most KiB that one of its processes had; those of the engine are not seen."""


def strange_copy(image: str, folder: Path) -> Path:
    """An archive of the image, with one more file in each layer."""
    saved, made = folder / "saved", folder / "copy.tar"
    saved.mkdir()
    with subprocess.Popen([DOCKER, "save", image], stdout=subprocess.PIPE) as process:
        subprocess.run(["tar", "-xC", str(saved)], stdin=process.stdout, check=True)
    (entry,) = json.loads((saved / "manifest.json").read_bytes())
    config, digests = json.loads((saved / entry["Config"]).read_bytes()), []
    for name in entry["Layers"]:
        layer = saved / name
        info = tarfile.TarInfo(".bench")
        info.mtime = time.time_ns() // 10**9
        with tarfile.open(layer, "a") as archive:
            archive.addfile(info)
        with layer.open("rb") as file:
            digest = sha256()
            while data := file.read(1 << 20):
                digest.update(data)
        digests.append(f"sha256:{digest.hexdigest()}")
    config["rootfs"]["diff_ids"] = digests
    (saved / entry["Config"]).write_text(json.dumps(config))
    subprocess.run(["tar", "-C", str(saved), "-cf", str(made), "."], check=True)
    return made


def engine_work() -> float:
    """The seconds of processors that the engine and its helpers have taken so far."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, fields = process.read_text().split(" (", 1)[1].rsplit(") ", 1)
        except OSError:
            continue
        if name in ("dockerd", "containerd"):
            ticks += sum(map(int, fields.split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def timed(*commands: list[str]) -> Measure:
    """Runs commands one after the other."""
    begin, work, memory = time.perf_counter(), -engine_work(), 0
    for command in commands:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        assert os.waitstatus_to_exitcode(status) < 2, command
        memory = max(memory, usage.ru_maxrss)
        work += usage.ru_utime + usage.ru_stime
    return Measure(time.perf_counter() - begin, work + engine_work(), memory)


def sent(log: Path) -> int:
    """The bytes of all blobs that a registry has sent."""
    answers = re.findall(r'"GET \S+/blobs/\S+ HTTP/1.1" 20[06] (\d+)', log.read_text())
    return sum(map(int, answers))


def main(image: str, rounds: int) -> None:
    """Prints each round, and the medians."""
    found: dict[str, list[Measure]] = {"registry": [], "pull": []}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        archive = strange_copy(image, folder)
        with registry(folder) as host:
            there, log = f"{host}/app:1", folder / "registry.log"
            push(archive, there, "docker-archive")
            for _ in range(rounds):
                before = sent(log)
                found["registry"].append(
                    timed([COMMAND, "audit", "--no-cache", f"registry:{there}"])
                )
                between = sent(log)
                pull = [DOCKER, "pull", "--quiet", there]
                found["pull"].append(
                    timed(pull, [COMMAND, "audit", "--no-cache", f"docker:{there}"])
                )
                after = sent(log)
                subprocess.run([DOCKER, "rmi", there], check=True, stdout=subprocess.DEVNULL)
                print(*(f"{way} {times[-1]}" for way, times in found.items()), sep="\n")
            print(f"bytes: registry {between - before:,}, pull {after - between:,}")
    for what, number in (("time", 0), ("work", 1)):
        ours, theirs = (statistics.median(each[number] for each in found[way]) for way in found)
        print(f"{what}: registry {ours:.2f} s, pull {theirs:.2f} s, ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)

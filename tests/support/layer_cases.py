"""Layers of images, spelled, and the files that a container of each image has."""

from __future__ import annotations

from spelled import pack

BASE = pack("usr/", "usr/lib/", "usr/lib/a: a", "lib -> usr/lib", "d/", "d/x: x", "f: file")
BASE_LINES = ["d/", "d/x: x", "f: file", "lib -> usr/lib", "usr/", "usr/lib/", "usr/lib/a: a"]
LAYERS: dict[str, tuple[list[bytes], list[str]]] = {
    "a whiteout hides a file": (
        [BASE, pack("d/.wh.x:")],
        ["d/", "f: file", "lib -> usr/lib", "usr/", "usr/lib/", "usr/lib/a: a"],
    ),
    "a whiteout hides a directory and a link": (
        [BASE, pack(".wh.usr:", ".wh.lib:", ".wh.nothing:")],
        ["d/", "d/x: x", "f: file"],
    ),
    "an opaque directory hides all that is below it, and nothing of its own layer": (
        [BASE, pack("d/y: y", "d/.wh..wh..opq:", "d/z: z")],
        ["d/", "d/y: y", "d/z: z", *BASE_LINES[2:]],
    ),
    "an opaque root hides nothing": (
        [BASE, pack(".wh..wh..opq:", "x: 1")],
        [*BASE_LINES, "x: 1"],
    ),
    "a file takes a whiteout's place": (
        [BASE, pack(".wh.f:", "f: new")],
        [line.replace("f: file", "f: new") for line in BASE_LINES],
    ),
    "a directory takes a whiteout's place, and is merged": (
        [BASE, pack(".wh.d:", "d/", "d/y: y")],
        ["d/", "d/x: x", "d/y: y", *BASE_LINES[2:]],
    ),
    "a whiteout ends with its layer": (
        [BASE, pack("d/.wh.x:"), pack("d/x: again")],
        ["d/", "d/x: again", *BASE_LINES[2:]],
    ),
    "a file replaces a directory": (
        [BASE, pack("usr: file")],
        ["d/", "d/x: x", "f: file", "lib -> usr/lib", "usr: file"],
    ),
    "a directory replaces a file": (
        [BASE, pack("f/", "f/y: y")],
        ["d/", "d/x: x", "f/", "f/y: y", *BASE_LINES[3:]],
    ),
    "a file below a lower file makes a directory of it": (
        [BASE, pack("f/y: y")],
        ["d/", "d/x: x", "f/", "f/y: y", *BASE_LINES[3:]],
    ),
    "a file below a lower link takes the link's place": (
        [BASE, pack("lib/b: b")],
        ["d/", "d/x: x", "f: file", "lib/", "lib/b: b", "usr/", "usr/lib/", "usr/lib/a: a"],
    ),
    "a link of the layer itself is followed": (
        [BASE, pack("usr/", "usr/lib/", "lib -> usr/lib", "lib/b: b", "l -> /lib", "l/c: c")],
        [*BASE_LINES[:3], "l -> /lib", *BASE_LINES[3:], "usr/lib/b: b", "usr/lib/c: c"],
    ),
    "a link takes the place of a directory with files": (
        [BASE, pack("d -> usr")],
        ["d -> usr", *BASE_LINES[2:]],
    ),
    "a name never leads out of the root": (
        [pack("../f: 1", "a/../../g: 2", "/../h: 3", "./i: 4", "b/./../j: 5")],
        ["f: 1", "g: 2", "h: 3", "i: 4", "j: 5"],
    ),
    "a link may lead out of the root": (
        [pack("a -> ../../../etc/passwd", "b -> /c")],
        ["a -> ../../../etc/passwd", "b -> /c"],
    ),
    "what an engine kept for itself is nowhere": (
        [BASE, pack(".wh..wh.aufs:", ".wh..wh.orph/")],
        BASE_LINES,
    ),
    "hard links stay together over layers": (
        [pack("a: 1", "b => a"), pack("c/", "c/d: 2", "c/e => c/d")],
        ["a: 1", "b => a", "c/", "c/d: 2", "c/e => c/d"],
    ),
    "of hard links one may be replaced": (
        [pack("a: 1", "b => a"), pack("a: 2")],
        ["a: 2", "b: 1"],
    ),
    "the same layer twice has the same files again": (
        [BASE, pack(".wh.d:", ".wh.f:", "usr/lib/a: b"), BASE],
        BASE_LINES,
    ),
    "a layer may be empty": ([BASE, pack()], BASE_LINES),
    "an empty layer may lack the end of an archive": ([b"", BASE, b""], BASE_LINES),
}

"""Names that somebody else chose, which mean something to whoever reads them carelessly."""

from __future__ import annotations

from pathlib import Path

from small_elf import small_elf

SITE = "venv/lib/python3.13/site-packages"
NAMES = [
    "--add-file=secret",
    " --add-file=secret",
    "-rf",
    "a b",
    "$(touch pwned)",
    "`touch pwned`",
    "x;touch${IFS}pwned;",
    "&&reboot",
    "it's",
    'say "hi"',
    "a\\nb",
    "a\nb",
    "\x1b[2J",
    "\udcff",
    "*",
    "[a]",
    "~root",
    "#x",
    "Übung",
    "%s{}{0}",
    "<script>alert(1)</script>".replace("/", "\\"),
    "end ",
    "\u202ecod.exe",
    "a=1,b",
]
"""What a shell, tar, a Dockerfile, a terminal or a browser would take for something else."""
MARKUP = [
    "a|b",
    "::error::x",
    "%0A::error::x",
    "]]>&lt;x>",
    "[x](x)",
    "a@b.example @octocat",
    "www.example.com",
    "*x* _y_ ~~z~~ $x$",
]
"""What the formats of CI would take for something else. An RPATH can't have some of these."""
TAGS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"onmouseover="alert(1)" x="',
    "'onfocus='alert(1)' autofocus='",
    "</style><style>*{display:none}",
    "</script><script>alert(1)</script>",
    "</title></code></details></main>",
    "-->",
    "<!--",
    "&lt;b&gt;&amp;&#60;",
    "javascript:alert(1)",
    "${7*7}{{7*7}}$x",
    "`end`",
    "end",
    "style fill:#f00;",
    "\\N\\G\\l",
    "\u202eabc\u2066def",
    "\u0627\u0644\u0639",
]
"""What a page or a drawing would take for something else."""


def name_all(root: Path, name: str) -> None:
    """Put a name wherever a name may stand: of files, directories, libraries, a distribution."""
    site = root / SITE
    info = site / f"{name}-1.0.dist-info"
    texts = {
        site / "own.py": f"import ctypes\nctypes.CDLL({name + '.so.2'!r})\n",
        info / "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        info / "RECORD": f"{name}.abi3.so,,\nown.py,,\n",
        root / "venv/pyvenv.cfg": f"home = /opt/{name}/bin\nversion = 3.13.5\n",
        root / "opt" / name / "bin/python3": "",
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    # its own name is missing, libhid.so.1 is out of reach, libown.so.1 is in no package
    needs = [f"{name}.so.1", "libhid.so.1", "libown.so.1"]
    elf = {
        site / f"{name}.abi3.so": small_elf(needs, rpath=f"/{name}/lib"),
        site / f"{name}.libs" / "libhid.so.1": small_elf(soname="libhid.so.1"),
        root / name / "lib/libown.so.1": small_elf(soname="libown.so.1"),
    }
    for path, content in elf.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (site / f"{name}.link").symlink_to(f"/srv/{name}")
    (root / "srv" / name).mkdir(parents=True)

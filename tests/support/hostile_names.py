"""Names that somebody else chose, which mean something to whoever reads them carelessly."""

from __future__ import annotations

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

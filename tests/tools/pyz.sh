#!/bin/sh
# Makes dist/find-libdeps.pyz: this checkout and all that it depends on in one file, for any Python
# that pyproject.toml allows. The first argument is the Python that makes it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pip="$1 -m pip --quiet --disable-pip-version-check"
$pip wheel --no-deps --wheel-dir "$work" .
$pip install --target "$work/app" --no-compile --no-deps "$work"/*.whl
# What it depends on: the parts of it for no special Python and no special machine; backports.zstd
# has none, and there the program zstd serves. tomli, because pip asks its own Python for its needs.
sed -n 's/^Requires-Dist: //p' "$work"/app/find_libdeps-*.dist-info/METADATA |
    grep -v '^backports' >"$work/needs"
$pip install --target "$work/app" --no-compile --only-binary :all: --platform any \
    --implementation py --abi none --python-version 3.10 --requirement "$work/needs" tomli
rm -rf "$work/app/bin" "$work/app/share"
# Compiled for the Python that makes it, beside the sources for any other: it would compile them at
# each start. The other packages are half of the file, and few runs need them.
"$1" -m compileall -q -b --invalidation-mode unchecked-hash -x importing/models -s "$work/app" \
    "$work/app/find_libdeps" "$work/app/click"
mkdir -p dist
"$1" -m zipapp "$work/app" --compress --python '/usr/bin/env python3' \
    --main find_libdeps.__main__:run --output dist/find-libdeps.pyz
chmod 755 dist/find-libdeps.pyz # zipapp lets the owner alone run it

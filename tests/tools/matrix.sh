#!/bin/sh
# Runs the quick tests on several Pythons, with the lowest and with the newest versions of the
# dependencies that pyproject.toml allows. The Pythons are those on PATH and those of pyenv.
# Words on the command line are files of tests; all of them is the default.
export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
for bin in "$(pyenv root 2>/dev/null || echo "$HOME/.pyenv")"/versions/*/bin; do
    PATH="$bin:$PATH" # before pyenv's own commands of these names, which fail
done
told='' status=0

# Tests in a new environment; $1 is the Python, $2 is what uv calls the versions.
tested() {
    venv=.venv/matrix/$1-$2
    uv venv --quiet --clear --seed --python "$1" "$venv" &&
        uv pip install --quiet --python "$venv" --resolution "$2" --editable . &&
        uv pip install --quiet --python "$venv" --group test && # what is there stays
        uv pip list --python "$venv" | grep -E '^(click|docker|pyelftools|python-debian|tomli) ' &&
        "$venv/bin/pytest" --numprocesses=2 --quiet --hypothesis-profile=quick \
            -m "not engine and not thorough" $tests
}

tests=${*:-tests}
for python in 3.10 3.11 3.13 3.14; do
    if ! uv python find --system "$python" >/dev/null 2>&1; then
        told="$told
Python $python: NOT TESTED, it is not on this machine"
        continue
    fi
    for versions in lowest-direct highest; do
        echo "== Python $python, $versions"
        if tested "$python" "$versions"; then is=passed; else is=FAILED status=1; fi
        told="$told
Python $python, $versions: $is"
    done
done
echo "$told"
exit $status

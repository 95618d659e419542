#!/bin/sh
# Makes a virtual environment from a lock file: setup.sh ENVIRONMENT LOCK
# Python is $PYTHON, else the first interpreter found that is new enough. uv is used where it is found.
set -eu
environment=$1
lock=$2

say() { printf '%s\n' "$*" >&2; }

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if new_enough "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    found=$("${PYTHON:-python3}" --version 2>&1 || true)
    say "Python 3.11 or newer is needed; ${PYTHON:-python3} says: $found"
    say "Install a newer Python, or name one: make run PYTHON=/path/to/python3"
    exit 2
}

python=$(find_python)
rm -f "$environment/.stamp"
if command -v uv >/dev/null 2>&1; then
    say "Making $environment with uv from $lock"
    uv venv --quiet --clear --no-project --python "$("$python" -c 'import sys; print(sys.executable)')" "$environment"
    install() { VIRTUAL_ENV=$PWD/$environment uv pip install --quiet "$@"; }
else
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        say "$python has no module venv or ensurepip. On Debian and Ubuntu: apt install python3-venv"
        exit 2
    fi
    say "Making $environment with $python -m venv and pip from $lock"
    "$python" -m venv --clear "$environment"
    install() { "$environment/bin/python" -m pip install -qq --disable-pip-version-check "$@"; }
fi
# The build backend is in the lock and comes first: what has no wheel is built with it, and so are we, without network.
backend=$(mktemp)
trap 'rm -f "$backend"' EXIT
awk '/^[^ #]/ {ours = /^setuptools==/} ours' "$lock" >"$backend"
install --only-binary :all: --require-hashes --requirement "$backend"
# The lock is complete. Left to look for more, pip takes the newest SQLAlchemy for what names it with an extra, and refuses it.
install --no-deps --only-binary :all: --no-binary pyspark-client --no-binary jsonpath-rw --no-build-isolation \
    --require-hashes --requirement "$lock"
install --no-deps --no-build-isolation --no-index --editable .
touch "$environment/.stamp"

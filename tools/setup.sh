#!/bin/sh
# Makes .venv ready with blinwatch in it, from nothing but Python 3.11-3.13.
#
#   tools/setup.sh [test|lint]      test: what `make demo` and `make test` need (the default); lint: all tools
#   tools/setup.sh bench            .venv-bench beside it, with the runtimes that `make bench` compares with
#   PYTHON=/path/to/python3.12 tools/setup.sh      choose the interpreter yourself
#
# uv is used where it is installed, otherwise venv and pip. Both install exactly what uv.lock names, checked by hash.
set -eu
cd "$(dirname "$0")/.."
unset VIRTUAL_ENV PYTHONHOME PYTHONPATH || true

set_name=${1:-test}
if [ "$set_name" = bench ]; then
    # What blinwatch is measured against: pinned, and apart, because it wants another confluent-kafka than the lock.
    wanted=$(cat benchmarks/peers/requirements.txt pyproject.toml | cksum)
    if [ -f .venv-bench/.ready ] && [ "$(cat .venv-bench/.ready)" = "$wanted" ]; then exit 0; fi
    [ -x .venv/bin/python ] || { echo "setup: run make setup first" >&2; exit 1; }
    .venv/bin/python -m venv --clear .venv-bench
    .venv-bench/bin/python -m pip install --quiet --disable-pip-version-check \
        -r benchmarks/peers/requirements.txt -e '.[demo]'
    printf '%s\n' "$wanted" >.venv-bench/.ready
    echo "setup: ready: .venv-bench"
    exit 0
fi
case $set_name in
    test) uv_extras="--extra demo --extra test" ;;
    lint) uv_extras="--extra demo --extra test --extra lint" ;;
    *) echo "setup: unknown set '$set_name'; choose test or lint" >&2; exit 2 ;;
esac
inputs="uv.lock pyproject.toml requirements/build.txt requirements/test.txt requirements/lint.txt tools/setup.sh"

say() { printf 'setup: %s\n' "$*"; }
stop() { printf 'setup: %s\n' "$@" >&2; exit 1; }

# True if the interpreter runs and its version is one that pyproject.toml allows.
fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

# Prints the first interpreter that fits; PYTHON, where given, is the only candidate.
find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if fits "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

no_python() {
    found=$(python3 --version 2>/dev/null || echo "no python3 on PATH")
    stop "blinwatch needs Python 3.11, 3.12 or 3.13; found: ${PYTHON:-$found}." \
        "Install one (Debian 12: apt install python3 python3-venv) or name one: make setup PYTHON=/path/to/python3.12"
}

# A tree that was moved or copied has a .venv whose scripts point to the old place.
venv_usable() {
    [ -x .venv/bin/python ] && fits .venv/bin/python && grep -qF "$(pwd)/.venv" .venv/bin/activate 2>/dev/null &&
        { [ -z "${PYTHON:-}" ] || same_version "$PYTHON" .venv/bin/python; }
}

same_version() {
    [ "$("$1" -c 'import sys; print(sys.version_info[:2])')" = "$("$2" -c 'import sys; print(sys.version_info[:2])')" ]
}

fingerprint() {
    # shellcheck disable=SC2086
    cat $inputs | cksum
    .venv/bin/python --version
}

is_ready() {
    for done_set in "$set_name" lint; do
        if [ -f ".venv/.ready-$done_set" ] && [ "$(cat ".venv/.ready-$done_set")" = "$(fingerprint)" ]; then
            return 0
        fi
    done
    return 1
}

with_uv() {
    command -v "${UV:-uv}" >/dev/null 2>&1 || return 1
    say "installing with $("${UV:-uv}" --version)"
    if venv_usable; then
        interpreter=.venv/bin/python
    else
        # Without a Python of its own on the machine uv may fetch one; it is told which will do.
        interpreter=$(find_python) || interpreter='>=3.11,<3.14'
    fi
    # --inexact: what another set has installed stays.
    # shellcheck disable=SC2086
    "${UV:-uv}" sync --quiet --frozen --inexact --python "$interpreter" --group build $uv_extras || {
        say "uv could not do it (see above); going on with venv and pip"
        return 1
    }
}

with_pip() {
    if ! venv_usable; then
        python=$(find_python) || no_python
        "$python" -c 'import ensurepip, venv' 2>/dev/null ||
            stop "$python comes without the venv module. Debian and Ubuntu: apt install python3-venv"
        say "creating .venv with $("$python" --version)"
        "$python" -m venv --clear .venv
    fi
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
    say "installing the locked packages with pip (a minute or two the first time)"
    pip="env PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install --quiet"
    $pip --require-hashes -r requirements/build.txt -r "requirements/$set_name.txt"
    $pip --no-deps --no-build-isolation -e .
}

if venv_usable && is_ready; then
    exit 0
fi
with_uv || with_pip
.venv/bin/blinwatch --version >/dev/null || stop "blinwatch was installed but does not start; see above"
fingerprint >".venv/.ready-$set_name"
say "ready: .venv/bin/blinwatch"

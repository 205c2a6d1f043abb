#!/bin/sh
# Writes requirements/*.txt, the hashed lists for pip, from uv.lock. Needs uv; run it after every `uv lock`.
#
#   tools/export-requirements.sh [FOLDER]      FOLDER: where to write (default: requirements)
set -eu
cd "$(dirname "$0")/.."
folder=${1:-requirements}
mkdir -p "$folder"

# No header, notes or index lines: the lists name packages, versions and hashes, and nothing of where they were made.
export_list() {
    name=$1
    shift
    {
        echo "# Written by tools/export-requirements.sh from uv.lock; change pyproject.toml, not this file."
        "${UV:-uv}" export --quiet --frozen --no-emit-project --no-header --no-annotate "$@" |
            grep -v -e '^--index-url' -e '^--extra-index-url' -e '^--find-links' -e '^#'
    } >"$folder/$name.txt"
}

# The image serves the board and forwards as well, with its trends in SQLite or PostgreSQL.
export_list production --extra audit --extra board --extra forward --extra postgres
export_list demo --extra demo
export_list test --extra demo --extra test
export_list lint --all-extras
export_list build --only-group build

#!/usr/bin/env bash
# The whole service with TLS and roles: makes what certificates are missing, then hands its words to docker compose.
#
#   deploy/secure/start.sh up --build --detach
#   deploy/secure/start.sh --profile demo up --build
#   deploy/secure/start.sh down
#
# BLINWATCH_CERTIFICATES names the folder (default: certificates/ in the project), SERVER_NAMES the names under which board and
# gateway are reached from elsewhere. A hospital with an authority of its own lays its files there under the same names.
set -euo pipefail
cd "$(dirname "$0")/../.."

export BLINWATCH_CERTIFICATES=${BLINWATCH_CERTIFICATES:-$PWD/certificates}
# The broker is `kafka` for the containers and this machine for everybody else.
deploy/secure/make-certificates.sh "$BLINWATCH_CERTIFICATES" kafka,localhost,127.0.0.1
# Containers run as users of their own, who must be able to read what is mounted for them. Nobody else on this machine can reach
# the files, because the folder is closed to all but its owner.
chmod 0700 "$BLINWATCH_CERTIFICATES"
chmod 0444 "$BLINWATCH_CERTIFICATES"/*.pem "$BLINWATCH_CERTIFICATES"/*.key
# The authority's key signs whoever is let in: no container needs it.
chmod 0400 "$BLINWATCH_CERTIFICATES/ca.key"

if docker compose version >/dev/null 2>&1; then compose=(docker compose); else compose=(docker-compose); fi
exec "${compose[@]}" -f docker-compose.yml -f deploy/secure/compose.yml "$@"

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
# The people who may sign in at the board: at first one, whose password is told here once.
people=$BLINWATCH_CERTIFICATES/people
if [[ ! -f $people/people.yaml ]]; then
  mkdir -p "$people"
  password=$(openssl rand -base64 15)
  openssl rand -out "$people/salt" 16
  salt=$(od -An -v -tx1 "$people/salt" | tr -d ' \n')
  # The same scrypt as `blinwatch people add`; no Python is needed on this machine.
  hash=$(openssl kdf -binary -keylen 32 -kdfopt "pass:$password" -kdfopt "hexsalt:$salt" -kdfopt n:32768 -kdfopt r:8 \
    -kdfopt p:1 -kdfopt maxmem_bytes:67108864 SCRYPT | openssl base64 -A)
  {
    echo 'people:'
    echo '- name: first'
    echo '  role: clinician'
    echo "  password: scrypt\$32768\$$(openssl base64 -A -in "$people/salt")\$$hash"
  } >"$people/people.yaml"
  rm "$people/salt"
  chmod 0755 "$people"
  chmod 0644 "$people/people.yaml"
  printf 'At the board sign in as "first" with the password %s\nMore people: blinwatch people add %s NAME --role ROLE\n' \
    "$password" "$people/people.yaml"
fi
# The authority's key signs whoever is let in: no container needs it.
chmod 0400 "$BLINWATCH_CERTIFICATES/ca.key"

if docker compose version >/dev/null 2>&1; then compose=(docker compose); else compose=(docker-compose); fi
exec "${compose[@]}" -f docker-compose.yml -f deploy/secure/compose.yml "$@"
